"""Organizations and people in Django's admin. Superusers see all organizations, other staff their own."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin import ActionLocation
from django.contrib.admin.utils import unquote
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.forms import BaseUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from waffle import admin as waffle_admin

from taskmanager.accounts import services
from taskmanager.accounts.forms import PhoneField
from taskmanager.accounts.models import (
    ApiToken,
    AuditEvent,
    AuditKind,
    Authenticator,
    ExternalIdentity,
    Flag,
    FormSubmission,
    Invitation,
    Organization,
    Passkey,
    RecoveryCode,
    RefreshToken,
    Role,
    Session,
    SingleSignOn,
    Throttle,
    User,
)
from taskmanager.accounts.sessions import hash_of


class TenantForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new row belongs to the organization of whoever makes it, unless a superuser chooses another."""

    actor: ClassVar[User]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Set the organization before anything is checked: names are unique inside it."""
        super().__init__(*args, **kwargs)
        if self.instance.pk is None and "organization" not in self.fields:
            self.instance.organization = self.actor.organization

    def _get_validation_exclusions(self) -> set[str]:
        # Django leaves rules out that speak of a field which the form doesn't have.
        return super()._get_validation_exclusions() - {"organization"}  # type: ignore[misc,no-any-return]


class TenantAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows the rows of the staff member's own organization, everywhere: lists, pages, search, choices, actions."""

    form = TenantForm
    organization_field = "organization"
    show_full_result_count = False
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Keep the rows that the user may know of."""
        rows = super().get_queryset(request)
        user: Any = request.user
        return rows if user.is_superuser else rows.filter(**{self.organization_field: user.organization_id})

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        """Tell the form who uses it."""
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"actor": request.user})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Let nothing move to another organization."""
        fixed = super().get_readonly_fields(request, obj)
        user: Any = request.user
        has_field = any(field.name == "organization" for field in self.model._meta.fields)  # noqa: SLF001
        return [*fixed, "organization"] if has_field and (obj or not user.is_superuser) else fixed

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Offer the organizations to superusers alone."""
        filters = list(super().get_list_filter(request))
        user: Any = request.user
        return filters if user.is_superuser else [each for each in filters if each != "organization"]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer only rows that the user may know of."""
        kwargs["queryset"] = self.admin_site.get_model_admin(db_field.remote_field.model).get_queryset(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ReadOnlyAdmin(TenantAdmin):
    """Rows that are written by the product alone."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


class SuperuserOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that belong to no organization: only superusers know of them."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Keep nothing for others."""
        rows = super().get_queryset(request)
        return rows if getattr(request.user, "is_superuser", False) else rows.none()

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Superusers alone."""
        return bool(getattr(request.user, "is_superuser", False))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers alone."""
        return self.has_module_permission(request) and super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Superusers alone."""
        return self.has_module_permission(request) and super().has_add_permission(request, *args)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers alone."""
        return self.has_module_permission(request) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers alone."""
        return self.has_module_permission(request) and super().has_delete_permission(request, obj)


@admin.register(Organization)
class OrganizationAdmin(TenantAdmin):
    """Organizations are made by registering; deleting one deletes all of its work."""

    organization_field = "pk"
    list_display = ("name", "slug", "is_demo", "created_at")
    list_filter = ("is_demo", "created_at")
    search_fields = ("name", "slug")
    ordering = ("name",)
    fields = ("name", "slug", "require_second_factor", "is_demo", "created_at")
    readonly_fields = ("is_demo", "created_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave the slug, which sign-in and links need, to superusers."""
        fixed = super().get_readonly_fields(request, obj)
        return fixed if getattr(request.user, "is_superuser", False) else [*fixed, "slug"]

    def save_model(self, request: HttpRequest, obj: Organization, form: Any, change: bool) -> None:  # noqa: FBT001
        """Tell the audit what changed."""
        super().save_model(request, obj, form, change)
        if form.changed_data:
            actor: Any = request.user
            after = {name: str(form.cleaned_data[name]) for name in form.changed_data}
            before = {name: str(form.initial[name]) for name in form.changed_data}
            services.record_event(
                obj,
                AuditKind.ORGANIZATION_CHANGED,
                actor=actor,
                address=request.META.get("REMOTE_ADDR", ""),
                before=before,
                after=after,
            )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: an organization starts with a project and an Admin, which registering makes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers alone."""
        return bool(getattr(request.user, "is_superuser", False))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Ask for no permission to delete each kind of row: with the tenant, its history goes too."""
        found, counts, _needed, protected = super().get_deleted_objects(objs, request)
        return found, counts, set(), protected


class UserAddForm(TenantForm, BaseUserCreationForm[User]):
    """A new member, with a password."""

    class Meta:
        model = User
        fields = ("organization", "username", "email")

    def clean_email(self) -> str:
        """Keep addresses in lower case."""
        return str(self.cleaned_data["email"]).lower()


class UserEditForm(TenantForm, UserChangeForm[User]):
    """A member; an organization's last Admin stays one."""

    class Meta:
        model = User
        fields = ("organization", "username", "email", "phone", "time_zone", "theme", "is_active", "groups", "is_staff")
        field_classes: ClassVar = {"phone": PhoneField}

    def clean_email(self) -> str:
        """Keep addresses in lower case."""
        return str(self.cleaned_data["email"]).lower()

    def clean(self) -> dict[str, Any]:
        """Refuse to leave an organization without an Admin."""
        cleaned = super().clean() or {}
        groups = cleaned.get("groups", self.instance.groups.all())
        stays = cleaned.get("is_active", True) and any(group.name == Role.ADMIN for group in groups)
        if self.instance.pk and not stays:
            services.hold_admins(self.instance.organization_id)
        if self.instance.pk and not stays and services.is_last_admin(self.instance):
            raise forms.ValidationError("This is the organization's last Admin. Make somebody else one first.")
        return cleaned


@admin.register(User)
class UserAdmin(TenantAdmin, auth_admin.UserAdmin):  # type: ignore[type-arg]
    """People. Nobody gives more than they have: staff who are no superusers manage whom they could have made."""

    form = UserEditForm
    add_form = UserAddForm
    list_display = ("username", "email", "first_name", "last_name", "organization", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff", "date_joined", "organization")
    list_select_related = ("organization",)
    search_fields = ("username", "email", "first_name", "last_name")
    autocomplete_fields = ("organization",)
    filter_horizontal = ("groups",)
    readonly_fields = ("last_login", "date_joined")
    actions = None  # people are deleted one at a time: each look finds out who is the last Admin
    fieldsets = (
        (None, {"fields": ("organization", "username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email", "phone", "biography", "time_zone", "theme")}),
        ("Roles", {"fields": ("is_active", "groups", "is_staff", "is_superuser")}),
        ("Times", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("organization", "username", "email", "password1", "password2")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Let only superusers make staff."""
        fixed = super().get_readonly_fields(request, obj)
        return fixed if getattr(request.user, "is_superuser", False) else [*fixed, "is_staff", "is_superuser"]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the roles that the user may give."""
        if db_field.name == "groups":
            kwargs["queryset"] = _groups_to_give(request.user)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Keep everybody from those who may more than they do, whose password would be theirs."""
        return super().has_change_permission(request, obj) and _may_manage(request.user, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Keep the last Admin, too."""
        if not (super().has_delete_permission(request, obj) and _may_manage(request.user, obj)):
            return False
        return obj is None or not services.is_last_admin(obj)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:  # noqa: FBT001
        """Tell the audit who was made and who may sign in; who no longer may, loses sessions and tokens."""
        super().save_model(request, obj, form, change)
        about: Any = {"actor": request.user, "subject": obj, "address": request.META.get("REMOTE_ADDR", "")}
        if not change:
            services.record_event(obj.organization_id, AuditKind.MEMBER_JOINED, **about, how="admin")
        elif "is_active" in form.changed_data and obj.is_active:
            services.record_event(obj.organization_id, AuditKind.MEMBER_REACTIVATED, **about)
        elif "is_active" in form.changed_data:
            services.end_access(obj, actor=about["actor"], address=about["address"])

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001
        """Tell the audit which roles changed."""
        member = form.instance
        before = User.objects.get(pk=member.pk).roles
        super().save_related(request, form, formsets, change)
        after = User.objects.get(pk=member.pk).roles
        actor: Any = request.user
        address = request.META.get("REMOTE_ADDR", "")
        services.record_roles(member, actor=actor, before=before, after=after, address=address)

    @method_decorator(sensitive_post_parameters())
    @transaction.atomic
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:  # noqa: A002
        """Let Django set a password, which ends what its owner comes in by, and tell the audit and the owner."""
        before = self.get_object(request, unquote(id))
        response = super().user_change_password(request, id, form_url)
        after = before and User.objects.filter(pk=before.pk).first()
        if before and after and after.password != before.password:
            actor: Any = request.user
            keep = hash_of(request.session.session_key) if after.pk == actor.pk else ""
            address = request.META.get("REMOTE_ADDR", "")
            services.password_was_set(after, actor=actor, keep=keep, address=address)
        return response

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Ask for no permission to forget what somebody sent and came in by, and to sign them out."""
        found, counts, needed, protected = super().get_deleted_objects(objs, request)
        keys = (Session, ApiToken, RefreshToken, Authenticator, Passkey, RecoveryCode, ExternalIdentity)
        ours = {model._meta.verbose_name for model in (FormSubmission, *keys)}  # noqa: SLF001
        return found, counts, needed - ours, protected


def _groups_to_give(user: Any) -> QuerySet[Group]:
    """Return the groups that the user may give and take: all as a superuser, else roles that may no more than they."""
    groups = Group.objects.order_by("name")
    if user.is_superuser:
        return groups
    mine = user.get_all_permissions()
    roles = groups.filter(name__in=Role.values).prefetch_related("permissions__content_type")
    within = [
        role.pk
        for role in roles
        if {f"{each.content_type.app_label}.{each.codename}" for each in role.permissions.all()} <= mine
    ]
    return groups.filter(pk__in=within)


def _may_manage(user: Any, other: User | None) -> bool:
    """Whether the other one, if any, may nothing that the user couldn't give."""
    if user.is_superuser or other is None:
        return True
    if other.organization_id != user.organization_id or other.is_superuser or (other.is_staff and other.pk != user.pk):
        return False
    if other.get_all_permissions() - user.get_all_permissions():
        return False
    return not other.groups.exclude(pk__in=_groups_to_give(user)).exists()


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(SuperuserOnly, auth_admin.GroupAdmin):
    """Roles, the same for all organizations."""


@admin.register(Flag)
class FlagAdmin(SuperuserOnly, waffle_admin.FlagAdmin):
    """Feature flags, the same for all organizations: for groups, for people, or for everyone."""

    list_filter = ("everyone", "superusers", "staff", "created")
    filter_horizontal = ("groups",)

    def get_actions(
        self, request: HttpRequest, action_location: ActionLocation = ActionLocation.CHANGE_LIST
    ) -> dict[str, Any]:
        """Return waffle's actions. Its own method doesn't know yet that there is more than one place for them."""
        found = admin.ModelAdmin.get_actions(self, request, action_location)
        found.pop("delete_selected", None)
        return found


@admin.register(Throttle)
class ThrottleAdmin(SuperuserOnly):
    """Counted tries. Deleting a row lets somebody try again at once."""

    list_display = ("key", "count", "ends_at")
    list_filter = ("ends_at",)
    ordering = ("-ends_at",)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


@admin.register(Session)
class SessionAdmin(SuperuserOnly):
    """Who is signed in where. What a session holds isn't shown; deleting a row signs somebody out."""

    list_display = ("user", "browser", "address", "begun_at", "seen_at", "expire_date")
    list_filter = ("seen_at",)
    list_select_related = ("user__organization",)
    search_fields = ("user__username", "user__email")
    ordering = ("-seen_at",)
    fields = ("user", "browser", "address", "begun_at", "seen_at", "expire_date")

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def delete_model(self, request: HttpRequest, obj: Session) -> None:
        """End the session in the cache, too."""
        Session.get_session_store_class().forget([obj.pk])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Session]) -> None:
        """End the sessions in the cache, too."""
        Session.get_session_store_class().forget(list(queryset.values_list("pk", flat=True)))


@admin.register(FormSubmission)
class FormSubmissionAdmin(ReadOnlyAdmin):
    """Forms that were sent in the last day."""

    list_display = ("created_at", "form", "made", "user", "organization")
    list_filter = ("created_at", "organization")
    list_select_related = ("user", "organization")
    search_fields = ("form", "made")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Who was asked to become a member. What the link signs isn't shown."""

    list_display = (
        "email",
        "roles",
        "invited_by",
        "created_at",
        "expires_at",
        "accepted_at",
        "revoked_at",
        "organization",
    )
    list_filter = ("created_at", "organization")
    list_select_related = ("invited_by", "organization")
    search_fields = ("email",)
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    fields = (
        "organization",
        "email",
        "roles",
        "invited_by",
        "created_at",
        "expires_at",
        "accepted_at",
        "accepted_by",
        "revoked_at",
    )


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """What programs come in by. The hash isn't shown; deactivating the user ends them."""

    list_display = ("name", "prefix", "user", "scope", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_filter = ("scope", "created_at", "organization")
    list_select_related = ("user",)
    search_fields = ("name", "prefix", "user__username")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    fields = (
        "organization",
        "user",
        "name",
        "prefix",
        "scope",
        "created_at",
        "expires_at",
        "last_used_at",
        "last_used_address",
        "revoked_at",
    )


@admin.register(RefreshToken)
class RefreshTokenAdmin(ReadOnlyAdmin):
    """The longer-lived halves of pairs, by family. The hash isn't shown."""

    list_display = ("user", "family", "created_at", "expires_at", "spent_at", "revoked_at", "organization")
    list_filter = ("created_at", "organization")
    list_select_related = ("user", "organization")
    search_fields = ("user__username",)
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    fields = ("organization", "user", "family", "created_at", "expires_at", "spent_at", "revoked_at")


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """What happened to the doors of organizations."""

    list_display = ("created_at", "kind", "actor_name", "subject_name", "address", "organization")
    list_filter = ("kind", "created_at", "organization")
    list_select_related = ("organization",)
    search_fields = ("actor_name", "subject_name", "address")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-pk")


class SecondFactorAdmin(ReadOnlyAdmin):
    """What people sign in with. What is secret of it isn't shown, and a reset is for the page of a member."""

    list_select_related = ("user", "organization")
    search_fields = ("user__username", "user__email")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-pk")


@admin.register(Authenticator)
class AuthenticatorAdmin(SecondFactorAdmin):
    """Authenticator apps."""

    list_display = ("user", "created_at", "last_used_at", "organization")
    list_filter = ("created_at", "organization")
    fields = ("organization", "user", "created_at", "last_used_at")


@admin.register(Passkey)
class PasskeyAdmin(SecondFactorAdmin):
    """Passkeys."""

    list_display = ("user", "name", "is_syncable", "is_backed_up", "created_at", "last_used_at", "organization")
    list_filter = ("is_backed_up", "created_at", "organization")
    fields = (
        "organization",
        "user",
        "name",
        "credential_id",
        "aaguid",
        "transports",
        "sign_count",
        "is_syncable",
        "is_backed_up",
        "created_at",
        "last_used_at",
    )


@admin.register(RecoveryCode)
class RecoveryCodeAdmin(SecondFactorAdmin):
    """Recovery codes, of which nothing can be told but whether they were used."""

    list_display = ("user", "created_at", "used_at", "organization")
    list_filter = ("used_at", "organization")
    fields = ("organization", "user", "created_at", "used_at")


@admin.register(SingleSignOn)
class SingleSignOnAdmin(ReadOnlyAdmin):
    """By which provider people sign in. Its secret isn't shown; an organization's Admins change it on their page."""

    list_display = ("organization", "is_enabled", "issuer", "client_id", "changed_at")
    list_filter = ("is_enabled", "changed_at", "organization")
    list_select_related = ("organization",)
    search_fields = ("issuer", "client_id")
    ordering = ("organization__name",)
    fields = (
        "organization",
        "is_enabled",
        "issuer",
        "client_id",
        "default_roles",
        "groups_claim",
        "group_roles",
        "changed_at",
    )


@admin.register(ExternalIdentity)
class ExternalIdentityAdmin(ReadOnlyAdmin):
    """By which accounts of their provider people come. Their Admins disconnect them under Members."""

    list_display = ("user", "issuer", "subject", "created_at", "used_at", "organization")
    list_filter = ("created_at", "organization")
    list_select_related = ("user", "organization")
    search_fields = ("user__username", "user__email", "subject")
    date_hierarchy = "created_at"
    ordering = ("-used_at",)
