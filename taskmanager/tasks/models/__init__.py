"""Projects, tasks, comments, history and watchers. What a row may hold, the database itself enforces."""

from taskmanager.tasks.models.activity import Activity
from taskmanager.tasks.models.comments import COMMENT_LENGTH, Comment
from taskmanager.tasks.models.projects import PROJECT_KEY, Project
from taskmanager.tasks.models.tasks import CLAIMABLE, COUNT_LIMIT, DayOf, Task, TaskQuerySet
from taskmanager.tasks.models.watchers import MOST_WATCHERS, Notice, Watcher

__all__ = [
    "CLAIMABLE",
    "COMMENT_LENGTH",
    "COUNT_LIMIT",
    "MOST_WATCHERS",
    "PROJECT_KEY",
    "Activity",
    "Comment",
    "DayOf",
    "Notice",
    "Project",
    "Task",
    "TaskQuerySet",
    "Watcher",
]
