"""Projects, tasks, epics, sprints and their history. What a row may hold, the database itself enforces."""

from taskmanager.tasks.models.activity import Activity
from taskmanager.tasks.models.epics import Epic
from taskmanager.tasks.models.projects import PROJECT_KEY, Project
from taskmanager.tasks.models.sprints import Sprint, SprintMembership
from taskmanager.tasks.models.tasks import CLAIMABLE, COUNT_LIMIT, DayOf, Task

__all__ = [
    "CLAIMABLE",
    "COUNT_LIMIT",
    "PROJECT_KEY",
    "Activity",
    "DayOf",
    "Epic",
    "Project",
    "Sprint",
    "SprintMembership",
    "Task",
]
