"""Pairs of tokens over the API: by a password, and by the refresh token of the pair before."""

import pytest

from taskmanager.accounts import services as accounts
from taskmanager.accounts.models import AuditEvent, AuditKind
from tests.api.conftest import Caller
from tests.conftest import PASSWORD

PAIR, REFRESH = "/token/pair", "/token/refresh"
ADA = {"organization": "acme", "username": "ada", "password": PASSWORD}


@pytest.fixture
def rate(settings):
    """Let fewer calls through: `rate(3)`."""

    def set_rate(most: int) -> None:
        settings.THROTTLE_SIGN_IN = (most, 60)

    return set_rate


def kinds() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("kind", flat=True))


def test_a_password_gets_a_pair_that_opens_the_api(ada, caller):
    before = len(kinds())
    response = caller()("post", PAIR, ADA)
    assert (response.status_code, set(response.json())) == (200, {"access", "refresh"})
    assert response["Cache-Control"] == "no-store"
    assert Caller(response.json()["access"])("get", "/me").json()["username"] == "ada"
    assert kinds()[before:] == [AuditKind.TOKEN_CREATED, AuditKind.SIGNED_IN]
    assert AuditEvent.objects.latest("pk").detail == {"how": "password", "pair": True}


def test_an_email_address_will_do_for_the_username(ada, caller):
    assert caller()("post", PAIR, {**ADA, "username": "Ada@acme.example"}).status_code == 200


@pytest.mark.parametrize(
    "wrong", [{"organization": "globex"}, {"organization": ""}, {"username": "bo"}, {"password": "guess"}]
)
def test_whatever_is_wrong_the_answer_is_one_sentence(ada, oscar, caller, wrong):
    response = caller()("post", PAIR, {**ADA, **wrong})
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert response.json() == {"message": "Organization, username or password is not right."}
    assert kinds()[-1] == AuditKind.SIGN_IN_FAILED


def test_a_deactivated_user_gets_no_pair(ada, ed, caller):
    accounts.deactivate_member(ed, actor=ada)
    response = caller()("post", PAIR, {**ADA, "username": "ed"})
    assert (response.status_code, list(response.json())) == (401, ["message"])


@pytest.mark.parametrize(
    "body", [{**ADA, "username": "a\0b"}, {**ADA, "password": 7}, {**ADA, "otp": "1"}, {"username": "ada"}]
)
def test_input_of_the_wrong_shape_is_422(ada, caller, body):
    assert caller()("post", PAIR, body).status_code == 422


def test_tries_are_counted_per_account_and_address(ada, ed, caller, rate):
    rate(3)
    call = caller()
    for _try in range(3):
        assert call("post", PAIR, {**ADA, "password": "guess"}).status_code == 401
    refused = call("post", PAIR, ADA)
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert call("post", PAIR, {**ADA, "username": "ed"}).status_code == 200


def test_a_refresh_token_gets_the_next_pair_once(ada, caller):
    call = caller()
    first = call("post", PAIR, ADA).json()
    second = call("post", REFRESH, {"refresh": first["refresh"]})
    assert (second.status_code, second["Cache-Control"]) == (200, "no-store")
    assert second.json()["refresh"] != first["refresh"]
    assert Caller(second.json()["access"])("get", "/me").status_code == 200

    again = call("post", REFRESH, {"refresh": first["refresh"]})
    assert (again.status_code, again.json()) == (401, {"message": "This token is not valid."})
    # Who sent it twice may be a thief: the pair that followed has ended, too.
    assert Caller(second.json()["access"])("get", "/me").status_code == 401
    assert call("post", REFRESH, {"refresh": second.json()["refresh"]}).status_code == 401


@pytest.mark.parametrize("refresh", ["", "x", "a.b.c", "tm_" + "0" * 46, "é" * 20])
def test_what_is_no_refresh_token_is_401(db, caller, refresh):
    assert caller()("post", REFRESH, {"refresh": refresh}).status_code == 401


def test_an_access_token_refreshes_nothing(ada, caller):
    access = caller()("post", PAIR, ADA).json()["access"]
    assert caller()("post", REFRESH, {"refresh": access}).status_code == 401


def test_refreshing_is_counted_per_account_and_address(ada, ed, caller, rate):
    call = caller()
    ada_pair, ed_pair = (call("post", PAIR, {**ADA, "username": name}).json() for name in ("ada", "ed"))
    rate(2)
    for _time in range(2):
        ada_pair = call("post", REFRESH, {"refresh": ada_pair["refresh"]}).json()
    refused = call("post", REFRESH, {"refresh": ada_pair["refresh"]})
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) >= 1
    assert call("post", REFRESH, {"refresh": ed_pair["refresh"]}).status_code == 200


def test_a_password_alone_is_not_enough_where_there_is_a_second_factor(ada, caller):
    ada.organization.require_second_factor = True
    ada.organization.save(update_fields=["require_second_factor"])
    response = caller()("post", PAIR, ADA)
    assert response.status_code == 403
    assert "/accounts/tokens/" in response.json()["message"]


def test_calls_without_a_token_are_counted_by_address(db, caller, settings):
    settings.THROTTLE_DEFAULT = (2, 60)
    call = caller()
    statuses = [call("post", REFRESH, {"refresh": "x"}).status_code for _time in range(3)]
    assert statuses == [401, 401, 429]
