"""A new SECRET_KEY beside the former one ends nothing; without the former one it ends everything."""

import pytest
from django.core import signing
from django.test import Client

from taskmanager.accounts import encryption

pytestmark = pytest.mark.once

OLD = "the-former-secret-key-of-this-installation-0123456789"
NEW = "the-secret-key-of-this-installation-from-today-0123456789"


@pytest.fixture
def everything(settings, ada) -> tuple[Client, str, str]:
    """What the former key signed and encrypted: a session, a link, a secret of the database."""
    settings.SECRET_KEY = OLD
    client = Client()
    client.force_login(ada)
    assert client.get("/").status_code == 200
    return client, signing.dumps("link", salt="mail"), encryption.encrypt("secret", purpose="totp")


def test_with_the_former_key_beside_it_a_new_key_ends_nothing(settings, everything):
    client, link, secret = everything
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert client.get("/").status_code == 200
    assert signing.loads(link, salt="mail") == "link"
    assert encryption.decrypt(secret, purpose="totp") == "secret"
    # The session is of the new key from now on.
    settings.SECRET_KEY_FALLBACKS = []
    assert client.get("/").status_code == 200


def test_without_it_a_new_key_ends_all(settings, everything):
    client, link, secret = everything
    settings.SECRET_KEY = NEW
    assert client.get("/").status_code == 302
    with pytest.raises(signing.BadSignature):
        signing.loads(link, salt="mail")
    assert encryption.decrypt(secret, purpose="totp") is None
