"""Epics: made, edited together, deleted without their tasks, and as far as their tasks are."""

import pytest

from taskmanager.errors import NotAllowed, NotFound
from taskmanager.tasks import queries, services
from taskmanager.tasks.models import Activity, Epic, Task
from taskmanager.tasks.templatetags.planning import percent_complete, task_priority_summary, task_summary


@pytest.fixture
def epic(board, ada):
    return services.create_epic(board, actor=ada, name="Billing", description="Money")


def test_an_epic_is_made_with_its_line_of_history(epic, board, ada):
    assert (epic.name, epic.project, epic.creator, epic.version) == ("Billing", board, ada, 1)
    line = epic.activities.get()
    assert (line.verb, line.actor, line.reference, line.organization) == ("created", ada, "Billing", ada.organization)


def test_edits_of_different_fields_are_merged_and_of_one_field_conflict(epic, ada, ed):
    services.edit_epic(epic, actor=ed, version=1, name="Invoices")
    services.edit_epic(epic, actor=ada, version=1, name="Billing", description="More")
    epic.refresh_from_db()
    assert (epic.name, epic.description, epic.version) == ("Invoices", "More", 3)
    assert epic.activities.latest("pk").changes == {"description": ["Money", "More"]}
    with pytest.raises(services.EditConflict) as caught:
        services.edit_epic(epic, actor=ada, version=1, name="Money")
    assert caught.value.fields == [services.Conflicting("name", "Money", "Invoices", ed)]
    with pytest.raises(services.UnknownVersion):
        services.edit_epic(epic, actor=ada, version=9, name="x")


def test_a_deleted_epic_leaves_its_tasks_and_its_history(epic, board, ada):
    task = services.create_task(board, actor=ada, title="Refunds", epic=epic)
    services.delete_epic(epic, actor=ada)
    task.refresh_from_db()
    assert (task.epic, Epic.objects.exists()) == (None, False)
    lines = Activity.objects.filter(reference="Billing").order_by("pk")
    assert [line.verb for line in lines] == ["created", "deleted"]


def test_who_may_do_what_with_epics(epic, board, ada, ed, cleo, oscar):
    services.create_epic(board, actor=cleo, name="Cleo's")
    services.edit_epic(epic, actor=ed, version=1, name="Ed's")
    with pytest.raises(NotAllowed):
        services.create_epic(board, actor=ed, name="x")
    with pytest.raises(NotAllowed):
        services.edit_epic(epic, actor=cleo, version=1, name="x")
    for actor in (ed, cleo):
        with pytest.raises(NotAllowed):
            services.delete_epic(epic, actor=actor)
    for act in (
        lambda: services.create_epic(board, actor=oscar, name="x"),
        lambda: services.edit_epic(epic, actor=oscar, version=1, name="x"),
        lambda: services.delete_epic(epic, actor=oscar),
    ):
        with pytest.raises(NotFound):
            act()


def test_a_task_comes_into_an_epic_and_leaves_it_by_an_edit(epic, task, ada):
    services.edit_task(task, actor=ada, version=1, epic=epic)
    task.refresh_from_db()
    assert task.epic == epic
    assert task.activities.latest("pk").changes == {"epic": [None, epic.pk]}
    services.edit_task(task, actor=ada, version=2, epic=None)
    assert Task.objects.get(pk=task.pk).epic is None


def test_an_epic_of_strangers_or_a_deleted_one_is_not_found(epic, task, board, ada, oscar):
    foreign = services.create_epic(oscar.organization.projects.get(), actor=oscar, name="Foreign")
    services.delete_epic(epic, actor=ada)
    for wrong in (foreign, epic):
        wrong.pk = wrong.pk or 0
        with pytest.raises(NotFound):
            services.edit_task(task, actor=ada, version=1, epic=wrong)
        with pytest.raises(NotFound):
            services.create_task(board, actor=ada, title="x", epic=wrong)


@pytest.mark.parametrize(
    ("done", "total", "shown"), [(0, 0, 0), (0, 3, 0), (1, 3, 33), (2, 3, 67), (3, 3, 100), (199, 200, 99), (1, 999, 1)]
)
def test_percentages_are_whole_and_100_only_when_all_is_done(done, total, shown):
    assert queries.percent(done, total) == shown


def test_numbers_of_tasks_cost_a_query_each(epic, board, ada, django_assert_num_queries):
    for status in ("DONE", "DONE", "ARCHIVED", "UNASSIGNED"):
        services.create_task(board, actor=ada, title=status, status=status, epic=epic, priority="HIGH")
    tasks = Task.objects.filter(epic=epic)
    with django_assert_num_queries(1):
        assert {each.value: each.count for each in task_summary(tasks)} == {
            "UNASSIGNED": 1,
            "IN_PROGRESS": 0,
            "DONE": 2,
            "ARCHIVED": 1,
        }
    with django_assert_num_queries(1):
        assert [(each.value, each.count) for each in task_priority_summary(tasks)][:2] == [("URGENT", 0), ("HIGH", 4)]
    with django_assert_num_queries(1):
        assert percent_complete(tasks) == 67
    with django_assert_num_queries(1):
        assert percent_complete(Epic.objects.for_page().get()) == 67
    read = list(tasks)
    with django_assert_num_queries(0):
        assert percent_complete(read) == percent_complete(task_summary(read)) == 67
    assert percent_complete([]) == 0
