"""A task's comments and history as one story, the oldest first, in parts of bounded size."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils.safestring import SafeString

from taskmanager.accounts.models import Organization, User
from taskmanager.tasks import history, markdown
from taskmanager.tasks.history import Event
from taskmanager.tasks.models import Activity, Comment, Task
from taskmanager.tasks.permissions import may_delete_comment, may_edit_comment

ENTRIES_PER_PAGE = 50


@dataclass(frozen=True)
class Entry:
    """A line of history, or a comment, as one user sees it."""

    event: Event
    comment: Comment | None = None
    html: str = ""
    may_edit: bool = False
    may_delete: bool = False


@dataclass(frozen=True)
class Timeline:
    """A part of a task's story, with the task's description."""

    description: SafeString
    entries: list[Entry]
    before: int | None  # the place before which older entries lie, None where there are none


def read(
    task: Task,
    user: User,
    *,
    before: int | None = None,
    keys_of: Callable[[Organization], set[str]] | None = None,
) -> Timeline:
    """Return the newest entries, or the newest before a place in history: at most four queries.

    With `keys_of`, which gives the keys of the organization's projects to whoever has read them already, three.
    """
    lines = task.activities.of(user.organization).for_timeline()
    if before is not None:
        lines = lines.filter(pk__lt=before)
    found = list(lines[: ENTRIES_PER_PAGE + 1])
    shown = found[:ENTRIES_PER_PAGE]
    texts = [task.description, *(line.comment.text for line in shown if line.comment)]
    description, *comments = markdown.render_all(texts, organization=user.organization, keys_of=keys_of)
    return Timeline(
        description=description,
        entries=_entries(shown, comments, user)[::-1],
        before=shown[-1].pk if len(found) > ENTRIES_PER_PAGE else None,
    )


def entry(comment: Comment, user: User) -> Entry:
    """Return a comment as the user sees it."""
    html = markdown.render(comment.text, organization=user.organization)
    line = Activity.objects.for_timeline().get(comment=comment, verb=Activity.Verb.COMMENTED)
    line.comment = comment
    return _entries([line], [html], user)[0]


def last_entry(task: Task, user: User) -> Entry:
    """Return the line of what was done last."""
    return _entries(task.activities.of(user.organization).for_timeline()[:1], [], user)[0]


def place(comment: Comment) -> int | None:
    """Return the place in history before which a part ends with the comment, None where the newest part has it."""
    lines = Activity.objects.for_timeline().filter(task=comment.task_id)
    said: int = lines.get(comment=comment, verb=Activity.Verb.COMMENTED).pk
    newer = lines.filter(pk__gt=said).values("pk")[:ENTRIES_PER_PAGE].count()
    return said + 1 if newer == ENTRIES_PER_PAGE else None


def _entries(lines: Iterable[Activity], comments: Iterable[SafeString], user: User) -> list[Entry]:
    """Return the lines as the user sees them; `comments` is the HTML of those that are comments, in their order."""
    rows = list(lines)
    html = iter(comments)
    return [
        Entry(
            event=event,
            comment=row.comment,
            html=next(html),
            may_edit=may_edit_comment(row.comment, user),
            may_delete=may_delete_comment(row.comment, user),
        )
        if row.comment
        else Entry(event)
        for row, event in zip(rows, history.events(rows, user.organization), strict=True)
    ]
