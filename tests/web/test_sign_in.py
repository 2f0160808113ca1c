"""Signing in with organization, name and password; being told too often; signing out."""

import pytest
from django.conf import settings
from django.test import Client

from taskmanager.accounts import services as accounts
from taskmanager.accounts.models import Throttle
from tests.conftest import PASSWORD
from tests.web.pages import page, sentence

LOGIN = "/accounts/login/"
WRONG = "Organization, username or password is not right."
FORM = {"organization": "acme", "username": "ada", "password": PASSWORD}


def sign_in(client: Client | None = None, address: str = "10.0.0.1", **typed: str):
    query = typed.pop("query", "")
    return (client or Client()).post(LOGIN + query, {**FORM, **typed}, REMOTE_ADDR=address)


def is_signed_in(response) -> bool:
    return "_auth_user_id" in response.client.session


@pytest.mark.parametrize("name", ["ada", "ADA", "ada@acme.example", "Ada@ACME.example", " ada "])
@pytest.mark.parametrize("organization", ["acme", "ACME", " acme "])
def test_username_or_address_in_any_case_signs_in(name, organization, ada):
    response = sign_in(username=name, organization=organization)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert is_signed_in(response)


def test_the_same_name_in_two_organizations_is_two_people(ada, oscar):
    twin = accounts.add_member(
        oscar.organization, username="ada", email="ada@acme.example", password="another long password", roles=[]
    )
    mine, theirs = Client(), Client()
    sign_in(mine)
    sign_in(theirs, organization="globex", password="another long password")
    assert (mine.get("/").context["user"], theirs.get("/").context["user"]) == (ada, twin)
    assert not is_signed_in(sign_in(organization="globex"))


@pytest.mark.parametrize(
    "typed",
    [
        {"organization": "nowhere"},
        {"organization": "globex"},
        {"organization": "acme-2"},
        {"username": "nobody"},
        {"username": "oscar"},
        {"password": "wrong"},
        {"password": PASSWORD + " "},
        {"password": PASSWORD.upper()},
        {"organization": "\N{REPLACEMENT CHARACTER}"},
        {"username": "a%' OR 1=1 --"},
    ],
)
def test_whatever_was_wrong_the_answer_is_the_same(typed, ada, oscar):
    response = sign_in(**typed)
    assert response.status_code == 200
    assert page(response).errors == {"": [WRONG]}
    assert not is_signed_in(response)
    shown = page(response).values
    sent = {**FORM, **typed}
    assert (shown["organization"], shown["username"], shown["password"]) == (sent["organization"], sent["username"], "")


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"organization": ""}, "organization"),
        ({"username": ""}, "username"),
        ({"password": ""}, "password"),
        ({"organization": "a\0"}, "organization"),
        ({"username": "a\0"}, "username"),
        ({"password": "a\0"}, "password"),
        ({"organization": "x" * 61}, "organization"),
        ({"username": "x" * 255}, "username"),
        ({"password": "x" * 4097}, "password"),
    ],
)
def test_what_can_be_no_name_is_told_beside_the_field(typed, field, ada):
    response = sign_in(**typed)
    assert response.status_code == 200
    assert list(page(response).errors) == [field]
    assert not Throttle.objects.exists()


def test_a_deactivated_user_cannot_sign_in(ada):
    ada.is_active = False
    ada.save()
    assert page(sign_in()).errors == {"": [WRONG]}


def test_a_link_fills_the_organization_in(db):
    assert page(Client().get(f"{LOGIN}?org=acme")).values["organization"] == "acme"
    assert page(Client().get(f'{LOGIN}?org="><b>')).values["organization"] == '"><b>'


