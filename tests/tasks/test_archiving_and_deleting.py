"""Archiving, which can be taken back, and deleting, which can't."""

import pytest
from django.utils import timezone

from taskmanager.accounts.models import Role
from taskmanager.errors import NotAllowed, NotFound
from taskmanager.tasks import services
from taskmanager.tasks.models import Activity, Project, Task


@pytest.fixture
def done(task, ada):
    """Return the task, completed."""
    return services.move_task(task, actor=ada, status="DONE")


def test_an_archived_task_is_off_the_board_and_in_history(task, ada):
    services.archive_task(task, actor=ada)
    task.refresh_from_db()
    assert (task.status, task.version) == ("ARCHIVED", 2)
    line = task.activities.latest("pk")
    assert (line.verb, line.actor, line.changes) == ("archived", ada, {"status": ["UNASSIGNED", "ARCHIVED"]})


def test_an_archived_task_keeps_its_owner(task, ed):
    services.claim_task(task, actor=ed)
    services.archive_task(task, actor=ed)
    task.refresh_from_db()
    assert (task.status, task.owner) == ("ARCHIVED", ed)


def by_archiving(task, actor):
    return services.archive_task(task, actor=actor)


def by_editing(task, actor):
    return services.edit_task(task, actor=actor, version=task.version, status="ARCHIVED")


@pytest.mark.parametrize("archive", [by_archiving, by_editing])
def test_a_completed_task_that_comes_back_from_the_archive_was_completed_when_it_was(done, ada, archive):
    completed_at = done.completed_at
    archived = archive(done, ada)
    assert archived.completed_at is None
    services.move_task(archived, actor=ada, status="DONE")
    done.refresh_from_db()
    assert done.completed_at == completed_at


@pytest.mark.parametrize("archive", [by_archiving, by_editing])
def test_the_last_completion_counts_where_a_task_was_archived_more_than_once(done, ada, archive):
    first = done.completed_at
    task = services.archive_task(done, actor=ada)
    task = services.move_task(task, actor=ada, status="UNASSIGNED")
    task = services.move_task(task, actor=ada, status="DONE")
    second = task.completed_at
    assert second > first
    task = services.move_task(archive(task, ada), actor=ada, status="DONE")
    assert task.completed_at == second


@pytest.mark.parametrize("archive", [by_archiving, by_editing])
def test_a_task_that_was_archived_undone_is_completed_when_it_comes_back_done(done, ada, archive):
    task = services.move_task(services.archive_task(done, actor=ada), actor=ada, status="UNASSIGNED")
    before = timezone.now()
    task = services.move_task(archive(task, ada), actor=ada, status="DONE")
    assert task.completed_at >= before


def test_only_who_may_change_a_task_may_archive_it(task, ada, ed, cleo, oscar):
    for actor, error in ((ed, NotAllowed), (cleo, NotAllowed), (oscar, NotFound)):
        with pytest.raises(error):
            services.archive_task(task, actor=actor)
    task.refresh_from_db()
    assert (task.status, task.version) == ("UNASSIGNED", 1)


def test_an_admin_deletes_a_task_and_its_history_stays(task, ada, ed):
    services.claim_task(task, actor=ed)
    services.delete_task(task, actor=ada)
    assert not Task.objects.exists()
    lines = Activity.objects.of(ada.organization).order_by("pk")
    assert [(line.verb, line.actor, line.task_id, line.reference) for line in lines] == [
        ("created", ada, None, "ACME-1"),
        ("claimed", ed, None, "ACME-1"),
        ("deleted", ada, None, "ACME-1"),
    ]
    assert (lines[2].version, lines[2].changes) == (3, {"title": ["Rotate the signing keys", None]})


def test_the_number_of_a_deleted_task_is_not_used_again(task, board, ada):
    services.delete_task(task, actor=ada)
    assert services.create_task(board, actor=ada, title="Next").reference == "ACME-2"


def test_only_an_admin_may_delete_even_what_one_created_and_owns(board, member):
    bo = member("bo", Role.CREATOR, Role.EDITOR)
    task = services.create_task(board, actor=bo, title="Own", owner=bo)
    with pytest.raises(NotAllowed):
        services.delete_task(task, actor=bo)
    assert Task.objects.filter(pk=task.pk).exists()


def test_a_stranger_finds_nothing_to_delete(task, oscar):
    with pytest.raises(NotFound):
        services.delete_task(task, actor=oscar)
    assert Task.objects.filter(pk=task.pk).exists()


def test_a_task_is_deleted_once(task, ada):
    services.delete_task(Task.objects.get(pk=task.pk), actor=ada)
    with pytest.raises(NotFound):
        services.delete_task(task, actor=ada)
    assert Activity.objects.filter(verb="deleted").count() == 1


def test_deleting_an_organization_deletes_its_work_and_nobody_elses(task, acme, ada, oscar):
    theirs = services.create_task(Project.objects.of(oscar.organization).get(), actor=oscar, title="Theirs")
    acme.delete()
    assert list(Task.objects.all()) == [theirs]
    assert not Activity.objects.filter(organization_id=acme.pk).exists()
