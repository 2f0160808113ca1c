"""History in words: who did what, from which value to which, with nothing lost."""

import datetime

import pytest
from django.utils import timezone

from taskmanager.accounts.models import Role
from taskmanager.tasks import history, services
from taskmanager.tasks.history import Change
from taskmanager.tasks.models import Activity


@pytest.fixture
def told(acme):
    """Return a task's history in words, the newest first."""
    return lambda task: history.events(task.activities.for_timeline(), acme)


def test_each_service_tells_its_story(told, task, ada, ed):
    services.claim_task(task, actor=ed)
    services.edit_task(task, actor=ed, version=2, title="New")
    services.release_task(task, actor=ed)
    services.move_task(task, actor=ada, status="DONE")
    services.archive_task(task, actor=ada)
    assert [f"{event.actor_name} {event.sentence}" for event in told(task)] == [
        "ada archived it",
        "ada moved it",
        "Ed Moreno released it",
        "Ed Moreno edited it",
        "Ed Moreno claimed it",
        "ada created this",
    ]


def test_values_are_told_in_words(told, task, ada, ed):
    day = datetime.date(timezone.now().year + 1, 12, 4)
    services.edit_task(task, actor=ada, version=1, title="New", priority="URGENT", owner=ed, due_date=day)
    assert told(task)[0].changes == [
        Change("Title", "Rotate the signing keys", "New"),
        Change("Status", "Unassigned", "In progress"),
        Change("Priority", "Medium", "Urgent"),
        Change("Owner", "nobody", "Ed Moreno"),
        Change("Due date", "no date", f"Dec 4, {day.year}"),
    ]
    services.edit_task(task, actor=ada, version=2, owner=None, due_date=None)
    assert told(task)[0].changes[1:] == [
        Change("Owner", "Ed Moreno", "nobody"),
        Change("Due date", f"Dec 4, {day.year}", "no date"),
    ]


def test_a_long_text_is_only_said_to_have_changed(told, task, ada):
    services.edit_task(task, actor=ada, version=1, description="Long")
    assert told(task)[0].changes == [Change("Description", "", "")]
    assert task.activities.latest("pk").changes == {"description": ["", "Long"]}


def test_the_moment_of_completion_is_kept_but_not_told(told, task, ada):
    services.move_task(task, actor=ada, status="DONE")
    assert told(task)[0].changes == [Change("Status", "Unassigned", "Completed")]
    assert "completed_at" in task.activities.latest("pk").changes


def test_a_former_member_has_no_name_as_actor_and_as_owner(told, task, ada, member):
    bo = member("bo", Role.EDITOR)
    services.claim_task(task, actor=bo)
    bo.delete()
    claimed = told(task)[0]
    assert (claimed.actor, claimed.actor_name) == (None, "A former member")
    assert claimed.changes[1] == Change("Owner", "nobody", "a former member")


def test_a_member_of_another_organization_is_never_named(acme, task, oscar):
    Activity.objects.filter(task=task).update(changes={"owner": [None, oscar.pk]})
    event = history.events(task.activities.for_timeline(), acme)[0]
    assert event.changes == [Change("Owner", "nobody", "a former member")]


def test_a_deleted_tasks_title_is_kept(acme, task, ada):
    services.delete_task(task, actor=ada)
    event = history.events(Activity.objects.of(acme).for_timeline(), acme)[0]
    assert (event.sentence, event.changes) == ("deleted it", [Change("Title", "Rotate the signing keys", "nothing")])


def test_history_costs_one_query_for_the_actors_and_one_for_the_owners(task, ada, ed, acme, django_assert_num_queries):
    for version in range(1, 20, 2):
        services.edit_task(task, actor=ada, version=version, owner=ed)
        services.edit_task(task, actor=ada, version=version + 1, owner=ada)
    with django_assert_num_queries(2):
        lines = history.events(task.activities.for_timeline(), acme)
        assert {event.actor_name for event in lines} == {"ada"}


def test_every_version_has_its_line_from_which_the_task_can_be_rebuilt(task, ada, ed, member):
    bo = member("bo", Role.ADMIN)
    start = {"title": task.title, "description": "", "status": "UNASSIGNED", "priority": "MEDIUM"}
    values = {**start, "owner": None, "due_date": None, "completed_at": None}
    services.claim_task(task, actor=ed)
    services.edit_task(task, actor=ed, version=1, title="New", due_date=timezone.now().date())
    services.move_task(task, actor=ada, status="DONE")
    services.edit_task(task, actor=bo, version=4, description="More", owner=None)
    services.move_task(task, actor=bo, status="IN_PROGRESS")
    services.release_task(task, actor=bo)
    services.claim_task_optimistically(task, actor=ada)
    services.move_task(task, actor=ada, status="DONE")
    services.archive_task(task, actor=ada)
    task.refresh_from_db()
    lines = list(task.activities.order_by("pk"))
    assert [line.version for line in lines] == list(range(1, task.version + 1))
    for line in lines:
        for field, (old, new) in line.changes.items():
            assert values[field] == old, (line.version, field)
            values[field] = new
    assert values == {field: services.comparable(getattr(task, field)) for field in values}
