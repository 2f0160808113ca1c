"""A second factor is set up and taken away, with a fresh proof."""

import re
import time
from functools import partial

import pyotp
import pytest
from django.test import Client

from taskmanager.accounts import encryption, services
from taskmanager.accounts.models import (
    Authenticator,
    Organization,
    RecoveryCode,
    Throttle,
    User,
)
from tests.accounts.second_factors.conftest import (
    APP,
    CODES,
    CONFIRM,
    SETTINGS,
    forget_last_code,
    is_in,
    kinds,
    signed_in_with_app,
)
from tests.conftest import PASSWORD
from tests.devices import app_of, code_of, passkey_of, prove
from tests.queue import run_jobs
from tests.racing import race
from tests.web.pages import page, sentence

# Setting up


def test_an_app_is_set_up_by_its_code_and_the_codes_are_shown_once(ada, browse, post):
    client = prove(browse(ada), PASSWORD)
    shown = client.get(APP)
    assert "<svg" in shown.content.decode()
    assert "style=" not in shown.content.decode().split("qr-box")[1].split("</svg>")[0]
    key = "".join(re.search(r'qr-key">([A-Z2-7 ]+)<', shown.content.decode())[1].split())
    assert key in re.sub(r"\s", "", page(client.get(APP)).text)  # the same after a reload
    assert "That is not the code" in page(client.post(APP, {"code": "000000"})).errors["code"][0]
    assert not Authenticator.objects.exists()
    response = client.post(APP, {"code": code_of(key)})
    assert response["Location"] == CODES
    codes = re.findall(r"(?:[a-z2-7]{4}-){3}[a-z2-7]{4}", client.get(CODES).content.decode())
    assert len(codes) == 10
    file = client.get(f"{CODES}download/")
    assert file["Content-Type"] == "text/plain; charset=utf-8"
    assert all(code in file.content.decode() for code in codes)
    client.post(CODES)
    assert client.get(CODES)["Location"] == SETTINGS
    assert client.get(f"{CODES}download/").status_code == 404
    text = sentence(client.get(SETTINGS))
    assert "10 codes left" in text
    assert client.session["second_factor"] == "totp"
    assert kinds(ada)[-2:] == ["second_factor_added", "recovery_codes_made"]
    run_jobs()
    assert post.to(ada.email)["Subject"] == "A second factor for Acme was added"


def test_the_codes_are_shown_for_ten_minutes_at_most(ada, browse):
    client = prove(browse(ada), PASSWORD)
    passkey_of(ada)
    client.post(f"{CODES}new/")
    assert client.get(CODES).status_code == 200
    session = client.session
    text = f'{{"at": {time.time() - 601}, "codes": ["x"]}}'
    session["new_recovery_codes"] = encryption.encrypt(text, purpose="new_recovery_codes")
    session.save()
    assert client.get(CODES).status_code == 302


def test_the_qr_code_names_product_organization_and_account(ada):
    Organization.objects.filter(pk=ada.organization_id).update(name="Acme: & Söhne")
    ada = User.objects.get(pk=ada.pk)
    address = services.authenticator_address(ada, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    app = pyotp.parse_uri(address)
    assert (app.issuer, app.name, app.secret) == (
        "Taskmanager Acme  & Söhne",
        "ada",
        "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    )


@pytest.mark.parametrize("address", [APP, f"{APP}remove/", "/accounts/second-factor/passkeys/", f"{CODES}new/"])
def test_who_sits_at_a_forgotten_screen_changes_nothing(address, ada, browse):
    if "remove" in address:
        app_of(ada)
    client = browse(ada)
    response = client.post(address, {"code": "123456"})
    assert response["Location"].startswith(f"{CONFIRM}?next=")
    session = client.session
    session["proved_at"] = time.time() - 601
    session.save()
    assert client.post(address, {"code": "123456"})["Location"].startswith(CONFIRM)


def test_a_fresh_sign_in_is_proof_enough(ada):
    client = Client()
    client.post("/accounts/login/", {"organization": "acme", "username": "ada", "password": PASSWORD})
    assert client.get(APP).status_code == 200


def test_the_proof_leads_back_and_nowhere_else(ada, browse):
    client = browse(ada)
    assert client.get(APP)["Location"] == f"{CONFIRM}?next=%2Faccounts%2Fsecond-factor%2Fapp%2F"
    assert client.post(CONFIRM, {"password": PASSWORD, "next": APP})["Location"] == APP
    assert client.post(CONFIRM, {"password": PASSWORD, "next": "https://elsewhere.example/"})["Location"] == SETTINGS


def test_the_proof_is_no_place_for_guessing(ada, browse):
    client = browse(ada)
    for _try in range(10):
        response = client.post(CONFIRM, {"password": "wrong"})
        assert page(response).errors["password"] == ["That is not your password."]
    response = client.post(CONFIRM, {"password": PASSWORD})
    assert (response.status_code, "Retry-After" in response) == (429, True)


def test_a_session_from_before_the_factor_needs_that_and_not_the_password(ada, browse):
    client = browse(ada)
    key = app_of(ada)
    response = client.post(CONFIRM, {"password": PASSWORD})
    assert response.status_code == 200
    assert "password" not in page(response).values
    assert client.get(APP).status_code == 302
    assert client.post(CONFIRM, {"code": code_of(key), "next": APP})["Location"] == APP
    assert client.session["second_factor"] == "totp"
    assert client.get(APP).status_code == 200


def test_who_has_no_password_is_told_to_sign_in_again(ada, browse):
    client = browse(ada)
    ada.set_unusable_password()
    ada.save()
    client.force_login(ada)
    assert "Sign out and in again" in sentence(client.get(CONFIRM))
    assert client.post(CONFIRM, {"password": ""}).status_code == 200


# Taking away


def test_the_last_factor_takes_codes_and_other_sessions_along(ada, post):
    elsewhere = signed_in_with_app(ada)
    Throttle.objects.all().delete()
    forget_last_code(ada)
    client = signed_in_with_app(ada)
    assert client.get(f"{APP}remove/").status_code == 200
    response = client.post(f"{APP}remove/", follow=True)
    assert "Authenticator app is removed." in sentence(response)
    assert not Authenticator.objects.exists()
    assert not RecoveryCode.objects.exists()
    assert (is_in(client), is_in(elsewhere)) == (True, False)
    assert "second_factor" not in client.session
    assert kinds(ada)[-1] == "second_factor_removed"
    run_jobs()
    assert post.mails[-1]["Subject"] == "A second factor for Acme was removed"
    assert client.get(f"{APP}remove/").status_code == 404


def test_the_last_factor_stays_where_one_is_required(ada):
    client = signed_in_with_app(ada)
    Organization.objects.update(require_second_factor=True)
    response = client.post(f"{APP}remove/")
    assert response.status_code == 409
    assert "this is your last one" in sentence(response)
    assert Authenticator.objects.exists()
    passkey_of(ada)
    assert client.post(f"{APP}remove/").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_of_two_last_factors_removed_at_once_one_stays(ada):
    app_of(ada)
    passkey = passkey_of(ada)
    Organization.objects.update(require_second_factor=True)
    answers = race([partial(services.remove_authenticator, ada), partial(services.remove_passkey, passkey)])
    assert sorted(type(each) for each in answers if each) == [services.LastFactor]
    assert services.has_second_factor(ada)
