"""Who is half in and who is all the way in, and where the mails go."""

import datetime
from collections.abc import Iterator

import pytest
from django.test import Client

from taskmanager.accounts.models import (
    AuditEvent,
    Authenticator,
    User,
)
from tests import mailbox
from tests.conftest import PASSWORD
from tests.devices import app_of, code_of
from tests.mailbox import Mailbox

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


def signed_in_with_app(user: User) -> Client:
    key = app_of(user)
    client = half_in(user.username)
    client.post(ASK, {"code": code_of(key)})
    assert is_in(client)
    return client
