"""Sessions: what is kept of them, the list of one's own, signing out elsewhere, and how long they last."""

import datetime
import time
from importlib import import_module

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import UpdateError
from django.core.cache import cache
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from taskmanager.accounts import services
from taskmanager.accounts.agents import in_words
from taskmanager.accounts.models import Session, User
from taskmanager.accounts.sessions import USE_KEY, USE_SECONDS, hash_of, note_use
from taskmanager.jobs.worker import Worker
from tests.conftest import PASSWORD
from tests.web.pages import page, sentence

SESSIONS = "/accounts/sessions/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 "
    "Mobile/15E148 Safari/604.1"
)


def signed_in(agent: str = FIREFOX, address: str = "192.0.2.1", username: str = "ada") -> Client:
    """Return a browser that signed in by the page."""
    client = Client(headers={"User-Agent": agent}, REMOTE_ADDR=address)
    given = {"organization": "acme", "username": username, "password": PASSWORD}
    assert client.post("/accounts/login/", given).status_code == 302
    return client


def key_of(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def is_in(client: Client) -> bool:
    return client.get("/help/").context["user"].is_authenticated


def age(client: Client, seconds: float) -> None:
    """Let the session's last use be that long ago."""
    session = client.session
    session[USE_KEY] = {**session[USE_KEY], **dict.fromkeys(("begun", "seen"), time.time() - seconds)}
    session.save()


# What is kept


def test_no_key_is_kept_in_the_database_or_in_the_cache(ada):
    client = signed_in()
    row = Session.objects.get(user=ada)
    assert row.pk == hash_of(key_of(client))
    assert key_of(client) not in str(list(Session.objects.values()))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_session")
        assert cursor.fetchone() == (0,)
    if settings.REDIS_URL:
        assert cache.get(f"django.contrib.sessions.cached_db{row.pk}")
        assert cache.get(f"django.contrib.sessions.cached_db{key_of(client)}") is None


def test_what_a_thief_finds_in_the_table_opens_nothing(ada):
    signed_in()
    row = Session.objects.get(user=ada)
    for stolen in (row.pk, row.pk[:32], row.session_data):
        thief = Client()
        thief.cookies[settings.SESSION_COOKIE_NAME] = stolen
        assert not is_in(thief)


def test_a_session_knows_its_browser_and_place(ada):
    signed_in(PHONE, "2001:db8::7")
    row = Session.objects.get(user=ada)
    assert (row.address, row.browser) == ("2001:db8::7", "Safari on iPhone")
    assert row.begun_at <= row.seen_at <= timezone.now()


def test_a_long_name_of_a_browser_is_cut(ada):
    signed_in("Firefox/" + "9" * 1000)
    assert len(Session.objects.get(user=ada).agent) == 300


def test_a_use_is_noted_after_five_minutes_and_costs_nothing_before(ada):
    client = signed_in()
    before = Session.objects.get(user=ada)
    with CaptureQueriesContext(connection) as queries:
        client.get("/help/", REMOTE_ADDR="198.51.100.7")
    assert not [each for each in queries if each["sql"].startswith("UPDATE")]
    age(client, USE_SECONDS + 60)
    begun = Session.objects.get(user=ada).begun_at
    assert begun < before.begun_at
    client.get("/help/", REMOTE_ADDR="198.51.100.7")
    after = Session.objects.get(user=ada)
    assert (after.address, after.begun_at) == ("198.51.100.7", begun)
    assert after.seen_at > before.seen_at
    assert after.expire_date > before.expire_date


def test_a_visitor_leaves_no_session(db):
    Client().get("/accounts/login/")
    assert not Session.objects.exists()


def test_the_database_refuses_a_session_seen_before_it_began(ada):
    with pytest.raises(IntegrityError), transaction.atomic():
        Session.objects.create(
            session_key="x", expire_date=timezone.now(), seen_at=timezone.now() - datetime.timedelta(days=1)
        )


@pytest.mark.django_db(transaction=True)
def test_the_store_works_for_those_that_wait_too():
    store = import_module(settings.SESSION_ENGINE).SessionStore

    async def walk() -> tuple[bool, bool]:
        session = store()
        await session.aset("a", 1)
        await session.asave()
        found = await store(session.session_key).aget("a") == 1 and await session.aexists(session.session_key)
        await session.adelete()
        left = await session.aexists(session.session_key)
        await sync_to_async(connections.close_all)()
        return found, left

    assert async_to_sync(walk)() == (True, False)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (PHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605 Version/19.0 Safari/605", "Safari on macOS"),
        ("curl/8.14", "curl"),
        ("<b>", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_is_told_in_words(agent, words):
    assert in_words(agent) == words


# The list


def test_the_list_shows_ones_own_sessions_and_which_is_this(ada, ed):
    here = signed_in()
    signed_in(PHONE, "198.51.100.7")
    signed_in("curl/8", username="ed")
    text = sentence(here.get(SESSIONS))
    assert "Firefox on Linux · this session" in text
    assert "Safari on iPhone 198.51.100.7 · signed in" in text
    assert "curl" not in text
    assert "this session" in sentence(signed_in("curl/8", username="ed").get(SESSIONS))


def test_an_expired_session_is_not_listed(ada):
    here = signed_in()
    other = signed_in(PHONE)
    Session.objects.filter(pk=hash_of(key_of(other))).update(expire_date=timezone.now())
    assert "iPhone" not in sentence(here.get(SESSIONS))


def test_the_list_takes_one_query_for_its_sessions(ada):
    here = signed_in()
    counts = []
    for _round in range(2):
        with CaptureQueriesContext(connection) as queries:
            here.get(SESSIONS)
        counts.append(len(queries))
        for _session in range(3):
            signed_in()
    assert counts[0] == counts[1]


def test_one_session_is_ended_and_the_others_go_on(ada):
    here, phone, tablet = signed_in(), signed_in(PHONE), signed_in()
    response = here.post(SESSIONS, {"end": hash_of(key_of(phone))}, follow=True)
    assert "You are signed out there." in sentence(response)
    assert [is_in(client) for client in (here, phone, tablet)] == [True, False, True]


def test_all_others_are_ended_at_once(ada, ed):
    here, others, colleague = signed_in(), [signed_in(PHONE), signed_in()], signed_in(username="ed")
    response = here.post(SESSIONS, {"end": "others"}, follow=True)
    assert "You are signed out of 2 other sessions." in sentence(response)
    assert [is_in(client) for client in (here, *others, colleague)] == [True, False, False, True]
    assert "others" not in str(page(response).elements)


@pytest.mark.parametrize("end", ["", "x", "others\0", "theirs", "mine"])
def test_what_is_no_other_session_of_ones_own_stays(end, ada, ed):
    here, colleague = signed_in(), signed_in(username="ed")
    end = {"theirs": hash_of(key_of(colleague)), "mine": hash_of(key_of(here))}.get(end, end)
    response = here.post(SESSIONS, {"end": end}, follow=True)
    assert "it had ended already" in sentence(response)
    assert is_in(here)
    assert is_in(colleague)


def test_a_changed_password_leaves_this_session_alone_in_the_list(ada):
    here, other = signed_in(), signed_in(PHONE)
    new = "seven wet umbrellas"
    here.post("/accounts/password_change/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    assert (is_in(here), is_in(other)) == (True, False)
    assert list(Session.objects.filter(user=ada).values_list("pk", flat=True)) == [hash_of(key_of(here))]


def test_signing_out_takes_the_session_off_the_list(ada):
    client = signed_in()
    client.post("/accounts/logout/")
    assert not Session.objects.filter(user=ada).exists()


def test_a_superuser_ends_a_session_in_the_admin(ada, member):
    root = member("root")
    User.objects.filter(pk=root.pk).update(is_staff=True, is_superuser=True)
    client, victim = signed_in(username="root"), signed_in()
    row = Session.objects.get(user=ada)
    assert row.session_data not in client.get(f"/admin/accounts/session/{row.pk}/change/").content.decode()
    client.post(f"/admin/accounts/session/{row.pk}/delete/", {"post": "yes"})
    assert not is_in(victim)
    victim = signed_in()
    chosen = {"action": "delete_selected", "_selected_action": hash_of(key_of(victim)), "post": "yes"}
    client.post("/admin/accounts/session/", chosen)
    assert not is_in(victim)


def test_the_profile_leads_to_the_list(ada):
    assert SESSIONS in page(signed_in().get("/accounts/profile/")).addresses()


# How long


def test_a_session_lasts_as_long_as_the_settings_say(ada, settings):
    settings.SESSION_COOKIE_AGE = 3600
    cookie = signed_in().cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["max-age"] == 3600
    settings.SESSION_EXPIRE_AT_BROWSER_CLOSE = True
    assert signed_in().cookies[settings.SESSION_COOKIE_NAME]["max-age"] == ""


def test_the_worker_removes_expired_sessions_once_a_day(ada):
    old, new = signed_in(), signed_in()
    Session.objects.filter(pk=hash_of(key_of(old))).update(expire_date=timezone.now() - datetime.timedelta(seconds=1))
    worker = Worker(batch=True, interval=0)
    worker.run()
    assert list(Session.objects.values_list("pk", flat=True)) == [hash_of(key_of(new))]
    Session.objects.update(expire_date=timezone.now() - datetime.timedelta(seconds=1))
    worker.make_rounds()
    assert Session.objects.exists()


def test_ended_sessions_are_counted(ada, browse):
    browse(ada), browse(ada)
    assert services.end_sessions(ada) == 2
    assert services.end_sessions(ada) == 0


def test_a_session_that_ended_meanwhile_is_not_saved_again(ada):
    client = signed_in()
    session = client.session
    assert session[SESSION_KEY] == str(ada.pk)
    services.end_sessions(ada)
    with pytest.raises(UpdateError):
        session.save()
    assert not is_in(client)


def test_a_clock_that_was_set_back_harms_no_session(ada):
    client = signed_in()
    session = client.session
    session[USE_KEY] = {**session[USE_KEY], "begun": time.time() + 60, "seen": time.time() - USE_SECONDS - 60}
    note_use(session, address="", agent="")
    session.save()
    row = Session.objects.get(user=ada)
    assert row.seen_at == row.begun_at
