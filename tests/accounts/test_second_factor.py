"""The second factor: codes of an app, recovery codes, who is asked for it, and what a thief of the database has."""

import base64
import datetime
import io
import re
import time
from collections.abc import Iterator
from functools import partial

import pyotp
import pytest
from django.core import signing
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from taskmanager.accounts import encryption, services
from taskmanager.accounts.models import (
    AuditEvent,
    AuditKind,
    Authenticator,
    Organization,
    Passkey,
    RecoveryCode,
    Role,
    Session,
    Throttle,
    User,
)
from taskmanager.errors import NotAllowed, NotFound, TooManyRequests
from tests import mailbox
from tests.conftest import PASSWORD
from tests.devices import app_of, code_of, codes_of, passkey_of, prove
from tests.mailbox import Mailbox, part
from tests.queue import run_jobs
from tests.racing import race
from tests.web.pages import page, sentence

ASK, CONFIRM, SETTINGS = (
    "/accounts/second-factor/",
    "/accounts/second-factor/confirm/",
    "/accounts/second-factor/settings/",
)
SETUP, APP, CODES = (f"/accounts/second-factor/{name}/" for name in ("setup", "app", "recovery-codes"))
REQUIRE = "/accounts/organization/second-factor/"
STEP = datetime.timedelta(seconds=30)


@pytest.fixture
def post(settings) -> Iterator[Mailbox]:
    with mailbox.serving() as box:
        settings.MAILERS = box.mailers
        yield box


def half_in(username: str = "ada", **more: str) -> Client:
    """Return a client that has given the right password, and is asked for the second factor."""
    client = Client()
    given = {"organization": "acme", "username": username, "password": PASSWORD, **more}
    response = client.post("/accounts/login/", given)
    assert (response.status_code, response["Location"]) == (302, ASK)
    return client


def is_in(client: Client) -> bool:
    return client.get("/accounts/profile/").status_code == 200


def kinds(user: User) -> list[str]:
    return list(AuditEvent.objects.filter(organization=user.organization).order_by("pk").values_list("kind", flat=True))


def forget_last_code(user: User) -> None:
    """Let an app be as fresh as if its set-up were long ago."""
    Authenticator.objects.filter(user=user).update(last_step=0)


# Codes of an app


def test_a_code_of_the_app_works_and_its_key_lies_encrypted(ada):
    key = app_of(ada)
    assert key not in Authenticator.objects.get().key
    assert services.check_code(ada, code=code_of(key))
    assert Authenticator.objects.get().last_used_at


@pytest.mark.parametrize(("steps", "works"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_off_by_one_step_either_way(steps, works, ada):
    key = app_of(ada)
    forget_last_code(ada)
    # Neither may a step begin between making the code and looking at it.
    while time.time() % 30 > 28:
        time.sleep(0.1)
    assert services.check_code(ada, code=code_of(key, steps=steps)) is works


def test_a_code_works_once_and_no_older_one_afterwards(ada):
    key = app_of(ada)
    code = code_of(key)
    assert services.check_code(ada, code=code)
    assert not services.check_code(ada, code=code)
    assert not services.check_code(ada, code=code_of(key, steps=-1))


def test_the_code_of_the_set_up_signs_nobody_in(ada):
    key = services.new_authenticator_key()
    code = code_of(key)
    services.add_authenticator(ada, key=key, code=code)
    assert not services.check_code(ada, code=code)


def test_a_code_may_have_a_space_and_nothing_else(ada):
    key = app_of(ada)
    code = code_of(key)
    for typed in ("", "12345", code + "1", "abcdef", code[:3] + "-" + code[3:], "１２３４５６", code + "\0", "9" * 20):
        assert not services.check_code(ada, code=typed)
    assert services.check_code(ada, code=f" {code[:3]} {code[3:]} ")


def test_a_code_of_somebody_elses_app_is_refused(ada, ed):
    key = app_of(ada)
    app_of(ed)
    assert not services.check_code(ed, code=code_of(key))
    assert not services.check_code(User.objects.get(pk=ada.pk), code="000000")


@pytest.mark.django_db(transaction=True)
def test_of_requests_with_one_code_at_once_one_wins(ada):
    code = code_of(app_of(ada))
    answers = race([partial(services.check_code, ada, code=code) for _request in range(6)])
    assert sorted(answers) == [False] * 5 + [True]


def test_a_wrong_first_code_sets_nothing_up(ada):
    with pytest.raises(services.WrongCode):
        services.add_authenticator(ada, key=services.new_authenticator_key(), code="000000")
    assert not Authenticator.objects.exists()
    assert not RecoveryCode.objects.exists()


def test_a_new_app_takes_the_place_of_the_old_one(ada):
    old, new = app_of(ada), app_of(ada)
    assert not services.check_code(ada, code=code_of(old))
    assert services.check_code(ada, code=code_of(new))
    assert Authenticator.objects.count() == 1


def test_a_key_is_read_after_the_secret_key_was_changed(ada, settings):
    key = app_of(ada)
    [code, *_others] = codes_of(ada)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-secret-key-" * 3
    assert services.check_code(ada, code=code_of(key))
    assert services.check_recovery_code(ada, code=code)
    settings.SECRET_KEY_FALLBACKS = []
    assert not services.check_code(ada, code=code_of(key, steps=1))


def test_what_is_encrypted_for_one_purpose_is_nothing_for_another():
    sealed = encryption.encrypt("text", purpose="one")
    assert encryption.decrypt(sealed, purpose="one") == "text"
    assert encryption.decrypt(sealed, purpose="two") is None
    assert encryption.decrypt("forged", purpose="one") is None
    assert sealed != encryption.encrypt("text", purpose="one")


# Recovery codes


def test_ten_recovery_codes_come_with_the_first_factor_and_none_with_the_second(ada):
    key = services.new_authenticator_key()
    codes = services.add_authenticator(ada, key=key, code=code_of(key))
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"([a-z2-7]{4}-){3}[a-z2-7]{4}", code) for code in codes)
    key = services.new_authenticator_key()
    assert services.add_authenticator(ada, key=key, code=code_of(key)) == []


