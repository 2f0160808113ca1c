"""Passwords: changed by the old one, reset by the link of a mail; and what nobody learns from either."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.test import Client
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django_tasks_db.models import DBTaskResult

from taskmanager.accounts import services
from taskmanager.accounts.models import Throttle, User
from taskmanager.errors import TooManyRequests
from tests import mailbox
from tests.conftest import PASSWORD
from tests.mailbox import Mailbox, part
from tests.queue import run_jobs
from tests.racing import race
from tests.web.pages import page, sentence

CHANGE, RESET = "/accounts/password_change/", "/accounts/password_reset/"
NEW = "seven wet umbrellas"
FORM = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
TWICE = {"new_password1": NEW, "new_password2": NEW}


@pytest.fixture
def post(settings) -> Iterator[Mailbox]:
    with mailbox.serving() as box:
        settings.MAILERS = box.mailers
        yield box


def link_in(mail) -> str:
    """Return the path of the link that the mail has as text and as HTML."""
    [url] = set(re.findall(r"http[^\s\"]+/accounts/reset/[^\s\"]+", part(mail, "plain")))
    assert url in part(mail, "html")
    assert url.startswith(settings.PUBLIC_URL)
    return urlsplit(url).path


def link_of(user: User) -> str:
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return f"/accounts/reset/{uid}/{default_token_generator.make_token(user)}/"


@pytest.fixture
def ask() -> Callable[..., object]:
    """Ask for a link for Ada unless told otherwise: `ask(email="ed@acme.example")`."""

    def send(client: Client | None = None, address: str = "10.0.0.1", **typed: str):
        form = {"organization": "acme", "email": "ada@acme.example", **typed}
        return (client or Client()).post(RESET, form, REMOTE_ADDR=address)

    return send


def signs_in(password: str) -> bool:
    given = {"organization": "acme", "username": "ada", "password": password}
    return Client().post("/accounts/login/", given).status_code == 302


# Changing


def test_a_changed_password_counts_at_once_and_ends_every_other_session(ada, browse, post):
    here, elsewhere = browse(ada), browse(ada)
    response = here.post(CHANGE, FORM)
    assert (response.status_code, response["Location"]) == (302, "/accounts/profile/")
    assert "Your password is changed." in sentence(here.get("/accounts/profile/"))
    assert elsewhere.get("/").status_code == 302
    assert signs_in(NEW)
    assert not signs_in(PASSWORD)


def test_a_mail_tells_of_a_changed_password(ada, browse, post):
    User.objects.filter(pk=ada.pk).update(time_zone="Asia/Tokyo")
    browse(ada).post(CHANGE, FORM)
    run_jobs()
    mail = post.to("ada@acme.example")
    assert mail["Subject"] == "Your password for Acme was changed"
    assert mail["Auto-Submitted"] == "auto-generated"
    for kind in ("plain", "html"):
        text = part(mail, kind)
        assert f"{settings.PUBLIC_URL}/accounts/password_reset/?org=acme" in text
        assert "JST" in text or "Asia/Tokyo" in text
        assert NEW not in text


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"old_password": "wrong"}, "old_password"),
        ({"old_password": ""}, "old_password"),
        ({"new_password2": "another one 12"}, "new_password2"),
        ({"new_password1": "short", "new_password2": "short"}, "new_password2"),
        ({"new_password1": "password", "new_password2": "password"}, "new_password2"),
        ({"new_password1": "8461973502", "new_password2": "8461973502"}, "new_password2"),
        ({"new_password1": "ada@acme.example", "new_password2": "ada@acme.example"}, "new_password2"),
        ({"new_password1": "x" * 4097, "new_password2": "x" * 4097}, "new_password1"),
        ({"new_password1": "", "new_password2": ""}, "new_password1"),
        ({"new_password1": "with a \0 inside", "new_password2": "with a \0 inside"}, "new_password1"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_changes_nothing(typed, field, ada, browse):
    response = browse(ada).post(CHANGE, {**FORM, **typed})
    assert response.status_code == 200
    assert field in page(response).errors
    assert not {PASSWORD, NEW} & set(page(response).values.values())
    assert signs_in(PASSWORD)
    assert not DBTaskResult.objects.exists()


def test_a_stolen_session_cannot_guess_the_password(ada, ed, browse):
    client = browse(ada)
    for _try in range(10):
        assert client.post(CHANGE, {**FORM, "old_password": "wrong"}).status_code == 200
    response = client.post(CHANGE, FORM)
    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 60
    assert "Too many attempts." in sentence(response)
    assert browse(ed).post(CHANGE, FORM).status_code == 302
    Throttle.objects.all().delete()
    assert client.post(CHANGE, FORM).status_code == 302


def test_the_profile_leads_there(ada, browse):
    assert CHANGE in page(browse(ada).get("/accounts/profile/")).addresses()


# Asking for a link


def test_the_sign_in_page_leads_there_with_the_organization(ada, browse):
    [link] = [place for place in page(Client().get("/accounts/login/?org=acme")).addresses() if RESET in place]
    assert link == f"{RESET}?org=acme"
    assert page(Client().get(link)).values["organization"] == "acme"
    failed = Client().post("/accounts/login/", {"organization": 'a"&b', "username": "ada", "password": "x"})
    assert f"{RESET}?org=a%22%26b" in page(failed).addresses()


def test_the_link_of_the_mail_changes_the_password(ada, browse, post, ask):
    session = browse(ada)
    response = ask(organization="ACME", email="Ada@ACME.example")
    assert (response.status_code, response["Location"]) == (302, f"{RESET}done/")
    run_jobs()
    mail = post.to("ada@acme.example")
    assert mail["Subject"] == "A new password for Acme"
    assert "3 hours" in part(mail, "plain")
    client = Client()
    opened = client.get(link_in(mail), follow=True)
    [(place, _status)] = opened.redirect_chain
    assert place.endswith("/set-password/")
    assert "For ada at Acme." in sentence(opened)
    response = client.post(place, TWICE, follow=True)
    assert response.redirect_chain == [("/accounts/reset/done/", 302)]
    assert signs_in(NEW)
    assert not signs_in(PASSWORD)
    assert session.get("/").status_code == 302
    assert page(client.get("/accounts/login/")).values["organization"] == "acme"
    run_jobs()
    assert [mail["Subject"] for mail in post.mails][1:] == ["Your password for Acme was changed"]


def test_of_twins_in_two_organizations_the_right_one_gets_the_mail(ada, oscar, post, ask):
    twin = services.add_member(
        oscar.organization, username="ada", email="ada@acme.example", password=PASSWORD, roles=[]
    )
    ask(organization="globex")
    run_jobs()
    client = Client()
    place = client.get(link_in(post.to("ada@acme.example")), follow=True).redirect_chain[0][0]
    client.post(place, TWICE)
    twin.refresh_from_db()
    assert twin.check_password(NEW)
    assert signs_in(PASSWORD)


@pytest.mark.parametrize(
    "typed",
    [
        {"email": "nobody@acme.example"},
        {"organization": "nowhere"},
        {"organization": "globex"},
        {"email": "gone@acme.example"},
        {"email": "keyless@acme.example"},
        {"email": "ada%@acme.example"},
    ],
    ids=str,
)
def test_nobody_learns_who_exists_and_nobody_else_gets_a_mail(
    typed, ada, oscar, member, post, ask, django_assert_num_queries
):
    gone = member("gone")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    services.add_member(ada.organization, username="keyless", email="keyless@acme.example", password=None, roles=[])
    known, unknown = ask(address="10.0.0.1"), ask(address="10.0.0.2", **typed)
    assert (known.status_code, known["Location"], known.content) == (
        unknown.status_code,
        unknown["Location"],
        unknown.content,
    )
    assert known.cookies.keys() == unknown.cookies.keys()
    run_jobs()
    assert [mail["To"] for mail in post.mails] == ["ada@acme.example"]


def test_asking_costs_the_same_queries_whoever_exists(ada, ask):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    costs = []
    for email in ("ada@acme.example", "nobody@acme.example"):
        with CaptureQueriesContext(connection) as queries:
            ask(email=email)
        costs.append(len(queries))
    assert costs[0] == costs[1]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"organization": ""}, "organization"),
        ({"organization": "x" * 61}, "organization"),
        ({"email": ""}, "email"),
        ({"email": "ada"}, "email"),
        ({"email": "ada@acme.example\0"}, "email"),
    ],
)
def test_what_can_be_no_account_is_told_beside_the_field(typed, field, db, ask):
    response = ask(**typed)
    assert (response.status_code, list(page(response).errors)) == (200, [field])
    assert not Throttle.objects.exists()
    assert not DBTaskResult.objects.exists()


@pytest.mark.parametrize("email", ["ada@acme.example", "nobody@acme.example"])
def test_who_asks_too_often_is_told_to_wait_and_nobody_else_is(email, ada, ask):
    for _try in range(5):
        assert ask(email=email).status_code == 302
    response = ask(email=email.upper())
    assert response.status_code == 429
    assert 3000 < int(response["Retry-After"]) <= 3600
    assert page(response).errors[""][0].startswith("Too many attempts. Try again in ")
    assert page(response).values["organization"] == "acme"
    assert ask(email="ed@acme.example").status_code == 302
    assert ask(email=email, address="10.0.0.2").status_code == 302


def test_a_mailbox_and_an_address_have_limits_of_their_own(ada):
    request = partial(services.request_password_reset, organization="acme")
    for number in range(50):
        request(email="ada@acme.example", address=f"10.0.1.{number}")
        request(email=f"user{number}@acme.example", address="10.0.0.1")
    with pytest.raises(TooManyRequests):
        request(email="ada@acme.example", address="10.0.0.2")
    with pytest.raises(TooManyRequests):
        request(email="ed@acme.example", address="10.0.0.1")


def test_the_token_is_in_the_mail_and_in_no_table(ada, post, ask):
    ask()
    run_jobs()
    token = link_in(post.to("ada@acme.example")).rstrip("/").rpartition("/")[2]
    assert token not in str(list(DBTaskResult.objects.values()))


# The link


def refused(response) -> bool:
    text = sentence(response)
    assert response.status_code == 200
    return "This link does not work" in text and RESET in page(response).addresses()


def test_a_link_works_once(ada, post):
    link = link_of(ada)
    client, twin = Client(), Client()
    place = client.get(link)["Location"]
    twin.get(link)
    client.post(place, TWICE)
    assert refused(client.get(link))
    assert refused(client.get(place))
    assert refused(twin.post(place, {"new_password1": "other words again", "new_password2": "other words again"}))
    assert signs_in(NEW)


def test_a_refused_password_keeps_the_link(ada):
    client = Client()
    place = client.get(link_of(ada))["Location"]
    response = client.post(place, {"new_password1": "short", "new_password2": "short"})
    assert page(response).errors["new_password2"]
    assert client.post(place, TWICE).status_code == 302


def test_forged_cut_and_borrowed_links_are_refused(ada, oscar):
    uid, token = link_of(ada).split("/")[3:5]
    other_uid = link_of(oscar).split("/")[3]
    wrong = [(uid, token[:-1]), (uid, token[:-1] + "x"), (other_uid, token), (uid, "set-password"), ("é", token)]
    for first, second in [*wrong, ("MTAwMDAwMDAwMDAwMDAwMDAwMDAwMA", token), ("x" * 300, token)]:
        client = Client()
        assert refused(client.get(f"/accounts/reset/{first}/{second}/"))
        assert refused(client.post(f"/accounts/reset/{first}/{second}/", TWICE))
    client = Client()
    client.get(link_of(ada))
    assert refused(client.post(f"/accounts/reset/{other_uid}/set-password/", TWICE))
    assert signs_in(PASSWORD)


def test_an_old_link_and_one_of_somebody_deactivated_are_refused(ada, settings, monkeypatch):
    link = link_of(ada)
    client = Client()
    place = client.get(link)["Location"]
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert refused(client.get(link))
    assert refused(client.post(place, TWICE))
    User.objects.filter(pk=ada.pk).update(is_active=True)
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert refused(client.get(link))
    assert refused(client.post(place, TWICE))


def test_a_sign_in_ends_the_links_before_it(ada):
    link = link_of(ada)
    User.objects.filter(pk=ada.pk).update(last_login=timezone.now())
    assert refused(Client().get(link))


def test_the_page_names_its_token_nowhere_and_is_kept_by_no_cache(ada):
    client, link = Client(), link_of(ada)
    token = link.split("/")[4]
    response = client.get(link, follow=True)
    assert token not in response.content.decode()
    assert token not in response.request["PATH_INFO"]
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "same-origin"


@pytest.mark.django_db(transaction=True)
def test_of_racing_requests_with_one_link_one_changes_the_password(ada):
    token = default_token_generator.make_token(ada)
    outcomes = race([partial(services.reset_password, ada, token=token, password=f"{NEW} {n}") for n in range(4)])
    assert outcomes.count(None) == 1
    assert sum(isinstance(outcome, services.LinkUsed) for outcome in outcomes) == 3
    ada.refresh_from_db()
    assert ada.check_password(f"{NEW} {outcomes.index(None)}")


def test_a_mail_to_somebody_who_left_is_not_sent(ada, ed, post):
    services.change_password(ed, password=NEW)
    ed.delete()
    run_jobs()
    assert post.mails == []
