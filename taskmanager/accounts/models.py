"""Organizations and their people. A user belongs to exactly one organization."""

import datetime
import secrets
import zoneinfo
from collections.abc import Collection
from dataclasses import dataclass
from importlib import import_module
from itertools import combinations
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AbstractUser, Group, Permission
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Value
from django.db.models.functions import Cast, Concat, Length, Lower
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone
from django.utils.functional import cached_property
from waffle.models import AbstractBaseFlag, AbstractUserFlag

from taskmanager.accounts.agents import in_words
from taskmanager.accounts.sessions import AGENT_LENGTH

AVATAR_COLOURS = 8
BIOGRAPHY_LENGTH = 5000
# A permission as has_perm() takes it.
CODE = Concat("content_type__app_label", Value("."), "codename")

validate_username = RegexValidator(
    r"^[A-Za-z0-9_.+-]+\Z", "A username has letters a to z, digits and the characters _ . + - only."
)


class Role(models.TextChoices):
    """The names of the groups that give people their permissions; migrations make the groups."""

    CREATOR = "Creator"
    EDITOR = "Editor"
    ADMIN = "Admin"


# All that somebody can be invited as, each as a line of text.
SETS_OF_ROLES = [" ".join(roles) for count in (1, 2, 3) for roles in combinations(Role.values, count)]
INVITED_AS = (Role.CREATOR, Role.EDITOR)
INVITATION_LIFE = datetime.timedelta(days=7)


class Theme(models.TextChoices):
    """The colours of the pages."""

    SYSTEM = "system", "As the system has it"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class Organization(models.Model):
    """The tenant: everything belongs to exactly one, and nothing is seen across."""

    name = models.CharField(max_length=100, db_comment="What people call it")
    slug = models.SlugField(
        max_length=60, unique=True, db_comment="Its name in addresses and at sign-in, made from the name"
    )
    is_demo = models.BooleanField(
        default=False, db_comment="Made by the command demo, which leaves every other organization alone"
    )
    created_at = models.DateTimeField(auto_now_add=True, db_comment="When it was registered")

    class Meta:
        db_table_comment = "The tenants: every other row of the product belongs to exactly one"
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(name=""), name="accounts_organization_has_a_name"),
            models.CheckConstraint(condition=~models.Q(slug=""), name="accounts_organization_has_a_slug"),
        ]

    def __str__(self) -> str:
        return self.name


class UserQuerySet(models.QuerySet["User"]):
    """How users are reached: through their organization."""

    def of(self, organization: Organization) -> Self:
        """Keep the organization's people."""
        return self.filter(organization=organization)

    def active(self) -> Self:
        """Keep those who can sign in."""
        return self.filter(is_active=True)

    def named(self, name: str) -> Self:
        """Keep the one whose username or e-mail address it is, without regard to case.

        A username has no "@", so that no name can be another user's address.
        """
        lowered = name.lower()
        return self.alias(lower_username=Lower("username"), lower_email=Lower("email")).filter(
            models.Q(lower_username=lowered) | models.Q(lower_email=lowered)
        )

    def with_usernames(self, names: Collection[str]) -> Self:
        """Keep those with one of the usernames, which are given in lower case."""
        return self.alias(lower_username=Lower("username")).filter(lower_username__in=names)

    def with_rights(self) -> Self:
        """Read with each person what they and their groups may, in the same query: `rights` asks no other."""
        person = models.Q(group__user=models.OuterRef("pk")) | models.Q(user=models.OuterRef("pk"))
        # Grouped by nothing, so that all rows become one.
        mine = Permission.objects.filter(person).order_by().annotate(all=Value(1)).values("all")
        codes = mine.annotate(codes=models.StringAgg(CODE, Value(" "))).values("codes")
        groups = Group.objects.filter(user=models.OuterRef("pk")).order_by().annotate(all=Value(1)).values("all")
        text = Cast("pk", models.CharField())
        ids = groups.annotate(ids=models.StringAgg(text, Value(" "))).values("ids")
        return self.annotate(granted=models.Subquery(codes), group_ids=models.Subquery(ids))

    def by_name(self) -> Self:
        """Order as people look a colleague up."""
        return self.order_by(Lower("username"))

    def for_members(self) -> Self:
        """Read with each person their roles and rights; those who can't sign in come last."""
        return self.with_rights().prefetch_related("groups").order_by("-is_active", Lower("username"))


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Makes users; Django's commands call it."""

    def create_user(
        self, *, organization: Organization | int, username: str, email: str, password: str | None, **fields: Any
    ) -> "User":
        """Return a new user of the organization (or its id). Raises IntegrityError where it has such a one."""
        fields["organization_id"] = getattr(organization, "pk", organization)
        user: User = self.model(username=username, email=email.lower(), **fields)
        user.password = make_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, **fields: Any) -> "User":
        """Return a new user who may do everything, in Django's admin too."""
        return self.create_user(**{**fields, "is_staff": True, "is_superuser": True})


