"""Claims that hold for a time: renewed by a heartbeat, ended by the clock."""

import datetime
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from taskmanager.accounts.models import Role, Scope
from taskmanager.jobs.worker import Worker
from taskmanager.tasks import history, services
from taskmanager.tasks.models import Activity, Task, Watcher
from taskmanager.tasks.services.claims import claim_task, claim_task_optimistically
from tests.api.conftest import ROOT, Caller, operation_of
from tests.queue import run_jobs


def claim(call: Caller, seconds: int | None = 60) -> Task:
    """Claim the next task with a lease."""
    body = {} if seconds is None else {"lease_seconds": seconds}
    response = call("post", "/tasks/claim-next", body)
    assert response.status_code == 200
    return Task.objects.get(pk=response.json()["id"])


def expire(task: Task) -> None:
    """Let the lease have ended a second ago."""
    Task.objects.filter(pk=task.pk).update(lease_expires_at=timezone.now() - datetime.timedelta(seconds=1))


def heartbeat(call: Caller, task: Task, body=None):
    return call("patch", f"/tasks/{task.pk}/heartbeat", {} if body is None else body)


def state(task: Task) -> tuple[str, object, object]:
    task.refresh_from_db()
    return task.status, task.owner, task.lease_expires_at


# Claiming with a lease


def test_a_claim_tells_when_its_lease_ends(ed, task, caller):
    before = timezone.now()
    response = caller(ed)("post", "/tasks/claim-next", {"lease_seconds": 60})
    ends = parse_datetime(response["Lease-Expires"])
    assert before <= ends - datetime.timedelta(seconds=60) <= timezone.now()
    task.refresh_from_db()
    assert (task.lease_expires_at, task.lease_seconds) == (ends, 60)


def test_a_lease_is_no_field_of_the_task(ed, task, caller):
    assert not [
        name for name in caller(ed)("post", "/tasks/claim-next", {"lease_seconds": 60}).json() if "lease" in name
    ]


@pytest.mark.parametrize(("method", "path"), [("post", "/tasks/claim-next"), ("patch", "/tasks/1/heartbeat")])
def test_the_document_knows_the_header(method, path):
    headers = operation_of(method, f"{ROOT}{path}")["responses"]["200"]["headers"]
    assert headers["Lease-Expires"]["schema"] == {"type": "string", "format": "date-time"}


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("completing", lambda call, task: call("patch", f"/tasks/{task.pk}", {"status": "DONE"})),
        ("archiving", lambda call, task: call("patch", f"/tasks/{task.pk}", {"status": "ARCHIVED"})),
        ("releasing", lambda call, task: call("patch", f"/tasks/{task.pk}/release")),
        ("handing over", lambda call, task: call("patch", f"/tasks/{task.pk}", {"owner": task.creator_id})),
    ],
)
def test_whatever_takes_the_task_from_its_owner_or_out_of_work_ends_the_lease(ed, task, caller, name, end):
    call = caller(ed)
    claim(call)
    assert end(call, task).status_code == 200
    task.refresh_from_db()
    assert (task.lease_expires_at, task.lease_seconds) == (None, None)


def test_other_edits_leave_the_lease_alone(ed, task, caller):
    call = caller(ed)
    ends = claim(call).lease_expires_at
    assert call("patch", f"/tasks/{task.pk}", {"title": "Another", "priority": "HIGH"}).status_code == 200
    assert state(task) == ("IN_PROGRESS", ed, ends)


@pytest.mark.parametrize("claim_again", [claim_task, claim_task_optimistically])
def test_the_lease_of_an_owner_who_was_deleted_binds_nobody(ed, ada, task, caller, claim_again):
    claim(caller(ed))
    ed.delete()
    claim_again(task, actor=ada)
    assert state(task) == ("IN_PROGRESS", ada, None)


# Heartbeats


def test_a_heartbeat_renews_the_lease_and_is_no_change(ed, task, caller):
    call = caller(ed)
    first = claim(call)
    response = heartbeat(call, task, {"lease_seconds": 600})
    ends = parse_datetime(response["Lease-Expires"])
    assert response.status_code == 200
    assert ends > first.lease_expires_at + datetime.timedelta(seconds=500)
    assert (response["ETag"], response.json()["version"]) == ('"2"', 2)
    task.refresh_from_db()
    assert task.updated_at == first.updated_at
    assert Activity.objects.filter(task=task).count() == 2


