"""People and their groups."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.forms import BaseUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from taskmanager.accounts import services
from taskmanager.accounts.admin.tenancy import SuperuserOnly, TenantAdmin, TenantForm
from taskmanager.accounts.forms import PhoneField
from taskmanager.accounts.models import (
    ApiToken,
    AuditKind,
    Authenticator,
    ExternalIdentity,
    FormSubmission,
    IdempotentCall,
    Passkey,
    RecoveryCode,
    RefreshToken,
    Role,
    Session,
    User,
)
from taskmanager.accounts.requests import address_of
from taskmanager.accounts.sessions import hash_of


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
        about: Any = {"actor": request.user, "subject": obj, "address": address_of(request)}
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
        address = address_of(request)
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
            address = address_of(request)
            services.password_was_set(after, actor=actor, keep=keep, address=address)
        return response

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Ask for no permission to forget what somebody sent and came in by, and to sign them out."""
        found, counts, needed, protected = super().get_deleted_objects(objs, request)
        keys = (Session, ApiToken, RefreshToken, Authenticator, Passkey, RecoveryCode, ExternalIdentity)
        ours = {model._meta.verbose_name for model in (FormSubmission, IdempotentCall, *keys)}  # noqa: SLF001
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