@dataclass(frozen=True)
class Rights:
    """What somebody may: permissions as app.codename, and the ids of the groups that gave them."""

    permissions: frozenset[str]
    groups: frozenset[int]


class User(AbstractUser):
    """A person of one organization."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="users", db_comment="Where the person works"
    )
    username = models.CharField(
        max_length=50,
        validators=[validate_username],
        db_comment="Unique inside the organization without regard to case",
    )
    email = models.EmailField(
        "e-mail address",
        db_comment="In lower case; unique inside the organization",
    )

    phone = models.CharField(max_length=10, blank=True, default="", db_comment="Ten digits, or empty")
    biography = models.TextField(
        blank=True, default="", max_length=BIOGRAPHY_LENGTH, db_comment="What they say about themselves, as Markdown"
    )

    time_zone = models.CharField(
        max_length=64, default="UTC", db_comment="The zone of every time and day that they see, as the IANA names it"
    )
    theme = models.CharField(
        max_length=6, choices=Theme, default=Theme.SYSTEM, db_comment="The colours of their pages: system, light, dark"
    )

    REQUIRED_FIELDS: ClassVar[list[str]] = ["organization", "email"]

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        db_table_comment = "People; each belongs to exactly one organization"
        constraints: ClassVar = [
            models.UniqueConstraint(
                "organization",
                Lower("username"),
                name="accounts_user_username_once_per_organization",
                violation_error_message="That username is taken in this organization.",
            ),
            models.UniqueConstraint(
                "organization",
                Lower("email"),
                name="accounts_user_email_once_per_organization",
                violation_error_message="That e-mail address is taken in this organization.",
            ),
            models.CheckConstraint(
                condition=~models.Q(username="") & ~models.Q(username__contains="@"),
                name="accounts_user_username_is_no_address",
            ),
            models.CheckConstraint(
                condition=models.Q(phone="") | models.Q(phone__regex=r"^[0-9]{10}\Z"),
                name="accounts_user_phone_is_ten_digits",
                violation_error_message="A phone number has exactly 10 digits.",
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("biography"), BIOGRAPHY_LENGTH),
                name="accounts_user_biography_is_not_too_long",
            ),
            models.CheckConstraint(
                condition=models.Q(time_zone__regex=r"^[A-Za-z0-9_+/-]+\Z"), name="accounts_user_time_zone_is_a_name"
            ),
            models.CheckConstraint(condition=models.Q(theme__in=Theme.values), name="accounts_user_theme_is_known"),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        """The full name where it is known, else the username."""
        return self.get_full_name() or self.username

    @cached_property
    def rights(self) -> Rights:
        """Return what the user's groups and own permissions allow: no query for the user of a session, else one."""
        if not hasattr(self, "granted"):
            found = User.objects.with_rights().only("pk").get(pk=self.pk)
            self.granted, self.group_ids = found.granted, found.group_ids
        permissions = (self.granted or "").split()
        if self.is_superuser:
            permissions = list(Permission.objects.order_by().values_list(CODE, flat=True))
        return Rights(frozenset(permissions), frozenset(int(pk) for pk in (self.group_ids or "").split()))

    @property
    def roles(self) -> list[Role]:
        """The roles, in their order."""
        names = {group.name for group in self.groups.all()}
        return [role for role in Role if role.value in names]

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The time zone, UTC where this machine doesn't know it any more."""
        try:
            return zoneinfo.ZoneInfo(self.time_zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            return zoneinfo.ZoneInfo("UTC")

    @property
    def initials(self) -> str:
        """Two letters for the avatar."""
        words = self.display_name.replace(".", " ").replace("-", " ").replace("_", " ").split()
        return ("".join(word[0] for word in words[:2]) if len(words) > 1 else self.username[:2]).upper()

    @property
    def colour(self) -> int:
        """The number of the avatar's colour, the same on every page."""
        return self.pk % AVATAR_COLOURS


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


class Session(AbstractBaseSession):
    """A session, as the store of sessions.py keeps it."""

    session_key = models.CharField(
        max_length=64, primary_key=True, db_comment="SHA-256 of the key in the cookie, which is kept nowhere"
    )
    session_data = models.TextField(db_comment="What the session holds, signed")
    expire_date = models.DateTimeField(db_index=True, db_comment="When it ends, unless it is used before")
    user = models.ForeignKey(
        User,
        null=True,
        on_delete=models.CASCADE,
        related_name="sessions",
        db_comment="Who is signed in; empty before a sign-in",
    )
    address = models.GenericIPAddressField(null=True, db_comment="Where it was last used from")
    agent = models.CharField(
        max_length=AGENT_LENGTH, blank=True, default="", db_comment="What the browser calls itself"
    )
    begun_at = models.DateTimeField(default=timezone.now, db_comment="When somebody signed in")
    seen_at = models.DateTimeField(default=timezone.now, db_comment="When it was last used, give or take five minutes")

    class Meta(AbstractBaseSession.Meta):
        db_table_comment = "Sessions; a signed cookie's worth of data each"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(seen_at__gte=models.F("begun_at")), name="accounts_session_is_seen_after_it_began"
            )
        ]

    def __str__(self) -> str:
        return self.browser

    @classmethod
    def get_session_store_class(cls) -> Any:
        """Return the store of the settings."""
        return import_module(settings.SESSION_ENGINE).SessionStore

    @property
    def browser(self) -> str:
        """The browser in words."""
        return in_words(self.agent)


