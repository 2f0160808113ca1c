"""Creating tasks: their numbers, what follows from what is given, and who may."""

import datetime
from contextlib import suppress
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone

from taskmanager.accounts.models import Role
from taskmanager.errors import NotAllowed, NotFound
from taskmanager.tasks import services
from taskmanager.tasks.models import Project, Task
from tests.racing import race


class ChangedMyMind(Exception):
    pass


@transaction.atomic
def create_and_fail(project: Project, **fields) -> None:
    services.create_task(project, **fields)
    raise ChangedMyMind


def test_a_task_needs_a_title_only(board, ada):
    before = timezone.now()
    task = services.create_task(board, actor=ada, title="Rotate the signing keys")
    task.refresh_from_db()
    assert (task.organization, task.project, task.creator, task.owner) == (ada.organization, board, ada, None)
    assert (task.title, task.description, task.due_date) == ("Rotate the signing keys", "", None)
    assert (task.status, task.priority, task.version, task.completed_at) == ("UNASSIGNED", "MEDIUM", 1, None)
    assert before <= task.created_at == task.updated_at <= timezone.now()


def test_a_task_takes_all_that_is_given(board, ada, ed):
    day = timezone.now().date() + datetime.timedelta(days=3)
    given = {"title": "T", "description": "**D**", "status": "IN_PROGRESS", "priority": "URGENT", "due_date": day}
    task = services.create_task(board, actor=ada, owner=ed, **given)
    task.refresh_from_db()
    assert {name: getattr(task, name) for name in given} == given
    assert task.owner == ed


def test_a_creation_is_history(board, ada):
    task = services.create_task(board, actor=ada, title="Rotate the signing keys", priority="LOW")
    line = task.activities.get()
    assert (line.organization, line.actor, line.verb, line.version) == (ada.organization, ada, "created", 1)
    assert (line.reference, line.changes) == ("ACME-1", {})


def test_numbers_count_from_one_in_each_project(acme, board, ada):
    web = services.create_project(acme, name="Web", key="WEB")
    made = [services.create_task(project, actor=ada, title="T") for project in (board, web, board, web, web)]
    assert [task.reference for task in made] == ["ACME-1", "WEB-1", "ACME-2", "WEB-2", "WEB-3"]


def test_a_creation_that_is_rolled_back_leaves_no_gap(board, ada):
    services.create_task(board, actor=ada, title="First")
    with pytest.raises(ChangedMyMind):
        create_and_fail(board, actor=ada, title="Never")
    assert services.create_task(board, actor=ada, title="Second").number == 2


@pytest.mark.django_db(transaction=True)
def test_of_racing_creations_in_two_projects_none_shares_a_number_and_none_leaves_a_gap(acme, board, ada):
    web = services.create_project(acme, name="Web", key="WEB")

    def create_eight(project: Project, maker: int) -> int:
        kept = 0
        for number in range(8):
            if number % 3 == maker % 3:
                with suppress(ChangedMyMind):
                    create_and_fail(project, actor=ada, title="Never")
            else:
                services.create_task(project, actor=ada, title=f"{maker}/{number}")
                kept += 1
        return kept

    kept = race([partial(create_eight, project, maker) for maker in range(6) for project in (board, web)])
    for project, expected in ((board, sum(kept[::2])), (web, sum(kept[1::2]))):
        numbers = Task.objects.filter(project=project).order_by("number").values_list("number", flat=True)
        assert list(numbers) == list(range(1, expected + 1))
        project.refresh_from_db()
        assert project.last_number == expected
    positions = list(Task.objects.filter(project=board).values_list("position", flat=True))
    assert len(set(positions)) == len(positions)


def test_a_task_that_has_an_owner_starts_in_progress(board, ada, ed):
    assert services.create_task(board, actor=ada, title="T", owner=ed).status == "IN_PROGRESS"


def test_a_task_that_starts_in_progress_without_an_owner_is_its_creators(board, ada):
    assert services.create_task(board, actor=ada, title="T", status="IN_PROGRESS").owner == ada


def test_an_unassigned_task_cannot_have_an_owner(board, ada, ed):
    with pytest.raises(services.UnassignedHasNoOwner):
        services.create_task(board, actor=ada, title="T", status="UNASSIGNED", owner=ed)
    assert services.create_task(board, actor=ada, title="T").number == 1


@pytest.mark.parametrize("status", ["DONE", "ARCHIVED"])
def test_finished_work_may_be_noted_down_without_an_owner(board, ada, status):
    task = services.create_task(board, actor=ada, title="T", status=status)
    assert (task.status, task.owner) == (status, None)
    assert task.completed_at == (task.created_at if status == "DONE" else None)


def test_a_due_date_may_be_today_but_not_yesterday(board, ada):
    today = timezone.now().date()
    assert services.create_task(board, actor=ada, title="T", due_date=today).due_date == today
    with pytest.raises(services.DueBeforeCreation):
        services.create_task(board, actor=ada, title="T", due_date=today - datetime.timedelta(days=1))


def test_an_editor_may_not_create_but_who_is_also_creator_may(board, ed, member):
    with pytest.raises(NotAllowed):
        services.create_task(board, actor=ed, title="T")
    bo = member("bo", Role.EDITOR, Role.CREATOR)
    assert services.create_task(board, actor=bo, title="T").creator == bo


def test_a_creator_may_create_and_hand_the_task_to_a_colleague(board, cleo, ed):
    task = services.create_task(board, actor=cleo, title="T", owner=ed)
    assert (task.creator, task.owner) == (cleo, ed)


def test_a_member_without_a_role_or_who_was_deactivated_may_not_create(board, member, ada):
    with pytest.raises(NotAllowed):
        services.create_task(board, actor=member("bo"), title="T")
    ada.is_active = False
    with pytest.raises(NotFound):
        services.create_task(board, actor=ada, title="T")


def test_a_stranger_finds_no_board_to_create_on_and_cannot_be_an_owner(board, ada, oscar):
    with pytest.raises(NotFound):
        services.create_task(board, actor=oscar, title="T")
    with pytest.raises(NotFound):
        services.create_task(board, actor=ada, title="T", owner=oscar)
    assert not Task.objects.exists()
