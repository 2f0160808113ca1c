"""The most urgent free task, now mine."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from taskmanager.accounts.models import Role, Scope
from taskmanager.tasks import services
from taskmanager.tasks.models import Activity, Task, Watcher
from tests.api.conftest import Caller


def make(board, actor, title, **fields) -> Task:
    return services.create_task(board, actor=actor, title=title, **fields)


def next_title(call: Caller, **body) -> str:
    response = call("post", "/tasks/claim-next", body)
    return response.json()["title"] if response.status_code == 200 else ""


def test_the_most_urgent_comes_first_then_what_is_due_first_then_the_oldest(ada, ed, board, caller):
    today = datetime.datetime.now(datetime.UTC).date()
    make(board, ada, "low", priority="LOW", due_date=today)
    make(board, ada, "old")
    make(board, ada, "due later", due_date=today + datetime.timedelta(days=3))
    make(board, ada, "due first", due_date=today)
    make(board, ada, "urgent", priority="URGENT")
    make(board, ada, "taken", priority="URGENT", owner=ada)
    make(board, ada, "done", priority="URGENT", status="DONE")
    call = caller(ed)
    assert [next_title(call) for _ in range(6)] == ["urgent", "due first", "due later", "old", "low", ""]


def test_the_task_is_theirs_then_and_history_and_watchers_hear_of_it(ada, ed, board, caller):
    task = make(board, ada, "Rotate", watchers=["bo@acme.example"])
    response = caller(ed)("post", "/tasks/claim-next", {})
    body = response.json()
    assert (response.status_code, response["ETag"], body["id"]) == (200, '"2"', task.pk)
    assert (body["owner"], body["status"]) == ({"id": ed.pk, "username": "ed"}, "IN_PROGRESS")
    assert "Lease-Expires" not in response
    line = Activity.objects.filter(task=task).latest("pk")
    assert (line.verb, line.actor) == ("claimed", ed)
    assert Watcher.objects.get(task=task).notices.filter(activity=line).exists()


def test_it_chooses_among_the_tasks_that_are_asked_for(ada, ed, acme, board, caller):
    today = datetime.datetime.now(datetime.UTC).date()
    other = services.add_project(acme, actor=ada, key="OPS", name="Operations")
    sprint = services.create_sprint(
        board, actor=ada, name="S", start_date=today, end_date=today + datetime.timedelta(days=9)
    )
    make(board, ada, "urgent", priority="URGENT")
    make(other, ada, "elsewhere", priority="LOW")
    planned = make(board, ada, "planned", priority="LOW")
    services.plan_task(planned, sprint=sprint, actor=ada)
    call = caller(ed)
    assert next_title(call, project=other.pk, priority_at_least="MEDIUM") == ""
    assert next_title(call, project=other.pk) == "elsewhere"
    assert next_title(call, sprint=sprint.pk) == "planned"
    assert next_title(call, priority_at_least="URGENT") == "urgent"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("project", 999_999, "organization's projects"),
        ("sprint", 999_999, "sprint of your organization"),
        ("priority_at_least", "urgent", "'LOW', 'MEDIUM', 'HIGH' or 'URGENT'"),
        ("lease_seconds", 9, "greater than or equal to 10"),
        ("lease_seconds", 86_401, "less than or equal to 86400"),
        ("lease_seconds", 10**30, "less than or equal to 86400"),
        ("lease_seconds", "soon", "valid integer"),
        ("nonsense", 1, "not permitted"),
    ],
)
def test_wrong_input_is_named(ed, task, caller, rows, field, value, said):
    call = caller(ed)
    response = call("post", "/tasks/claim-next", {field: value})
    assert (response.status_code, response.json()["detail"][0]["loc"]) == (422, ["body", field])
    assert said in response.json()["detail"][0]["msg"]
    task.refresh_from_db()
    assert task.owner is None


def test_a_strangers_places_are_no_places_and_their_tasks_are_never_given(ada, oscar, board, task, caller):
    call = caller(oscar)
    assert call("post", "/tasks/claim-next", {"project": board.pk}).status_code == 422
    assert call("post", "/tasks/claim-next", {}).status_code == 204
    task.refresh_from_db()
    assert task.owner is None


def test_who_may_not_claim_is_told_so(member, task, caller, ed):
    creator = member("cy", Role.CREATOR)
    assert caller(creator)("post", "/tasks/claim-next", {}).status_code == 403
    assert caller(ed, scope=Scope.READ)("post", "/tasks/claim-next", {}).status_code == 403
    assert caller()("post", "/tasks/claim-next", {}).status_code == 401
    task.refresh_from_db()
    assert task.owner is None


def test_it_is_no_address_for_reading(ed, task, caller):
    assert caller(ed).client.get("/api/v1/tasks/claim-next").status_code == 405


def test_the_same_key_claims_once_and_tells_the_lease_again(ada, ed, board, caller):
    make(board, ada, "first")
    make(board, ada, "second")
    call, body = caller(ed), {"lease_seconds": 60}
    first = call("post", "/tasks/claim-next", body, Idempotency_Key="k")
    again = call("post", "/tasks/claim-next", body, Idempotency_Key="k")
    assert again.json() == first.json()
    assert again["Lease-Expires"] == first["Lease-Expires"]
    assert Task.objects.filter(owner=ed).count() == 1


@pytest.mark.django_db
def test_a_claim_costs_the_same_among_few_and_among_many(ada, ed, board, caller):
    call = caller(ed)
    call("get", "/tasks/")  # the first use of a token is written

    def cost() -> int:
        make(board, ada, "x", priority="URGENT")
        with CaptureQueriesContext(connection) as queries:
            assert call("post", "/tasks/claim-next", {"lease_seconds": 60}).status_code == 200
        return len(queries)

    few = cost()
    for number in range(20):
        make(board, ada, f"Task {number}")
    assert cost() == few <= 13