class Flag(AbstractUserFlag):
    """A feature that some people have already: those of certain groups, for the most part.

    What a flag says is cached for all, and whom it is for is asked of the user of each request anew.
    """

    class Meta(AbstractUserFlag.Meta):
        db_table_comment = "Features that are turned on for some groups or people"

    def is_active_for_user(self, user: Any) -> bool | None:
        """Return True where it is on for the user, else None. The user's groups come with their permissions."""
        if AbstractBaseFlag.is_active_for_user(self, user):
            return True
        if user.is_authenticated and (user.pk in self._get_user_ids() or self._get_group_ids() & user.rights.groups):
            return True
        return None


class Throttle(models.Model):
    """How often something was tried in the current window of time."""

    key = models.CharField(
        max_length=64, primary_key=True, db_comment="SHA-256 of what is counted, so that nothing personal lies here"
    )
    count = models.PositiveIntegerField(default=0, db_comment="Tries in this window")
    ends_at = models.DateTimeField(db_index=True, db_comment="When the window ends and counting starts again")

    class Meta:
        db_table_comment = "Tries at signing in, by account and address; rows are short-lived"

    def __str__(self) -> str:
        return f"{self.count} until {self.ends_at:%H:%M:%S}"


class FormSubmission(models.Model):
    """A form that was sent, and what came of it; for a day a second submission is told so."""

    organization = models.ForeignKey(
        Organization,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_comment="Whose it is; empty for a form sent without a sign-in",
    )
    user = models.ForeignKey(
        User,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        db_comment="Who sent it; empty for a form sent without a sign-in",
    )
    form = models.CharField(max_length=200, db_comment="The address that it was sent to")
    uuid = models.UUIDField("UUID", db_comment="The one-time UUID in the form")
    made = models.CharField(max_length=200, blank=True, db_comment="What it made: the address of that, for most forms")
    created_at = models.DateTimeField(default=timezone.now, db_index=True, db_comment="When it was sent")

    class Meta:
        db_table_comment = "Forms that were sent, so that none acts twice; rows are kept for a day"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "form", "uuid"], name="accounts_form_submission_once_per_user"),
            # To the database two empty users are never the same.
            models.UniqueConstraint(
                fields=["form", "uuid"],
                condition=models.Q(user=None),
                name="accounts_form_submission_once_without_user",
            ),
            models.CheckConstraint(
                condition=models.Q(user=None, organization=None)
                | models.Q(user__isnull=False, organization__isnull=False),
                name="accounts_form_submission_of_a_member_or_nobody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.form} {self.uuid}"
