"""Sprints: which tasks they take and until when, with what was in them kept."""

import datetime

import pytest
from django.utils import timezone

from taskmanager.errors import NotAllowed, NotFound
from taskmanager.tasks import history, queries, services
from taskmanager.tasks.models import Activity, Sprint, SprintMembership, Task
from tests.racing import race

DAY = datetime.timedelta(days=1)


@pytest.fixture
def make(board, ada):
    """Make a sprint from `first` to `last`, in days from today."""

    def sprint(first: int = -3, last: int = 3, name: str = "Sprint 1") -> Sprint:
        today = timezone.localdate()
        return services.create_sprint(
            board, actor=ada, name=name, start_date=today + first * DAY, end_date=today + last * DAY
        )

    return sprint


@pytest.fixture
def sprint(make):
    return make()


def test_a_sprint_is_made_with_its_line_of_history(sprint, board, ada):
    assert (sprint.name, sprint.project, sprint.creator) == ("Sprint 1", board, ada)
    assert [(line.verb, line.reference) for line in sprint.activities.all()] == [("created", "Sprint 1")]


@pytest.mark.parametrize("length", [0, -1])
def test_a_sprint_ends_after_it_starts(make, sprint, ada, length):
    with pytest.raises(services.EndNotAfterStart):
        make(0, length)
    with pytest.raises(services.EndNotAfterStart):
        services.edit_sprint(sprint, actor=ada, version=1, end_date=sprint.start_date + length * DAY)


def test_an_edit_is_merged_refused_and_told(sprint, board, ada, ed):
    epic = services.create_epic(board, actor=ada, name="Billing")
    services.edit_sprint(sprint, actor=ed, version=1, name="Theirs", epic=epic)
    services.edit_sprint(sprint, actor=ada, version=1, description="Goal")
    with pytest.raises(services.EditConflict):
        services.edit_sprint(sprint, actor=ada, version=1, name="Mine")
    services.set_sprint_epic(sprint, epic=None, actor=ed)
    sprint.refresh_from_db()
    assert (sprint.name, sprint.description, sprint.epic, sprint.version) == ("Theirs", "Goal", None, 4)
    assert sprint.activities.latest("pk").changes == {"epic": [epic.pk, None]}


def test_a_task_is_planned_removed_and_planned_again_and_all_of_it_is_kept(sprint, task, ed):
    services.plan_task(task, sprint=sprint, actor=ed)
    services.plan_task(task, sprint=sprint, actor=ed)
    assert list(task.sprints) == [sprint]
    services.remove_task_from_sprint(task, sprint=sprint, actor=ed)
    assert list(task.sprints) == []
    with pytest.raises(services.TaskNotInSprint):
        services.remove_task_from_sprint(task, sprint=sprint, actor=ed)
    services.plan_task(task, sprint=sprint, actor=ed)
    assert [row.removed_by for row in task.memberships.order_by("pk")] == [ed, None]
    task.refresh_from_db()
    assert task.version == 4
    lines = [(line.verb, line.changes, line.version) for line in task.activities.order_by("pk")[1:]]
    came, went = {"sprint": [None, "Sprint 1"]}, {"sprint": ["Sprint 1", None]}
    assert lines == [("planned", came, 2), ("removed", went, 3), ("planned", came, 4)]


def test_planning_is_told_in_words(sprint, task, acme, ed):
    services.plan_task(task, sprint=sprint, actor=ed)
    services.remove_task_from_sprint(task, sprint=sprint, actor=ed)
    told = [event.sentence for event in history.events(task.activities.for_timeline(), acme)]
    assert told == ["removed it from Sprint 1", "planned it into Sprint 1", "created this"]
    lines = history.plan_events(sprint.activities.order_by("pk"), acme)
    assert [event.sentence for event in lines] == ["created this", "planned ACME-1", "removed ACME-1"]


@pytest.mark.parametrize(("first", "last"), [(-3, 0), (0, 1), (5, 9)])
def test_a_sprint_takes_tasks_until_it_has_ended(make, task, ed, first, last):
    services.plan_task(task, sprint=make(first, last), actor=ed)
    assert SprintMembership.objects.open().count() == 1


