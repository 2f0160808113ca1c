"""Passkeys, held by a device of the tests that really signs: adding them, signing in, and what is refused."""

import base64
import json
import time
from functools import partial

import pytest
from django.test import Client
from django.utils import timezone

from taskmanager.accounts import services
from taskmanager.accounts.models import AuditEvent, AuditKind, Organization, Passkey, RecoveryCode, Throttle, User
from taskmanager.errors import TooManyRequests
from tests.conftest import PASSWORD
from tests.devices import HOST, ORIGIN, Device, add_passkey, passkey_of
from tests.racing import race
from tests.web.pages import page, sentence

ASK, SETTINGS = "/accounts/second-factor/", "/accounts/second-factor/settings/"
ADD = "/accounts/second-factor/passkeys/"
IN = "/accounts/login/passkey/"
SITE = services.Site("localhost", ORIGIN)
NONSENSE = [
    "",
    "x",
    "{}",
    "[]",
    "null",
    "[" * 9000,
    '{"id": "\\u0000"}',
    json.dumps({"id": "x", "rawId": "x", "type": "public-key", "response": {}}),
    json.dumps(
        {
            "id": "eA",
            "rawId": "eA",
            "type": "public-key",
            "response": {
                "clientDataJSON": "eA",
                "attestationObject": "eA",
                "authenticatorData": "eA",
                "signature": "eA",
            },
        }
    ),
    "x" * 30_000,
]


def signed_in(user: User) -> Client:
    client = Client(**HOST)
    client.post(
        "/accounts/login/",
        {"organization": user.organization.slug, "username": user.username, "password": PASSWORD},
    )
    return client


def options_for(client: Client, address: str) -> dict:
    response = client.post(f"{address}options/")
    assert response.status_code == 200
    return response.json()


def is_in(client: Client) -> bool:
    return client.get("/accounts/profile/").status_code == 200


def without_password(device: Device, client: Client | None = None, **changes) -> Client:
    """Try to sign in by the device alone."""
    client = client or Client(**HOST)
    client.post(IN, {"credential": device.get(options_for(client, IN), **changes)})
    return client


# Adding


def test_a_passkey_is_added_and_recovery_codes_come_along(ada):
    client, device = signed_in(ada), Device()
    options = options_for(client, ADD)
    assert options["rp"]["id"] == "localhost"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    handle = base64.urlsafe_b64decode(options["user"]["id"] + "==")
    assert len(handle) == 32
    response = client.post(ADD, {"name": "Blue key", "credential": device.create(options)})
    assert response["Location"] == "/accounts/second-factor/recovery-codes/"
    passkey = Passkey.objects.get()
    assert (passkey.user, passkey.name, passkey.sign_count, passkey.transports) == (ada, "Blue key", 0, ["usb"])
    assert RecoveryCode.objects.count() == 10
    assert client.session["second_factor"] == "passkey"
    event = AuditEvent.objects.get(kind=AuditKind.SECOND_FACTOR_ADDED)
    assert event.detail == {"factor": "passkey", "name": "Blue key"}
    # A second one is the same user's to the devices, and excludes the first.
    again = options_for(client, ADD)
    assert again["user"]["id"] == options["user"]["id"]
    assert [each["id"] for each in again["excludeCredentials"]] == [passkey.credential_id]


def test_handles_differ_between_users_and_say_nothing(ada, ed):
    first, second = Device(), Device()
    add_passkey(ada, first), add_passkey(ed, second)
    assert first.handle != second.handle
    assert str(ada.pk).encode() != first.handle


@pytest.mark.parametrize("credential", NONSENSE)
def test_nonsense_is_no_passkey(credential, ada):
    client = signed_in(ada)
    options_for(client, ADD)
    response = client.post(ADD, {"name": "x", "credential": credential})
    assert response.status_code == 200
    assert page(response).errors[""]
    assert not Passkey.objects.exists()


def test_an_answer_counts_once_in_five_minutes_and_for_its_own_question(ada):
    client, device = signed_in(ada), Device()
    answer = device.create(options_for(client, ADD))
    options_for(client, ADD)  # asked anew: the first answer is too old
    assert page(client.post(ADD, {"name": "x", "credential": answer})).errors[""]
    answer = device.create(options_for(client, ADD))
    session = client.session
    session["passkey_challenge"] = {**session["passkey_challenge"], "at": time.time() - 301}
    session.save()
    assert page(client.post(ADD, {"name": "x", "credential": answer})).errors[""]
    client.post(f"{ASK}options/")
    assert page(client.post(ADD, {"name": "x", "credential": answer})).errors[""]
    assert not Passkey.objects.exists()
    assert client.post(ADD, {"name": "x", "credential": device.create(options_for(client, ADD))}).status_code == 302