def test_a_recovery_code_works_once_however_it_is_typed(ada):
    first, second, third, *_rest = codes_of(ada)
    for typed in (first, second.upper(), f"  {third.replace('-', ' ')}  "):
        assert services.check_recovery_code(ada, code=typed)
        assert not services.check_recovery_code(ada, code=typed)
    assert RecoveryCode.objects.left().count() == 7


def test_new_recovery_codes_end_the_old_ones(ada):
    [old, *_others] = codes_of(ada)
    [new, *_others] = codes_of(ada)
    assert not services.check_recovery_code(ada, code=old)
    assert services.check_recovery_code(ada, code=new)
    assert RecoveryCode.objects.count() == 10


def test_a_recovery_code_of_somebody_else_is_refused(ada, ed):
    [code, *_others] = codes_of(ada)
    for wrong in (code, "", "-", code[:-1], RecoveryCode.objects.first().digest, "x\0y"):
        assert not services.check_recovery_code(ed, code=wrong)


@pytest.mark.django_db(transaction=True)
def test_of_requests_with_one_recovery_code_at_once_one_wins(ada):
    [code, *_others] = codes_of(ada)
    answers = race([partial(services.check_recovery_code, ada, code=code) for _request in range(6)])
    assert sorted(answers) == [False] * 5 + [True]


def test_a_used_recovery_code_is_written_down_and_mailed(ada, post):
    [code, *_others] = codes_of(ada)
    services.check_recovery_code(ada, code=code, address="198.51.100.7")
    event = AuditEvent.objects.get(kind=AuditKind.RECOVERY_CODE_USED)
    assert (event.actor, event.address, event.detail) == (ada, "198.51.100.7", {"left": 9})
    run_jobs()
    mail = post.to(ada.email)
    assert mail["Subject"] == "A recovery code for Acme was used"
    for kind in ("plain", "html"):
        assert "9 are left." in part(mail, kind)
        assert code not in part(mail, kind)


# What a thief of the database has


def test_nothing_in_the_database_opens_the_door(ada, browse):
    client = prove(browse(ada), PASSWORD)
    key = page(client.get(APP)).text.split("Or type this key into the app:")[1].split("Type the code")[0]
    key = "".join(key.split())
    half_way = dump()  # while the app is being set up, its key is in the session
    client.post(APP, {"code": code_of(key)})
    codes = re.findall(r"(?:[a-z2-7]{4}-){3}[a-z2-7]{4}", client.get(CODES).content.decode())
    assert len(codes) == 10
    secrets = {key, base64.b32decode(key).hex()}
    for code in codes:
        plain = code.replace("-", "")
        secrets |= {code, plain, base64.b32decode(plain.upper()).hex()}
    shown = dump()  # and so are the codes while they are shown
    assert "ada@acme.example" in half_way
    assert "new_authenticator_key" in half_way
    assert "new_recovery_codes" in shown
    for secret in secrets:
        for spelled in spellings(secret):
            assert spelled not in half_way
            assert spelled not in shown


