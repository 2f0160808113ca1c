"""Pages of epics, sprints and the backlog: what they show to whom, what they save, and what they cost."""

import datetime
import uuid

import pytest
from django.conf import settings
from django.utils import timezone

from taskmanager.accounts.models import Role
from taskmanager.tasks import services
from taskmanager.tasks.models import Epic, Sprint, SprintMembership, Task

DAY = datetime.timedelta(days=1)
SESSION = 0 if settings.REDIS_URL else 1


@pytest.fixture
def epic(board, ada):
    return services.create_epic(board, actor=ada, name="Billing")


@pytest.fixture
def sprint(board, ada, epic):
    today = timezone.localdate()
    return services.create_sprint(
        board, actor=ada, name="Sprint 1", start_date=today, end_date=today + 9 * DAY, epic=epic
    )


@pytest.fixture
def pages(epic, sprint, task):
    return [
        "/epics/", "/epics/new/", f"/epics/{epic.pk}/", f"/epics/{epic.pk}/edit/", f"/epics/{epic.pk}/delete/",
        f"/epics/{epic.pk}/tasks/", "/sprints/", "/sprints/new/", "/sprints/manage/", f"/sprints/{sprint.pk}/",
        f"/sprints/{sprint.pk}/edit/", f"/sprints/{sprint.pk}/delete/", f"/sprints/{sprint.pk}/tasks/new/", "/backlog/",
        f"/sprints/{sprint.pk}/burndown/",
    ]  # fmt: skip


def rows(epic: Epic, **changes: str) -> dict[str, str]:
    """Return what the page of an epic's tasks would send, with the changed fields as `t0_title`."""
    tasks = list(epic.tasks.order_by("pk"))
    data = {"rows-TOTAL_FORMS": str(len(tasks)), "rows-INITIAL_FORMS": str(len(tasks))}
    for index, task in enumerate(tasks):
        data |= {
            f"rows-{index}-id": str(task.pk),
            f"rows-{index}-version": str(task.version),
            f"rows-{index}-title": task.title,
            f"rows-{index}-status": task.status,
            f"rows-{index}-priority": task.priority,
            f"rows-{index}-owner": str(task.owner_id or ""),
            f"rows-{index}-due_date": "",
        }
    return data | {f"rows-{name[1]}-{name[3:]}": value for name, value in changes.items()}


@pytest.fixture
def two(board, ada, epic):
    return [services.create_task(board, actor=ada, title=title, epic=epic) for title in ("One", "Two")]


def test_each_page_opens_for_an_admin_and_none_of_an_object_for_a_stranger(pages, ada, oscar, browse):
    for page in pages:
        assert browse(ada).get(page).status_code == 200, page
        if any(letter.isdigit() for letter in page):
            assert browse(oscar).get(page).status_code == 404, page
            assert browse(oscar).post(page).status_code in {404, 405}, page


@pytest.mark.parametrize(
    ("role", "refused"),
    [
        (Role.CREATOR, {"edit", "delete", "manage", "epic-tasks"}),
        (Role.EDITOR, {"new", "delete"}),
    ],
)
def test_who_may_not_gets_neither_the_page_nor_a_link_to_it(pages, member, browse, role, refused):
    client = browse(member("bo", role))
    for page in pages:
        what = "epic-tasks" if page.startswith("/epics") and page.endswith("tasks/") else page.split("/")[-2]
        is_refused = what in refused
        assert client.get(page).status_code == (403 if is_refused else 200), page
        if is_refused:
            assert client.post(page).status_code == 403, page
            seen = "".join(client.get(each).content.decode() for each in pages if each.count("/") in {2, 3})
            assert f'href="{page}' not in seen.replace("/tasks/new/?", ""), page


def test_an_epic_and_a_sprint_are_written_edited_and_deleted_by_forms(board, ada, browse):
    client = browse(ada)
    today = timezone.localdate()
    assert client.post("/epics/new/", {"name": "Billing", "description": "Money"}).status_code == 302
    epic = Epic.objects.get()
    assert (epic.name, epic.description, epic.project) == ("Billing", "Money", board)
    days = {"start_date": today.isoformat(), "end_date": (today + DAY).isoformat()}
    assert client.post("/sprints/new/", {"name": "S", "epic": str(epic.pk), **days}).status_code == 302
    sprint = Sprint.objects.get()
    assert (sprint.name, sprint.start_date, sprint.end_date, sprint.epic) == ("S", today, today + DAY, epic)
    response = client.post(f"/sprints/{sprint.pk}/edit/", {"name": "S", "version": "1", **days, "end_date": str(today)})
    assert (response.status_code, b"A sprint ends after" in response.content) == (200, True)
    services.edit_epic(epic, actor=ada, version=1, name="Theirs")
    response = client.post(f"/epics/{epic.pk}/edit/", {"name": "Mine", "version": "1"})
    assert (response.status_code, b"Theirs" in response.content, b"Mine" in response.content) == (409, True, True)
    assert client.post(f"/sprints/{sprint.pk}/delete/").status_code == 302
    assert client.post(f"/epics/{epic.pk}/delete/").status_code == 302
    assert not Epic.objects.exists()
    assert not Sprint.objects.exists()


