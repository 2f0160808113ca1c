"""Watching. Whoever watches gets a mail when something happens; `writing.py` sees to that."""

from collections.abc import Iterable

from django.db import transaction

from taskmanager.accounts.models import User
from taskmanager.errors import DomainError
from taskmanager.tasks import markdown, queries
from taskmanager.tasks.models import MOST_WATCHERS, Activity, Task, Watcher, folded
from taskmanager.tasks.permissions import require_member
from taskmanager.tasks.services.writing import Changes, locked, record


class TooManyWatchers(DomainError):
    """A task isn't a newsletter."""

    field = "watchers"
    message = f"A task has at most {MOST_WATCHERS} watchers."


@transaction.atomic
def watch_task(task: Task, *, actor: User) -> Task:
    """Let the actor hear of the task's changes, which every member may. Raises TooManyWatchers, NotFound."""
    require_member(actor, task.organization_id)
    task = locked(task)
    return _changed(task, actor, set_watchers(task, [*queries.watchers_of(task), actor.email]))


@transaction.atomic
def unwatch_task(task: Task, *, actor: User) -> Task:
    """Let the actor hear no more of the task. Raises NotFound."""
    require_member(actor, task.organization_id)
    task = locked(task)
    return _changed(task, actor, set_watchers(task, set(queries.watchers_of(task)) - {actor.email.lower()}))


@transaction.atomic
def unsubscribe(task: Task, *, email: str) -> bool:
    """Send no more mails about the task to the address, which asked for that; return whether it got any.

    Raises NotFound.
    """
    task = locked(task)
    changes = set_watchers(task, set(queries.watchers_of(task)) - {email.lower()})
    if not changes:
        return False
    # Who it was is known by the address alone: whoever has the mail may stop it, signed in or not.
    _changed(task, None, {**changes, "unsubscribed": [email.lower(), None]})
    return True


def set_watchers(task: Task, emails: Iterable[str]) -> Changes:
    """Let exactly these addresses watch the locked task; return what history tells of it, nothing for no change.

    Raises TooManyWatchers.
    """
    old, new = queries.watchers_of(task), folded(emails)
    if old == new:
        return {}
    if len(new) > MOST_WATCHERS:
        raise TooManyWatchers
    Watcher.objects.filter(task=task, email__in=set(old) - set(new)).delete()
    added = [email for email in new if email not in old]
    Watcher.objects.bulk_create(
        Watcher(organization_id=task.organization_id, task=task, email=email) for email in added
    )
    return {"watchers": [old, new]}


def watch_mentioned(task: Task, *, text: str, before: str = "") -> Changes:
    """Let the members whom the text names, and the text before it didn't, watch the locked task.

    Return what history tells of it. The task has another version then: its watchers are one of its fields.
    """
    names = markdown.mentions(text) - markdown.mentions(before)
    if not names:
        return {}
    people = User.objects.filter(organization=task.organization_id).active().with_usernames(names)
    watching = queries.watchers_of(task)
    room = max(MOST_WATCHERS - len(watching), 0)
    new = sorted(set(people.values_list("email", flat=True)) - set(watching))
    changes = set_watchers(task, [*watching, *new[:room]])
    if changes:
        _next_version(task)
    return changes


def _changed(task: Task, actor: User | None, changes: Changes) -> Task:
    if changes:
        _next_version(task)
        record(task, actor, Activity.Verb.EDITED, changes)
    return task


def _next_version(task: Task) -> None:
    # When the task was updated stays as it is: who hears of the work is no news about the work.
    task.version += 1
    task.save(update_fields=["version"])
