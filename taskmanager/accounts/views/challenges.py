"""What passkeys are asked to sign: once, within five minutes, for the host that the browser shows."""

import datetime
import ipaddress
import time

from django.http import HttpRequest
from django.http.request import split_domain_port
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from taskmanager.accounts import services

CHALLENGE_KEY = "passkey_challenge"


def site_of(request: HttpRequest) -> services.Site | None:
    """Return whom a passkey is for, None where browsers allow none: at an IP address, or without encryption.

    The host is one of ALLOWED_HOSTS, or Django would have refused the request.
    """
    host = split_domain_port(request.get_host())[0].rstrip(".")
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        is_local = host == "localhost" or host.endswith(".localhost")
        if request.is_secure() or is_local:
            return services.Site(host, f"{request.scheme}://{request.get_host()}")
    return None


def has_passkeys_here(request: HttpRequest) -> bool:
    """Whether browsers allow passkeys at the address that the page is opened by."""
    return site_of(request) is not None


def keep_challenge(request: HttpRequest, purpose: str, challenge: bytes, *, handle: str = "") -> None:
    """Keep the challenge in the session, for the answer."""
    request.session[CHALLENGE_KEY] = {
        "challenge": urlsafe_base64_encode(challenge),
        "handle": handle,
        "purpose": purpose,
        "at": time.time(),
    }


def take_challenge(request: HttpRequest, purpose: str) -> services.Challenge | None:
    """Return the session's challenge of this purpose, which is gone then; None where there is none any more."""
    kept = request.session.pop(CHALLENGE_KEY, None)
    if not kept or kept["purpose"] != purpose or time.time() - kept["at"] > services.CHALLENGE_SECONDS:
        return None
    asked_at = datetime.datetime.fromtimestamp(kept["at"], datetime.UTC)
    return services.Challenge(urlsafe_base64_decode(kept["challenge"]), asked_at, kept["handle"])
