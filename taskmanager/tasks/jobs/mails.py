"""Mails to those who watch a task, and the way out of them."""

import datetime
import email.policy
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.tasks import TaskContext, TaskResultStatus, task
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django_tasks_db.models import DBTaskResult

from taskmanager import metrics
from taskmanager.accounts.models import User
from taskmanager.tasks import history, markdown
from taskmanager.tasks.history import Event
from taskmanager.tasks.models import Activity, Notice, Task, Watcher

# Longer than any mail takes, since a mail server is given up after 20 seconds of silence.
MAIL_LEASE = datetime.timedelta(minutes=3)
UNSUBSCRIBE_SALT = "taskmanager.tasks.unsubscribe"


class _Whole(UnstructuredHeader):
    """A header that stays in one line: Python would write a long address in code words, which no mail program reads."""

    max_count = 1

    def fold(self: Any, *, policy: Any) -> str:
        """Return the header as it is."""
        return f"{self.name}: {self}{policy.linesep}"


HEADERS = HeaderRegistry(base_class=BaseHeader)
for _name in ("list-unsubscribe", "references", "in-reply-to"):
    HEADERS.map_to_type(_name, _Whole)  # type: ignore[arg-type]  # it mixes BaseHeader in


class Mail(EmailMultiAlternatives):
    """A mail whose addresses in headers stay whole."""

    def message(self, *, policy: Any = email.policy.default) -> EmailMessage:
        """Return it as it is sent."""
        return super().message(policy=policy.clone(header_factory=HEADERS))


@dataclass(frozen=True)
class News:
    """One change, as a mail tells it."""

    event: Event
    text: str = ""
    html: str = ""


@task(takes_context=True)
def mail_watchers(context: "TaskContext[..., None]", task_id: int) -> None:
    """Send each watcher of the task one mail with everything they haven't heard of, the oldest first.

    Those whose oldest news is younger than this job are left to a later one. A mail that fails keeps none of the
    others from leaving; the job fails then, and its next attempt sends what is left.
    """
    job = context.task_result
    failures: list[Exception] = []
    is_left = False
    for watcher in Watcher.objects.awaiting_mail(task_id, job.enqueued_at or timezone.now()):
        if not Watcher.objects.reserve(watcher.pk, job=job.id, until=timezone.now() + MAIL_LEASE):
            is_left = True
            continue
        try:
            _mail(watcher)
        except Exception as error:  # noqa: BLE001 (whatever is wrong with one, the others get theirs)
            failures.append(error)
        Watcher.objects.filter(pk=watcher.pk, mailed_by=job.id).update(mailed_until=None)
    if is_left:
        # Another job is at it. Should its worker be killed, this one's successor sends what that left.
        mail_watchers.using(run_after=timezone.now() + MAIL_LEASE).enqueue(task_id)
    if failures:
        raise ExceptionGroup(f"{len(failures)} mails about task {task_id} were not sent.", failures)


@task()
def mail_watchers_of_all(task_ids: list[int]) -> None:
    """Have the watchers of all these tasks told: one change of many is one job to queue, and this one makes the others.

    Where it runs twice, the second mails find nothing left to tell.
    """
    for task_id in task_ids:
        mail_watchers.enqueue(task_id)


def forget_mails(task_ids: Iterable[int]) -> None:
    """Take the jobs that would mail the watchers of these tasks out of the queue."""
    ids = set(task_ids)
    waiting = DBTaskResult.objects.filter(task_path=mail_watchers.module_path, status=TaskResultStatus.READY)
    found = [job.pk for job in waiting.only("args_kwargs") if job.args_kwargs["args"][0] in ids]
    DBTaskResult.objects.filter(pk__in=found).delete()


def _mail(watcher: Watcher) -> None:
    """Send the watcher what is new, then forget just that.

    No transaction is open meanwhile: SQLite has one writer at a time, and a mail server may take its time.
    """
    notices = list(watcher.notices.order_by("activity"))
    lines = Activity.objects.filter(pk__in=[notice.activity_id for notice in notices]).select_related(
        "actor", "comment"
    )
    # Of a comment that was deleted meanwhile nothing is told.
    told = [line for line in lines.order_by("pk") if line.comment or line.verb != Activity.Verb.COMMENTED]
    # A member who was deactivated since is told nothing at all.
    gone = User.objects.filter(organization=watcher.organization_id, email=watcher.email, is_active=False)
    if told and not gone.exists():
        watched = Task.objects.select_related("project", "organization").get(pk=watcher.task_id)
        mail = message_of(watched, watcher, told)
        with metrics.counted_mail():
            mail.send()
    Notice.objects.filter(pk__in=[notice.pk for notice in notices]).delete()


def message_of(watched: Task, watcher: Watcher, lines: Sequence[Activity]) -> Mail:
    """Return the mail that tells the watcher of these lines of the task's history."""
    address = unsubscribe_url(watched, watcher.email)
    host = urlsplit(settings.PUBLIC_URL).hostname
    context = {
        "task": watched,
        "news": _news(watched, lines),
        "url": f"{settings.PUBLIC_URL}{reverse('tasks:task-detail', args=[watched.pk])}",
        "unsubscribe_url": address,
    }
    # The same changes make the same id. A worker that is killed after the mail server took the mail, and before that is
    # written down, sends it again: many servers and readers then show it once.
    changes = hashlib.sha256(" ".join(str(line.pk) for line in lines).encode()).hexdigest()[:20]
    thread = f"<task-{watched.pk}@{host}>"
    message = Mail(
        # A line end in a title would begin another header.
        subject=f"[{watched.reference}] {' '.join(watched.title.split())}",
        body=render_to_string("tasks/mail/changes.txt", context),
        to=[watcher.email],
        headers={
            "Message-ID": f"<task-{watched.pk}.{watcher.pk}.{changes}@{host}>",
            "In-Reply-To": thread,
            "References": thread,
            "Auto-Submitted": "auto-generated",  # RFC 3834: nobody's out-of-office replies to it
            "List-Unsubscribe": f"<{address}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",  # RFC 8058
        },
    )
    message.attach_alternative(render_to_string("tasks/mail/changes.html", context), "text/html")
    return message


def _news(watched: Task, lines: Sequence[Activity]) -> list[News]:
    texts = [line.comment.text if line.comment else "" for line in lines]
    pages = markdown.render_all(texts, organization=watched.organization)
    told = history.events(lines, watched.organization)
    return [News(event, text, _absolute(html)) for event, text, html in zip(told, texts, pages, strict=True)]


def _absolute(html: SafeString) -> SafeString:
    """Return our HTML with the links to our own pages as they work in a mail."""
    return mark_safe(html.replace('<a href="/', f'<a href="{settings.PUBLIC_URL}/'))  # noqa: S308 (sanitized before)


def unsubscribe_url(watched: Task, email: str) -> str:
    """Return the address that stops the mails about the task: for ever, and for nobody else."""
    return f"{settings.PUBLIC_URL}{reverse('tasks:unsubscribe', args=[unsubscribe_token(watched.pk, email)])}"


def unsubscribe_token(task_id: int, email: str) -> str:
    """Return what proves that its bearer got a mail about the task at the address."""
    return signing.dumps([task_id, email], salt=UNSUBSCRIBE_SALT)


def read_unsubscribe_token(token: str) -> tuple[int, str] | None:
    """Return the task's id and the address, None for a token that isn't ours."""
    try:
        task_id, email = signing.loads(token, salt=UNSUBSCRIBE_SALT)
    except signing.BadSignature:
        return None
    return task_id, email
