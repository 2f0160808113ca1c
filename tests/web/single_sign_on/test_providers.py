"""The way to a provider that is well, and what is said where it isn't."""

import ipaddress

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from taskmanager.accounts.models import AuditEvent, AuditKind, User
from tests.conftest import PASSWORD
from tests.provider import CLIENT_SECRET, DISCOVERY, serving
from tests.racing import race
from tests.web.pages import page, sentence
from tests.web.single_sign_on.conftest import CALLBACK, START, begin, come_back, come_in, failures, set_up, who

# The provider is not well


@pytest.mark.parametrize("path", [DISCOVERY, "/keys", "/token"])
@pytest.mark.parametrize(
    "answer",
    [
        (500, {}, b"x"),
        (404, {}, b"x"),
        (302, {"Location": "http://127.0.0.1:1/"}, b""),
        (200, {}, b"<html>"),
        (200, {}, b"[]"),
        (200, {}, b"[" * 100_000),
        (200, {}, b'{"keys": "x", "id_token": 7}'),
        (200, {"Content-Length": "99"}, b"{}"),
        (200, {}, b" " * 600_000),
    ],
    ids=["500", "404", "302", "html", "list", "deep", "wrong", "short", "long"],
)
def test_a_provider_that_fails_is_a_clear_page_and_passwords_go_on(path, answer, row, provider, ed):
    provider.answers[path] = answer
    cache.clear()
    client = Client()
    response = client.get(f"{START}acme/")
    if response.status_code == 302:
        response = come_back(client, provider.sign_in(response["Location"], "bo-1"))
    assert response.status_code in {400, 503}
    assert "provider" in sentence(response)
    assert "Begin again Sign in with a password" in sentence(response)
    assert who(response) is None
    response = client.post("/accounts/login/", {"organization": "acme", "username": "ed", "password": PASSWORD})
    assert response.status_code == 302


def test_a_provider_that_is_gone_is_a_clear_page(acme, ada, settings):
    settings.OIDC_ALLOWED_CIDRS = [ipaddress.ip_network("127.0.0.0/8")]
    with serving() as provider:
        set_up(acme, ada, provider)
    cache.clear()
    response = Client().get(f"{START}acme/")
    assert response.status_code == 503
    assert "can’t be reached" in sentence(response)


def test_a_secret_that_the_provider_does_not_take_is_an_admins_business(row, acme, ada, provider):
    set_up(acme, ada, provider, client_secret="another")
    response = come_in(provider)
    assert (response.status_code, failures()) == (503, ["provider_problem"])
    assert "doesn’t take our client ID and secret" in sentence(response)


@pytest.mark.parametrize("methods", [["client_secret_basic"], ["client_secret_post"], ...])
def test_the_secret_goes_the_way_that_the_provider_asks_for(methods, row, acme, ada, provider):
    provider.description = {} if methods is ... else {"token_endpoint_auth_methods_supported": methods}
    set_up(acme, ada, provider)
    assert who(come_in(provider)).username == "bo"


def test_a_lost_secret_key_loses_the_secret_and_nothing_else(row, provider, settings, ada, browse):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-secret-key" * 3
    assert who(come_in(provider)).username == "bo"
    settings.SECRET_KEY_FALLBACKS = []
    response = Client().get(f"{START}acme/")
    assert (response.status_code, "give the provider’s client secret again" in sentence(response)) == (503, True)
    assert "can’t be read any more" in sentence(browse(ada).get("/accounts/organization/single-sign-on/"))


# The way there


def test_the_form_asks_for_the_organization_and_goes_there_by_a_page(row, provider):
    client = Client()
    assert page(client.get(START + "?org=acme")).values["organization"] == "acme"
    response = client.post(START, {"organization": " ACME ", "next": "/tasks/", "password": "typed here by mistake"})
    assert response.status_code == 200
    way = response["Refresh"].removeprefix("0; url=")
    assert way in page(response).addresses()
    response = come_back(client, provider.sign_in(way, "bo-1"))
    assert (response.status_code, response["Location"]) == (302, "/tasks/")


