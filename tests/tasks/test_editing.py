"""Editing: what fits together is merged, what doesn't is refused and shown, and nothing is lost."""

import datetime
from functools import partial

import pytest
from django.utils import timezone

from taskmanager.accounts.models import Role
from taskmanager.errors import NotAllowed, NotFound
from taskmanager.tasks import services
from taskmanager.tasks.models import Activity, Project, Task
from tests.racing import race


def latest(task: Task) -> Activity:
    return task.activities.latest("pk")


def test_an_edit_changes_the_fields_it_names_and_counts_a_version(task, ada):
    updated_at = task.updated_at
    services.edit_task(task, actor=ada, version=1, title="Rotate all keys", priority="HIGH")
    task.refresh_from_db()
    assert (task.title, task.priority, task.description, task.version) == ("Rotate all keys", "HIGH", "", 2)
    assert task.updated_at > updated_at


def test_an_edit_is_history_with_the_old_and_the_new_values(task, ada, ed):
    day = timezone.now().date()
    services.edit_task(task, actor=ada, version=1, title="New", description="Why", owner=ed, due_date=day)
    line = latest(task)
    assert (line.actor, line.verb, line.version, line.reference) == (ada, "edited", 2, "ACME-1")
    assert line.changes == {
        "title": ["Rotate the signing keys", "New"],
        "description": ["", "Why"],
        "status": ["UNASSIGNED", "IN_PROGRESS"],
        "owner": [None, ed.pk],
        "due_date": [None, day.isoformat()],
    }


def test_an_edit_that_changes_nothing_is_no_version_and_no_history(task, ada):
    services.edit_task(task, actor=ada, version=1, title=task.title, priority="MEDIUM", owner=None)
    task.refresh_from_db()
    assert (task.version, task.activities.count()) == (1, 1)


def test_edits_of_different_fields_are_merged(task, ada, ed):
    services.edit_task(task, actor=ada, version=1, owner=ed)
    services.edit_task(task, actor=ada, version=1, title="Rotate all keys")
    services.edit_task(task, actor=ed, version=1, priority="URGENT")
    task.refresh_from_db()
    assert (task.title, task.priority, task.owner, task.version) == ("Rotate all keys", "URGENT", ed, 4)


def test_a_form_sent_whole_does_not_take_back_what_others_changed(task, ada, ed):
    services.edit_task(task, actor=ada, version=1, priority="HIGH", owner=ed)
    untouched = {"description": "", "status": "UNASSIGNED", "priority": "MEDIUM", "owner": None, "due_date": None}
    services.edit_task(task, actor=ada, version=1, title="Rotate all keys", **untouched)
    task.refresh_from_db()
    assert (task.title, task.priority, task.owner, task.status) == ("Rotate all keys", "HIGH", ed, "IN_PROGRESS")
    assert latest(task).changes == {"title": ["Rotate the signing keys", "Rotate all keys"]}


def test_two_different_values_of_one_field_conflict_and_nothing_is_saved(task, ada, ed):
    services.edit_task(task, actor=ada, version=1, owner=ed)
    services.edit_task(task, actor=ed, version=2, title="Theirs", priority="LOW")
    with pytest.raises(services.EditConflict, match="changed the same fields") as caught:
        services.edit_task(task, actor=ada, version=2, title="Mine", description="Mine too", priority="MEDIUM")
    task.refresh_from_db()
    assert (task.title, task.description, task.version) == ("Theirs", "", 3)
    assert caught.value.fields == [services.Conflicting("title", "Mine", "Theirs", ed)]
    assert caught.value.kept == {"priority": "LOW"}
    assert caught.value.task.version == 3


def test_a_conflict_over_owner_and_due_date_shows_both_values(task, ada, ed, member):
    bo = member("bo", Role.EDITOR)
    soon = timezone.now().date() + datetime.timedelta(days=2)
    later = soon + datetime.timedelta(days=7)
    services.edit_task(task, actor=ada, version=1, owner=ed, due_date=soon)
    with pytest.raises(services.EditConflict) as caught:
        services.edit_task(task, actor=ada, version=1, owner=bo, due_date=later)
    assert caught.value.fields == [
        services.Conflicting("owner", bo, ed, ada),
        services.Conflicting("due_date", later, soon, ada),
    ]


def test_a_conflict_with_a_former_member_has_no_name(task, ada, member):
    bo = member("bo", Role.ADMIN)
    services.edit_task(task, actor=bo, version=1, title="Theirs")
    bo.delete()
    with pytest.raises(services.EditConflict) as caught:
        services.edit_task(task, actor=ada, version=1, title="Mine")
    assert caught.value.fields[0].actor is None


