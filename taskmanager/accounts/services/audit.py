"""What happened to an organization's doors, written in the transaction of the change."""

import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from taskmanager import metrics
from taskmanager.accounts.addresses import known_address
from taskmanager.accounts.models import AuditEvent, AuditKind, Organization, User

# What of it is counted as a try to sign in.
SIGN_INS = {
    AuditKind.SIGNED_IN: "succeeded",
    AuditKind.SIGN_IN_FAILED: "failed",
    AuditKind.SECOND_FACTOR_FAILED: "second_factor_failed",
}


def record_event(
    organization: Organization | int | None,
    kind: AuditKind,
    *,
    actor: User | None = None,
    subject: User | None = None,
    address: str = "",
    **detail: Any,
) -> None:
    """Write that the actor did this, to the subject where that is somebody else; `address` is the request's.

    `detail` is kept as JSON: never a secret. People of another organization, superusers, are told by name alone.
    """
    key = organization.pk if isinstance(organization, Organization) else organization
    subject = None if subject and actor and subject.pk == actor.pk else subject

    def linked(person: User | None) -> User | None:
        return person if person and person.pk and person.organization_id == key else None

    AuditEvent.objects.create(
        organization_id=key,
        kind=kind,
        actor=linked(actor),
        actor_name=actor.username if actor else "",
        subject=linked(subject),
        subject_name=subject.username if subject else "",
        address=known_address(address) or None,
        detail=detail,
    )
    if outcome := "throttled" if detail.get("throttled") else SIGN_INS.get(kind):
        transaction.on_commit(metrics.SIGN_INS.labels(outcome).inc)


def forget_old_events() -> int:
    """Delete what is older than AUDIT_DAYS, unless that is 0; return how many events that were."""
    if not settings.AUDIT_DAYS:
        return 0
    old = timezone.now() - datetime.timedelta(days=settings.AUDIT_DAYS)
    deleted, _ = AuditEvent.objects.filter(created_at__lt=old).delete()
    return deleted