def test_the_sign_in_page_leads_there_without_javascript(row):
    response = Client().get("/accounts/login/?org=acme&next=/tasks/")
    assert page(response).has("button", formaction=START, type="submit")
    assert page(Client().post(START, {"organization": ""})).errors == {"organization": ["This field is required."]}


def test_no_answer_tells_whether_there_is_an_organization(row, oscar, acme, ada, provider):
    answers = []
    for slug in ("globex", "nowhere"):
        response = Client().post(START, {"organization": slug})
        answers.append((response.status_code, page(response).errors))
        link = Client().get(f"{START}{slug}/")
        answers.append((link.status_code, sentence(link)))
    assert answers[:2] == answers[2:]
    set_up(acme, ada, provider, is_enabled=False)
    assert Client().get(f"{START}acme/").status_code == 404


@pytest.mark.parametrize("typed", ["\0", "x" * 61, "../../x", "%s" * 9])
def test_what_can_be_no_organization_is_told_beside_the_field(typed, db):
    response = Client().post(START, {"organization": typed})
    assert (response.status_code, list(page(response).errors)) == (200, ["organization"])


def test_who_is_signed_in_goes_on(row, ed, browse):
    assert browse(ed).get(f"{START}acme/?next=/tasks/")["Location"] == "/tasks/"


@pytest.mark.parametrize("address", [f"{START}acme/", CALLBACK])
def test_too_many_from_one_address_have_to_wait(address, row, settings):
    settings.THROTTLE_SIGN_IN = (1, 60)
    statuses = [Client().get(address).status_code for _turn in range(11)]
    assert 429 not in statuses[:10]
    assert statuses[10] == 429


def test_ten_tabs_keep_the_newest_five(row, provider):
    client = Client()
    ways = [begin(client) for _tab in range(10)]
    assert len(client.session["single_sign_on"]) == 5
    assert come_back(client, provider.sign_in(ways[0], "bo-1")).status_code == 400
    assert come_back(client, provider.sign_in(ways[9], "bo-1")).status_code == 302


# Races


@pytest.mark.django_db(transaction=True)
def test_two_first_sign_ins_at_once_make_one_member(row, provider):
    backs = []
    for _browser in range(4):
        client = Client()
        backs.append((client, provider.sign_in(begin(client), "bo-1")))
    answers = race([lambda pair=pair: come_back(*pair) for pair in backs])
    assert [answer.status_code for answer in answers] == [302] * 4
    assert User.objects.filter(email="bo@acme.example").count() == 1
    assert AuditEvent.objects.filter(kind=AuditKind.MEMBER_JOINED, detail__how="sso").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_requests_with_one_answer_one_comes_in(row, provider):
    client = Client()
    back = provider.sign_in(begin(client), "bo-1")
    copies = []
    for _copy in range(3):
        copy = Client()
        copy.cookies["sessionid"] = client.cookies["sessionid"].value
        copies.append(copy)
    answers = race([lambda copy=copy: come_back(copy, back) for copy in copies])
    assert sorted(answer.status_code for answer in answers) == [302, 400, 400]


# What a thief finds


def test_the_database_holds_nothing_that_opens_a_door(row, provider):
    come_in(provider)
    client = Client()
    begin(client)
    with connection.cursor() as cursor:
        found = ""
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found += repr(cursor.fetchall())
    assert CLIENT_SECRET not in found
    for token in provider.tokens:
        assert token not in found
    row.refresh_from_db()
    assert row.secret == CLIENT_SECRET


def test_who_has_no_password_is_told_where_it_is(row, provider):
    response = come_in(provider)
    text = sentence(response.client.get("/accounts/password_change/"))
    assert "You have no password here" in text
    assert "Old password" not in text
