"""What happens to tasks and all that belongs to them: permission, rule, write, history, in one transaction each."""

from taskmanager.tasks.services.attachments import (
    add_attachments,
    attach_files,
    create_task_with_files,
    delete_attachment,
)
from taskmanager.tasks.services.claims import (
    AlreadyClaimed,
    NotClaimed,
    claim_task,
    claim_task_as_configured,
    claim_task_optimistically,
    release_task,
)
from taskmanager.tasks.services.comments import CommentConflict, create_comment, delete_comment, edit_comment
from taskmanager.tasks.services.epics import create_epic, delete_epic, edit_epic
from taskmanager.tasks.services.files import UploadRefused, stored_files
from taskmanager.tasks.services.merging import Conflicting, EditConflict, UnknownVersion
from taskmanager.tasks.services.people import close_account, delete_member
from taskmanager.tasks.services.projects import create_project, delete_organization, register_organization
from taskmanager.tasks.services.sprints import (
    EndNotAfterStart,
    OtherProject,
    SprintHasEnded,
    SprintNotActive,
    TaskNotInSprint,
    create_sprint,
    create_task_in_sprint,
    delete_sprint,
    edit_sprint,
    plan_task,
    plan_tasks,
    remove_task_from_sprint,
    set_sprint_epic,
)
from taskmanager.tasks.services.tasks import (
    DueBeforeCreation,
    OwnerGone,
    UnassignedHasNoOwner,
    archive_task,
    create_task,
    delete_task,
    edit_task,
    move_task,
)
from taskmanager.tasks.services.watchers import TooManyWatchers, unsubscribe, unwatch_task, watch_task
from taskmanager.tasks.services.writing import comparable

__all__ = [
    "AlreadyClaimed",
    "CommentConflict",
    "Conflicting",
    "DueBeforeCreation",
    "EditConflict",
    "EndNotAfterStart",
    "NotClaimed",
    "OtherProject",
    "OwnerGone",
    "SprintHasEnded",
    "SprintNotActive",
    "TaskNotInSprint",
    "TooManyWatchers",
    "UnassignedHasNoOwner",
    "UnknownVersion",
    "UploadRefused",
    "add_attachments",
    "archive_task",
    "attach_files",
    "claim_task",
    "claim_task_as_configured",
    "claim_task_optimistically",
    "close_account",
    "comparable",
    "create_comment",
    "create_epic",
    "create_project",
    "create_sprint",
    "create_task",
    "create_task_in_sprint",
    "create_task_with_files",
    "delete_attachment",
    "delete_comment",
    "delete_epic",
    "delete_member",
    "delete_organization",
    "delete_sprint",
    "delete_task",
    "edit_comment",
    "edit_epic",
    "edit_sprint",
    "edit_task",
    "move_task",
    "plan_task",
    "plan_tasks",
    "register_organization",
    "release_task",
    "remove_task_from_sprint",
    "set_sprint_epic",
    "stored_files",
    "unsubscribe",
    "unwatch_task",
    "watch_task",
]
