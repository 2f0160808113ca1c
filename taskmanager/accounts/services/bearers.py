"""Who comes in by a token, of whatever kind."""

import hashlib
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from taskmanager.accounts.models import Scope, User
from taskmanager.errors import DomainError, NotAllowed


class InvalidToken(DomainError):
    """It isn't ours, has ended, or its user may not come in: which of these, nobody is told."""

    status = HTTPStatus.UNAUTHORIZED
    message = "This token is not valid."


@dataclass(frozen=True)
class Bearer:
    """Who comes in by a token, and what it allows of what they may."""

    user: User
    scope: Scope

    def require(self, scope: Scope) -> None:
        """Raise NotAllowed for a token that may only read, where something is to be written."""
        if scope is Scope.WRITE and self.scope is not Scope.WRITE:
            raise NotAllowed("This token may only read.")


def hash_of(secret: str) -> str:
    """Return what is kept of a secret. Of so many random bits a plain hash is enough: there is nothing to guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


def people_with_access() -> Any:
    """Return who may come in. Their rights are read when a rule asks for them: most calls only read."""
    return User.objects.active().select_related("organization")


def hold_user(user_id: Any) -> bool:
    """Take the user's row until this transaction ends, in a way that rows which refer to it don't wait for.

    Return whether they may come in: whoever deactivates them waits here, too, and then ends what is made meanwhile.
    """
    rows = User.objects.select_for_update(no_key=True, of=("self",)).filter(pk=user_id)
    return any(rows.values_list("is_active", flat=True))
