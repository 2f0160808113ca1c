"""Tasks over the API."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from taskmanager.accounts.models import Role, Scope
from taskmanager.tasks import services
from taskmanager.tasks.models import Activity, Task


def test_a_task_is_made_read_changed_and_deleted(ada, board, caller):
    call = caller(ada)
    made = call("post", "/tasks/", {"title": " Rotate the keys ", "priority": "HIGH", "watchers": ["Bo@acme.example"]})
    assert made.status_code == 201
    assert next(iter(made.json())) == "id"
    task = made.json()
    assert (task["title"], task["status"], task["owner"]) == ("Rotate the keys", "UNASSIGNED", None)
    assert (task["creator"], task["watchers"]) == ({"id": ada.pk, "username": "ada"}, ["bo@acme.example"])
    assert made["ETag"] == '"1"'

    place = f"/tasks/{task['id']}"
    assert call("get", place).json() == task
    changed = call("patch", place, {"description": "All of them.", "owner": ada.pk}).json()
    assert (changed["description"], changed["status"], changed["version"]) == ("All of them.", "IN_PROGRESS", 2)
    assert changed["title"] == "Rotate the keys"

    assert call("put", place, {"title": "Rotate"}).status_code == 204
    replaced = call("get", place).json()
    assert (replaced["description"], replaced["priority"], replaced["status"]) == ("", "MEDIUM", "UNASSIGNED")
    assert (replaced["owner"], replaced["watchers"]) == (None, [])

    assert call("delete", place).status_code == 204
    assert call("get", place).json() == {"message": "Object not found."}


def test_what_a_call_does_stands_in_history(ada, board, caller):
    call = caller(ada)
    pk = call("post", "/tasks/", {"title": "Rotate"}).json()["id"]
    call("patch", f"/tasks/{pk}/claim")
    assert list(Activity.objects.filter(task=pk).order_by("pk").values_list("verb", "actor")) == [
        ("created", ada.pk),
        ("claimed", ada.pk),
    ]


def test_a_claim_that_came_too_late_is_told(ada, ed, board, caller):
    task = services.create_task(board, actor=ada, title="Rotate")
    assert caller(ed)("patch", f"/tasks/{task.pk}/claim").json()["owner"]["username"] == "ed"
    late = caller(ada)("patch", f"/tasks/{task.pk}/claim")
    assert (late.status_code, late.json()) == (400, {"message": "Task is already claimed or completed."})
    assert caller(ed)("patch", f"/tasks/{task.pk}/release").json()["owner"] is None
    assert caller(ada)("patch", f"/tasks/{task.pk + 999}/claim").status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("title", "", "at least 1 character"),
        ("title", "  ", "at least 1 character"),
        ("title", "x" * 201, "at most 200 characters"),
        ("title", "a\0b", "should match pattern"),
        ("status", "STARTED", "'UNASSIGNED', 'IN_PROGRESS', 'DONE' or 'ARCHIVED'"),
        ("priority", "low", "'LOW', 'MEDIUM', 'HIGH' or 'URGENT'"),
        ("due_date", "2026-02-30", "valid date"),
        ("due_date", "2020-01-01", "may not lie before the day"),
        ("owner", 10**30, "less than or equal"),
        ("owner", True, "valid integer"),
        ("owner", "3", "valid integer"),
        ("due_date", 0, "2026-12-01"),
        ("owner", 999_999, "Choose a member"),
        ("epic", 999_999, "Choose one of your organization's epics"),
        ("sprints", [999_999], "Choose sprints"),
        ("project", 999_999, "Choose one of your organization's projects"),
        ("nonsense", 1, "not permitted"),
    ],
)
def test_wrong_input_is_named_with_what_is_permitted(ada, board, caller, field, value, said):
    before = Task.objects.count()
    response = caller(ada)("post", "/tasks/", {"title": "Rotate", field: value})
    assert response.status_code == 422
    [problem] = response.json()["detail"]
    assert problem["loc"] == ["body", field]
    assert said in problem["msg"]
    assert Task.objects.count() == before


def test_a_wrong_address_among_watchers_is_named(ada, board, caller):
    response = caller(ada)("post", "/tasks/", {"title": "Rotate", "watchers": ["bo@acme.example", "bo"]})
    assert response.json()["detail"][0]["loc"] == ["body", "watchers", 1]


@pytest.mark.parametrize("body", ["{", "[" * 100_000, '{"title": 1' + "0" * 5000 + "}", "\udcff", ""])
def test_what_is_no_json_is_400(ada, board, caller, body):
    client = caller(ada).client
    data = body.encode("utf-8", "surrogateescape")
    response = client.post("/api/v1/tasks/", data, content_type="application/json")
    assert (response.status_code, list(response.json())) in ((400, ["message"]), (422, ["detail"]))


def test_strangers_find_nothing(ada, oscar, board, caller, rows):
    task = services.create_task(board, actor=ada, title="Secret")
    call = caller(oscar)
    call("get", "/me")  # the first use of a token is written
    before = rows()
    assert call("get", "/tasks/").json() == {"items": [], "count": 0}
    for method, place, body in (
        ("get", "", None),
        ("put", "", {"title": "x"}),
        ("patch", "", {"title": "x"}),
        ("delete", "", None),
        ("patch", "/claim", None),
        ("patch", "/release", None),
    ):
        response = call(method, f"/tasks/{task.pk}{place}", body)
        assert (response.status_code, response.json()) == (404, {"message": "Object not found."})
    assert rows() == before


def test_a_strangers_people_and_plans_cannot_be_linked(ada, oscar, board, caller):
    response = caller(ada)("post", "/tasks/", {"title": "Rotate", "owner": oscar.pk})
    assert response.json()["detail"][0]["loc"] == ["body", "owner"]


def test_a_token_that_may_only_read_writes_nothing(ada, board, caller):
    call = caller(ada, scope=Scope.READ)
    assert call("get", "/tasks/").status_code == 200
    refused = call("post", "/tasks/", {"title": "Rotate"})
    assert (refused.status_code, refused.json()) == (403, {"message": "This token may only read."})


def test_without_a_token_that_counts_nobody_is_answered(board, caller):
    response = caller()("get", "/tasks/")
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert "message" in response.json()


def test_a_session_opens_nothing(ada, browse):
    assert browse(ada).get("/api/v1/tasks/").status_code == 401


def test_who_may_not_is_told(ed, member, board, caller):
    assert caller(ed)("post", "/tasks/", {"title": "Rotate"}).status_code == 403
    cleo = member("cy", Role.CREATOR)
    pk = caller(cleo)("post", "/tasks/", {"title": "Rotate"}).json()["id"]
    assert caller(cleo)("patch", f"/tasks/{pk}/claim").status_code == 403


def test_an_edit_that_names_its_version_is_merged_or_refused(ada, task, caller):
    call, place = caller(ada), f"/tasks/{task.pk}"
    call("patch", place, {"title": "First", "version": 1})
    assert call("patch", place, {"description": "Other field", "version": 1}).status_code == 200
    refused = call("patch", place, {"title": "Second", "version": 1})
    assert refused.status_code == 409
    assert call("get", place).json()["title"] == "First"
    assert call("patch", place, {"title": "x", "version": 99}).status_code == 422


def test_an_etag_refuses_any_change_since(ada, task, caller):
    call, place = caller(ada), f"/tasks/{task.pk}"
    etag = call("get", place)["ETag"]
    assert call("patch", place, {"priority": "LOW"}, If_Match=etag).status_code == 200
    assert call("patch", place, {"title": "x"}, If_Match=etag).status_code == 412
    assert call("put", place, {"title": "x"}, If_Match=etag).status_code == 412
    assert call("patch", place, {"title": "x"}, If_Match="*").status_code == 200
    assert call("patch", place, {"title": "x"}, If_Match="abc").status_code == 422


def test_the_same_key_acts_once(ada, board, caller):
    call, body = caller(ada), {"title": "Rotate"}
    first = call("post", "/tasks/", body, Idempotency_Key="k1")
    again = call("post", "/tasks/", body, Idempotency_Key="k1")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again["Idempotent-Replayed"] == "true"
    assert call("post", "/tasks/", {"title": "Another"}, Idempotency_Key="k1").status_code == 409
    assert call("post", "/tasks/", body, Idempotency_Key="k2").json()["id"] != first.json()["id"]
    assert Task.objects.count() == 2


def test_a_key_whose_call_failed_is_free(ada, board, caller):
    call = caller(ada)
    assert call("post", "/tasks/", {"title": "x", "owner": 999_999}, Idempotency_Key="k").status_code == 422
    assert call("post", "/tasks/", {"title": "x"}, Idempotency_Key="k").status_code == 201


def test_a_list_is_filtered_sorted_and_paged(ada, ed, board, caller):
    for number, priority in enumerate(("LOW", "URGENT", "HIGH")):
        services.create_task(board, actor=ada, title=f"Task {number}", priority=priority)
    mine = services.create_task(board, actor=ada, title="Mine", owner=ed)
    call = caller(ada)

    def titles(query: str) -> list[str]:
        return [item["title"] for item in call("get", f"/tasks/?{query}").json()["items"]]

    assert titles("") == ["Mine", "Task 2", "Task 1", "Task 0"]
    assert titles("ordering=-priority&limit=2") == ["Task 1", "Task 2"]
    assert titles("title=TASK&ordering=id&offset=1") == ["Task 1", "Task 2"]
    assert titles(f"owner={ed.pk}") == titles("status=IN_PROGRESS") == titles("q=owner:ed") == ["Mine"]
    assert titles("page=2&limit=3") == ["Task 0"]
    assert titles(f"updated_since={mine.updated_at.isoformat().replace('+', '%2B')}") == ["Mine"]
    listed = call("get", "/tasks/?limit=2&offset=1&fields=id,title")
    assert listed.json()["count"] == 4
    assert set(listed.json()["items"][0]) == {"id", "title"}
    assert 'offset=3>; rel="next"' in listed["Link"]
    assert 'offset=0>; rel="prev"' in listed["Link"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("limit=501", "limit"),
        ("limit=0", "limit"),
        ("offset=-1", "offset"),
        ("status=open", "status"),
        ("ordering=position", "ordering"),
        ("fields=secret", "fields"),
        ("q=status:x", "q"),
        ("updated_since=yesterday", "updated_since"),
        ("title=%00", "title"),
    ],
)
def test_a_wrong_filter_is_named(ada, board, caller, query, name):
    response = caller(ada)("get", f"/tasks/?{query}")
    assert (response.status_code, response.json()["detail"][0]["loc"]) == (422, ["query", name])


def test_a_list_and_a_task_cost_few_queries(ada, board, caller):
    for number in range(12):
        services.create_task(board, actor=ada, title=f"Task {number}", watchers=["bo@acme.example"])
    call, pk = caller(ada), Task.objects.latest("pk").pk
    call("get", "/tasks/")  # the first use of a token is written
    for place, most in (("/tasks/", 4), ("/tasks/?limit=2&q=task", 5), (f"/tasks/{pk}", 2)):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            call("get", place)
        assert len(queries) <= most, [query["sql"] for query in queries]
