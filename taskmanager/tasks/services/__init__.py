"""What happens to projects, tasks and comments: permission, rule, write, history, in one transaction each."""

from taskmanager.tasks.services.claims import (
    AlreadyClaimed,
    NotClaimed,
    claim_task,
    claim_task_as_configured,
    claim_task_optimistically,
    release_task,
)
from taskmanager.tasks.services.comments import CommentConflict, create_comment, delete_comment, edit_comment
from taskmanager.tasks.services.projects import create_project, register_organization
from taskmanager.tasks.services.tasks import (
    Conflicting,
    DueBeforeCreation,
    EditConflict,
    UnassignedHasNoOwner,
    UnknownVersion,
    archive_task,
    comparable,
    create_task,
    delete_task,
    edit_task,
    move_task,
)
from taskmanager.tasks.services.watchers import TooManyWatchers, unsubscribe, unwatch_task, watch_task

__all__ = [
    "AlreadyClaimed",
    "CommentConflict",
    "Conflicting",
    "DueBeforeCreation",
    "EditConflict",
    "NotClaimed",
    "TooManyWatchers",
    "UnassignedHasNoOwner",
    "UnknownVersion",
    "archive_task",
    "claim_task",
    "claim_task_as_configured",
    "claim_task_optimistically",
    "comparable",
    "create_comment",
    "create_project",
    "create_task",
    "delete_comment",
    "delete_task",
    "edit_comment",
    "edit_task",
    "move_task",
    "register_organization",
    "release_task",
    "unsubscribe",
    "unwatch_task",
    "watch_task",
]