def dump() -> str:
    """Return all that is in the database, in lower case."""
    rows = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            rows += [repr([bytes(x).hex() if isinstance(x, memoryview | bytes) else x for x in row]) for row in cursor]
    # What sessions hold is signed, and anybody can read it.
    salt = "django.contrib.sessions.SessionStore"
    rows += [str(signing.loads(data, salt=salt)) for data in Session.objects.values_list("session_data", flat=True)]
    return "\n".join(rows).lower()


def spellings(secret: str) -> list[str]:
    raw = secret.encode()
    return [
        secret.lower(),
        raw.hex(),
        base64.b64encode(raw).decode().rstrip("=").lower(),
        base64.urlsafe_b64encode(raw).decode().rstrip("=").lower(),
    ]


def test_rows_and_hashes_are_no_codes_themselves(ada):
    app_of(ada)
    stolen = [*RecoveryCode.objects.values_list("digest", flat=True), Authenticator.objects.get().key]
    client = half_in()
    for each in stolen[:3]:
        assert client.post(ASK, {"recovery_code": each[:100]}).status_code == 200
    assert not is_in(client)


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


def signed_in_with_app(user: User) -> Client:
    key = app_of(user)
    client = half_in(user.username)
    client.post(ASK, {"code": code_of(key)})
    assert is_in(client)
    return client


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


# An organization that requires it


def test_an_admin_requires_it_once_they_have_one_themselves(ada, browse):
    response = browse(ada).post(REQUIRE, {"required": "1"}, follow=True)
    assert "or you would lock yourself out" in sentence(response)
    assert not Organization.objects.get().require_second_factor
    client = signed_in_with_app(ada)
    response = client.post(REQUIRE, {"required": "1"}, follow=True)
    assert "Acme now requires a second factor." in sentence(response)
    event = AuditEvent.objects.get(kind=AuditKind.ORGANIZATION_CHANGED)
    assert (event.actor, event.detail) == (ada, {"require_second_factor": True})
    client.post(REQUIRE, {"required": "1"})
    assert AuditEvent.objects.filter(kind=AuditKind.ORGANIZATION_CHANGED).count() == 1
    response = client.post(REQUIRE, {"required": "0", "next": "/help/"}, follow=True)
    assert "no longer requires" in sentence(response)


def test_who_signed_in_by_their_provider_may_require_it(ada):
    services.change_second_factor_requirement(ada.organization, actor=ada, required=True, proven_by="sso")
    assert Organization.objects.get().require_second_factor


def test_only_admins_of_the_organization_require_it(ada, ed, oscar):
    passkey_of(ed), passkey_of(oscar)
    with pytest.raises(NotAllowed):
        services.change_second_factor_requirement(ada.organization, actor=ed, required=True)
    with pytest.raises(NotFound):
        services.change_second_factor_requirement(ada.organization, actor=oscar, required=True)


def test_the_admin_of_django_is_no_way_around(ada, browse):
    User.objects.filter(pk=ada.pk).update(is_staff=True, is_superuser=True)
    Organization.objects.update(require_second_factor=True)
    assert browse(ada).get("/admin/accounts/user/")["Location"] == SETUP


def test_setting_it_up_opens_the_rest(ada):
    Organization.objects.update(require_second_factor=True)
    client = Client()
    client.post("/accounts/login/", {"organization": "acme", "username": "ada", "password": PASSWORD})
    response = client.get("/", follow=True)
    assert "Acme requires a second factor." in sentence(response)
    assert {APP, "/accounts/second-factor/setup/"} & set(page(response).addresses())
    key = "".join(re.search(r'qr-key">([A-Z2-7 ]+)<', client.get(APP).content.decode())[1].split())
    client.post(APP, {"code": code_of(key)})
    assert client.get("/").status_code == 200
    assert client.post("/accounts/logout/").status_code == 302


def test_a_session_from_before_is_led_to_the_factor_that_there_is(ada, browse):
    client = browse(ada)
    key = app_of(ada)
    Organization.objects.update(require_second_factor=True)
    assert client.get("/", follow=True).redirect_chain[-1][0] == CONFIRM
    client.post(CONFIRM, {"code": code_of(key)})
    assert client.get("/").status_code == 200