def test_all_tasks_of_an_epic_are_edited_on_one_page(two, epic, ada, ed, browse):
    data = rows(epic, t0_title="First", t1_owner=str(ed.pk), t1_priority="HIGH")
    assert browse(ada).post(f"/epics/{epic.pk}/tasks/", data).status_code == 302
    one, other = epic.tasks.order_by("pk")
    assert (one.title, one.version) == ("First", 2)
    assert (other.title, other.owner, other.status, other.priority, other.version) == (
        "Two",
        ed,
        "UNASSIGNED" if other.owner is None else "IN_PROGRESS",
        "HIGH",
        2,
    )


def test_an_error_in_one_row_keeps_what_was_typed_and_saves_the_others(two, epic, ada, browse):
    data = rows(epic, t0_title="", t0_priority="URGENT", t1_title="Second")
    response = browse(ada).post(f"/epics/{epic.pk}/tasks/", data)
    assert response.status_code == 200
    assert b"Give the task a title." in response.content
    assert b'value="URGENT" selected' in response.content
    assert [task.title for task in epic.tasks.order_by("pk")] == ["One", "Second"]


def test_a_row_that_somebody_changed_meanwhile_is_a_conflict_of_that_row(two, epic, ada, browse):
    data = rows(epic, t0_title="Mine", t1_title="Second")
    services.edit_task(two[0], actor=ada, version=1, title="Theirs")
    response = browse(ada).post(f"/epics/{epic.pk}/tasks/", data)
    assert response.status_code == 409
    assert "ada changed this to “Theirs” meanwhile" in response.content.decode()
    assert [task.title for task in epic.tasks.order_by("pk")] == ["Theirs", "Second"]
    again = {**data, "rows-0-version": "2", "rows-1-version": "2"}
    assert browse(ada).post(f"/epics/{epic.pk}/tasks/", again).status_code == 302
    assert [task.title for task in epic.tasks.order_by("pk")] == ["Mine", "Second"]


def test_rows_of_others_and_rows_that_are_gone_change_nothing(two, epic, task, ada, ed, browse):
    data = rows(epic, t0_title="Forged")
    assert browse(ed).post(f"/epics/{epic.pk}/tasks/", data).status_code == 302
    services.edit_task(two[1], actor=ada, version=1, epic=None)
    response = browse(ada).post(f"/epics/{epic.pk}/tasks/", {**data, "rows-0-title": "One", "rows-1-title": "x"})
    assert "This isn’t here any more" in response.content.decode()
    assert {task.title for task in Task.objects.all()} == {"One", "Two", task.title}


@pytest.mark.parametrize("missing", ["TOTAL_FORMS", "INITIAL_FORMS"])
def test_rows_without_their_count_are_shown_again_and_not_saved(two, epic, ada, browse, missing):
    data = rows(epic, t0_title="First", t1_title="Second")
    del data[f"rows-{missing}"]
    response = browse(ada).post(f"/epics/{epic.pk}/tasks/", data)
    shown = response.content.decode()
    assert (response.status_code, "arrived incomplete" in shown) == (200, True)
    assert 'value="First"' in shown
    assert [task.title for task in epic.tasks.order_by("pk")] == ["One", "Two"]


@pytest.mark.parametrize("forged", ["0", "-1", "x", "9" * 30, ""])
def test_a_forged_id_in_a_row_changes_nothing(two, epic, ada, browse, forged):
    data = {**rows(epic, t0_title="Forged", t1_title="Second"), "rows-0-id": forged}
    response = browse(ada).post(f"/epics/{epic.pk}/tasks/", data)
    assert "This isn’t here any more" in response.content.decode()
    assert [task.title for task in epic.tasks.order_by("pk")] == ["One", "Second"]


def test_a_foreign_task_or_epic_is_no_row_and_no_choice(two, epic, sprint, oscar, ada, browse):
    globex = oscar.organization.projects.get()
    foreign = services.create_task(globex, actor=oscar, title="Theirs")
    theirs = services.create_epic(globex, actor=oscar, name="Foreign")
    data = {**rows(epic, t0_title="Forged"), "rows-0-id": str(foreign.pk)}
    assert "This isn’t here any more" in browse(ada).post(f"/epics/{epic.pk}/tasks/", data).content.decode()
    foreign.refresh_from_db()
    assert foreign.title == "Theirs"
    for url in (f"/tasks/{two[0].pk}/edit/", f"/sprints/{sprint.pk}/edit/"):
        response = browse(ada).post(url, {"title": "One", "name": "Sprint 1", "version": "1", "epic": str(theirs.pk)})
        assert response.status_code == 200
        assert "Choose one of your organization&#x27;s epics, or none." in response.content.decode()
    two[0].refresh_from_db()
    assert two[0].epic == epic


