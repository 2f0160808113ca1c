"""What people hold in their hands: an authenticator app, and a device with passkeys, which really sign."""

import base64
import hashlib
import json
import secrets
import time
import uuid
from typing import Any

import cbor2
import pyotp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from django.utils import timezone

from taskmanager.accounts import services
from taskmanager.accounts.models import Authenticator, Passkey, User

ORIGIN = "http://localhost"
HOST = {"HTTP_HOST": "localhost"}
UP, UV, BE, BS, AT = 1, 4, 8, 16, 64  # flags of an answer: present, verified, may be backed up, is, with a new key


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def code_of(key: str, *, steps: int = 0) -> str:
    """Return the code that an app with this key shows, so many steps of 30 seconds from now."""
    return pyotp.TOTP(key).at(time.time(), counter_offset=steps)


def app_of(user: User) -> str:
    """Set up an app for the user; return its key. The code of this very step is used by it."""
    key = services.new_authenticator_key()
    services.add_authenticator(user, key=key, code=code_of(key, steps=-1))
    return key


def codes_of(user: User) -> list[str]:
    """Return new recovery codes of the user, as they are shown once."""
    return services.replace_recovery_codes(user)


def prove(client: Client, password: str) -> Client:
    """Let a client that is signed in confirm that it is them."""
    response = client.post("/accounts/second-factor/confirm/", {"password": password})
    assert response.status_code == 302
    return client


class Device:
    """A security key: makes passkeys and signs with them, as a browser passes it on."""

    def __init__(self, *, counts: bool = True, verifies: bool = True, origin: str = ORIGIN) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = secrets.token_bytes(32)
        self.counts, self.verifies, self.origin = counts, verifies, origin
        self.count = 0
        self.handle = b""

    def create(self, options: dict[str, Any], **changes: Any) -> str:
        """Answer navigator.credentials.create()."""
        self.handle = unb64(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
        credential = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + public
        data = self._data(options["rp"]["id"], AT) + credential
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client_data = self._client_data("webauthn.create", options["challenge"], changes)
        return self._answer(
            {"clientDataJSON": b64(client_data), "attestationObject": b64(attestation), "transports": ["usb"]}
        )

    def get(self, options: dict[str, Any], **changes: Any) -> str:
        """Answer navigator.credentials.get()."""
        self.count += self.counts
        data = self._data(options["rpId"], 0)
        client_data = self._client_data("webauthn.get", options["challenge"], changes)
        signed = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {
                "clientDataJSON": b64(client_data),
                "authenticatorData": b64(data),
                "signature": b64(signed),
                "userHandle": b64(changes.get("handle", self.handle)),
            }
        )

    def _data(self, host: str, flags: int) -> bytes:
        flags |= UP | (UV if self.verifies else 0)
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str, changes: dict[str, Any]) -> bytes:
        origin = changes.get("origin", self.origin)
        return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()

    def _answer(self, response: dict[str, Any]) -> str:
        name = b64(self.credential_id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})


def add_passkey(user: User, device: Device, *, name: str = "Blue key") -> Passkey:
    """Let the device hold a passkey of the user."""
    site, challenge = services.Site("localhost", ORIGIN), services.new_challenge()
    options = services.registration_options(user, site=site, challenge=challenge)
    services.add_passkey(
        user,
        name=name,
        credential=device.create(options),
        challenge=services.Challenge(challenge, timezone.now(), options["user"]["id"]),
        site=site,
    )
    return Passkey.objects.get(credential_id=b64(device.credential_id))


def passkey_of(user: User, *, name: str = "Blue key") -> Passkey:
    """Return a row of a passkey that no device holds, made without a mail or a line in the audit."""
    return Passkey.objects.create(
        organization=user.organization,
        user=user,
        name=name,
        credential_id=b64(secrets.token_bytes(32)),
        public_key=b"x",
        user_handle=b64(bytes(32)),
        aaguid=uuid.UUID(int=0),
    )


def has_app(user: User) -> bool:
    return Authenticator.objects.filter(user=user).exists()
