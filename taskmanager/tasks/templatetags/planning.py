"""Numbers of tasks in templates: by status, by priority, and how much of them is done."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import template

from taskmanager.tasks import queries
from taskmanager.tasks.models import Task

register = template.Library()


@dataclass(frozen=True)
class Count:
    """How many tasks have a value."""

    value: str
    label: str
    count: int


@register.simple_tag
def task_summary(tasks: Iterable[Task]) -> list[Count]:
    """Count tasks by status: one query for any number of them, none where they are read already."""
    counts = queries.counts_by("status", tasks)
    return [Count(value, label, counts.get(value, 0)) for value, label in Task.Status.choices]


@register.simple_tag
def task_priority_summary(tasks: Iterable[Task]) -> list[Count]:
    """Count tasks by priority, the most urgent first: one query, none where they are read already."""
    counts = queries.counts_by("priority", tasks)
    return [Count(value, label, counts.get(value, 0)) for value, label in reversed(Task.Priority.choices)]


@register.filter
def percent_complete(tasks: Any) -> int:
    """Return how many percent of the tasks that aren't archived are done, as a whole number from 0 to 100.

    Takes an epic or a sprint with its numbers, what `task_summary` returned, or tasks, which cost a query.
    """
    if hasattr(tasks, "task_count"):
        return queries.percent(tasks.done_count, tasks.task_count)
    rows: Any = tasks
    if not (isinstance(tasks, list) and tasks and isinstance(tasks[0], Count)):
        rows = task_summary(tasks)
    counts = {row.value: row.count for row in rows}
    total = sum(count for value, count in counts.items() if value != Task.Status.ARCHIVED)
    return queries.percent(counts[Task.Status.DONE], total)
