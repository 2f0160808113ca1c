"""A provider, and somebody who goes the way to it and back."""

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.test import Client

from taskmanager.accounts import services
from taskmanager.accounts.models import AuditEvent, AuditKind, Organization, Role, SingleSignOn, User
from tests.provider import CLIENT_ID, CLIENT_SECRET, Provider, serving
from tests.web.pages import sentence

START, CALLBACK = "/accounts/sso/", "/accounts/sso/callback/"
BO = {"email": "Bo@acme.example", "email_verified": True, "preferred_username": "bo", "name": "Bo Lind"}


@pytest.fixture
def provider(settings) -> Iterator[Provider]:
    settings.OIDC_ALLOWED_CIDRS = [ipaddress.ip_network("127.0.0.0/8")]
    with serving() as provider:
        provider.people["bo-1"] = dict(BO)
        yield provider


def set_up(organization: Organization, actor: User, provider: Provider, **fields) -> SingleSignOn:
    choices = {
        "is_enabled": True,
        "issuer": provider.issuer,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "default_roles": [Role.CREATOR, Role.EDITOR],
        "groups_claim": "groups",
        "group_roles": {},
    }
    return services.configure_single_sign_on(organization, actor=actor, **{**choices, **fields})


@pytest.fixture
def row(acme, ada, provider) -> SingleSignOn:
    return set_up(acme, ada, provider)


def begin(client: Client, slug: str = "acme", **query: str) -> str:
    """Return where the browser is sent."""
    response = client.get(f"{START}{slug}/", query)
    assert response.status_code == 302, sentence(response)
    return response["Location"]


def come_back(client: Client, location: str):
    parts = urlsplit(location)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"http://127.0.0.1:8000{CALLBACK}"
    return client.get(f"{parts.path}?{parts.query}")


def come_in(provider: Provider, sub: str = "bo-1", *, client: Client | None = None, **query: str):
    """Go all the way; return the last answer."""
    client = client or Client()
    return come_back(client, provider.sign_in(begin(client, **query), sub))


def who(response) -> User | None:
    pk = response.client.session.get("_auth_user_id")
    return User.objects.get(pk=pk) if pk else None


def failures() -> list[str]:
    events = AuditEvent.objects.filter(kind=AuditKind.SIGN_IN_FAILED).order_by("pk")
    return [event.detail["reason"] for event in events]