@pytest.mark.parametrize("with_body", [True, False])
def test_a_heartbeat_that_names_no_time_renews_for_as_long_as_before(ed, task, caller, with_body):
    call = caller(ed)
    claim(call, 300)
    response = call("patch", f"/tasks/{task.pk}/heartbeat", {} if with_body else None)
    left = parse_datetime(response["Lease-Expires"]) - timezone.now()
    assert datetime.timedelta(seconds=290) < left <= datetime.timedelta(seconds=300)


def test_a_lease_that_has_ended_is_not_renewed_even_where_nobody_has_freed_the_task_yet(ed, task, caller):
    call = caller(ed)
    claim(call)
    expire(task)
    refused = heartbeat(call, task)
    assert refused.status_code == 409
    assert "no longer yours" in refused.json()["message"]


def test_a_heartbeat_for_somebody_elses_task_is_refused(ed, ada, task, caller):
    claim(caller(ed))
    assert heartbeat(caller(ada), task).status_code == 409
    services.release_task(task, actor=ada)
    assert heartbeat(caller(ed), task).status_code == 409


def test_a_claim_without_end_has_nothing_to_renew(ed, task, caller):
    call = caller(ed)
    claim(call, None)
    refused = heartbeat(call, task, {"lease_seconds": 60})
    assert (refused.status_code, "no lease" in refused.json()["message"]) == (409, True)
    call("patch", f"/tasks/{task.pk}", {"status": "DONE"})
    assert heartbeat(call, task).status_code == 409


def test_programs_of_one_user_know_their_claims_apart_by_the_version(ed, ada, task, caller):
    call = caller(ed)
    first = claim(call)
    services.edit_task(task, actor=ada, version=None, title="Renamed meanwhile")
    assert heartbeat(call, task, {"version": first.version}).status_code == 200
    expire(task)
    second = claim(call)
    assert heartbeat(call, task, {"version": first.version}).status_code == 409
    assert heartbeat(call, task, {"version": second.version}).status_code == 200
    assert heartbeat(call, task, {"version": 999}).status_code == 422


def test_strangers_and_those_who_may_not_are_refused(ed, oscar, member, task, caller):
    call = caller(ed)
    ends = claim(call).lease_expires_at
    assert heartbeat(caller(oscar), task).json() == {"message": "Object not found."}
    assert heartbeat(caller(member("cy", Role.CREATOR)), task).status_code == 403
    assert heartbeat(caller(ed, scope=Scope.READ), task).status_code == 403
    assert caller()("patch", f"/tasks/{task.pk}/heartbeat", {}).status_code == 401
    assert call("patch", "/tasks/999999/heartbeat", {}).status_code == 404
    assert call.client.post(f"/api/v1/tasks/{task.pk}/heartbeat").status_code == 405
    assert state(task) == ("IN_PROGRESS", ed, ends)


@pytest.mark.parametrize("body", [{"lease_seconds": 9}, {"lease_seconds": 86_401}, {"x": 1}, {"version": 0}])
def test_a_wrong_heartbeat_is_named(ed, task, caller, body):
    call = caller(ed)
    ends = claim(call).lease_expires_at
    [name] = body
    assert heartbeat(call, task, body).json()["detail"][0]["loc"] == ["body", name]
    assert state(task)[2] == ends


# The end of a lease


def by_the_command() -> None:
    call_command("free_expired_tasks", verbosity=0)


def by_the_worker() -> None:
    Worker(batch=True, interval=0).run()


@pytest.mark.parametrize("free", [services.free_expired_tasks, by_the_command, by_the_worker])
def test_an_expired_lease_frees_the_task(ed, board, task, caller, free: Callable[[], object]):
    claim(caller(ed))
    other = services.create_task(board, actor=ed.organization.users.get(username="ada"), title="Another")
    held = claim(caller(ed))
    assert held.pk == other.pk
    expire(task)
    free()
    assert state(task) == ("UNASSIGNED", None, None)
    assert task.version == 3
    assert state(other)[:2] == ("IN_PROGRESS", ed)


def test_the_command_says_how_many_it_freed(ed, task, caller, capsys):
    claim(caller(ed))
    expire(task)
    call_command("free_expired_tasks")
    call_command("free_expired_tasks")
    assert capsys.readouterr().out == "Freed: 1 task.\nFreed: 0 tasks.\n"


def test_the_end_of_a_lease_is_history_in_words(ed, task, caller, browse):
    ends = claim(caller(ed)).lease_expires_at
    expire(task)
    services.free_expired_tasks()
    line = Activity.objects.filter(task=task).latest("pk")
    assert (line.verb, line.actor, line.version) == ("released", None, 3)
    assert line.changes["owner"] == [ed.pk, None]
    assert line.changes["lease"][0] < ends.isoformat()
    [event] = history.events([line], ed.organization)
    assert (event.actor_name, event.sentence) == ("Its lease", "ended")
    assert [(change.label, change.old, change.new) for change in event.changes] == [
        ("Status", "In progress", "Unassigned"),
        ("Owner", "Ed Moreno", "nobody"),
    ]
    assert "<b>Its lease</b> ended" in browse(ed).get(f"/tasks/{task.pk}/").content.decode()


