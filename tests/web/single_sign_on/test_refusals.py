"""What proves nothing: a provider that does wrong what it is told to, and answers of somebody else."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from taskmanager.accounts.models import User
from tests.provider import CLIENT_ID, serving
from tests.web.pages import page, sentence
from tests.web.single_sign_on.conftest import BO, CALLBACK, START, begin, come_back, come_in, failures, set_up, who

# What proves nothing


def refused(response) -> bool:
    return response.status_code == 400 and who(response) is None and not User.objects.filter(username="bo").exists()


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"nonce": "another"}, "invalid_claim_nonce"),
        ({"nonce": ...}, "missing_claim_nonce"),
        ({"aud": "somebody-else"}, "invalid_claim_aud"),
        ({"aud": ["somebody-else"]}, "invalid_claim_aud"),
        ({"aud": [CLIENT_ID, "somebody-else"]}, "missing_claim_azp"),
        ({"aud": [CLIENT_ID, "x"], "azp": "x"}, "invalid_claim_azp"),
        ({"azp": "somebody-else"}, "invalid_claim_azp"),
        ({"aud": ...}, "missing_claim_aud"),
        ({"iss": "http://127.0.0.1:1"}, "invalid_claim_iss"),
        ({"iss": ...}, "missing_claim_iss"),
        ({"exp": 1}, "expired_token_exp"),
        ({"exp": int(time.time()) - 90}, "expired_token_exp"),
        ({"exp": "tomorrow"}, "invalid_claim_exp"),
        ({"exp": ...}, "missing_claim_exp"),
        ({"iat": int(time.time()) + 9000}, "invalid_claim_iat"),
        ({"iat": ...}, "missing_claim_iat"),
        ({"sub": ...}, "missing_claim_sub"),
        ({"sub": ""}, "invalid_claim_sub"),
        ({"sub": 7}, "invalid_claim_sub"),
        ({"sub": "x" * 256}, "malformed_sub"),
        ({"sub": "a\0"}, "malformed_sub"),
        ({"at_hash": "forged"}, "invalid_claim_at_hash"),
    ],
)
def test_a_token_that_claims_something_else_opens_nothing(claims, reason, row, provider):
    provider.claims = claims
    response = come_in(provider)
    assert refused(response)
    assert "could not be trusted" in sentence(response)
    assert [each.replace("insecure", "invalid") for each in failures()] == [reason]


def test_a_clock_may_be_a_minute_off(row, provider):
    now = int(time.time())
    provider.claims = {"iat": now + 30, "nbf": now + 30, "exp": now - 30}
    assert who(come_in(provider)).username == "bo"


@pytest.mark.parametrize("alg", ["none", "HS256"])
def test_what_others_than_the_provider_could_sign_opens_nothing(alg, row, provider):
    provider.header = {"alg": alg}
    assert refused(come_in(provider))
    assert failures() == ["unsupported_algorithm"]


def test_a_token_of_another_key_opens_nothing(row, provider):
    provider.kid = "second"
    provider.header = {"kid": "first"}
    assert refused(come_in(provider))
    assert failures() == ["bad_signature"]


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "..", "é.é.é", "x" * 300_000, "e30.e30.e30"])
def test_what_is_no_token_opens_nothing(token, row, provider):
    provider.answers["/token"] = (200, {}, b'{"access_token": "x", "id_token": "%s"}' % token.encode())
    response = come_in(provider)
    assert response.status_code in {400, 503}
    assert not User.objects.filter(username="bo").exists()


def test_new_keys_of_the_provider_are_found_at_once(row, provider):
    come_in(provider)
    asked = provider.asked.count("/keys")
    come_in(provider)
    assert provider.asked.count("/keys") == asked  # they were kept
    provider.kid, provider.shown = "second", ["first", "second"]
    assert who(come_in(provider)).username == "bo"
    assert provider.asked.count("/keys") == asked + 1
    provider.shown = ["first"]
    provider.kid = "third"
    assert come_in(provider).status_code == 400
    assert provider.asked.count("/keys") == asked + 2


def test_an_answer_works_once(row, provider):
    client = Client()
    back = provider.sign_in(begin(client), "bo-1")
    assert come_back(client, back).status_code == 302
    client.post("/accounts/logout/")
    response = come_back(client, back)
    assert (response.status_code, who(response)) == (400, None)
    assert "Begin again" in sentence(response)


def test_a_code_works_once_whatever_state_it_comes_with(row, provider):
    used = Client()
    back = provider.sign_in(begin(used), "bo-1")
    come_back(used, back)
    code = parse_qs(urlsplit(back).query)["code"][0]
    client = Client()
    state = parse_qs(urlsplit(begin(client)).query)["state"][0]
    response = client.get(CALLBACK, {"code": code, "state": state, "iss": provider.issuer})
    assert (response.status_code, who(response), failures()) == (400, None, ["code_refused"])


def test_a_stolen_code_is_no_use_in_another_browser(row, provider):
    back = provider.sign_in(begin(Client()), "bo-1")
    other = Client()
    response = come_back(other, back)
    assert (response.status_code, who(response)) == (400, None)
    # Nor with the thief's own state: PKCE binds the code to the browser that asked for it.
    code = parse_qs(urlsplit(back).query)["code"][0]
    state = parse_qs(urlsplit(begin(other)).query)["state"][0]
    response = other.get(CALLBACK, {"code": code, "state": state, "iss": provider.issuer})
    assert (response.status_code, who(response)) == (400, None)


def test_after_ten_minutes_it_has_to_begin_again(row, provider):
    client = Client()
    back = provider.sign_in(begin(client), "bo-1")
    session = client.session
    for begun in session["single_sign_on"].values():
        begun["at"] -= 601
    session.save()
    assert come_back(client, back).status_code == 400


@pytest.mark.parametrize(
    "query", [{}, {"state": "x"}, {"state": "\0", "code": "\0"}, {"state": "x" * 9000}, {"error": "access_denied"}]
)
def test_an_answer_to_nothing_is_a_page_that_helps(query, row, provider):
    response = Client().get(CALLBACK, query)
    assert response.status_code == 400
    assert START in page(response).addresses()
    assert failures() == []


def test_the_answer_of_one_organizations_provider_opens_no_other(row, provider, oscar):
    with serving() as evil:
        evil.people["bo-1"] = dict(BO)
        set_up(oscar.organization, oscar, evil)
        client = Client()
        ours, theirs = begin(client), begin(client, "globex")
        # Oscar's provider signs what it likes, and answers to the state that Acme's was asked with.
        state = parse_qs(urlsplit(ours).query)["state"][0]
        back = evil.sign_in(theirs, "bo-1")
        stolen = parse_qs(urlsplit(back).query)
        for issuer in (evil.issuer, provider.issuer):
            response = client.get(CALLBACK, {"code": stolen["code"][0], "state": state, "iss": issuer})
            assert (response.status_code, who(response)) == (400, None)
        assert failures() == ["answer_of_another_provider"]
        assert User.objects.filter(username="bo").count() == 0


def test_an_answer_must_say_whose_it_is_where_the_provider_says_that_it_does(row, provider):
    client = Client()
    back = provider.sign_in(begin(client), "bo-1")
    response = come_back(client, back.partition("&iss=")[0] + "&code=" + parse_qs(urlsplit(back).query)["code"][0])
    assert (response.status_code, failures()) == (400, ["answer_of_another_provider"])


def test_an_attempt_ends_where_the_provider_was_changed_or_turned_off(row, acme, ada, provider):
    client = Client()
    back = provider.sign_in(begin(client), "bo-1")
    set_up(acme, ada, provider, is_enabled=False)
    response = come_back(client, back)
    assert (response.status_code, who(response)) == (400, None)
    assert "changed meanwhile" in sentence(response)


def test_who_says_no_at_the_provider_is_told_the_way_back(row, provider):
    response = come_in(provider, "")
    assert (response.status_code, failures()) == (400, ["provider_access_denied"])
    assert "didn’t let you in" in sentence(response)
    assert "<b>You said no" not in response.content.decode()
    client = Client()
    state = parse_qs(urlsplit(begin(client)).query)["state"][0]
    response = client.get(CALLBACK, {"state": state, "error": "\0<script>"})
    assert (response.status_code, failures()[1:]) == (400, ["provider_unknown"])
