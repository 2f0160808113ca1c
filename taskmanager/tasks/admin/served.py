"""Rows that the services write, in Django's admin: a rehearsal in the form, then in earnest."""

from typing import Any

from django import forms
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from taskmanager.accounts.admin import TenantAdmin, TenantForm
from taskmanager.errors import DomainError
from taskmanager.tasks.models import (
    Project,
)


class ServiceForm(TenantForm):
    """Something whose rules the services check: here by a rehearsal that is rolled back, then in earnest."""

    started_from = forms.IntegerField(required=False, widget=forms.HiddenInput)
    written: tuple[str, ...] = ()  # the fields that the services write

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Note the version that the form starts from."""
        super().__init__(*args, **kwargs)
        self.fields["started_from"].initial = self.instance.version

    def clean(self) -> dict[str, Any]:
        """Ask the service whether it would do it. Its locks hold until the change itself: both are one transaction."""
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                with transaction.atomic():
                    self.apply(cleaned)
                    transaction.set_rollback(True)
            except DomainError as error:
                self.add_error(None, str(error))
        return cleaned

    def apply(self, cleaned: dict[str, Any]) -> Any:
        """Create or edit it as the form says. Raises what the services raise."""
        wanted = {name: cleaned[name] for name in self.written if name in cleaned}
        if self.instance.pk:
            version = cleaned.get("started_from") or self.instance.version
            return self.edit(self.instance, actor=self.actor, version=version, **wanted)
        return self.create(cleaned["project"], actor=self.actor, **wanted)

    def create(self, project: Project, **fields: Any) -> Any:
        """Call the service that makes one."""
        raise NotImplementedError

    def edit(self, item: Any, **fields: Any) -> Any:
        """Call the service that changes one."""
        raise NotImplementedError

    def _post_clean(self) -> None:
        """Leave the instance as it is: the service changes the row."""


class ServedAdmin(TenantAdmin):
    """Rows that the services write, with a line of history, whose actor is of their own organization.

    So a superuser sees those of all organizations, and changes those of their own, like any member.
    """

    ordering = ("-pk",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Take the organization from the project, which stays the same."""
        fixed = {**dict.fromkeys(super().get_readonly_fields(request, obj)), "organization": None}
        return [*fixed, "project"] if obj else [*fixed]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Keep a superuser to their own organization."""
        return is_own(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Keep a superuser to their own organization."""
        return is_own(request, obj) and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        """Let the service do it, with its line of history."""
        obj.__dict__.update(form.apply(form.cleaned_data).__dict__)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete one after the other."""
        for item in queryset:
            self.delete_model(request, item)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Ask for no permission to delete what goes with it, as the product asks for none."""
        found, counts, _needed, protected = super().get_deleted_objects(objs, request)
        return found, counts, set(), protected


def is_own(request: HttpRequest, obj: Any) -> bool:
    user: Any = request.user
    return obj is None or obj.organization_id == user.organization_id
