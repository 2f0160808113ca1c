"""People: each belongs to exactly one organization."""

import zoneinfo
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AbstractUser, Group, Permission
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Value
from django.db.models.functions import Cast, Concat, Length, Lower
from django.db.models.lookups import LessThanOrEqual
from django.utils.functional import cached_property

from taskmanager.accounts.models.organizations import Organization

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


class Theme(models.TextChoices):
    """The colours of the pages."""

    SYSTEM = "system", "As the system has it"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


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
        """Read with each person their roles, rights and whether they have a second factor.

        Those who can't sign in come last.
        """
        people = self.with_rights().with_second_factor().prefetch_related("groups")
        return people.order_by("-is_active", Lower("username"))

    def with_second_factor(self) -> Self:
        """Read with each person whether they have a second factor, in the same query."""
        has_one = models.Q(authenticator__isnull=False) | models.Q(passkeys__isnull=False)
        owners = User.objects.filter(has_one, pk=models.OuterRef("pk"))
        return self.annotate(has_second_factor=models.Exists(owners))


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
    photo = models.CharField(
        max_length=32,
        blank=True,
        default="",
        editable=False,
        db_comment="The random name of the photo, in its address and in the storage; empty for none",
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
                condition=models.Q(photo__regex=r"^[A-Za-z0-9_-]*\Z"), name="accounts_user_photo_is_a_name"
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
