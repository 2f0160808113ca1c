"""Organizations and people in Django's admin, with the work that they have."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from taskmanager.accounts.admin import OrganizationAdmin, UserAdmin
from taskmanager.accounts.models import Organization, User
from taskmanager.accounts.requests import address_of
from taskmanager.tasks import services

admin.site.unregister(Organization)


@admin.register(Organization)
class OrganizationWithWorkAdmin(OrganizationAdmin):
    """Organizations, which take their files with them when they are deleted."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Let the service do it."""
        services.delete_organization(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete one after the other."""
        for organization in queryset:
            self.delete_model(request, organization)


admin.site.unregister(User)


@admin.register(User)
class UserWithWorkAdmin(UserAdmin):
    """People, whose work stays when they are deleted."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Let the service do it: it looks once more who is the last Admin. Raises LastAdmin."""
        user: Any = request.user
        services.delete_member(obj, actor=user, address=address_of(request))
