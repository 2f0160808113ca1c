"""Calls that are safe to repeat: the same `Idempotency-Key` with the same body gets the same answer, for a day.

As the IETF's draft on the Idempotency-Key header field has it: another body is refused, and of two at once one acts.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.utils import timezone
from ninja import Header

from taskmanager.accounts.api.access import ApiRequest
from taskmanager.accounts.models import IdempotentCall
from taskmanager.accounts.models.idempotency import KEY_LENGTH
from taskmanager.errors import Conflict

KEPT = timedelta(days=1)
CLEANED_AT_ONCE = 500

Key = Annotated[
    str | None,
    Header(
        None,
        alias="Idempotency-Key",
        min_length=1,
        max_length=KEY_LENGTH,
        description="A name of your own for this call, a UUID for example: sent again within a day, it acts once",
    ),
]


class KeyOfAnotherCall(Conflict):
    """The key has been used for something else."""

    message = "This Idempotency-Key was used for another call. Choose a new one."


def once_per_key(request: ApiRequest, key: str | None, act: Callable[[], HttpResponse]) -> HttpResponse:
    """Return what `act` answers, or what it answered when this call was made with the same key before.

    It acts in a transaction: what it raises leaves the key free. Raises KeyOfAnotherCall.
    """
    if key is None:
        with transaction.atomic():
            return act()
    user = request.auth
    call = f"{request.method} {request.get_full_path()}\n".encode() + request.body
    fingerprint = hashlib.sha256(call).hexdigest()
    with transaction.atomic():
        try:
            with transaction.atomic():
                # The unique index lets a racing twin wait here until this transaction ends, one way or the other.
                row = IdempotentCall.objects.create(
                    organization_id=user.organization_id, user=user, key=key, fingerprint=fingerprint
                )
        except IntegrityError:
            return _again(user.pk, key, fingerprint)
        response = act()
        IdempotentCall.objects.filter(pk=row.pk).update(status=response.status_code, answer=response.content.decode())
        # Each call takes a few old ones along, so that the table stays small without a schedule.
        old = IdempotentCall.objects.filter(created_at__lt=timezone.now() - KEPT).select_for_update(skip_locked=True)
        IdempotentCall.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:CLEANED_AT_ONCE])).delete()
    return response


def _again(user_id: int, key: str, fingerprint: str) -> HttpResponse:
    first: Any = IdempotentCall.objects.filter(user=user_id, key=key).first()
    if first is None:
        raise KeyOfAnotherCall  # it ended this moment, or another rule refused it
    if first.fingerprint != fingerprint:
        raise KeyOfAnotherCall
    headers = {"Idempotent-Replayed": "true"}
    said = json.loads(first.answer) if first.answer else None
    if isinstance(said, dict) and "version" in said:
        headers["ETag"] = f'"{said["version"]}"'
    return HttpResponse(first.answer, status=first.status, content_type="application/json", headers=headers)
