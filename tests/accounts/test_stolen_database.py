"""Who steals the database, and the cache, comes in by nothing of it: no secret is there, and no hash opens anything."""

import base64
import json
import re
import zlib
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from taskmanager.accounts import services
from taskmanager.accounts.models import ApiToken, Invitation, RefreshToken, Session
from tests.conftest import PASSWORD
from tests.queue import run_jobs
from tests.web.pages import page


def link_in(message: Any) -> str:
    [address] = re.findall(r"https?://[^/]+(/accounts/\S+)", message.body)
    return str(address)


@pytest.fixture
def secrets(ada, acme) -> dict[str, str]:
    """Everything that opens a door, by what it is: each made as people make it."""
    client = Client()
    client.post("/accounts/login/", {"organization": "acme", "username": "ada", "password": PASSWORD})
    found = {"password": PASSWORD, "cookie": client.cookies[settings.SESSION_COOKIE_NAME].value}
    form = page(client.get("/accounts/tokens/")).values
    made = client.post("/accounts/tokens/", {"name": "x", "scope": "read", "uuid": form["uuid"]})
    found["API token"] = re.findall(r"tm_\w{46}", made.content.decode())[0]
    pair = page(client.post("/accounts/tokens/pair/", {"uuid": form["uuid"]}))
    shown = {values.get("id"): values.get("value", "") for tag, values in pair.elements if tag == "input"}
    found["access token"], found["refresh token"] = shown["access"], shown["refresh"]
    client.post("/accounts/invitations/", {"emails": "bo@acme.example"})
    Client().post("/accounts/password_reset/", {"organization": "acme", "email": "ada@acme.example"})
    run_jobs()
    for message in mail.outbox:
        what = "invitation" if "bo@acme.example" in message.to else "reset"
        found[what] = link_in(message).rstrip("/").rpartition("/")[2]
    # The link was opened, and the new password is not chosen yet.
    opened = Client()
    opened.get(f"/accounts/reset/{urlsafe_base64_encode(force_bytes(ada.pk))}/{found['reset']}/")
    assert "reset" in opened.cookies
    return found


def everything() -> str:
    """Return all that the database, and Redis where there is one, holds: plain, and what base64 in it says."""
    parts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            parts += [str(value) for row in cursor.fetchall() for value in row if value is not None]
    if settings.REDIS_URL:
        redis = cache._cache.get_client()
        for key in redis.scan_iter():
            value = redis.get(key) or b""
            parts += [key.decode(errors="replace"), value.decode("latin-1")]
    return "\n".join([*parts, *decoded("\n".join(parts))])


def decoded(text: str) -> list[str]:
    """Return what each run of base64 in the text says, packed or not, as Django packs sessions."""
    found = []
    for run in set(re.findall(r"[A-Za-z0-9+/_-]{16,}", text)):
        padded = run[: len(run) - (len(run) % 4 == 1)].replace("+", "-").replace("/", "_")
        raw = base64.urlsafe_b64decode(padded + "=" * (-len(padded) % 4))
        found.append(raw.decode("latin-1"))
        try:
            found.append(zlib.decompress(raw).decode("latin-1"))
        except zlib.error:
            continue
    return found


def spellings(secret: str) -> list[str]:
    """Return the secret as it could be written down."""
    raw = secret.encode()
    return [
        secret,
        secret[::-1],
        raw.hex(),
        base64.b64encode(raw).decode().rstrip("=")[:-2],
        base64.urlsafe_b64encode(raw).decode().rstrip("=")[:-2],
        base64.b32encode(raw).decode().rstrip("=")[:-2],
        quote(secret, safe=""),
        json.dumps(secret)[1:-1],
    ]


def test_no_secret_is_written_anywhere(secrets):
    assert set(secrets) >= {"cookie", "API token", "access token", "refresh token", "invitation", "reset"}
    stolen = everything()
    found = {
        what
        for what, secret in secrets.items()
        for spelling in spellings(secret)
        if len(spelling) > 8 and spelling in stolen
    }
    assert found == set()


def test_what_is_kept_opens_nothing(secrets, ada):
    """The hash in the place of the secret, in each of its places."""
    for key in Session.objects.values_list("pk", flat=True):
        thief = Client()
        for cookie in (key, key[:32], key[32:]):
            thief.cookies[settings.SESSION_COOKIE_NAME] = cookie
            assert thief.get("/").status_code == 302
    kept = [*ApiToken.objects.values_list("hash", "prefix"), *RefreshToken.objects.values_list("hash", "family")]
    for value in (str(each) for row in kept for each in row):
        for bearer in (value, f"tm_{value}", f"tm_{value[:46]}"):
            with pytest.raises(services.InvalidToken):
                services.user_of_bearer(bearer, address="")
        with pytest.raises(services.InvalidToken):
            services.refresh_pair(value)
    for nonce in Invitation.objects.values_list("nonce", flat=True):
        for token in (nonce, f"{nonce}.", f"{nonce}.{nonce}"):
            assert Client().get(f"/accounts/invitations/{token}/").status_code == 404
    ada.refresh_from_db()
    assert services.sign_in(organization="acme", username="ada", password=ada.password, address="") is None


def test_the_secrets_themselves_open_their_doors(secrets, ada):
    """Or the two tests above would show nothing."""
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = secrets["cookie"]
    assert client.get("/").status_code == 200
    assert services.user_of_bearer(secrets["API token"], address="").user == ada
    assert services.user_of_bearer(secrets["access token"], address="").user == ada
    assert services.refresh_pair(secrets["refresh token"])
    assert Client().get(f"/accounts/invitations/{secrets['invitation']}/").status_code == 200


def test_the_search_would_find_a_secret(secrets, ada):
    """Or the first test would show nothing, either: it finds what is put there, whole or packed."""
    session = Client().session
    session["x"] = secrets["API token"]
    session.save()
    assert any(spelling in everything() for spelling in spellings(secrets["API token"]))
    services.record_event(
        ada.organization, "signed_in", actor=ada, note=base64.b64encode(secrets["cookie"].encode()).decode()
    )
    assert secrets["cookie"] in everything()
