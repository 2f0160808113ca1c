"""A new organization: its first user, its project, its empty board."""

import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.test import Client

from taskmanager.accounts.models import Organization, User
from taskmanager.tasks.models import Project
from tests.web.pages import page, sentence

FORM = {
    "organization": "Acme Rockets",
    "username": "ada",
    "email": "Ada@Acme.example",
    "password1": "correct horse battery staple",
    "password2": "correct horse battery staple",
}


@pytest.fixture(autouse=True)
def _roles(roles):
    """Have the roles that migrations make."""


def register(**typed: str):
    return Client().post("/accounts/register/", {**FORM, **typed}, follow=True)


def test_registering_makes_an_organization_with_a_project_and_an_admin_on_the_empty_board():
    response = register()
    assert response.redirect_chain == [("/", 302)]
    assert "Start with one task" in sentence(response)
    organization = Organization.objects.get()
    assert (organization.name, organization.slug) == ("Acme Rockets", "acme-rockets")
    project = Project.objects.get()
    assert (project.organization, project.name, project.key) == (organization, "Acme Rockets", "AR")
    user = User.objects.get()
    assert response.context["user"] == user
    assert (user.username, user.email) == ("ada", "ada@acme.example")
    assert [group.name for group in user.groups.all()] == ["Admin"]
    assert not (user.is_staff)
    assert not (user.is_superuser)
    assert user.check_password(FORM["password1"])


def test_the_browser_remembers_the_organization():
    cookie = register().client.cookies["organization"]
    assert (cookie.value, cookie["httponly"], cookie["samesite"]) == ("acme-rockets", True, "Lax")


def test_a_name_that_is_taken_gets_another_short_name():
    for _number in range(3):
        assert register().redirect_chain == [("/", 302)]
    assert list(Organization.objects.order_by("pk").values_list("slug", flat=True)) == [
        "acme-rockets",
        "acme-rockets-2",
        "acme-rockets-3",
    ]
    assert User.objects.filter(username="ada").count() == 3


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("  Acme \t Rockets ", "acme-rockets"),
        ("Ünïcode & Söhne", "unicode-sohne"),
        ("東京", "team"),
        ("!!!", "team"),
        ("A" * 100, "a" * 50),
        ("<b>Acme</b>", "bacmeb"),
    ],
)
def test_any_name_becomes_a_short_name_for_addresses(name, slug):
    response = register(organization=name)
    assert Organization.objects.get().slug == slug
    assert response.status_code == 200
    assert " ".join(name.split()) in sentence(response)


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"organization": ""}, "organization", "This field is required."),
        ({"organization": "x" * 101}, "organization", "Ensure this value has at most 100 characters (it has 101)."),
        ({"organization": "a\0b"}, "organization", "Null characters are not allowed."),
        ({"username": "ada lovelace"}, "username", "A username has letters a to z, digits and the characters"),
        ({"username": "ada@acme.example"}, "username", "A username has letters a to z, digits and the characters"),
        ({"username": "adа"}, "username", "A username has letters a to z, digits and the characters"),
        ({"username": "x" * 51}, "username", "Ensure this value has at most 50 characters (it has 51)."),
        ({"username": "a\0"}, "username", ""),
        ({"email": "ada"}, "email", "Enter a valid email address."),
        ({"email": "a\0@acme.example"}, "email", ""),
        ({"email": f"{'x' * 250}@acme.example"}, "email", ""),
        ({"password1": "", "password2": ""}, "password1", "This field is required."),
        ({"password2": "another one, not the same"}, "password2", "The two password fields didn’t match."),
        ({"password1": "x7!qR", "password2": "x7!qR"}, "password1", "This password is too short."),
        ({"password1": "password1", "password2": "password1"}, "password1", "This password is too common."),
        ({"password1": "48151623429", "password2": "48151623429"}, "password1", "This password is entirely numeric."),
        (
            {"username": "ada.lovelace", "password1": "ada.lovelace7", "password2": "ada.lovelace7"},
            "password1",
            "The password is too similar to the username.",
        ),
        (
            {"password1": "ada@acme.example", "password2": "ada@acme.example"},
            "password1",
            "The password is too similar to the",
        ),
    ],
)
def test_what_is_wrong_is_told_beside_the_field_and_nothing_is_made(typed, field, said):
    response = register(**typed)
    assert response.status_code == 200
    shown = page(response)
    assert field in shown.errors
    assert set(shown.errors) <= {field, "password2"}
    assert shown.errors[field][0].startswith(said)
    sent = {**FORM, **typed}
    assert [shown.values[name] for name in ("organization", "username", "email")] == [
        sent[name] for name in ("organization", "username", "email")
    ]
    assert [shown.values[name] for name in ("password1", "password2")] == ["", ""]
    assert not Organization.objects.exists()
    assert not User.objects.exists()
    assert settings.SESSION_COOKIE_NAME not in response.client.cookies


def test_who_is_signed_in_goes_to_the_board(ada, browse, rows):
    before = rows()
    for response in (browse(ada).get("/accounts/register/"), browse(ada).post("/accounts/register/", FORM)):
        assert (response.status_code, response["Location"]) == (302, "/")
    assert rows() == before


def test_registering_gives_the_session_a_new_key():
    client = Client()
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    client.cookies[settings.SESSION_COOKIE_NAME] = planted
    client.post("/accounts/register/", FORM)
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != planted


@pytest.mark.django_db
def test_a_form_that_is_sent_again_guesses_no_passwords(settings):
    settings.THROTTLE_SIGN_IN = (2, 3600)
    typed = {**page(Client().get("/accounts/register/")).values, **FORM}
    Client().post("/accounts/register/", typed)
    for _guess in range(2):
        guess = {**typed, "password1": "a guess, quite long", "password2": "a guess, quite long"}
        assert Client().post("/accounts/register/", guess).headers["Location"] == "/accounts/login/"
    client = Client()
    assert client.post("/accounts/register/", typed).status_code == 429
    assert SESSION_KEY not in client.session