def test_several_sprints_are_edited_on_one_page(sprint, ada, browse):
    data = {
        "rows-TOTAL_FORMS": "1",
        "rows-INITIAL_FORMS": "1",
        "rows-0-id": str(sprint.pk),
        "rows-0-version": "1",
        "rows-0-name": "Sprint 2",
        "rows-0-start_date": str(sprint.start_date),
        "rows-0-end_date": str(sprint.end_date),
        "rows-0-epic": "",
    }
    bad = {**data, "rows-0-end_date": str(sprint.start_date)}
    assert b"A sprint ends after" in browse(ada).post("/sprints/manage/", bad).content
    assert browse(ada).post("/sprints/manage/", data).status_code == 302
    sprint.refresh_from_db()
    assert (sprint.name, sprint.epic) == ("Sprint 2", None)


def test_tasks_are_planned_from_the_backlog_and_removed_again(two, sprint, ada, cleo, browse):
    client = browse(ada)
    data = {"sprint": str(sprint.pk), "tasks": [str(task.pk) for task in two]}
    assert browse(cleo).post("/backlog/", data).status_code == 403
    assert b"Tick the tasks" in client.post("/backlog/", {"sprint": str(sprint.pk)}).content
    assert client.post("/backlog/", data).status_code == 302
    assert SprintMembership.objects.open().count() == 2
    url = f"/sprints/{sprint.pk}/tasks/{two[0].pk}/remove/"
    assert browse(cleo).post(url).status_code == 403
    assert client.get(url).status_code == 405
    assert client.post(url).status_code == 302
    assert client.post(url).status_code == 400
    assert SprintMembership.objects.open().count() == 1
    shown = client.get(f"/tasks/{two[0].pk}/").content.decode()
    assert "Was in" in shown
    assert "removed it from Sprint 1" in shown


def test_a_task_is_planned_from_its_own_page(two, sprint, ada, browse):
    client = browse(ada)
    url = f"/tasks/{two[0].pk}/plan/"
    assert url in client.get(f"/tasks/{two[0].pk}/").content.decode()
    assert b"Choose the sprint" in client.post(url).content
    for _twice in range(2):
        assert client.post(url, {"sprint": str(sprint.pk)}).headers["Location"] == f"/tasks/{two[0].pk}/"
    assert SprintMembership.objects.open().count() == 1
    assert f"/sprints/{sprint.pk}/tasks/{two[0].pk}/remove/" in client.get(url).content.decode()
    Sprint.objects.update(start_date=timezone.localdate() - 9 * DAY, end_date=timezone.localdate() - DAY)
    assert "has ended" in client.post(url, {"sprint": str(sprint.pk)}).content.decode()


def test_a_task_is_created_in_a_sprint_by_its_form(sprint, cleo, browse):
    assert browse(cleo).post(f"/sprints/{sprint.pk}/tasks/new/", {"title": "New"}).status_code == 302
    assert list(Task.objects.get().sprints) == [sprint]
    Sprint.objects.update(start_date=timezone.localdate() - 9 * DAY, end_date=timezone.localdate() - DAY)
    response = browse(cleo).post(f"/sprints/{sprint.pk}/tasks/new/", {"title": "Late"})
    assert (response.status_code, b"only while the sprint is active" in response.content) == (200, True)
    assert Task.objects.count() == 1


def test_the_board_shows_the_sprint_and_the_epics_of_cards(two, sprint, ada, browse):
    shown = browse(ada).get("/").content.decode()
    assert "9 days left" in shown
    assert f"tag-epic epic-{sprint.epic.colour}" in shown


@pytest.mark.parametrize(
    ("page", "count"),
    [("/", 6), ("/epics/", 4), ("/epics/{epic}/", 7), ("/epics/{epic}/tasks/", 5), ("/sprints/", 4),
     ("/sprints/{sprint}/", 9), ("/sprints/manage/", 4), ("/backlog/", 4)],
)  # fmt: skip
def test_no_page_costs_more_with_more_rows(board, epic, sprint, ada, browse, django_assert_num_queries, page, count):
    client = browse(ada)
    url = page.format(epic=epic.pk, sprint=sprint.pk)
    for _round in range(2):
        for _each in range(3):
            services.create_task_in_sprint(sprint, actor=ada, title="x", epic=epic)
            services.create_task(board, actor=ada, title="y")
        with django_assert_num_queries(count + SESSION):
            assert client.get(url).status_code == 200


def test_an_epic_a_sprint_and_a_task_in_it_are_made_once_by_a_form_sent_twice(sprint, epic, cleo, browse):
    client = browse(cleo)
    days = {"start_date": str(sprint.start_date), "end_date": str(sprint.end_date)}
    for url, data, model in (
        ("/epics/new/", {"name": "Twice"}, Epic),
        ("/sprints/new/", {"name": "Twice", **days}, Sprint),
        (f"/sprints/{sprint.pk}/tasks/new/", {"title": "Twice"}, Task),
    ):
        before, key = model.objects.count(), str(uuid.uuid4())
        assert 'name="uuid"' in client.get(url).content.decode()
        first, second = (client.post(url, {**data, "uuid": key}) for _turn in range(2))
        assert (first.status_code, second.headers["Location"]) == (302, first.headers["Location"])
        assert "This form has already been submitted." in client.get(second.headers["Location"]).content.decode()
        assert model.objects.count() == before + 1