def test_the_page_of_a_task_says_until_when_it_is_claimed(ed, task, caller, browse):
    claim(caller(ed))
    assert "<dt>Lease</dt>" in browse(ed).get(f"/tasks/{task.pk}/").content.decode()
    services.release_task(task, actor=ed)
    assert "<dt>Lease</dt>" not in browse(ed).get(f"/tasks/{task.pk}/").content.decode()


def test_watchers_hear_that_a_lease_has_ended(ed, task, caller, mailoutbox, settings):
    settings.NOTIFICATION_DELAY = 0
    claim(caller(ed))
    Watcher.objects.create(organization=task.organization, task=task, email="ed@acme.example")
    expire(task)
    services.free_expired_tasks()
    run_jobs()
    mail = mailoutbox[-1]
    assert mail.to == ["ed@acme.example"]
    assert "Its lease ended" in mail.body


def test_an_expired_task_is_claimed_next_without_any_worker(ed, ada, task, caller):
    claim(caller(ed))
    assert caller(ada)("post", "/tasks/claim-next", {}).status_code == 204
    expire(task)
    taken = caller(ada)("post", "/tasks/claim-next", {})
    assert (taken.status_code, taken.json()["owner"]["username"]) == (200, "ada")
    lines = Activity.objects.filter(task=task).order_by("pk").values_list("verb", "actor", "version")
    assert list(lines) == [
        ("created", ada.pk, 1),
        ("claimed", ed.pk, 2),
        ("released", None, 3),
        ("claimed", ada.pk, 4),
    ]


@pytest.mark.parametrize("strategy", ["pessimistic", "optimistic"])
def test_an_expired_task_is_claimed_by_its_id_without_any_worker(ed, ada, task, caller, settings, strategy):
    settings.CLAIM_STRATEGY = strategy
    claim(caller(ed))
    assert caller(ada)("patch", f"/tasks/{task.pk}/claim").status_code == 400
    expire(task)
    assert caller(ada)("patch", f"/tasks/{task.pk}/claim").status_code == 200
    assert state(task) == ("IN_PROGRESS", ada, None)


def test_the_most_urgent_of_the_free_and_the_expired_comes_next(ed, ada, board, caller):
    call = caller(ed)
    for priority in ("URGENT", "HIGH"):
        services.create_task(board, actor=ada, title=f"expired {priority}", priority=priority)
        expire(claim(call))
    services.create_task(board, actor=ada, title="free HIGH", priority="HIGH")
    services.create_task(board, actor=ada, title="free URGENT", priority="URGENT")
    titles = [caller(ada)("post", "/tasks/claim-next", {}).json()["title"] for _ in range(4)]
    # Those that are freed keep their age, so that they come before younger ones.
    assert titles == ["expired URGENT", "free URGENT", "expired HIGH", "free HIGH"]


def test_only_those_that_are_asked_for_are_freed_by_a_claim(ed, ada, acme, board, task, caller):
    other = services.add_project(acme, actor=ada, key="OPS", name="Operations")
    claim(caller(ed))
    expire(task)
    assert caller(ada)("post", "/tasks/claim-next", {"project": other.pk}).status_code == 204
    assert caller(ada)("post", "/tasks/claim-next", {"priority_at_least": "HIGH"}).status_code == 204
    assert state(task)[:2] == ("IN_PROGRESS", ed)


def test_a_strangers_claim_frees_nothing(ed, oscar, task, caller):
    claim(caller(ed))
    expire(task)
    assert caller(oscar)("post", "/tasks/claim-next", {}).status_code == 204
    assert state(task)[:2] == ("IN_PROGRESS", ed)


def test_who_finishes_late_but_before_anybody_noticed_has_finished(ed, task, caller):
    call = caller(ed)
    claim(call)
    expire(task)
    assert call("patch", f"/tasks/{task.pk}", {"status": "DONE"}).status_code == 200
    assert services.free_expired_tasks() == 0
    assert state(task)[0] == "DONE"


def test_an_owner_who_was_deleted_leaves_a_task_that_comes_back(ed, task, caller):
    claim(caller(ed))
    ed.delete()
    expire(task)
    assert services.free_expired_tasks() == 1
    assert state(task) == ("UNASSIGNED", None, None)