def test_a_passkey_for_another_site_is_refused(ada):
    client = signed_in(ada)
    options = options_for(client, ADD)
    phished = Device(origin="https://localhost.evil.example").create(options)
    assert page(client.post(ADD, {"name": "x", "credential": phished})).errors[""]
    options = options_for(client, ADD)
    elsewhere = Device().create({**options, "rp": {"id": "evil.example"}})
    assert page(client.post(ADD, {"name": "x", "credential": elsewhere})).errors[""]
    assert not Passkey.objects.exists()


def test_a_credential_that_is_known_is_refused(ada, ed):
    device = Device()
    add_passkey(ada, device)
    client = signed_in(ed)
    response = client.post(ADD, {"name": "x", "credential": device.create(options_for(client, ADD))})
    assert page(response).errors[""] == ["That passkey has been added already."]


def test_nobody_has_more_than_twenty(ada):
    client = signed_in(ada)
    for _number in range(20):
        passkey_of(ada)
    response = client.post(f"{ADD}options/")
    assert (response.status_code, response.json()["message"]) == (
        409,
        "You have 20 passkeys. Remove one that you don't use any more.",
    )


@pytest.mark.parametrize("name", ["", " ", "x" * 51, "a\0b"])
def test_a_passkey_needs_a_name(name, ada):
    client, device = signed_in(ada), Device()
    response = client.post(ADD, {"name": name, "credential": device.create(options_for(client, ADD))})
    assert "name" in page(response).errors


def test_options_need_a_proof_and_a_host_with_a_name(ada, browse):
    client = browse(ada)
    assert client.post(f"{ADD}options/", **HOST).status_code == 403
    for host in ("127.0.0.1:8000", "[::1]", "testserver"):
        response = client.post(f"{ADD}options/", HTTP_HOST=host)
        assert (response.status_code, "localhost" in response.json()["message"]) == (400, True)
    assert client.post(f"{ADD}options/", HTTP_HOST="evil.example").status_code == 400
    assert "Passkeys don’t work at this address" in sentence(signed_in(ada).get(ADD, HTTP_HOST="127.0.0.1"))


def test_ones_own_are_renamed_and_removed(ada):
    device = Device()
    passkey = add_passkey(ada, device)
    client = without_password(device)
    client.post(f"{ADD}{passkey.pk}/", {"name": "Grey key"})
    assert "Grey key" in sentence(client.get(SETTINGS))
    assert client.get(f"{ADD}{passkey.pk}/remove/").status_code == 200
    Organization.objects.update(require_second_factor=True)
    assert client.post(f"{ADD}{passkey.pk}/remove/").status_code == 409
    Organization.objects.update(require_second_factor=False)
    assert client.post(f"{ADD}{passkey.pk}/remove/").status_code == 302
    assert not Passkey.objects.exists()
    assert AuditEvent.objects.filter(kind=AuditKind.SECOND_FACTOR_REMOVED).get().detail["name"] == "Grey key"


# As a second factor


def test_after_the_password_a_passkey_lets_in(ada):
    device = Device(verifies=False)  # a key without a PIN: the password stands for that
    passkey = add_passkey(ada, device)
    client = signed_in(ada)
    assert not is_in(client)
    options = options_for(client, ASK)
    assert [each["id"] for each in options["allowCredentials"]] == [passkey.credential_id]
    response = client.post(ASK, {"credential": device.get(options)})
    assert response["Location"] == "/"
    assert is_in(client)
    assert client.session["second_factor"] == "passkey"
    passkey.refresh_from_db()
    assert (passkey.sign_count, passkey.last_used_at is None) == (1, False)


def test_anothers_passkey_is_no_second_factor(ada, ed):
    mine, theirs = Device(), Device()
    add_passkey(ada, mine), add_passkey(ed, theirs)
    client = signed_in(ada)
    response = client.post(ASK, {"credential": theirs.get(options_for(client, ASK))})
    assert "That passkey didn’t work." in sentence(response)
    assert not is_in(client)
    assert AuditEvent.objects.get(kind=AuditKind.SECOND_FACTOR_FAILED).detail == {"factor": "passkey"}


@pytest.mark.parametrize("credential", NONSENSE[1:])
def test_nonsense_is_no_second_factor(credential, ada):
    add_passkey(ada, Device())
    client = signed_in(ada)
    options_for(client, ASK)
    response = client.post(ASK, {"credential": credential})
    assert response.status_code == 200
    assert not is_in(client)


def test_options_are_for_who_has_given_a_password(db):
    response = Client(**HOST).post(f"{ASK}options/")
    assert response.status_code == 401


def test_a_passkey_confirms_that_it_is_still_them(ada, browse):
    client, device = browse(ada), Device()
    add_passkey(ada, device)
    options = client.post(f"{ASK}options/", **HOST).json()
    confirm = "/accounts/second-factor/confirm/"
    assert client.post(confirm, {"credential": device.get(options)}, **HOST)["Location"] == SETTINGS
    assert client.get(ADD, **HOST).status_code == 200