def test_the_same_change_twice_is_no_conflict(task, ada):
    services.edit_task(task, actor=ada, version=1, title="Rotate all keys")
    services.edit_task(task, actor=ada, version=1, title="Rotate all keys", priority="LOW")
    task.refresh_from_db()
    assert (task.title, task.priority, task.version) == ("Rotate all keys", "LOW", 3)


def test_a_field_that_was_changed_and_changed_back_is_no_conflict(task, ada):
    services.edit_task(task, actor=ada, version=1, title="Typo")
    services.edit_task(task, actor=ada, version=2, title="Rotate the signing keys")
    services.edit_task(task, actor=ada, version=1, title="Rotate all keys")
    task.refresh_from_db()
    assert task.title == "Rotate all keys"


def test_the_value_to_compare_with_is_that_of_the_version_named(task, ada):
    services.edit_task(task, actor=ada, version=1, title="Second")
    services.edit_task(task, actor=ada, version=2, title="Third")
    services.edit_task(task, actor=ada, version=2, title="Second", priority="LOW")
    with pytest.raises(services.EditConflict):
        services.edit_task(task, actor=ada, version=1, title="Second", priority="LOW")
    task.refresh_from_db()
    assert (task.title, task.priority) == ("Third", "LOW")


def test_a_conflict_can_be_settled_from_the_version_it_showed(task, ada):
    services.edit_task(task, actor=ada, version=1, title="Theirs")
    with pytest.raises(services.EditConflict) as caught:
        services.edit_task(task, actor=ada, version=1, title="Mine")
    services.edit_task(task, actor=ada, version=caught.value.task.version, title="Mine")
    task.refresh_from_db()
    assert task.title == "Mine"


def test_a_claim_meanwhile_conflicts_with_another_owner_only(task, ada, ed, member):
    services.claim_task(task, actor=ed)
    services.edit_task(task, actor=ada, version=1, description="More", owner=None, status="UNASSIGNED")
    with pytest.raises(services.EditConflict):
        services.edit_task(task, actor=ada, version=1, owner=member("bo"), status="UNASSIGNED")
    task.refresh_from_db()
    assert (task.owner, task.description) == (ed, "More")


def test_taking_a_task_out_of_work_does_not_silently_drop_an_owner_that_came_meanwhile(task, ada, ed, member):
    bo = member("bo", Role.EDITOR)
    services.claim_task(task, actor=ed)
    services.edit_task(task, actor=ada, version=2, owner=bo)
    with pytest.raises(services.EditConflict) as caught:
        services.edit_task(task, actor=ada, version=2, status="UNASSIGNED", owner=ed)
    assert caught.value.fields == [services.Conflicting("owner", None, bo, ada)]


@pytest.mark.parametrize("version", [-1, 0, 2, 2**31])
def test_a_version_that_never_was_is_refused(task, ada, version):
    with pytest.raises(services.UnknownVersion):
        services.edit_task(task, actor=ada, version=version, title="New")
    task.refresh_from_db()
    assert task.version == 1


def test_who_gets_an_unassigned_task_has_it_in_progress(task, ada, ed):
    services.edit_task(task, actor=ada, version=1, owner=ed)
    task.refresh_from_db()
    assert (task.status, task.owner) == ("IN_PROGRESS", ed)


def test_a_task_in_progress_without_its_owner_is_unassigned(task, ada, ed):
    services.claim_task(task, actor=ed)
    services.edit_task(task, actor=ada, version=2, owner=None)
    task.refresh_from_db()
    assert (task.status, task.owner) == ("UNASSIGNED", None)


def test_back_to_unassigned_releases_the_task(task, ada, ed):
    services.claim_task(task, actor=ed)
    services.edit_task(task, actor=ada, version=2, status="UNASSIGNED", owner=ed)
    task.refresh_from_db()
    assert (task.status, task.owner) == ("UNASSIGNED", None)
    assert latest(task).changes == {"status": ["IN_PROGRESS", "UNASSIGNED"], "owner": [ed.pk, None]}


def test_a_free_task_that_is_set_in_progress_is_the_editors(task, ada):
    services.edit_task(task, actor=ada, version=1, status="IN_PROGRESS")
    task.refresh_from_db()
    assert (task.status, task.owner) == ("IN_PROGRESS", ada)


def test_an_owner_given_while_the_task_becomes_unassigned_is_refused(task, ada, ed):
    services.edit_task(task, actor=ada, version=1, status="DONE")
    with pytest.raises(services.UnassignedHasNoOwner):
        services.edit_task(task, actor=ada, version=2, status="UNASSIGNED", owner=ed)
    task.refresh_from_db()
    assert (task.status, task.owner, task.version) == ("DONE", None, 2)


