"""What the demo is compared by."""

import json

from taskmanager.accounts.models import Organization, User
from taskmanager.tasks.models import Activity, Comment, Project, Task

PASSWORD = "a demo's password"


def counts() -> list[int]:
    return [model.objects.count() for model in (Organization, User, Project, Task, Activity, Comment)]


def snapshot(organization: Organization) -> str:
    """Return everything that isn't an id or a key of a place."""
    names = {user.pk: user.username for user in User.objects.of(organization)}
    tasks = [
        [
            task.reference,
            task.title,
            task.description,
            task.status,
            task.priority,
            names[task.creator_id or 0],
            names.get(task.owner_id or 0),
            task.due_date,
            task.created_at,
            task.updated_at,
            task.completed_at,
            task.archived_at,
            task.version,
        ]
        for project in Project.objects.of(organization).oldest_first()
        for status in Task.Status.values
        for task in Task.objects.column(project, status).select_related("project")
    ]
    history = [
        [
            line.reference,
            names[line.actor_id or 0],
            line.verb,
            {
                name: [names.get(value) for value in values] if name == "owner" else values
                for name, values in line.changes.items()
            },
            line.created_at,
        ]
        for line in Activity.objects.of(organization).order_by("pk")
    ]
    comments = [
        [comment.text, names[comment.author_id or 0], comment.created_at, comment.edited_at]
        for comment in Comment.objects.of(organization).order_by("pk")
    ]
    return json.dumps([tasks, history, comments], default=str, indent=1)
