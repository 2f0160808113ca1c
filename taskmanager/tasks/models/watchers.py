"""Who hears of a task's changes, and what they are still to hear."""

import datetime
from collections.abc import Iterable
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from taskmanager.accounts.models import Organization, User
from taskmanager.tasks.models.activity import Activity
from taskmanager.tasks.models.tasks import Task

MOST_WATCHERS = 50


def folded(emails: Iterable[str]) -> list[str]:
    """Return each address once, without regard to case, in order."""
    return sorted({email.strip().lower() for email in emails})


class WatcherQuerySet(models.QuerySet["Watcher"]):
    """Whom a change concerns."""

    def to_tell(self, activity: Activity) -> Self:
        """Keep those who are to hear of the change: not of what they did themselves, nor once they were deactivated."""
        return self.filter(task=activity.task_id).hearing_of(activity.organization_id, activity.actor)

    def hearing_of(self, organization_id: int, actor: User | None) -> Self:
        """Keep those of an organization who hear of what the actor does: not the actor, nor who was deactivated."""
        gone = User.objects.filter(organization=organization_id, is_active=False)
        found = self.exclude(email__in=gone.values("email"))
        return found.exclude(email=actor.email.lower()) if actor else found

    def awaiting_mail(self, task_id: int, moment: datetime.datetime) -> Self:
        """Keep the task's watchers whose oldest news is of the moment or before."""
        # All of their news is theirs then: the pause between the oldest and the mail is over.
        waits = Notice.objects.filter(watcher=models.OuterRef("pk"), created_at__lte=moment)
        return self.filter(models.Exists(waits), task=task_id).order_by("pk")

    def reserve(self, pk: int, *, job: str, until: datetime.datetime) -> bool:
        """Give the watcher's mail to one job; return whether it got it. Of two that ask at once one does."""
        now = timezone.now()
        # A job that was put back into the queue, because its worker was killed, goes on where it stopped.
        is_free = Q(mailed_until=None) | Q(mailed_until__lt=now) | Q(mailed_by=job)
        return self.filter(is_free, pk=pk).update(mailed_by=job, mailed_until=until) == 1


class Watcher(models.Model):
    """An e-mail address that hears of a task's changes. It need not be a user's."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+", db_index=False, db_comment="Whose task it is"
    )
    task = models.ForeignKey(
        Task, on_delete=models.CASCADE, related_name="watchers", db_index=False, db_comment="What is watched"
    )
    email = models.EmailField(db_comment="Where the mails go, in lower case; a member's, or anybody's")
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_comment="When the watching began")
    mailed_by = models.UUIDField(null=True, editable=False, db_comment="The job that sends the mail, or sent it last")
    mailed_until = models.DateTimeField(
        null=True, editable=False, db_comment="Until when only that job may send it; empty where none does"
    )

    objects = WatcherQuerySet.as_manager()

    class Meta:
        db_table_comment = "Addresses that get a mail when a task changes"
        constraints: ClassVar = [
            models.UniqueConstraint("task", Lower("email"), name="tasks_watcher_once_per_task"),
            models.CheckConstraint(condition=Q(email__contains="@"), name="tasks_watcher_has_an_address"),
        ]

    def __str__(self) -> str:
        return f"{self.email} on task {self.task_id}"


class Notice(models.Model):
    """A change that a watcher is still to be told: written with the change, deleted when the mail was sent."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+", db_index=False, db_comment="Whose change it is"
    )
    watcher = models.ForeignKey(
        Watcher, on_delete=models.CASCADE, related_name="notices", db_index=False, db_comment="Who is to be told"
    )
    activity = models.ForeignKey(
        Activity, on_delete=models.CASCADE, related_name="+", db_comment="The change, as a line of history"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_comment="When it happened")

    class Meta:
        db_table_comment = "Changes that watchers are still to be told; rows are short-lived"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["watcher", "activity"], name="tasks_notice_once_per_watcher_and_change"),
        ]

    def __str__(self) -> str:
        return f"Activity {self.activity_id} for watcher {self.watcher_id}"
