"""Codes of an app, recovery codes, and what a thief of the database has."""

import base64
import re
import time
from functools import partial

import pytest
from django.core import signing
from django.db import connection

from taskmanager.accounts import encryption, services
from taskmanager.accounts.models import (
    AuditEvent,
    AuditKind,
    Authenticator,
    RecoveryCode,
    Session,
    User,
)
from tests.accounts.second_factors.conftest import APP, ASK, CODES, forget_last_code, half_in, is_in
from tests.conftest import PASSWORD
from tests.devices import app_of, code_of, codes_of, prove
from tests.mailbox import part
from tests.queue import run_jobs
from tests.racing import race
from tests.web.pages import page

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
