"""Many tasks changed by one call, each for itself."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from taskmanager.accounts.models import Role, Scope
from taskmanager.tasks import services
from taskmanager.tasks.api.bulk import MOST_TASKS
from taskmanager.tasks.models import Activity, Project, Task, Watcher
from tests.api.conftest import Caller
from tests.racing import race


@pytest.fixture
def tasks(board: Project, ada) -> list[Task]:
    return [services.create_task(board, actor=ada, title=f"Task {number}") for number in range(5)]


def bulk(call: Caller, *items, **headers):
    return call("patch", "/tasks/", {"items": list(items)}, **headers)


def statuses(response) -> list[int]:
    assert response.status_code == 200
    return [result["status"] for result in response.json()["results"]]


def test_each_task_gets_its_own_changes_and_its_own_result_in_the_order_sent(ada, ed, tasks, caller):
    first, second, third, *_ = tasks
    response = bulk(
        caller(ada),
        {"id": third.pk, "status": "DONE"},
        {"id": first.pk, "title": "Renamed", "priority": "URGENT"},
        {"id": second.pk, "owner": ed.pk, "watchers": ["bo@acme.example"]},
    )
    assert statuses(response) == [200, 200, 200]
    results = response.json()["results"]
    assert [result["id"] for result in results] == [third.pk, first.pk, second.pk]
    assert [(result["message"], result["detail"]) for result in results] == [(None, None)] * 3
    done, renamed, given = (result["task"] for result in results)
    assert (done["status"], done["version"]) == ("DONE", 2)
    assert (renamed["title"], renamed["priority"]) == ("Renamed", "URGENT")
    assert (given["owner"]["username"], given["status"], given["watchers"]) == (
        "ed",
        "IN_PROGRESS",
        ["bo@acme.example"],
    )
    assert given == caller(ada)("get", f"/tasks/{second.pk}").json()


def test_each_change_is_history_and_watchers_hear_of_it(ada, tasks, caller):
    Watcher.objects.create(organization=ada.organization, task=tasks[0], email="bo@acme.example")
    bulk(caller(ada), *({"id": task.pk, "status": "DONE"} for task in tasks))
    lines = Activity.objects.filter(verb="edited", actor=ada)
    assert set(lines.values_list("task", flat=True)) == {task.pk for task in tasks}
    assert Watcher.objects.get().notices.count() == 1


def test_one_that_is_refused_leaves_the_others_as_they_are_to_be(ada, ed, oscar, board, tasks, caller):
    mine, hers, stale, unfit, unknown = tasks
    services.edit_task(mine, actor=ada, version=None, owner=ed)
    for task in (stale, unfit, unknown):
        services.edit_task(task, actor=ada, version=None, owner=ed)
    services.edit_task(stale, actor=ada, version=None, title="Theirs")
    globex = services.create_task(
        Project.objects.get(organization=oscar.organization), actor=oscar, title="Of a stranger"
    )
    response = bulk(
        caller(ed),
        {"id": hers.pk, "title": "x"},
        {"id": stale.pk, "title": "Mine", "version": 1},
        {"id": unfit.pk, "due_date": "2020-01-01", "title": "x"},
        {"id": unknown.pk, "owner": oscar.pk},
        {"id": globex.pk, "title": "x"},
        {"id": 999_999, "title": "x"},
        {"id": mine.pk, "title": "Changed"},
    )
    assert statuses(response) == [403, 409, 422, 422, 404, 404, 200]
    refused, conflict, late, nobody, foreign, none, changed = response.json()["results"]
    assert "Only its creator" in refused["message"]
    assert refused["task"]["title"] == hers.title
    assert conflict["task"]["title"] == "Theirs"
    assert late["detail"][0]["loc"] == ["body", "items", 2, "due_date"]
    assert late["message"] is None
    assert nobody["detail"][0]["loc"] == ["body", "items", 3, "owner"]
    for result in (foreign, none):
        assert (result["task"], result["message"]) == (None, "Object not found.")
    assert changed["task"]["title"] == "Changed"
    for task, title in ((hers, hers.title), (stale, "Theirs"), (unfit, unfit.title), (mine, "Changed")):
        task.refresh_from_db()
        assert task.title == title
    globex.refresh_from_db()
    assert globex.title == "Of a stranger"


def test_a_task_is_planned_or_refused_as_a_whole(ada, board, acme, tasks, caller):
    today = timezone.localdate()
    sprint = services.create_sprint(board, actor=ada, name="S", start_date=today, end_date=today + timedelta(days=9))
    other = services.add_project(acme, actor=ada, key="OPS", name="Operations")
    away = services.create_sprint(other, actor=ada, name="Away", start_date=today, end_date=today + timedelta(days=9))
    epic = services.create_epic(board, actor=ada, name="Keys")
    first, second, *_ = tasks
    response = bulk(
        caller(ada),
        {"id": first.pk, "sprints": [away.pk], "title": "x"},
        {"id": second.pk, "sprints": [sprint.pk], "epic": epic.pk},
    )
    assert statuses(response) == [422, 200]
    assert response.json()["results"][0]["detail"][0]["loc"] == ["body", "items", 0, "sprints"]
    assert response.json()["results"][1]["task"]["sprints"] == [{"id": sprint.pk, "name": "S"}]
    assert response.json()["results"][1]["task"]["epic"]["id"] == epic.pk
    first.refresh_from_db()
    assert (first.title, first.version) == ("Task 0", 1)


def test_wrong_shapes_and_doubles_refuse_the_whole_call_before_anything_is_changed(ada, tasks, caller, rows):
    call, first = caller(ada), tasks[0].pk
    call("get", "/me")  # the first use of a token is written
    before = rows()
    for items, loc in (
        ([], ["body", "items"]),
        ([{"id": first, "title": "x"}, {"id": first, "title": "y"}], ["body", "items"]),
        ([{"id": first, "title": "x"}] * (MOST_TASKS + 1), ["body", "items"]),
        ([{"id": first, "title": "x"}, {"title": "x"}], ["body", "items", 1, "id"]),
        ([{"id": first, "title": "x"}, {"id": tasks[1].pk, "title": ""}], ["body", "items", 1, "title"]),
        ([{"id": first, "title": "a\0b"}], ["body", "items", 0, "title"]),
        ([{"id": 10**30, "title": "x"}], ["body", "items", 0, "id"]),
        ([{"id": first, "nonsense": 1}], ["body", "items", 0, "nonsense"]),
    ):
        response = bulk(call, *items)
        assert (response.status_code, response.json()["detail"][0]["loc"]) == (422, loc), items
    assert rows() == before


def test_a_hundred_tasks_fit(ada, board, caller):
    made = [services.create_task(board, actor=ada, title=f"Task {number}") for number in range(MOST_TASKS)]
    response = bulk(caller(ada), *({"id": task.pk, "priority": "LOW"} for task in made))
    assert statuses(response) == [200] * MOST_TASKS


def test_the_same_key_acts_once(ada, tasks, caller):
    call, item = caller(ada), {"id": tasks[0].pk, "title": "Renamed"}
    first = bulk(call, item, Idempotency_Key="k")
    services.edit_task(tasks[0], actor=ada, version=None, title="Renamed again")
    again = bulk(call, item, Idempotency_Key="k")
    assert again.json() == first.json()
    assert again["Idempotent-Replayed"] == "true"
    assert bulk(call, {"id": tasks[0].pk, "title": "Other"}, Idempotency_Key="k").status_code == 409
    tasks[0].refresh_from_db()
    assert (tasks[0].title, tasks[0].version) == ("Renamed again", 3)


def test_roles_and_tokens_count(ed, member, tasks, caller):
    item = {"id": tasks[0].pk, "title": "x"}
    assert statuses(bulk(caller(member("cy", Role.CREATOR)), item)) == [403]
    assert bulk(caller(ed, scope=Scope.READ), item).status_code == 403
    assert bulk(caller(), item).status_code == 401
    tasks[0].refresh_from_db()
    assert tasks[0].version == 1


def test_each_task_costs_the_same_and_all_answers_one_query(ada, board, caller):
    call = caller(ada)
    call("get", "/me")

    def cost(count: int) -> int:
        made = [services.create_task(board, actor=ada, title=f"Task {number}") for number in range(count)]
        with CaptureQueriesContext(connection) as queries:
            bulk(call, *({"id": task.pk, "title": "x", "owner": ada.pk} for task in made))
        return len(queries)

    one, two, ten = cost(1), cost(2), cost(10)
    each = two - one
    assert ten - one == 9 * each
    # The owner; savepoint, lock, what others changed, change, history, whom to tell, savepoint.
    assert each <= 9
    assert one - each <= 9


@pytest.mark.django_db(transaction=True)
def test_calls_with_the_same_tasks_in_other_orders_do_not_wait_for_each_other(ada, board, caller):
    tasks = [services.create_task(board, actor=ada, title=f"Task {number}") for number in range(20)]
    epics = [services.create_epic(board, actor=ada, name=f"Epic {number}") for number in range(20)]
    callers = [caller(ada) for _ in range(8)]

    def calling(call: Caller, number: int):
        step = 1 if number % 2 else -1
        pairs = list(zip(tasks, epics, strict=True))[::step]
        return lambda: bulk(call, *({"id": task.pk, "title": f"By {number}", "epic": epic.pk} for task, epic in pairs))

    answers = race([calling(call, number) for number, call in enumerate(callers)])
    assert [getattr(answer, "status_code", answer) for answer in answers] == [200] * 8
    assert all(set(statuses(answer)) == {200} for answer in answers)
    assert set(Task.objects.values_list("version", flat=True)) == {9}
