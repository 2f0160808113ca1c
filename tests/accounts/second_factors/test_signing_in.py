"""Who is asked for the second factor, and what lets in."""

import datetime
import time

import pytest
from django.test import Client
from django.utils import timezone

from taskmanager.accounts import services
from taskmanager.accounts.models import (
    AuditEvent,
    AuditKind,
    Throttle,
    User,
)
from taskmanager.errors import TooManyRequests
from tests.accounts.second_factors.conftest import ASK, half_in, is_in
from tests.conftest import PASSWORD
from tests.devices import app_of, code_of, codes_of
from tests.web.pages import page, sentence

# Signing in


def test_the_right_password_alone_lets_nobody_in_who_has_an_app(ada):
    key = app_of(ada)
    client = half_in()
    text = sentence(client.get(ASK))
    assert "The password of ada at Acme is right." in text
    assert not is_in(client)
    before = client.session.session_key
    response = client.post(ASK, {"code": code_of(key)})
    assert (response.status_code, response["Location"]) == (302, "/")
    assert is_in(client)
    assert client.session.session_key != before
    assert client.session["second_factor"] == "totp"
    event = AuditEvent.objects.filter(kind=AuditKind.SIGNED_IN).latest("pk")
    assert (event.actor, event.detail) == (ada, {"how": "password", "second_factor": "totp"})


def test_without_a_second_factor_the_password_is_enough(ada):
    client = Client()
    client.post("/accounts/login/", {"organization": "acme", "username": "ada", "password": PASSWORD})
    assert is_in(client)
    assert "second_factor" not in client.session
    assert AuditEvent.objects.get(kind=AuditKind.SIGNED_IN).detail == {"how": "password"}


def test_where_one_wanted_to_go_is_kept_until_the_end(ada, task):
    key = app_of(ada)
    client = half_in(next=f"/tasks/{task.pk}/")
    response = client.post(ASK, {"code": code_of(key)})
    assert response["Location"] == f"/tasks/{task.pk}/"
    assert client.cookies["organization"].value == "acme"


def test_a_session_from_before_is_not_the_new_ones(ada, ed, browse):
    app_of(ada)
    client = browse(ed)
    key = client.session.session_key
    Client().get("/")
    client.post("/accounts/logout/")
    client.post("/accounts/login/", {"organization": "acme", "username": "ada", "password": PASSWORD})
    assert client.session.session_key != key
    assert not is_in(client)


def test_a_recovery_code_lets_in_once_and_the_page_says_how_many_are_left(ada):
    app_of(ada)
    [code, *_others] = codes_of(ada)
    client = half_in()
    response = client.post(ASK, {"recovery_code": code}, follow=True)
    assert "You have 9 recovery codes left." in sentence(response)
    assert client.session["second_factor"] == "recovery"
    response = half_in().post(ASK, {"recovery_code": code})
    assert page(response).errors["recovery_code"] == ["That is none of your recovery codes, or it was used before."]


@pytest.mark.parametrize("given", [{}, {"code": ""}, {"recovery_code": " "}, {"code": "\0"}, {"code": "1" * 500}])
def test_nothing_and_nonsense_let_nobody_in(given, ada):
    app_of(ada)
    client = half_in()
    response = client.post(ASK, given)
    assert response.status_code == 200
    assert page(response).errors
    assert not is_in(client)


def test_a_wrong_code_is_written_down(ada):
    app_of(ada)
    response = half_in().post(ASK, {"code": "000000"}, REMOTE_ADDR="198.51.100.7")
    assert "Each code works once." in page(response).errors["code"][0]
    event = AuditEvent.objects.get(kind=AuditKind.SECOND_FACTOR_FAILED)
    assert (event.actor, event.address, event.detail) == (ada, "198.51.100.7", {"factor": "totp"})


def test_codes_cannot_be_tried_without_end(ada, ed):
    key, other = app_of(ada), app_of(ed)
    client = half_in()
    for _try in range(10):
        assert client.post(ASK, {"code": "000000"}).status_code == 200
    response = client.post(ASK, {"code": code_of(key)})
    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 60
    assert "Too many attempts." in sentence(response)
    # From elsewhere neither, whoever has the password; and nobody else is kept out.
    assert half_in().post(ASK, {"code": code_of(key)}, REMOTE_ADDR="198.51.100.7").status_code == 429
    assert half_in("ed").post(ASK, {"code": code_of(other)}).status_code == 302
    Throttle.objects.all().delete()
    assert client.post(ASK, {"code": code_of(key)}).status_code == 302


def test_tries_are_counted_by_the_hour_too(ada, settings):
    settings.THROTTLE_SIGN_IN = (2, 60)
    app_of(ada)
    for _try in range(10):
        services.check_code(ada, code="000000")
        Throttle.objects.filter(ends_at__lt=timezone.now() + datetime.timedelta(minutes=2)).delete()
    with pytest.raises(TooManyRequests):
        services.check_code(ada, code="000000")


def test_after_ten_minutes_one_starts_again(ada):
    key = app_of(ada)
    client = half_in()
    session = client.session
    session["pending_sign_in"] = {**session["pending_sign_in"], "at": time.time() - 601}
    session.save()
    response = client.post(ASK, {"code": code_of(key)}, follow=True)
    assert "Sign in again." in sentence(response)
    assert not is_in(client)


@pytest.mark.parametrize("change", ["password", "deactivated", "deleted", "reset"])
def test_what_changes_meanwhile_counts(change, ada, ed):
    key = app_of(ed)
    client = half_in("ed")
    if change == "password":
        services.change_password(ed, password="seven wet umbrellas")
    elif change == "deactivated":
        services.deactivate_member(ed, actor=ada)
    elif change == "deleted":
        User.objects.filter(pk=ed.pk).delete()
    else:
        services.reset_second_factor(ed, actor=ada)
    response = client.post(ASK, {"code": code_of(key)})
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/")
    assert not is_in(client)


def test_the_page_is_for_who_gave_a_password(ada, browse):
    assert Client().get(ASK)["Location"] == "/accounts/login/"
    assert browse(ada).get(ASK)["Location"] == "/"


def test_a_reset_password_is_no_way_past_the_second_factor(ada):
    from django.contrib.auth.tokens import default_token_generator
    from django.utils.encoding import force_bytes
    from django.utils.http import urlsafe_base64_encode

    app_of(ada)
    client = Client()
    link = f"/accounts/reset/{urlsafe_base64_encode(force_bytes(ada.pk))}/{default_token_generator.make_token(ada)}/"
    address = client.get(link)["Location"]
    new = "seven wet umbrellas"
    client.post(address, {"new_password1": new, "new_password2": new})
    assert not is_in(client)
    client.post("/accounts/login/", {"organization": "acme", "username": "ada", "password": new})
    assert not is_in(client)


def test_a_registration_sent_again_asks_for_the_second_factor_too(db, roles):
    form = {
        "organization": "Initech",
        "username": "bill",
        "email": "bill@initech.example",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "uuid": "6a0f6b62-5f0b-4ab5-9a4c-0a8f6f3d1c11",
    }
    Client().post("/accounts/register/", form)
    app_of(User.objects.get(username="bill"))
    again = Client()
    assert again.post("/accounts/register/", form)["Location"] == ASK
    assert not is_in(again)


def test_of_two_sign_ins_with_one_code_the_second_is_refused(ada):
    code = code_of(app_of(ada))
    first, second = half_in(), half_in()
    assert first.post(ASK, {"code": code}).status_code == 302
    assert second.post(ASK, {"code": code}).status_code == 200
