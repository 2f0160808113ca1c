"""A new SECRET_KEY beside the former one ends nothing; without the former one it ends everything."""

import pytest
from django.apps import apps
from django.core import signing
from django.core.management import call_command
from django.test import Client

from taskmanager.accounts import encryption, services
from taskmanager.accounts.models import Authenticator, SingleSignOn
from taskmanager.accounts.services import reencryption

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


@pytest.fixture
def kept(settings, ada, acme) -> tuple[str, str]:
    """The key of an app and the secret of a provider, as the former key encrypted them."""
    settings.SECRET_KEY = OLD
    app = encryption.encrypt("app key", purpose="authenticator")
    Authenticator.objects.create(organization=acme, user=ada, key=app)
    provider = SingleSignOn(organization=acme, issuer="https://id.acme.example", client_id="taskmanager")
    provider.set_secret("provider's secret")
    provider.save()
    services.replace_recovery_codes(ada)
    return app, provider.client_secret


def readable() -> tuple[str | None, str | None]:
    key = Authenticator.objects.get().key
    return encryption.decrypt(key, purpose="authenticator"), SingleSignOn.objects.get().secret


def test_what_is_encrypted_again_needs_the_former_key_no_more(settings, kept, capsys):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    call_command("reencrypt")
    said = capsys.readouterr()
    assert said.out == "Encrypted by the present SECRET_KEY: 2.\n"
    assert said.err.startswith("10 recovery codes are kept as hashes")
    settings.SECRET_KEY_FALLBACKS = []
    assert readable() == ("app key", "provider's secret")


def test_what_no_key_reads_is_told_and_left_as_it_is(settings, kept, capsys):
    settings.SECRET_KEY = NEW
    call_command("reencrypt")
    said = capsys.readouterr()
    assert said.out == "Encrypted by the present SECRET_KEY: 0.\n"
    assert said.err.startswith("No key reads 2 more")
    assert (Authenticator.objects.get().key, SingleSignOn.objects.get().client_secret) == kept
    settings.SECRET_KEY_FALLBACKS = [OLD]
    call_command("reencrypt")
    settings.SECRET_KEY_FALLBACKS = []
    assert readable() == ("app key", "provider's secret")


def test_every_encrypted_column_is_encrypted_again():
    columns = {
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if "encrypted" in str(getattr(field, "db_comment", "") or "")
    }
    assert columns == {(rows.model, column) for rows, column, _purpose in reencryption.ENCRYPTED}
