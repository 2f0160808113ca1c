"""Pages of tasks."""

from taskmanager.tasks.views.board import board
from taskmanager.tasks.views.changes import task_claim, task_move, task_prioritize, task_release
from taskmanager.tasks.views.comments import comment_create, comment_delete, comment_edit
from taskmanager.tasks.views.dates import tasks_archived, tasks_of_day
from taskmanager.tasks.views.search import task_search
from taskmanager.tasks.views.tasks import (
    task_by_reference,
    task_create,
    task_delete,
    task_detail,
    task_edit,
    task_list,
)

__all__ = [
    "board",
    "comment_create",
    "comment_delete",
    "comment_edit",
    "task_by_reference",
    "task_claim",
    "task_create",
    "task_delete",
    "task_detail",
    "task_edit",
    "task_list",
    "task_move",
    "task_prioritize",
    "task_release",
    "task_search",
    "tasks_archived",
    "tasks_of_day",
]