def test_a_sprint_that_has_ended_takes_none_but_gives_back(make, task, ed):
    sprint = make()
    services.plan_task(task, sprint=sprint, actor=ed)
    Sprint.objects.update(start_date=timezone.localdate() - 9 * DAY, end_date=timezone.localdate() - DAY)
    with pytest.raises(services.SprintHasEnded):
        services.plan_task(task, sprint=sprint, actor=ed)
    services.remove_task_from_sprint(task, sprint=sprint, actor=ed)


def test_several_are_planned_at_once_or_none(sprint, acme, board, ada, ed, task, oscar):
    other = services.create_task(services.create_project(acme, name="Web"), actor=ada, title="x")
    second = services.create_task(board, actor=ada, title="y")
    with pytest.raises(services.OtherProject):
        services.plan_tasks(sprint, tasks=[task, second, other], actor=ed)
    foreign = services.create_task(oscar.organization.projects.get(), actor=oscar, title="z")
    with pytest.raises(NotFound):
        services.plan_tasks(sprint, tasks=[task, foreign], actor=ed)
    assert not SprintMembership.objects.exists()
    assert services.plan_tasks(sprint, tasks=[task, second, task], actor=ed) == [task, second]


@pytest.mark.parametrize(("first", "last"), [(-3, 0), (0, 1)])
def test_a_task_is_created_in_an_active_sprint(make, cleo, first, last):
    sprint = make(first, last)
    task = services.create_task_in_sprint(sprint, actor=cleo, title="New")
    assert (list(task.sprints), task.project) == ([sprint], sprint.project)


@pytest.mark.parametrize(("first", "last"), [(-3, -1), (1, 4)])
def test_no_task_is_created_in_a_sprint_that_is_not_active(make, cleo, first, last):
    with pytest.raises(services.SprintNotActive):
        services.create_task_in_sprint(make(first, last), actor=cleo, title="New")
    assert not Task.objects.exists()


def test_who_may_do_what_with_sprints(make, sprint, task, board, ed, cleo, oscar):
    days = {"start_date": sprint.start_date, "end_date": sprint.end_date}
    services.create_sprint(board, actor=cleo, name="Cleo's", **days)
    calls = {
        "create": lambda actor: services.create_sprint(board, actor=actor, name="x", **days),
        "edit": lambda actor: services.edit_sprint(sprint, actor=actor, version=1, name="x"),
        "epic": lambda actor: services.set_sprint_epic(sprint, epic=None, actor=actor),
        "plan": lambda actor: services.plan_task(task, sprint=sprint, actor=actor),
        "remove": lambda actor: services.remove_task_from_sprint(task, sprint=sprint, actor=actor),
        "task": lambda actor: services.create_task_in_sprint(sprint, actor=actor, title="x"),
        "delete": lambda actor: services.delete_sprint(sprint, actor=actor),
    }
    refused = {ed: ("create", "task", "delete"), cleo: ("edit", "epic", "plan", "remove", "delete")}
    for actor, names in refused.items():
        for name in names:
            with pytest.raises(NotAllowed):
                calls[name](actor)
    for call in calls.values():
        with pytest.raises(NotFound):
            call(oscar)


def test_a_deleted_sprint_leaves_its_tasks(sprint, task, ada):
    services.plan_task(task, sprint=sprint, actor=ada)
    services.delete_sprint(sprint, actor=ada)
    assert Task.objects.filter(pk=task.pk).exists()
    assert not SprintMembership.objects.exists()
    assert Activity.objects.filter(verb="deleted", reference="Sprint 1").exists()


def test_the_backlog_has_what_no_open_sprint_has_the_most_urgent_first(make, board, ada, task):
    over, now = make(), make(0, 5, "Sprint 2")
    urgent = services.create_task(board, actor=ada, title="u", priority="URGENT")
    planned = services.create_task(board, actor=ada, title="p")
    services.create_task(board, actor=ada, title="d", status="DONE")
    services.plan_task(planned, sprint=now, actor=ada)
    services.plan_task(task, sprint=over, actor=ada)
    Sprint.objects.filter(pk=over.pk).update(end_date=timezone.localdate() - DAY)
    assert list(queries.backlog(board, timezone.localdate())) == [urgent, task]


@pytest.mark.django_db(transaction=True)
def test_of_racing_plans_one_makes_the_membership(sprint, task, ed):
    race([lambda: services.plan_task(task, sprint=sprint, actor=ed)] * 4)
    assert SprintMembership.objects.count() == 1
    assert Activity.objects.filter(verb="planned").count() == 1
