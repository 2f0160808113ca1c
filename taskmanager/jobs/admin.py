"""Jobs in Django's admin: the dead letters above all, to be read, tried again or deleted."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django_tasks_db import admin as library
from django_tasks_db.models import DBTaskResult

from taskmanager.jobs.worker import Job, try_again

# Imported above, so that it has registered itself already, in whatever order the apps stand.
admin.site.unregister(DBTaskResult)


@admin.register(DBTaskResult)
class JobAdmin(library.DBTaskResultAdmin):
    """Jobs belong to no organization: only superusers see them."""

    list_display = (  # type: ignore[assignment]  # another number of columns than the library's
        "task_name",
        "arguments",
        "status",
        "attempts",
        "enqueued_at",
        "finished_at",
        "exception_class_path",
    )
    list_filter = ("status",)  # type: ignore[assignment]
    search_fields = ("task_path", "traceback")
    actions = ("try_again", "delete")

    @admin.display(description="arguments")
    def arguments(self, obj: Job) -> str:
        """Return what it is about: ids."""
        return ", ".join(str(argument) for argument in obj.args_kwargs["args"])

    @admin.display(description="attempts")
    def attempts(self, obj: Job) -> int:
        """Return how often it was tried."""
        return len(obj.worker_ids)

    @admin.action(description="Try again")
    def try_again(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        """Put the chosen dead letters back into the queue."""
        count = try_again(queryset)
        self.message_user(request, f"{_jobs(count)} will be tried again.", messages.SUCCESS)

    @admin.action(description="Delete")
    def delete(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        """Delete the chosen jobs, except those that are running."""
        count, _models = queryset.exclude(status="RUNNING").delete()
        self.message_user(request, f"{_jobs(count)} deleted.", messages.SUCCESS)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show them to superusers."""
        return is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        """Show them to superusers."""
        return is_superuser(request)


def is_superuser(request: HttpRequest) -> bool:
    """Whether a superuser asks."""
    return bool(request.user.is_active and getattr(request.user, "is_superuser", False))


def _jobs(count: int) -> str:
    return "1 job" if count == 1 else f"{count} jobs"
