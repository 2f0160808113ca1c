"""What happened to an organization's doors, written in the transaction of the change."""

from typing import Any

from taskmanager.accounts.models import AuditEvent, AuditKind, Organization, User


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
        address=address or None,
        detail=detail,
    )
