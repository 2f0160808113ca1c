"""Signing in: who may, what a failure tells, and how often it may be tried."""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.utils import timezone

from taskmanager.accounts import services, throttling
from taskmanager.accounts.models import Throttle, User
from taskmanager.errors import TooManyRequests
from taskmanager.tasks.models import Activity, Task
from taskmanager.tasks.services import claim_task, create_task
from tests.conftest import PASSWORD
from tests.racing import race

HOME, CAFE = "192.0.2.1", "198.51.100.7"


class CountingHasher(MD5PasswordHasher):
    """Hashes like the hasher of the tests, and counts."""

    hashed = 0

    def encode(self, password: str, salt: str) -> str:
        CountingHasher.hashed += 1
        return super().encode(password, salt)


@pytest.fixture
def sign_in() -> Callable[..., User | None]:
    """Sign in as Ada unless told otherwise: `sign_in(password="wrong")`."""
    right = {"organization": "acme", "username": "ada", "password": PASSWORD, "address": HOME}
    return lambda **given: services.sign_in(**{**right, **given})


@pytest.mark.parametrize("username", ["ada", "ADA", "ada@acme.example", "Ada@ACME.example"])
@pytest.mark.parametrize("organization", ["acme", "Acme"])
def test_a_member_signs_in_by_name_or_address_in_any_case(ada, sign_in, organization, username):
    assert sign_in(organization=organization, username=username) == ada


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": PASSWORD.upper()},
        {"password": ""},
        {"username": "oscar"},
        {"username": "nobody"},
        {"username": ""},
        {"organization": "globex"},
        {"organization": "nowhere"},
        {"organization": ""},
    ],
    ids=str,
)
def test_anything_wrong_is_nobody(ada, oscar, sign_in, wrong):
    assert sign_in(**wrong) is None


def test_people_of_the_same_name_are_told_apart_by_their_organization(ada, oscar, sign_in):
    other = services.add_member(
        oscar.organization, username="ada", email="ada@acme.example", password="another good one", roles=[]
    )
    assert sign_in() == ada
    assert sign_in(organization="globex", password="another good one") == other
    assert sign_in(organization="globex") is None


def test_a_deactivated_member_cannot_sign_in(ada, sign_in):
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert sign_in() is None


def test_a_member_without_a_password_cannot_sign_in(acme, sign_in):
    services.add_member(acme, username="bo", email="bo@acme.example", password=None, roles=[])
    assert sign_in(username="bo", password="") is None
    assert sign_in(username="bo", password="!") is None


def test_the_backend_itself_wants_all_three(ada):
    assert authenticate(organization="acme", username="ada", password=PASSWORD) == ada
    assert authenticate(username="ada", password=PASSWORD) is None
    assert authenticate(organization="acme", username="ada") is None


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"password": "wrong"},
        {"username": "nobody"},
        {"organization": "nowhere"},
        {"username": "gone"},
        {"username": "gone", "password": "wrong"},
    ],
    ids=str,
)
def test_each_try_costs_one_hash_whoever_exists(settings, roles, request, sign_in, given):
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    ada = request.getfixturevalue("ada")
    gone = services.add_member(
        ada.organization, username="gone", email="gone@acme.example", password=PASSWORD, roles=[]
    )
    User.objects.filter(pk=gone.pk).update(is_active=False)
    CountingHasher.hashed = 0
    assert (sign_in(**given) is None) == bool(given)
    assert CountingHasher.hashed == 1


def test_the_eleventh_try_is_refused_with_the_seconds_to_wait(ada, sign_in):
    for _try in range(10):
        assert sign_in(password="wrong") is None
    with pytest.raises(TooManyRequests, match=r"Try again in \d+ seconds") as caught:
        sign_in()
    assert 55 <= caught.value.retry_after <= 60


def test_a_refused_account_locks_out_nobody_else(ada, ed, sign_in):
    for _try in range(10):
        sign_in(password="wrong")
    assert sign_in(username="ed") == ed
    assert sign_in(address=CAFE) == ada


