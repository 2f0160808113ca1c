"""Tasks and all that belongs to them, and their history. What a row may hold, the database itself enforces."""

from taskmanager.tasks.models.activity import Activity
from taskmanager.tasks.models.attachments import Attachment
from taskmanager.tasks.models.comments import COMMENT_LENGTH, Comment
from taskmanager.tasks.models.epics import Epic
from taskmanager.tasks.models.projects import PROJECT_KEY, Project
from taskmanager.tasks.models.sprints import Sprint, SprintMembership
from taskmanager.tasks.models.tasks import (
    CLAIMABLE,
    COUNT_LIMIT,
    LONGEST_LEASE,
    PRIORITY_RANK,
    SHORTEST_LEASE,
    DayOf,
    Task,
    TaskQuerySet,
)
from taskmanager.tasks.models.watchers import MOST_WATCHERS, Notice, Watcher, folded

__all__ = [
    "CLAIMABLE",
    "COMMENT_LENGTH",
    "COUNT_LIMIT",
    "LONGEST_LEASE",
    "MOST_WATCHERS",
    "PRIORITY_RANK",
    "PROJECT_KEY",
    "SHORTEST_LEASE",
    "Activity",
    "Attachment",
    "Comment",
    "DayOf",
    "Epic",
    "Notice",
    "Project",
    "Sprint",
    "SprintMembership",
    "Task",
    "TaskQuerySet",
    "Watcher",
    "folded",
]
