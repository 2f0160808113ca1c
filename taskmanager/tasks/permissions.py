"""Who may do what: the roles' permissions, and the rule of owner and creator."""

from taskmanager.accounts.models import User
from taskmanager.accounts.permissions import require, require_member
from taskmanager.errors import NotAllowed
from taskmanager.tasks.models import Comment, Task

__all__ = [
    "may_change",
    "may_claim",
    "may_delete_comment",
    "may_edit_comment",
    "require",
    "require_change",
    "require_comment_deletion",
    "require_comment_edit",
    "require_member",
]


def may_change(task: Task, actor: User) -> bool:
    """Whether the actor may edit, move, release and archive the task.

    Who has the permission may change tasks that they created or own; who may change any task, all.
    """
    if actor.has_perm("tasks.change_any_task"):
        return True
    return actor.has_perm("tasks.change_task") and actor.pk in {task.creator_id, task.owner_id}


def require_change(task: Task, actor: User) -> None:
    """Raise NotFound or NotAllowed where the actor may not change the task."""
    require(actor, "tasks.change_task", task.organization_id)
    if not may_change(task, actor):
        raise NotAllowed("Only its creator, its owner or an Admin can change this task.")


def may_claim(task: Task, actor: User) -> bool:
    """Whether the actor could claim the task as it stands."""
    return task.is_claimable and actor.has_perm("tasks.change_task")


def may_edit_comment(comment: Comment, actor: User) -> bool:
    """Whether the actor wrote the comment: nobody, not even an Admin, puts words into another's mouth."""
    return comment.author_id is not None and comment.author_id == actor.pk


def may_delete_comment(comment: Comment, actor: User) -> bool:
    """Whether the actor wrote the comment, or may delete anybody's."""
    return may_edit_comment(comment, actor) or actor.has_perm("tasks.delete_comment")


def require_comment_edit(comment: Comment, actor: User) -> None:
    """Raise NotFound or NotAllowed where the actor may not edit the comment."""
    require_member(actor, comment.organization_id)
    if not may_edit_comment(comment, actor):
        raise NotAllowed("Only its author can edit a comment.")


def require_comment_deletion(comment: Comment, actor: User) -> None:
    """Raise NotFound or NotAllowed where the actor may not delete the comment."""
    require_member(actor, comment.organization_id)
    if not may_delete_comment(comment, actor):
        raise NotAllowed("Only its author or an Admin can delete a comment.")
