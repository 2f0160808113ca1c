"""Single sign-on: an organization's provider, and by which accounts there its people come."""

from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from taskmanager.accounts.encryption import decrypt, encrypt
from taskmanager.accounts.models.organizations import Organization
from taskmanager.accounts.models.users import Role, User

SECRET_PURPOSE = "single-sign-on"  # noqa: S105 (what the key is for)
ISSUER_LENGTH = 500
SUBJECT_LENGTH = 255  # as OpenID Connect has it
# What people can be who come for the first time: never Admins, whom a group of the provider can make.
DEFAULT_ROLES = ["Creator", "Editor", "Creator Editor"]


class SingleSignOnQuerySet(models.QuerySet["SingleSignOn"]):
    """How they are reached: through their organization."""

    def of(self, organization: Organization) -> Self:
        """Keep the organization's."""
        return self.filter(organization=organization)

    def enabled(self) -> Self:
        """Keep those that let people in."""
        return self.filter(is_enabled=True)


class SingleSignOn(models.Model):
    """The OpenID provider that an organization trusts to say who its people are."""

    organization = models.OneToOneField(
        Organization, on_delete=models.CASCADE, related_name="single_sign_on", db_comment="Whose people come by it"
    )
    is_enabled = models.BooleanField(default=False, db_comment="Whether it lets people in")
    issuer = models.CharField(
        max_length=ISSUER_LENGTH, db_comment="The provider, by the address that it calls itself in its tokens"
    )
    client_id = models.CharField(max_length=255, db_comment="What the provider calls us")
    client_secret = models.TextField(
        db_comment="What proves to the provider that it is us, encrypted with a key that comes of the SECRET_KEY"
    )
    default_roles = models.CharField(
        max_length=40,
        default="Creator Editor",
        db_comment="The roles of who is in none of the groups, with a space between them",
    )
    groups_claim = models.CharField(
        max_length=100, default="groups", db_comment="Under which name a token holds somebody's groups"
    )
    group_roles = models.JSONField(
        default=dict, blank=True, db_comment="Which groups of the provider give a role: lists of their names, by role"
    )
    changed_at = models.DateTimeField(auto_now=True, db_comment="When an Admin last saved it")

    objects = SingleSignOnQuerySet.as_manager()

    class Meta:
        db_table_comment = "The OpenID providers of organizations, one each"
        verbose_name = verbose_name_plural = "single sign-on"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(issuer="") & ~models.Q(client_id="") & ~models.Q(client_secret=""),
                name="accounts_single_sign_on_has_a_provider",
            ),
            models.CheckConstraint(
                condition=models.Q(default_roles__in=DEFAULT_ROLES), name="accounts_single_sign_on_roles_check"
            ),
        ]

    def __str__(self) -> str:
        return self.issuer

    def set_secret(self, secret: str) -> None:
        """Keep the client secret so that the database alone doesn't give it away."""
        self.client_secret = encrypt(secret, purpose=SECRET_PURPOSE)

    @property
    def secret(self) -> str | None:
        """The client secret; None where the SECRET_KEY that it was kept with is gone."""
        return decrypt(self.client_secret, purpose=SECRET_PURPOSE)

    @property
    def role_list(self) -> list[Role]:
        """The roles of who is in none of the groups, in their order."""
        return [Role(name) for name in self.default_roles.split()]

    @property
    def has_mapping(self) -> bool:
        """Whether groups of the provider give roles."""
        return any(self.group_roles.get(role.value) for role in Role)

    def roles_of(self, groups: set[str]) -> list[Role]:
        """Return the roles of somebody in these groups."""
        given = [role for role in Role if groups.intersection(self.group_roles.get(role.value, []))]
        return given or self.role_list


class IdentityQuerySet(models.QuerySet["ExternalIdentity"]):
    """How they are reached: through their organization."""

    def of(self, organization: Organization) -> Self:
        """Keep the organization's."""
        return self.filter(organization=organization)


class ExternalIdentity(models.Model):
    """An account at a provider, by which a member comes: whatever name and address it has later."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+", db_comment="Whose provider it is"
    )
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="identities", db_comment="Who comes by the account"
    )
    issuer = models.CharField(max_length=ISSUER_LENGTH, db_comment="The provider")
    subject = models.CharField(
        max_length=SUBJECT_LENGTH, db_comment="What the provider calls the account, and no other ever"
    )
    created_at = models.DateTimeField(default=timezone.now, db_comment="When it first came")
    used_at = models.DateTimeField(default=timezone.now, db_comment="When it last came")

    objects = IdentityQuerySet.as_manager()

    class Meta:
        db_table_comment = "By which accounts of their organization's provider members come"
        verbose_name_plural = "external identities"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "issuer", "subject"], name="accounts_external_identity_is_one_members"
            ),
            models.UniqueConstraint(fields=["user", "issuer"], name="accounts_external_identity_once_per_provider"),
            models.CheckConstraint(
                condition=~models.Q(issuer="") & ~models.Q(subject=""), name="accounts_external_identity_has_a_name"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} at {self.issuer}"
