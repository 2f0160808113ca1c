"""How people become members."""

import datetime
import secrets
from itertools import combinations
from typing import ClassVar, Self

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from taskmanager.accounts.models.organizations import Organization
from taskmanager.accounts.models.users import Role, User

# All that somebody can be invited as, each as a line of text.
SETS_OF_ROLES = [" ".join(roles) for count in (1, 2, 3) for roles in combinations(Role.values, count)]
INVITED_AS = (Role.CREATOR, Role.EDITOR)
INVITATION_LIFE = datetime.timedelta(days=7)


def new_nonce() -> str:
    """Return what nobody guesses: 144 random bits, as they may stand in an address."""
    return secrets.token_urlsafe(18)


def end_of_invitation() -> datetime.datetime:
    """Return when an invitation of now expires."""
    return timezone.now() + INVITATION_LIFE


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """How invitations are reached: through their organization, or by their link."""

    def of(self, organization: Organization) -> Self:
        """Keep the organization's."""
        return self.filter(organization=organization)

    def waiting(self) -> Self:
        """Keep those that were neither accepted nor revoked; they may have expired."""
        return self.filter(accepted_at=None, revoked_at=None)

    def open(self) -> Self:
        """Keep those that can be accepted."""
        return self.waiting().filter(expires_at__gt=timezone.now())


class Invitation(models.Model):
    """Somebody is asked to become a member. The link is in the mail alone: it signs `nonce` with the SECRET_KEY."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="invitations", db_comment="Where the person is to work"
    )
    email = models.EmailField("e-mail address", db_comment="Where the link is sent, in lower case")
    roles = models.CharField(max_length=40, db_comment="The roles that the person will have, with spaces between them")
    invited_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", db_comment="Who asked; empty for a former member"
    )
    nonce = models.CharField(
        max_length=32,
        unique=True,
        default=new_nonce,
        editable=False,
        db_comment="What the link signs: without the SECRET_KEY no link comes of it. Sending again draws another",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_comment="When the person was asked")
    expires_at = models.DateTimeField(default=end_of_invitation, db_comment="Until when the link works")
    accepted_at = models.DateTimeField(null=True, db_comment="When the person became a member")
    accepted_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", db_comment="Whom the invitation made"
    )
    revoked_at = models.DateTimeField(null=True, db_comment="When it was taken back")

    objects = InvitationQuerySet.as_manager()

    class Meta:
        db_table_comment = "Invitations to become a member, by a link that works once and for a week"
        constraints: ClassVar = [
            models.UniqueConstraint(
                "organization",
                Lower("email"),
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="accounts_invitation_waits_once_per_address",
            ),
            models.CheckConstraint(condition=models.Q(email__contains="@"), name="accounts_invitation_has_an_address"),
            models.CheckConstraint(condition=models.Q(roles__in=SETS_OF_ROLES), name="accounts_invitation_roles_check"),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="accounts_invitation_expires_later"
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_at=None) | models.Q(revoked_at=None),
                name="accounts_invitation_accepted_or_revoked",
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_by=None) | models.Q(accepted_at__isnull=False),
                name="accounts_invitation_accepted_by_only_when_accepted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} as {self.roles}"

    @property
    def is_open(self) -> bool:
        """Whether it can be accepted."""
        return self.accepted_at is None and self.revoked_at is None and not self.has_expired

    @property
    def has_expired(self) -> bool:
        """Whether its week is over."""
        return self.expires_at <= timezone.now()

    @property
    def role_list(self) -> list[Role]:
        """The roles, in their order."""
        return [Role(name) for name in self.roles.split()]
