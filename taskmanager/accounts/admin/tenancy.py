"""Who sees which rows: superusers those of all organizations, other staff those of their own."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from taskmanager.accounts.models import (
    User,
)


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
