"""Commenting. A comment changes nothing of its task, but waits for whoever is just changing or deleting that."""

from django.db import transaction
from django.utils import timezone

from taskmanager.accounts.models import User
from taskmanager.errors import Conflict, NotFound
from taskmanager.tasks.models import Activity, Comment, Task
from taskmanager.tasks.permissions import require_comment_deletion, require_comment_edit, require_member
from taskmanager.tasks.services.merging import Conflicting, UnknownVersion, starting_version
from taskmanager.tasks.services.watchers import watch_mentioned
from taskmanager.tasks.services.writing import locked, record


class CommentConflict(Conflict):
    """The comment was edited since this edit began; nothing was saved."""

    message = "This comment was edited meanwhile."

    def __init__(self, comment: Comment, *, text: str) -> None:
        """Take the comment as it is now, and the text that it was to have."""
        self.comment = self.item = comment
        self.fields = [Conflicting("text", text, comment.text, comment.author)]
        super().__init__()


@transaction.atomic
def create_comment(task: Task, *, actor: User, text: str) -> Comment:
    """Say something about a task, which everybody in its organization may. Whom it names is a watcher then.

    Raises NotFound.
    """
    require_member(actor, task.organization_id)
    # Without the lock a comment could slip in between a deletion's look for comments and its end.
    task = locked(task)
    comment = Comment.objects.create(organization_id=task.organization_id, task=task, author=actor, text=text)
    watchers = watch_mentioned(task, text=text)
    record(task, actor, Activity.Verb.COMMENTED, watchers, comment=comment)
    return comment


@transaction.atomic
def edit_comment(comment: Comment, *, actor: User, version: int | None, text: str, is_strict: bool = False) -> Comment:
    """Change one's own comment, starting from its `version`. History says that it was edited, not from what.

    Raises CommentConflict, OtherVersion, UnknownVersion, NotAllowed, NotFound.
    """
    require_comment_edit(comment, actor)
    comment = _locked(comment)
    version = starting_version(comment, version, is_strict=is_strict)
    if not 1 <= version <= comment.version:
        raise UnknownVersion("This form names a version of the comment that doesn't exist. Reload the page.")
    if text == comment.text:
        return comment
    if version != comment.version:
        raise CommentConflict(comment, text=text)
    watchers = watch_mentioned(comment.task, text=text, before=comment.text)
    comment.text = text
    comment.version += 1
    comment.edited_at = timezone.now()
    comment.save(update_fields=["text", "version", "edited_at"])
    record(comment.task, actor, Activity.Verb.EDITED_COMMENT, watchers, comment=comment)
    return comment


@transaction.atomic
def delete_comment(comment: Comment, *, actor: User) -> None:
    """Delete a comment for good: one's own, or anybody's as an Admin. Its text is kept nowhere.

    Raises NotAllowed, NotFound.
    """
    require_comment_deletion(comment, actor)
    comment = _locked(comment)
    record(comment.task, actor, Activity.Verb.DELETED_COMMENT, {"author": [comment.author_id, None]})
    comment.delete()


def _locked(comment: Comment) -> Comment:
    """Return the comment as it is now; its task's lock keeps others from changing it. Raises NotFound."""
    task = locked(comment.task)
    fresh = Comment.objects.filter(pk=comment.pk, task=task).select_related("author").first()
    if fresh is None:
        raise NotFound
    fresh.task = task
    return fresh
