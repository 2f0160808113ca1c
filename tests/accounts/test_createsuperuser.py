"""createsuperuser: Django's command, with the organization's short name."""

import builtins
import getpass
import io

import pytest
from django.core.management import CommandError, call_command

from taskmanager.accounts.models import User
from tests.conftest import PASSWORD


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def create(monkeypatch):
    """Run the command without questions, as a script does."""
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    given = {"interactive": False, "username": "root", "email": "root@acme.example", "stdout": io.StringIO()}
    return lambda **options: call_command("createsuperuser", **{**given, **options})


def test_a_script_makes_a_superuser_of_an_organization(acme, oscar, create):
    create(organization="acme")
    root = User.objects.get(username="root")
    assert (root.organization, root.email, root.is_staff, root.is_superuser) == (acme, "root@acme.example", True, True)
    assert root.check_password(PASSWORD)


def test_the_environment_may_name_the_organization(acme, create, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_ORGANIZATION", "acme")
    create()
    assert User.objects.get(username="root").organization == acme


def test_an_unknown_organization_is_answered_with_those_that_exist(acme, oscar, create):
    with pytest.raises(CommandError, match=r'no organization "akme"\. There are: acme, globex\.'):
        create(organization="akme")


def test_without_any_organization_the_command_says_where_to_register_one(db, create):
    with pytest.raises(CommandError, match="Register one at /accounts/register/ first"):
        create(organization="acme")


def test_without_its_name_the_command_asks_for_the_option(acme, create):
    with pytest.raises(CommandError, match="--organization"):
        create()


@pytest.mark.parametrize("taken", [{"username": "ADA"}, {"email": "ada@acme.example"}], ids=str)
def test_a_name_or_address_that_is_taken_is_refused(ada, create, taken):
    with pytest.raises(CommandError, match="has a user with this name or e-mail address"):
        create(organization="acme", **taken)


def test_the_same_name_is_free_in_another_organization(ada, oscar, create):
    create(organization="globex", username="ada", email="ada@acme.example")
    assert User.objects.filter(username="ada").count() == 2


def test_a_bad_username_is_refused(acme, create):
    with pytest.raises(CommandError, match="letters a to z"):
        create(organization="acme", username="root@acme.example")


def test_at_a_terminal_it_asks_until_the_organization_is_known(acme, monkeypatch):
    answers = iter(["root", "akme", "acme", "root@acme.example"])
    asked = []

    def answer(question: str) -> str:
        asked.append(question)
        return next(answers)

    monkeypatch.setattr(builtins, "input", answer)
    monkeypatch.setattr(getpass, "getpass", lambda *_question: PASSWORD)
    errors = io.StringIO()
    call_command("createsuperuser", stdin=Terminal(), stdout=io.StringIO(), stderr=errors)
    assert 'no organization "akme"' in errors.getvalue()
    assert [question for question in asked if question.startswith("Organization")] == [
        "Organization (its short name, as in sign-in): "
    ] * 2
    assert User.objects.get(username="root").organization == acme
