"""Projects, tasks, epics, sprints, comments, attachments and history. What a row may hold, the database enforces."""

from taskmanager.tasks.models.activity import Activity
from taskmanager.tasks.models.attachments import Attachment, size_label
from taskmanager.tasks.models.comments import COMMENT_LENGTH, Comment
from taskmanager.tasks.models.epics import Epic
from taskmanager.tasks.models.projects import PROJECT_KEY, Project
from taskmanager.tasks.models.sprints import Sprint, SprintMembership
from taskmanager.tasks.models.tasks import CLAIMABLE, COUNT_LIMIT, DayOf, Task, TaskQuerySet

__all__ = [
    "CLAIMABLE",
    "COMMENT_LENGTH",
    "COUNT_LIMIT",
    "PROJECT_KEY",
    "Activity",
    "Attachment",
    "Comment",
    "DayOf",
    "Epic",
    "Project",
    "Sprint",
    "SprintMembership",
    "Task",
    "TaskQuerySet",
    "size_label",
]