# Without a password


def test_a_passkey_alone_signs_in_and_tells_whose_it_is(ada, ed, oscar):
    device, foreign = Device(), Device()
    add_passkey(ed, device), add_passkey(oscar, foreign)
    client = Client(**HOST)
    options = options_for(client, IN)
    assert (options["allowCredentials"], options["userVerification"]) == ([], "required")
    response = client.post(IN, {"credential": device.get(options), "next": "/tasks/"})
    assert response["Location"] == "/tasks/"
    assert client.cookies["organization"].value == "acme"
    assert client.session["_auth_user_id"] == str(ed.pk)
    assert client.session["second_factor"] == "passkey"
    assert AuditEvent.objects.filter(kind=AuditKind.SIGNED_IN).latest("pk").detail == {"how": "passkey"}
    assert without_password(foreign).session["_auth_user_id"] == str(oscar.pk)


def test_the_page_after_it_is_one_of_ours(ada):
    device, client = Device(), Client(**HOST)
    add_passkey(ada, device)
    answer = device.get(options_for(client, IN))
    assert client.post(IN, {"credential": answer, "next": "https://elsewhere.example/"})["Location"] == "/"


def refused(client: Client, credential: str) -> str:
    response = client.post(IN, {"credential": credential})
    assert response.status_code == 200
    assert not is_in(client)
    [sentence_] = page(response).errors[""]
    return sentence_


def test_every_refusal_reads_the_same(ada, ed, oscar):
    deactivated, unknown, own = Device(), Device(), Device()
    add_passkey(ed, deactivated), add_passkey(ada, own)
    services.deactivate_member(ed, actor=ada)
    client = Client(**HOST)
    sentences = {refused(client, device.get(options_for(client, IN))) for device in (deactivated, unknown)}
    sentences.add(refused(client, own.get(options_for(client, IN), origin="https://evil.example")))
    sentences.add(refused(client, own.get(options_for(client, IN), handle=deactivated.handle)))
    sentences.add(refused(client, own.get({**options_for(client, IN), "rpId": "evil.example"})))
    own.verifies = False  # whoever finds the key must not be in
    sentences.add(refused(client, own.get(options_for(client, IN))))
    options_for(client, IN)
    sentences |= {refused(client, each) for each in NONSENSE}
    assert sentences == {"That passkey isn’t known here, or works no more. Sign in with your password."}
    assert AuditEvent.objects.filter(kind=AuditKind.SIGN_IN_FAILED).first().organization is None


def test_an_answer_works_once(ada):
    device, client = Device(counts=False), Client(**HOST)
    add_passkey(ada, device)
    answer = device.get(options_for(client, IN))
    assert client.post(IN, {"credential": answer}).status_code == 302
    thief = Client(**HOST)
    options_for(thief, IN)
    refused(thief, answer)
    refused(Client(**HOST), answer)


def test_a_copied_device_whose_count_goes_back_is_refused(ada):
    device = Device()
    passkey = add_passkey(ada, device)
    Passkey.objects.filter(pk=passkey.pk).update(sign_count=7)
    client = Client(**HOST)
    device.count = 6
    refused(client, device.get(options_for(client, IN)))
    device.count = 7
    assert is_in(without_password(device, client))


@pytest.mark.django_db(transaction=True)
def test_of_requests_with_one_signature_at_once_one_wins(ada):
    device = Device(counts=False)
    add_passkey(ada, device)
    challenge = services.new_challenge()
    answer = device.get(services.sign_in_options(site=SITE, challenge=challenge))
    asked = services.Challenge(challenge, timezone.now())
    call = partial(services.sign_in_by_passkey, credential=answer, challenge=asked, site=SITE, address="10.0.0.1")
    answers = race([call] * 5)
    assert [each for each in answers if each] == [ada]


def test_tries_are_counted_by_address(ada, settings):
    settings.THROTTLE_SIGN_IN = (1, 60)
    device, client = Device(), Client(**HOST)
    add_passkey(ada, device)
    answer = device.get(options_for(client, IN))
    for _try in range(19):
        refused(client, "x")
    for response in (client.post(IN, {"credential": answer}), client.post(f"{IN}options/")):
        assert (response.status_code, "Retry-After" in response) == (429, True)
    with pytest.raises(TooManyRequests):
        services.sign_in_by_passkey(credential="x", challenge=None, site=SITE, address="127.0.0.1")
    Throttle.objects.all().delete()
    assert is_in(without_password(device))


def test_the_sign_in_page_offers_it_where_it_works(db):
    assert "Use a passkey instead" in sentence(Client().get("/accounts/login/", **HOST))
    assert "Use a passkey instead" not in sentence(Client().get("/accounts/login/", HTTP_HOST="127.0.0.1"))


def test_who_is_in_needs_no_passkey(ada, browse):
    assert browse(ada).post(IN, {"credential": "x"})["Location"] == "/"
