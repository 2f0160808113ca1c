"""What browsers are asked for passkeys, and what the answers of devices prove: WebAuthn's two ceremonies.

Imported where somebody makes or shows a passkey: with its libraries this module takes 10 MB. It knows no rows; keys and
challenges are bytes, and ids base64url, as rows have them.
"""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

# What the library raises for answers that no browser makes: not all of it is its own.
UNREADABLE = (
    WebAuthnException,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    RecursionError,
)

# The id of a key, and by what the browser reaches its device.
type Known = tuple[str, list[str]]


class Unproven(Exception):
    """The device's answer is none, or doesn't fit what it was asked."""


@dataclass(frozen=True)
class NewKey:
    """What a device tells of a key pair that it made."""

    credential_id: str
    public_key: bytes
    sign_count: int
    transports: list[str]
    aaguid: UUID
    is_syncable: bool
    is_backed_up: bool


@dataclass(frozen=True)
class Answer:
    """What a device says, before that is checked: by which key, and of whom."""

    credential_id: str
    user_handle: str  # "" for none
    credential: AuthenticationCredential


@dataclass(frozen=True)
class Signature:
    """What a signature that is right tells of its key."""

    sign_count: int
    is_backed_up: bool


def creation_options(
    *, host: str, handle: str, name: str, display_name: str, challenge: bytes, known: list[Known], seconds: int
) -> dict[str, Any]:
    """Return what navigator.credentials.create() takes. A device that has one of the `known` keys makes no other."""
    options = webauthn.generate_registration_options(
        rp_id=host,
        rp_name="Taskmanager",
        user_id=base64url_to_bytes(handle),
        user_name=name,
        user_display_name=display_name,
        challenge=challenge,
        timeout=seconds * 1000,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            require_resident_key=True,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_descriptors(known),
    )
    return _as_dict(options)


def request_options(
    *, host: str, challenge: bytes, known: list[Known], seconds: int, verify_user: bool
) -> dict[str, Any]:
    """Return what navigator.credentials.get() takes: for one of the `known` keys, or for any where there are none."""
    wanted = UserVerificationRequirement.REQUIRED if verify_user else UserVerificationRequirement.PREFERRED
    options = webauthn.generate_authentication_options(
        rp_id=host,
        challenge=challenge,
        timeout=seconds * 1000,
        allow_credentials=_descriptors(known),
        user_verification=wanted,
    )
    return _as_dict(options)


def read_new_key(credential: str, *, challenge: bytes, host: str, origin: str) -> NewKey:
    """Return the key of an answer to creation_options(), as JSON. Raises Unproven."""
    try:
        answer = webauthn.helpers.parse_registration_credential_json(credential)
        verified = webauthn.verify_registration_response(
            credential=answer, expected_challenge=challenge, expected_rp_id=host, expected_origin=origin
        )
        return NewKey(
            credential_id=bytes_to_base64url(verified.credential_id),
            public_key=verified.credential_public_key,
            sign_count=verified.sign_count,
            transports=[each.value for each in answer.response.transports or []],
            aaguid=UUID(verified.aaguid),
            is_syncable=verified.credential_device_type == CredentialDeviceType.MULTI_DEVICE,
            is_backed_up=verified.credential_backed_up,
        )
    except UNREADABLE as error:
        raise Unproven from error


def read_answer(credential: str) -> Answer:
    """Return what an answer to request_options(), as JSON, says; it proves nothing yet. Raises Unproven."""
    try:
        answer = webauthn.helpers.parse_authentication_credential_json(credential)
        handle = bytes_to_base64url(answer.response.user_handle or b"")
        return Answer(bytes_to_base64url(answer.raw_id), handle, answer)
    except UNREADABLE as error:
        raise Unproven from error


def check_answer(
    answer: Answer,
    *,
    challenge: bytes,
    host: str,
    origin: str,
    public_key: bytes,
    sign_count: int,
    verify_user: bool,
) -> Signature:
    """Return what the answer tells, if the key signed the challenge for this host, once more. Raises Unproven."""
    try:
        verified = webauthn.verify_authentication_response(
            credential=answer.credential,
            expected_challenge=challenge,
            expected_rp_id=host,
            expected_origin=origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=verify_user,
        )
    except UNREADABLE as error:
        raise Unproven from error
    return Signature(verified.new_sign_count, verified.credential_backed_up)


def _descriptors(known: list[Known]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=base64url_to_bytes(credential_id), transports=[AuthenticatorTransport(each) for each in transports]
        )
        for credential_id, transports in known
    ]


def _as_dict(options: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(webauthn.options_to_json(options))
    return found
