"""An organization's OpenID provider: what it says of itself, what we are to it, and what goes wrong with it."""

from dataclasses import dataclass
from http import HTTPStatus

from taskmanager.errors import DomainError

DISCOVERY = "/.well-known/openid-configuration"


class ProviderProblem(DomainError):
    """The provider doesn't do its part; the sentence says which, to the Admin who sets it up and to who signs in."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


class NotProven(DomainError):
    """What came back from the provider proves nothing. `reason` is a word for the audit."""

    def __init__(self, reason: str, message: str = "") -> None:
        """Take the reason, and a sentence where there is a better one."""
        self.reason = reason
        super().__init__(message or "What came back from your organization’s provider could not be trusted.")


@dataclass(frozen=True)
class Provider:
    """What a provider says of itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    secret_by_post: bool = False  # whether the client secret goes into the form, and not into a header
    algorithms: tuple[str, ...] = ("RS256",)
    names_itself: bool = False  # whether its answers say whose they are (RFC 9207)


@dataclass(frozen=True)
class Client:
    """What we are to the provider."""

    client_id: str
    secret: str
    redirect_uri: str


@dataclass(frozen=True)
class Attempt:
    """What of one attempt only its browser and its provider know."""

    state: str
    nonce: str
    verifier: str
