"""Who calls: the bearer of an API token or of a JWT access token. A session's cookie opens nothing here."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja.security import HttpBearer

from taskmanager.accounts import services
from taskmanager.accounts.api.throttling import count_call
from taskmanager.accounts.models import Scope, User

READING = frozenset({"GET", "HEAD", "OPTIONS"})


class ApiRequest(HttpRequest):
    """A request of somebody whose token was accepted, as every call but the public ones gets it."""

    auth: User


class Bearer(HttpBearer):
    """`Authorization: Bearer …`, with an API token or a JWT access token."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """Return whose token it is, None for one that doesn't count. Raises NotAllowed, TooManyRequests.

        Only what fails counts against the address: colleagues may share one.
        """
        address = request.META.get("REMOTE_ADDR", "")
        needs = Scope.READ if request.method in READING else Scope.WRITE
        try:
            return services.user_of_bearer(token, address=address, needs=needs).user
        except services.InvalidToken:
            count_call("refused", address, settings.THROTTLE_DEFAULT)
            return None
