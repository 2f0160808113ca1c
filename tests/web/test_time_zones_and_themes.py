"""Every time and every day is that of who looks; and pages have the colours that they chose."""

import datetime
import zoneinfo

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from taskmanager.accounts.models import User
from taskmanager.tasks import services
from taskmanager.tasks.models import Activity, Task
from tests.web.pages import page, sentence

PROFILE = "/accounts/profile/"
# 25 hours apart: their days are never the same.
FIRST, LAST = "Pacific/Kiritimati", "Pacific/Pago_Pago"
LATE = datetime.datetime(2026, 1, 15, 23, 30, tzinfo=datetime.UTC)


def live_in(user: User, zone: str) -> None:
    User.objects.filter(pk=user.pk).update(time_zone=zone)


def today_in(zone: str) -> datetime.date:
    return timezone.now().astimezone(zoneinfo.ZoneInfo(zone)).date()


def test_a_zone_and_a_theme_are_chosen_on_the_profile(ada, browse):
    client = browse(ada)
    response = client.post(PROFILE, {"time_zone": "Asia/Tokyo", "theme": "dark"})
    assert response.status_code == 302
    ada.refresh_from_db()
    assert (ada.time_zone, ada.theme) == ("Asia/Tokyo", "dark")
    shown = page(client.get(PROFILE))
    assert (shown.values["time_zone"], shown.values["theme"]) == ("Asia/Tokyo", "dark")
    assert {"UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"} <= set(shown.options["time_zone"])
    client.post(PROFILE, {"time_zone": "", "theme": ""})
    ada.refresh_from_db()
    assert (ada.time_zone, ada.theme) == ("UTC", "system")


@pytest.mark.parametrize(
    "typed",
    [{"time_zone": name} for name in ("Mars/Olympus", "../../etc/passwd", "/etc/localtime", "asia/tokyo", "UTC\0")]
    + [{"theme": name} for name in ("pink", "DARK", '"><b>')],
    ids=str,
)
def test_anything_else_is_refused(typed, ada, browse):
    response = browse(ada).post(PROFILE, typed)
    assert response.status_code == 200
    assert list(page(response).errors) == list(typed)
    ada.refresh_from_db()
    assert (ada.time_zone, ada.theme) == ("UTC", "system")


@pytest.mark.parametrize("fields", [{"time_zone": ""}, {"time_zone": "a b"}, {"theme": "pink"}, {"theme": ""}], ids=str)
def test_the_database_refuses_what_can_be_no_zone_and_no_theme(fields, ada):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=ada.pk).update(**fields)


def test_times_are_those_of_who_looks(task, ada, ed, browse):
    services.create_comment(task, actor=ada, text="Seen.")
    Task.objects.filter(pk=task.pk).update(created_at=LATE, updated_at=LATE)
    Activity.objects.update(created_at=LATE)
    live_in(ada, "Asia/Tokyo")
    live_in(ed, "America/New_York")
    hers, his = browse(ada).get(f"/tasks/{task.pk}/"), browse(ed).get(f"/tasks/{task.pk}/")
    assert "Jan 16, 2026, 08:30" in sentence(hers)
    assert "Jan 15, 2026, 18:30" in sentence(his)
    assert "2026-01-16T08:30:00+09:00" in hers.content.decode()
    assert "Jan 16, 08:30" in sentence(hers)
    assert "Jan 15, 18:30" in sentence(his)
    assert "/tasks/2026-01-16/" in page(hers).addresses()
    for user, day in ((ada, "2026-01-16"), (ed, "2026-01-15")):
        assert task.title in sentence(browse(user).get(f"/tasks/{day}/"))
    assert task.title not in sentence(browse(ed).get("/tasks/2026-01-16/"))


def test_today_is_the_day_of_who_looks(board, ada, ed, browse):
    day = today_in(FIRST)
    services.create_task(board, actor=ada, title="Send the report", due_date=day)
    services.create_sprint(board, actor=ada, name="Dateline", start_date=day, end_date=day + datetime.timedelta(days=9))
    live_in(ada, FIRST)
    live_in(ed, LAST)
    for client, is_today in ((browse(ada), True), (browse(ed), False)):
        shown = sentence(client.get("/"))
        assert ("Dateline" in shown) == is_today
        found = sentence(client.get(f"/tasks/?q=due:<{day + datetime.timedelta(days=1)}"))
        assert "Send the report" in found
        assert ("today" in shown) == is_today


def test_a_sprint_takes_new_tasks_when_it_is_active_where_one_is(board, ada, ed, member, browse):
    day = today_in(FIRST)
    sprint = services.create_sprint(
        board, actor=ada, name="Dateline", start_date=day, end_date=day + datetime.timedelta(days=9)
    )
    address = f"/sprints/{sprint.pk}/tasks/new/"
    live_in(ada, FIRST)
    assert browse(ada).post(address, {"title": "Here it runs"}).status_code == 302
    live_in(ada, LAST)
    assert browse(ada).post(address, {"title": "Not yet"}).status_code != 302
    assert not Task.objects.filter(title="Not yet").exists()


def test_the_zone_of_one_request_is_not_that_of_the_next(task, ada, browse):
    live_in(ada, "Asia/Tokyo")
    browse(ada).get("/")
    assert timezone.get_current_timezone_name() == "UTC"
    browse(ada).get("/nowhere/")
    assert timezone.get_current_timezone_name() == "UTC"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "..", "/etc", "Asia"])
def test_a_zone_that_this_machine_does_not_know_is_utc(zone, ada, browse):
    User.objects.filter(pk=ada.pk).update(time_zone="Mars/Olympus" if zone == ".." else zone)
    assert browse(ada).get("/").status_code == 200


@pytest.mark.parametrize(("theme", "scheme"), [("system", "light dark"), ("light", "light"), ("dark", "dark")])
def test_a_theme_is_in_the_page_itself(theme, scheme, ada, browse):
    User.objects.filter(pk=ada.pk).update(theme=theme)
    shown = page(browse(ada).get("/"))
    assert shown.has("meta", name="color-scheme", content=scheme)
    assert shown.has("html", **({"data-bs-theme": theme} if theme != "system" else {"lang": "en"}))
    [html] = [attributes for tag, attributes in shown.elements if tag == "html"]
    assert ("data-bs-theme" in html) == (theme != "system")
