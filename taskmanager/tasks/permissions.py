"""Who may do what: the roles' permissions, and the rule of owner and creator."""

from taskmanager.accounts.models import User
from taskmanager.errors import NotAllowed, NotFound
from taskmanager.tasks.models import Task


def require(actor: User, permission: str, organization_id: int) -> None:
    """Raise NotFound for an object of another organization, NotAllowed where no role permits it."""
    if actor.organization_id != organization_id or not actor.is_active:
        raise NotFound
    if not actor.has_perm(permission):
        raise NotAllowed


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