def test_the_case_of_the_name_does_not_start_another_count(ada, sign_in):
    for number in range(10):
        sign_in(username="ada" if number % 2 else "ADA", organization="acme" if number % 3 else "ACME", password="x")
    with pytest.raises(TooManyRequests):
        sign_in()


def test_accounts_that_do_not_exist_are_counted_too(ada, sign_in):
    for _try in range(10):
        sign_in(username="nobody")
    with pytest.raises(TooManyRequests):
        sign_in(username="nobody")


def test_success_starts_the_count_anew(ada, sign_in):
    for _try in range(9):
        sign_in(password="wrong")
    assert sign_in() == ada
    for _try in range(10):
        assert sign_in(password="wrong") is None


def test_one_account_is_guarded_against_many_addresses_and_all_against_one(ada, sign_in, settings):
    settings.THROTTLE_SIGN_IN = (1, 60)
    for number in range(10):
        sign_in(password="wrong", address=f"203.0.113.{number}")
        sign_in(password="wrong", username=f"user-{number}", address=CAFE)
    with pytest.raises(TooManyRequests):
        sign_in(address=HOME)
    with pytest.raises(TooManyRequests):
        sign_in(username="nobody", address=CAFE)


def test_after_the_window_everybody_may_try_again(ada, sign_in):
    for _try in range(10):
        sign_in(password="wrong")
    Throttle.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert sign_in() == ada
    assert not Throttle.objects.filter(ends_at__lte=timezone.now()).exists()


def test_the_throttle_keeps_no_names_and_no_addresses(ada, sign_in):
    sign_in(password="wrong")
    keys = list(Throttle.objects.values_list("key", flat=True))
    assert len(keys) == 3
    assert all(set(key) <= set("0123456789abcdef") for key in keys)


@pytest.mark.django_db(transaction=True)
def test_processes_share_the_throttle(ada, sign_in):
    for _try in range(7):
        sign_in(password="wrong")
    program = (
        "import django; django.setup(); from taskmanager.accounts.services import sign_in;"
        f"[sign_in(organization='acme', username='ada', password='wrong', address='{HOME}') for _ in range(3)]"
    )
    database = connection.settings_dict
    host = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}"
    url = "sqlite:///" if connection.vendor == "sqlite" else f"postgresql://{host}/"
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "taskmanager.settings.production",
        "DATABASE_URL": f"{url}{database['NAME']}",
    }
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=60)
    with pytest.raises(TooManyRequests):
        sign_in()


@pytest.mark.django_db(transaction=True)
def test_of_racing_tries_exactly_the_limit_is_let_through(db):
    outcomes = race([partial(throttling.count_try, "race", limit=5, seconds=60)] * 8)
    assert sum(isinstance(outcome, TooManyRequests) for outcome in outcomes) == 3
    assert sum(outcome is None for outcome in outcomes) == 5


@pytest.mark.django_db(transaction=True)
def test_tries_that_race_with_successes_and_with_ends_of_windows_are_counted(db):
    def try_often(seed: int) -> None:
        dice = random.Random(seed)
        for _try in range(60):
            # A window of no time has ended when the next try comes.
            throttling.count_try(dice.choice("abcdef"), limit=1000, seconds=dice.choice([0, 60]))

    def forget_often() -> None:
        for _try in range(20):
            for key in "abcdef":
                throttling.forget(key)

    assert race([*(partial(try_often, seed) for seed in range(4)), forget_often]) == [None] * 5


def test_a_deleted_users_work_stays_as_a_former_members(board, ada, ed, oscar, sign_in):
    task = create_task(board, actor=ada, title="T")
    claim_task(task, actor=ed)
    ed.delete()
    task.refresh_from_db()
    assert (task.owner, task.status, task.creator) == (None, "IN_PROGRESS", ada)
    actors = dict(Activity.objects.values_list("verb", "actor"))
    assert actors == {"created": ada.pk, "claimed": None}
    ada.delete()
    assert Task.objects.get().creator is None
    assert sign_in() is None
