"""Tasks by date: those created on a day, those archived in a year."""

import datetime

import pytest
from django.utils import timezone

from taskmanager.tasks import services
from taskmanager.tasks.models import Task

QUERIES = ["session", "user with organization and permissions", "number of tasks", "tasks of the page", "projects"]


def html(response) -> str:
    return response.content.decode()


def references(response) -> list[str]:
    return [piece.partition("<")[0] for piece in html(response).split('<td class="t-reference">')[1:]]


def moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)


@pytest.fixture
def made(board, ada):
    """Make a task that was created, and perhaps archived, then."""

    def make(created: str, archived: str = "") -> Task:
        task = services.create_task(board, actor=ada, title=f"Of {created}")
        times = {"created_at": moment(created)}
        if archived:
            services.archive_task(task, actor=ada)
            times["archived_at"] = moment(archived)
        Task.objects.filter(pk=task.pk).update(**times)
        return task

    return make


def test_a_day_shows_what_was_created_on_it_whatever_became_of_it(made, oscar, ada, browse):
    made("2026-02-28T23:59:59.999999")
    first, done, gone = (made(f"2026-03-01T{time}") for time in ("00:00:00", "12:00:00", "23:59:59.999999"))
    made("2026-03-02T00:00:00")
    services.move_task(done, actor=ada, status="DONE")
    services.archive_task(gone, actor=ada)
    response = browse(ada).get("/tasks/2026-03-01/")
    assert references(response) == [task.reference for task in (gone, done, first)]
    assert "<h1>Created on March 1, 2026</h1>" in html(response)
    assert "3 tasks" in html(response)
    assert 'rel="prev" href="/tasks/2026-02-28/"' in html(response)
    assert 'rel="next" href="/tasks/2026-03-02/"' in html(response)
    assert references(browse(oscar).get("/tasks/2026-03-01/")) == []


@pytest.mark.parametrize(
    "day", ["2026-02-29", "2026-13-01", "2026-00-01", "2026-01-00", "2026-01-32", "0000-01-01", "2026-1-1", "26-01-01"]
)
def test_an_impossible_day_is_not_there(day, ada, browse):
    response = browse(ada).get(f"/tasks/{day}/")
    assert response.status_code == 404
    assert "There is nothing here" in html(response)


@pytest.mark.parametrize("day", ["2024-02-29", "0001-01-01", "9999-12-31", "1969-12-31"])
def test_every_day_of_the_calendar_has_its_page(day, ada, browse):
    response = browse(ada).get(f"/tasks/{day}/")
    assert response.status_code == 200
    assert "No task was created that day" in html(response)


def test_days_end_today_and_begin_with_the_calendar(ada, browse):
    today = timezone.localdate()
    client = browse(ada)
    assert 'rel="next"' not in html(client.get(f"/tasks/{today}/"))
    assert 'rel="next"' in html(client.get(f"/tasks/{today - datetime.timedelta(days=1)}/"))
    assert 'rel="prev"' not in html(client.get("/tasks/0001-01-01/"))
    assert 'rel="next"' not in html(client.get("/tasks/9999-12-31/"))


def test_a_year_shows_what_was_archived_in_it(made, oscar, ada, browse):
    made("2024-06-01T12:00:00", "2024-12-31T23:59:59.999999")
    first = made("2024-06-01T12:00:00", "2025-01-01T00:00:00")
    last = made("2025-02-01T12:00:00", "2025-12-31T23:59:59.999999")
    made("2025-02-01T12:00:00", "2026-01-01T00:00:00")
    made("2025-02-01T12:00:00")
    response = browse(ada).get("/tasks/archive/2025/")
    assert references(response) == [last.reference, first.reference]
    assert "<h1>Archived in 2025</h1>" in html(response)
    assert 'rel="prev" href="/tasks/archive/2024/"' in html(response)
    assert 'rel="next" href="/tasks/archive/2026/"' in html(response)
    assert references(browse(oscar).get("/tasks/archive/2025/")) == []


@pytest.mark.parametrize("year", ["0000", "26", "02026", "year"])
def test_an_impossible_year_is_not_there(year, ada, browse):
    assert browse(ada).get(f"/tasks/archive/{year}/").status_code == 404


@pytest.mark.parametrize("year", ["0001", "1970", "9999"])
def test_every_year_of_the_calendar_has_its_page(year, ada, browse):
    response = browse(ada).get(f"/tasks/archive/{year}/")
    assert response.status_code == 200
    assert "No task was archived that year" in html(response)


def test_years_end_with_this_one_and_begin_with_the_calendar(ada, browse):
    year = timezone.localdate().year
    client = browse(ada)
    assert 'rel="next"' not in html(client.get(f"/tasks/archive/{year}/"))
    assert 'rel="prev"' not in html(client.get("/tasks/archive/0001/"))
    assert 'rel="next"' not in html(client.get("/tasks/archive/9999/"))


def archive_by_editing(task: Task, actor) -> None:
    services.edit_task(task, actor=actor, version=task.version, status="ARCHIVED")


@pytest.mark.parametrize("archive", [lambda t, a: services.archive_task(t, actor=a), archive_by_editing])
def test_the_time_of_archiving_comes_and_goes_with_it(archive, task, ada):
    before = timezone.now()
    archive(task, ada)
    task.refresh_from_db()
    assert before <= task.archived_at <= timezone.now()
    services.edit_task(task, actor=ada, version=2, title="Still archived")
    was = task.archived_at
    task.refresh_from_db()
    assert task.archived_at == was
    services.move_task(task, actor=ada, status="DONE")
    task.refresh_from_db()
    assert task.archived_at is None


def test_what_is_created_as_archived_is_so_since_then(board, ada):
    task = services.create_task(board, actor=ada, title="Old news", status="ARCHIVED")
    assert task.archived_at == task.created_at


@pytest.mark.parametrize("count", [1, 60])
@pytest.mark.parametrize("kind", ["day", "year"])
def test_a_page_takes_the_same_queries_for_any_number_of_tasks(
    count, kind, board, ada, ed, browse, settings, django_assert_num_queries
):
    today = timezone.localdate()
    for number in range(count):
        status = "ARCHIVED" if kind == "year" else "IN_PROGRESS"
        services.create_task(board, actor=ada, title=str(number), owner=ed, status=status)
    url = {"day": f"/tasks/{today}/", "year": f"/tasks/archive/{today.year}/"}[kind]
    client = browse(ada)
    with django_assert_num_queries(len(QUERIES) - bool(settings.REDIS_URL)):
        response = client.get(url)
    assert len(references(response)) == min(count, 50)
    if count > 50:
        assert 'rel="next" href="?page=2"' in html(response)
        assert len(references(client.get(f"{url}?page=2"))) == count - 50


def test_both_are_linked_from_where_one_looks(task, ada, browse):
    today = timezone.localdate()
    client = browse(ada)
    page = html(client.get("/tasks/"))
    assert f'href="/tasks/{today}/"' in page
    assert f'href="/tasks/archive/{today.year}/"' in page
    assert f'href="/tasks/{today}/"' in html(client.get(f"/tasks/{task.pk}/"))
    services.archive_task(task, actor=ada)
    assert f'href="/tasks/archive/{today.year}/"' in html(client.get(f"/tasks/{task.pk}/"))
