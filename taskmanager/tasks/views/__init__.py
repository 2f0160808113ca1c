"""Pages of tasks, epics and sprints."""

from taskmanager.tasks.views.attachments import (
    attachment_create,
    attachment_delete,
    attachment_download,
    attachment_preview,
)
from taskmanager.tasks.views.board import board
from taskmanager.tasks.views.changes import (
    task_claim,
    task_move,
    task_prioritize,
    task_release,
    task_unwatch,
    task_watch,
)
from taskmanager.tasks.views.comments import comment_create, comment_delete, comment_edit
from taskmanager.tasks.views.dates import tasks_archived, tasks_of_day
from taskmanager.tasks.views.epics import epic_create, epic_delete, epic_detail, epic_edit, epic_list, epic_tasks
from taskmanager.tasks.views.people import account_close, account_closed, export, person
from taskmanager.tasks.views.reports import report, report_csv, sprint_burndown, sprint_burndown_csv
from taskmanager.tasks.views.search import task_search
from taskmanager.tasks.views.sprints import (
    backlog,
    sprint_create,
    sprint_delete,
    sprint_detail,
    sprint_edit,
    sprint_list,
    sprint_manage,
    sprint_task_create,
    sprint_task_remove,
    task_plan,
)
from taskmanager.tasks.views.tasks import (
    task_by_reference,
    task_create,
    task_delete,
    task_detail,
    task_edit,
    task_list,
)
from taskmanager.tasks.views.watchers import unsubscribe

__all__ = [
    "account_close",
    "account_closed",
    "attachment_create",
    "attachment_delete",
    "attachment_download",
    "attachment_preview",
    "backlog",
    "board",
    "comment_create",
    "comment_delete",
    "comment_edit",
    "epic_create",
    "epic_delete",
    "epic_detail",
    "epic_edit",
    "epic_list",
    "epic_tasks",
    "export",
    "person",
    "report",
    "report_csv",
    "sprint_burndown",
    "sprint_burndown_csv",
    "sprint_create",
    "sprint_delete",
    "sprint_detail",
    "sprint_edit",
    "sprint_list",
    "sprint_manage",
    "sprint_task_create",
    "sprint_task_remove",
    "task_by_reference",
    "task_claim",
    "task_create",
    "task_delete",
    "task_detail",
    "task_edit",
    "task_list",
    "task_move",
    "task_plan",
    "task_prioritize",
    "task_release",
    "task_search",
    "task_unwatch",
    "task_watch",
    "tasks_archived",
    "tasks_of_day",
    "unsubscribe",
]