@pytest.mark.parametrize("status", ["DONE", "ARCHIVED"])
def test_finished_work_may_change_hands_without_reopening(task, ada, ed, status):
    services.edit_task(task, actor=ada, version=1, status=status)
    services.edit_task(task, actor=ada, version=2, owner=ed)
    services.edit_task(task, actor=ada, version=3, owner=None)
    task.refresh_from_db()
    assert (task.status, task.owner) == (status, None)


def test_completion_is_timed_when_the_status_becomes_done_and_by_no_later_edit(task, ada):
    before = timezone.now()
    services.edit_task(task, actor=ada, version=1, status="DONE")
    task.refresh_from_db()
    completed_at = task.completed_at
    assert before <= completed_at <= timezone.now()
    services.edit_task(task, actor=ada, version=2, title="New", status="DONE")
    task.refresh_from_db()
    assert task.completed_at == completed_at
    assert task.activities.get(version=2).changes["completed_at"] == [None, completed_at.isoformat()]


@pytest.mark.parametrize("status", ["UNASSIGNED", "IN_PROGRESS", "ARCHIVED"])
def test_completion_is_forgotten_when_the_status_leaves_done(task, ada, status):
    services.edit_task(task, actor=ada, version=1, status="DONE")
    services.edit_task(task, actor=ada, version=2, status=status)
    task.refresh_from_db()
    assert (task.status, task.completed_at) == (status, None)


def test_a_due_date_may_be_the_day_of_creation_but_not_before_it(task, ada):
    day = task.created_at.date()
    services.edit_task(task, actor=ada, version=1, due_date=day)
    with pytest.raises(services.DueBeforeCreation):
        services.edit_task(task, actor=ada, version=2, due_date=day - datetime.timedelta(days=1))
    services.edit_task(task, actor=ada, version=2, due_date=None)
    task.refresh_from_db()
    assert (task.due_date, task.version) == (None, 3)


def test_a_due_date_in_the_past_is_fine_where_the_task_is_older(task, ada):
    created_at = timezone.now() - datetime.timedelta(days=30)
    Task.objects.update(created_at=created_at)
    services.edit_task(task, actor=ada, version=1, due_date=created_at.date())
    task.refresh_from_db()
    assert task.due_date == created_at.date()


def test_editors_edit_what_they_own_or_created_and_nothing_else(task, ada, ed, member):
    with pytest.raises(NotAllowed, match="creator, its owner or an Admin"):
        services.edit_task(task, actor=ed, version=1, title="New")
    services.claim_task(task, actor=ed)
    services.edit_task(task, actor=ed, version=2, title="By its owner")
    bo = member("bo", Role.CREATOR, Role.EDITOR)
    own = services.create_task(task.project, actor=bo, title="Own")
    services.edit_task(own, actor=bo, version=1, title="By its creator")
    with pytest.raises(NotAllowed):
        services.edit_task(own, actor=ed, version=2, title="New")


def test_creators_may_not_edit_even_their_own_task(board, cleo):
    own = services.create_task(board, actor=cleo, title="Own")
    with pytest.raises(NotAllowed):
        services.edit_task(own, actor=cleo, version=1, title="New")


def test_a_stranger_finds_nothing_to_edit_and_cannot_be_an_owner(task, ada, oscar):
    with pytest.raises(NotFound):
        services.edit_task(task, actor=oscar, version=1, title="New")
    with pytest.raises(NotFound):
        services.edit_task(task, actor=ada, version=1, owner=oscar)


def test_a_deleted_task_is_not_found(task, ada):
    services.delete_task(Task.objects.get(pk=task.pk), actor=ada)
    with pytest.raises(NotFound):
        services.edit_task(task, actor=ada, version=1, title="New")


@pytest.mark.django_db(transaction=True)
def test_of_racing_edits_of_one_field_one_wins_and_of_different_fields_all(board: Project, ada):
    for _round in range(10):
        task = services.create_task(board, actor=ada, title="First")
        edits = [{"title": "A"}, {"title": "B"}, {"priority": "HIGH"}, {"description": "More"}]
        outcomes = race([partial(services.edit_task, task, actor=ada, version=1, **edit) for edit in edits])
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["EditConflict", "Task", "Task", "Task"]
        task.refresh_from_db()
        winner = "B" if isinstance(outcomes[0], services.EditConflict) else "A"
        assert (task.title, task.priority, task.description, task.version) == (winner, "HIGH", "More", 4)
        assert sorted(task.activities.values_list("version", flat=True)) == [1, 2, 3, 4]
