"""Organizations, and that each keeps an Admin."""

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from taskmanager.accounts import throttling
from taskmanager.accounts.models import (
    AuditKind,
    Organization,
    Role,
    User,
)
from taskmanager.accounts.permissions import require
from taskmanager.accounts.services.audit import record_event


def create_organization(name: str, *, is_demo: bool = False, slug: str = "") -> Organization:
    """Make an organization whose slug comes from its name: `acme`, or `acme-2` where that is taken."""
    base = (slug or slugify(name))[:50].strip("-") or "team"
    number = 1
    while True:
        candidate = base if number == 1 else f"{base}-{number}"
        try:
            with transaction.atomic():
                return Organization.objects.create(name=name, slug=candidate, is_demo=is_demo)
        except IntegrityError:
            # Taken, or being taken right now: the constraint decides, and the next number is tried.
            if not Organization.objects.filter(slug=candidate).exists():
                raise  # another rule refused it, which no number would help
            number += 1


def count_registration(address: str) -> None:
    """Count one registration from the address that a request came from. Call it outside a transaction.

    Raises TooManyRequests over THROTTLE_REGISTRATION.
    """
    limit, seconds = settings.THROTTLE_REGISTRATION
    throttling.count_try("registration", address, limit=limit, seconds=seconds)


@transaction.atomic
def change_organization(organization: Organization, *, actor: User, name: str, address: str = "") -> Organization:
    """Give the organization another name; its slug, which is in links, stays. Raises NotFound, NotAllowed."""
    require(actor, "accounts.change_organization", organization.pk)
    organization = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    if organization.name == name:
        return organization
    before, organization.name = organization.name, name
    organization.save(update_fields=["name"])
    record_event(
        organization,
        AuditKind.ORGANIZATION_CHANGED,
        actor=actor,
        address=address,
        before={"name": before},
        after={"name": name},
    )
    return organization


def hold_admins(organization_id: int) -> None:
    """Let nobody else take an Admin away until this transaction ends: call it before asking who is the last one.

    It is the organization's row that is locked, in the weakest way that two of us don't share: work, whose rows
    refer to it, goes on meanwhile.
    """
    list(Organization.objects.select_for_update(no_key=True).filter(pk=organization_id))


def is_last_admin(user: User) -> bool:
    """Whether the organization would be without an Admin who can sign in, if it weren't for this one."""
    admins = User.objects.of(user.organization).active().filter(groups__name=Role.ADMIN)
    return user.is_active and admins.filter(pk=user.pk).exists() and not admins.exclude(pk=user.pk).exists()
