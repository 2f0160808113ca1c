"""How often strangers may try: each refusal is a 429 that says how long to wait, loses nothing and tells of nobody."""

import re

import pytest
from django.core import mail
from django.test import Client

from taskmanager.accounts import services as accounts
from taskmanager.accounts.models import Organization, User
from tests.conftest import PASSWORD
from tests.queue import run_jobs
from tests.web.pages import page, sentence

HOME, CAFE = "192.0.2.1", "198.51.100.7"
REGISTER = "/accounts/register/"
NEW = "a wholly new one 7"


def post(place, typed, address=HOME):
    return Client(REMOTE_ADDR=address).post(place, typed)


def register(address=HOME, **typed):
    given = {"organization": "Initech", "username": "bill", "email": "bill@initech.example"}
    return post(REGISTER, {**given, "password1": NEW, "password2": NEW, **typed}, address)


def is_told_to_wait(response, *kept):
    """Whether the page says how long to wait, and still holds what was typed."""
    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 3600
    [said] = page(response).errors[""]
    assert re.fullmatch(r"Too many attempts\. Try again in \d+ seconds?\.", said)
    assert NEW not in response.content.decode()
    return [page(response).values[name] for name in kept]


def link(acme, ada, email="bo@acme.example"):
    accounts.invite(acme, actor=ada, emails=[email])
    run_jobs()
    return re.findall(r"https?://[^/]+(/accounts/invitations/\S+)", mail.outbox[-1].body)[0]


def test_registrations_are_counted_by_address(roles, settings):
    settings.THROTTLE_REGISTRATION = (2, 3600)
    assert [register().status_code for _number in range(2)] == [302, 302]
    kept = is_told_to_wait(register(organization="Third"), "organization", "username", "email")
    assert kept == ["Third", "bill", "bill@initech.example"]
    assert Organization.objects.count() == 2
    assert register(CAFE).status_code == 302


def test_a_registration_that_is_corrected_does_not_count(roles, settings):
    settings.THROTTLE_REGISTRATION = (1, 3600)
    for _number in range(3):
        assert register(password2="another").status_code == 200
    assert register().status_code == 302


def test_twenty_registrations_an_hour_are_usual(settings):
    assert settings.THROTTLE_REGISTRATION == (20, 3600)


def test_a_registration_tells_nobody_of_others(ada):
    """The same organization, name and address as Acme's Ada: that is simply another organization."""
    response = register(organization="Acme", username="ada", email="ada@acme.example")
    assert (response.status_code, response["Location"]) == (302, "/")
    assert sorted(Organization.objects.values_list("slug", flat=True)) == ["acme", "acme-2"]


def test_acceptances_are_counted_by_invitation_and_address(acme, ada, ed):
    place, other = link(acme, ada), link(acme, ada, "cy@acme.example")
    taken = {"username": "ed", "password1": NEW, "password2": NEW}
    limit, _seconds = accounts.THROTTLE_ACCEPTANCE
    assert {post(place, taken).status_code for _number in range(limit)} == {200}
    assert is_told_to_wait(post(place, {**taken, "username": "bo"}), "username") == ["bo"]
    assert not User.objects.filter(username="bo").exists()
    # Whoever sits beside them joins, and they do elsewhere.
    assert post(other, {**taken, "username": "cy"}).status_code == 302
    assert post(place, {**taken, "username": "bo"}, CAFE).status_code == 302


def test_links_that_do_not_work_look_alike(acme, ada):
    place = link(acme, ada)
    token = place.rstrip("/").rpartition("/")[2]
    forged = [f"/accounts/invitations/{each}/" for each in ("x", token[:-1], f"{token}x", "é", token.split(".")[0])]
    accounts.revoke_invitation(acme.invitations.get(), actor=ada)
    answers = [Client().get(each) for each in (*forged, place)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({sentence(answer) for answer in answers}) == 1


def test_no_answer_tells_who_has_an_account(ada, member):
    User.objects.filter(pk=member("gone").pk).update(is_active=False)
    names = [("acme", "ada"), ("acme", "nobody"), ("nowhere", "ada"), ("acme", "gone")]

    def answers(place, make):
        for organization, name in names:
            answer = post(place, make(organization, name))
            yield answer.status_code, answer.get("Location"), page(answer).errors, sentence(answer).replace(name, "")

    login = list(answers("/accounts/login/", lambda o, n: {"organization": o, "username": n, "password": "wrong"}))
    reset = list(answers("/accounts/password_reset/", lambda o, n: {"organization": o, "email": f"{n}@acme.example"}))
    assert all(each == login[0] for each in login)
    assert all(each == reset[0] for each in reset)


@pytest.mark.parametrize("organization", ["acme", "nowhere"])
def test_resets_are_refused_alike_whoever_exists(organization, ada):
    limit, _seconds = accounts.THROTTLE_RESET
    typed = {"organization": organization, "email": "ada@acme.example"}
    for _number in range(limit):
        assert post("/accounts/password_reset/", typed).status_code == 302
    kept = is_told_to_wait(post("/accounts/password_reset/", typed), "organization", "email")
    assert kept == [organization, "ada@acme.example"]
    assert post("/accounts/password_reset/", typed, CAFE).status_code == 302


def test_guessing_ones_own_password_is_refused_by_the_page(ada, browse, settings):
    settings.THROTTLE_SIGN_IN = (1, 3600)
    client = browse(ada)
    typed = {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}
    assert client.post("/accounts/password_change/", typed).status_code == 200
    response = client.post("/accounts/password_change/", {**typed, "old_password": PASSWORD})
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 3000
    assert "Too many attempts." in page(response).errors["old_password"][0]