def test_the_browser_remembers_the_organization(ada):
    client = Client()
    cookie = sign_in(client, organization="ACME").cookies["organization"]
    assert (cookie.value, cookie["httponly"], cookie["samesite"]) == ("acme", True, "Lax")
    assert cookie["max-age"] > 300 * 24 * 3600
    client.post("/accounts/logout/")
    assert page(client.get(LOGIN)).values["organization"] == "acme"
    assert page(client.get(f"{LOGIN}?org=other")).values["organization"] == "other"


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("/tasks/?status=DONE", "/tasks/?status=DONE"),
        ("http://testserver/tasks/", "http://testserver/tasks/"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("\\\\elsewhere.example", "/"),
        ("/\\elsewhere.example", "/"),
        ("http:///elsewhere.example", "/"),
        ("javascript:alert(1)", "/"),
        ("\x00/tasks/", "/"),
        ("", "/"),
        ("/accounts/login/", "/"),
        ("/accounts/login/?next=/accounts/login/", "/"),
        ("/accounts/logout/", "/"),
    ],
)
def test_next_leads_to_pages_of_ours_only(target, place, ada, browse):
    client = Client()
    form = page(client.get(LOGIN, {"next": target})).values
    sent = {"next": form["next"]} if "next" in form else {}
    response = client.post(LOGIN, {**FORM, **sent})
    assert (response.status_code, response["Location"]) == (302, place)
    # Who is signed in already is sent on at once.
    response = browse(ada).get(LOGIN, {"next": target})
    assert (response.status_code, response["Location"]) == (302, place)
    # And not only the form is asked.
    assert Client().post(f"{LOGIN}?next={target}", FORM)["Location"] == place


def test_after_the_sign_in_one_is_where_one_wanted_to_be(task, ada):
    client = Client()
    door = client.get(f"/tasks/{task.pk}/", follow=True)
    response = client.post(LOGIN, {**FORM, "next": page(door).values["next"]}, follow=True)
    assert response.redirect_chain == [(f"/tasks/{task.pk}/", 302)]
    assert task.title in sentence(response)


def test_the_eleventh_try_is_told_to_wait_and_keeps_what_was_typed(ada):
    for _number in range(10):
        assert sign_in(password="wrong").status_code == 200
    for password in ("wrong", PASSWORD):
        response = sign_in(password=password, query="?next=/tasks/")
        assert response.status_code == 429
        assert 1 <= int(response["Retry-After"]) <= 60
        shown = page(response)
        [said] = shown.errors[""]
        assert said.startswith("Too many attempts. Try again in ")
        assert said.endswith(" seconds.")
        assert shown.values["organization"] == "acme"
        assert shown.values["username"] == "ada"
        assert shown.values["password"] == ""
        assert shown.values["next"] == "/tasks/"
        assert PASSWORD not in response.content.decode()
        assert not is_signed_in(response)


def test_other_spellings_of_the_account_count_together(ada):
    for number in range(10):
        sign_in(password="wrong", username=["ada", "ADA"][number % 2], organization=["acme", "Acme"][number % 2])
    assert sign_in().status_code == 429


def test_a_colleague_at_the_same_address_is_not_locked_out(ada, ed):
    for _number in range(11):
        sign_in(password="wrong")
    assert sign_in(username="ed").status_code == 302
    assert sign_in(address="10.0.0.2").status_code == 302


def test_a_right_password_starts_the_count_anew(ada):
    for _round in range(2):
        for _number in range(9):
            assert sign_in(password="wrong").status_code == 200
        assert sign_in().status_code == 302


def test_many_addresses_that_try_one_account_are_slowed_down_too(ada):
    answers = {sign_in(password="wrong", address=f"10.0.1.{number}").status_code for number in range(100)}
    assert answers == {200}
    assert sign_in(address="10.0.1.200").status_code == 429


def test_the_limit_is_a_setting(ada, settings):
    settings.THROTTLE_SIGN_IN = (2, 3600)
    answers = [sign_in(password="wrong") for _number in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2]["Retry-After"]) > 3000


def test_signing_in_changes_the_session_key(ada):
    client = Client()
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    sign_in(client)
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != session.session_key


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(ada):
    cookie = sign_in().cookies[settings.SESSION_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")


def test_signing_out_takes_a_post_and_ends_the_session(ada, browse):
    client = browse(ada)
    assert client.get("/accounts/logout/").status_code == 405
    assert client.get("/").status_code == 200
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    response = client.post("/accounts/logout/")
    assert (response.status_code, response["Location"]) == (302, LOGIN)
    assert client.get("/").status_code == 302
    stolen = Client()
    stolen.cookies[settings.SESSION_COOKIE_NAME] = key
    assert stolen.get("/").status_code == 302


def test_a_changed_password_ends_other_sessions(ada, browse):
    client = browse(ada)
    ada.set_password("another long password")
    ada.save()
    assert client.get("/").status_code == 302


def test_pages_of_the_door_are_not_kept_by_caches(db):
    assert "no-store" in Client().get(LOGIN)["Cache-Control"]
