"""The demo is loaded once, made anew when told to, and never in anybody's way."""

from collections import Counter
from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.utils import timezone

from taskmanager.accounts import services as accounts
from taskmanager.accounts.models import Organization, User
from taskmanager.tasks import demo
from taskmanager.tasks.demo import loading
from taskmanager.tasks.demo.schedule import Clock
from taskmanager.tasks.models import Task
from tests.racing import race
from tests.tasks.demo.measures import PASSWORD, counts, snapshot


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("demo", *arguments, stdout=output)
    return output.getvalue()


def test_the_command_says_how_to_sign_in(roles):
    answers = dict(line.split(": ", 1) for line in run().splitlines())
    assert list(answers) == ["Organization", "Username", "Password"]
    user = authenticate(
        organization=answers["Organization"], username=answers["Username"], password=answers["Password"]
    )
    assert user is not None
    assert user.has_perm("tasks.change_any_task")


def test_a_demo_that_is_there_is_left_as_it_is(ada):
    before = snapshot(ada.organization), counts()
    assert "left as it is" in run("--password", "another")
    assert (snapshot(ada.organization), counts()) == before
    assert authenticate(organization="acme", username="ada", password=PASSWORD) == ada


def test_reset_makes_it_anew_and_touches_nothing_else(ada, oscar):
    size = counts()
    Task.objects.of(ada.organization).update(title="Changed by a visitor")
    assert "Password: another\n" in run("--reset", "--password", "another")
    assert counts() == size
    assert not Task.objects.filter(title="Changed by a visitor").exists()
    assert not Organization.objects.filter(pk=ada.organization_id).exists()
    assert authenticate(organization="acme", username="ada", password="another")
    assert Organization.objects.filter(pk=oscar.organization_id).exists()


@pytest.mark.parametrize(("name", "slug"), [("Acme", ""), ("ACME", "coyote"), ("Coyote", "acme")])
@pytest.mark.parametrize("arguments", [[], ["--reset"]], ids=["plain", "reset"])
def test_a_real_acme_is_left_alone(roles, name, slug, arguments):
    accounts.create_organization(name, slug=slug)
    with pytest.raises(CommandError, match="isn't the demo's"):
        run(*arguments)
    assert counts() == [1, 0, 0, 0, 0, 0]


def test_whoever_comes_second_to_the_slug_makes_nothing(ada):
    """Both looked and saw none: the unique slug decides."""
    before = counts()
    with pytest.raises(demo.DemoExists):
        loading.make(PASSWORD, Clock(timezone.now()))
    assert counts() == before


def test_whoever_registers_meanwhile_keeps_the_slug(roles):
    accounts.create_organization("Acme")
    with pytest.raises(demo.AcmeIsTaken):
        loading.make(PASSWORD, Clock(timezone.now()))
    assert counts() == [1, 0, 0, 0, 0, 0]


@pytest.mark.django_db(transaction=True)
def test_of_two_at_the_same_time_one_makes_it(roles):
    results = race([lambda: demo.load(PASSWORD)] * 2)
    assert Counter(type(result) for result in results) == {User: 1, demo.DemoExists: 1}
    assert Organization.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_servers_that_start_on_an_empty_database_one_makes_it(roles):
    results = race([lambda: demo.load_into_empty_database(PASSWORD)] * 2)
    assert Counter(type(result) for result in results) == {User: 1, type(None): 1}
    assert Organization.objects.count() == 1


def test_an_empty_database_gets_the_demo_and_no_other_does(roles):
    user = demo.load_into_empty_database(PASSWORD)
    assert user is not None
    assert user.organization.is_demo
    assert demo.load_into_empty_database("another") is None


def test_its_admin_is_found_again(ada, oscar):
    assert demo.find_admin() == ada
    User.objects.of(ada.organization).update(is_active=False)
    assert demo.find_admin() is None


def test_a_database_with_an_organization_gets_no_demo(oscar):
    assert demo.load_into_empty_database(PASSWORD) is None
    assert Organization.objects.count() == 1