def test_a_provider_of_single_sign_on_cares_for_it(ada, browse):
    Organization.objects.update(require_second_factor=True)
    client = browse(ada)
    session = client.session
    session["second_factor"] = "sso"
    session.save()
    assert client.get("/").status_code == 200


def test_what_is_required_costs_a_page_no_query(ada, task):
    client = signed_in_with_app(ada)
    client.get("/")
    counts = []
    for required in (False, True):
        Organization.objects.update(require_second_factor=required)
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


# Admins and members


def test_an_admin_resets_what_a_member_has_lost(ada, ed, browse, post):
    theirs = signed_in_with_app(ed)
    passkey_of(ed)
    client = browse(ada)
    assert "Second factor" in sentence(client.get("/accounts/members/"))
    address = f"/accounts/members/{ed.pk}/second-factor/reset/"
    assert address in page(client.get(f"/accounts/members/{ed.pk}/")).addresses()
    assert "Make sure first" in sentence(client.get(address))
    response = client.post(address, follow=True)
    assert "has no second factor any more" in sentence(response)
    assert not services.has_second_factor(ed)
    assert not RecoveryCode.objects.filter(user=ed).exists()
    assert not is_in(theirs)
    event = AuditEvent.objects.get(kind=AuditKind.SECOND_FACTOR_RESET)
    assert (event.actor, event.subject) == (ada, ed)
    run_jobs()
    assert post.mails[-1]["Subject"] == "Your second factor for Acme was reset"
    assert address not in page(client.get(f"/accounts/members/{ed.pk}/")).addresses()


def test_nobody_resets_their_own_or_somebody_above_them_or_elsewhere(ada, ed, oscar, member, browse):
    passkey_of(ada)
    root = member("root")
    User.objects.filter(pk=root.pk).update(is_superuser=True)
    for actor, somebody, error in (
        (ada, ada, NotAllowed),
        (ada, root, NotAllowed),
        (ed, ada, NotAllowed),
        (ada, oscar, NotFound),
    ):
        with pytest.raises(error):
            services.reset_second_factor(User.objects.get(pk=somebody.pk), actor=actor)
    assert browse(ada).post(f"/accounts/members/{ada.pk}/second-factor/reset/").status_code == 403
    assert services.has_second_factor(ada)


def test_the_list_of_members_takes_the_same_queries_whoever_has_a_factor(ada, member, browse):
    client = browse(ada)
    client.get("/accounts/members/")
    counts = []
    for number in range(2):
        for index in range(3):
            bo = member(f"bo{number}{index}", Role.EDITOR)
            app_of(bo), passkey_of(bo), passkey_of(bo)
        with CaptureQueriesContext(connection) as queries:
            response = client.get("/accounts/members/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert response.content.decode().count('class="tag">Second factor') == 6


def test_secrets_are_not_shown_in_djangos_admin(ada, browse):
    User.objects.filter(pk=ada.pk).update(is_staff=True, is_superuser=True)
    app_of(ada)
    client = browse(ada)
    app, code = Authenticator.objects.get(), RecoveryCode.objects.first()
    for model, row, secret in (("authenticator", app, app.key), ("recoverycode", code, code.digest)):
        for address in (f"/admin/accounts/{model}/", f"/admin/accounts/{model}/{row.pk}/change/"):
            response = client.get(address)
            assert response.status_code == 200
            assert secret not in response.content.decode()
        assert client.post(f"/admin/accounts/{model}/{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_deleting_a_user_takes_their_factors_along(ada, ed):
    app_of(ed), passkey_of(ed)
    ed.delete()
    assert not any(model.objects.exists() for model in (Authenticator, Passkey, RecoveryCode))


def test_who_runs_the_server_helps_an_only_admin(ada, post):
    client = signed_in_with_app(ada)
    said = io.StringIO()
    call_command("reset_second_factor", "ADA", organization="acme", stdout=said)
    assert "ada has no second factor any more" in said.getvalue()
    assert not services.has_second_factor(ada)
    assert not is_in(client)
    event = AuditEvent.objects.get(kind=AuditKind.SECOND_FACTOR_RESET)
    assert (event.subject, event.actor, event.detail) == (ada, None, {"how": "command"})
    run_jobs()
    assert post.mails[-1]["Subject"] == "Your second factor for Acme was reset"
    with pytest.raises(CommandError, match='no "bob" in "acme"'):
        call_command("reset_second_factor", "bob", organization="acme")
