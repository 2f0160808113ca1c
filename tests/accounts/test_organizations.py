"""Organizations: their short names, and what each starts with."""

from functools import partial

import pytest
from django.db import IntegrityError

from taskmanager.accounts import services as accounts
from taskmanager.accounts.models import Organization, Role, User
from taskmanager.tasks import services
from taskmanager.tasks.models import Project
from taskmanager.tasks.services.projects import KeyTaken, suggest_key
from tests.conftest import PASSWORD
from tests.racing import race


def register(name: str, username: str = "ada") -> User:
    return services.register_organization(
        name=name, username=username, email=f"{username}@acme.example", password=PASSWORD
    )


def test_who_registers_an_organization_is_its_admin(roles):
    ada = register("Acme")
    assert (ada.organization.name, ada.organization.slug) == ("Acme", "acme")
    assert [group.name for group in ada.groups.all()] == [Role.ADMIN]
    assert ada.check_password(PASSWORD)
    assert (ada.is_staff, ada.is_superuser, ada.organization.is_demo) == (False, False, False)


def test_an_organization_starts_with_one_project(ada, acme):
    project = Project.objects.of(acme).get()
    assert (project.name, project.key, project.last_number) == ("Acme", "ACME", 0)


def test_the_second_of_a_name_gets_a_number(roles):
    assert [register("Acme").organization.slug for _time in range(3)] == ["acme", "acme-2", "acme-3"]
    assert register("Acme 2").organization.slug == "acme-2-2"
    assert register("ACME!").organization.slug == "acme-4"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Müller & Söhne GmbH", "muller-sohne-gmbh"),
        ("  A  c--m_e  ", "a-c-m_e"),
        ("Ökosystem", "okosystem"),
        ("株式会社", "team"),
        ("Рога и копыта", "team"),
        ("🚀", "team"),
        ("---", "team"),
        ("x" * 100, "x" * 50),
        ("y" * 49 + " z", "y" * 49),
    ],
)
def test_a_short_name_is_made_from_any_name(db, name, slug):
    organization = accounts.create_organization(name)
    assert (organization.slug, organization.name) == (slug, name)


def test_long_names_that_begin_alike_are_told_apart_within_the_limit(db):
    slugs = [accounts.create_organization("x" * 90 + tail).slug for tail in "abc"]
    assert slugs == ["x" * 50, "x" * 50 + "-2", "x" * 50 + "-3"]


def test_an_organization_without_a_name_is_refused_and_not_tried_for_ever(db):
    with pytest.raises(IntegrityError, match="accounts_organization_has_a_name"):
        accounts.create_organization("")


@pytest.mark.django_db(transaction=True)
def test_racing_registrations_of_one_name_get_different_short_names(roles):
    users = race([partial(register, "Acme", f"user{number}") for number in range(8)])
    assert all(isinstance(user, User) for user in users), users
    expected = {"acme", *(f"acme-{number}" for number in range(2, 9))}
    assert set(Organization.objects.values_list("slug", flat=True)) == expected
    assert Project.objects.filter(key="ACME").count() == 8


def test_a_registration_that_fails_leaves_nothing(roles):
    with pytest.raises(accounts.NameTaken):
        register("Acme", "not@allowed")
    assert not Organization.objects.exists()
    assert not Project.objects.exists()


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Web", "WEB"),
        ("Website", "WEBS"),
        ("Web Site", "WS"),
        ("Research and Development", "RAD"),
        ("Müller", "MULL"),
        ("Área 51", "A5"),
        ("3M", "3M"),
        ("X", "TASK"),
        ("株式会社", "TASK"),
        ("", "TASK"),
        ("one two three four five six seven eight nine ten eleven", "OTTFFSSENT"),
        ("日本 Web", "WEB"),
    ],
)
def test_a_key_is_made_from_any_name(name, key):
    assert suggest_key(name) == key


def test_a_key_is_taken_once_in_an_organization(acme, oscar):
    services.create_project(acme, name="Web", key="WEB")
    services.create_project(oscar.organization, name="Web", key="WEB")
    with pytest.raises(KeyTaken):
        services.create_project(acme, name="Other", key="WEB")
    assert Project.objects.of(acme).count() == 2
