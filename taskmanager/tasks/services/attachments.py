"""Attaching files to tasks. Rows and stored files come and go together, whatever happens between the two."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction

from taskmanager.accounts.models import User
from taskmanager.errors import NotFound
from taskmanager.tasks import jobs
from taskmanager.tasks.models import Activity, Attachment, Project, Sprint, Task
from taskmanager.tasks.permissions import require
from taskmanager.tasks.services.files import Files, Stored, UploadRefused, remove_files_of, stored_files
from taskmanager.tasks.services.sprints import create_task_in_sprint
from taskmanager.tasks.services.tasks import create_task
from taskmanager.tasks.services.writing import locked, record


def add_attachments(task: Task, *, files: Files, actor: User) -> list[Attachment]:
    """Store the files and attach them to a task: all of them or none. Raises UploadRefused, NotAllowed, NotFound."""
    require(actor, "tasks.add_attachment", task.organization_id)
    with stored_files(files, task.organization_id) as stored:
        return attach_files(task, stored=stored, actor=actor)


@transaction.atomic
def attach_files(task: Task, *, stored: Sequence[Stored], actor: User) -> list[Attachment]:
    """Attach files that `stored_files` has stored. Raises UploadRefused for none, NotAllowed, NotFound."""
    require(actor, "tasks.add_attachment", task.organization_id)
    if not stored:
        raise UploadRefused("Choose a file first.")
    return _attach(locked(task), stored, actor)


@transaction.atomic
def create_task_with_files(place: Project | Sprint, *, actor: User, stored: Sequence[Stored], **fields: Any) -> Task:
    """Make a task in a project, or in a sprint, that has these stored files from the start: both or neither.

    Raises what `create_task` or `create_task_in_sprint` raises.
    """
    create: Callable[..., Task] = create_task_in_sprint if isinstance(place, Sprint) else create_task
    task = create(place, actor=actor, **fields)
    if stored:
        require(actor, "tasks.add_attachment", place.organization_id)
        _attach(task, stored, actor)
    return task


@transaction.atomic
def delete_attachment(attachment: Attachment, *, actor: User) -> None:
    """Delete an attachment for good. History keeps its name. Raises NotAllowed, NotFound."""
    require(actor, "tasks.delete_attachment", attachment.organization_id)
    task = locked(attachment.task)
    fresh = Attachment.objects.filter(pk=attachment.pk, task=task).first()
    if fresh is None:
        raise NotFound
    record(task, actor, Activity.Verb.DELETED_ATTACHMENT, {"attachments": [[fresh.name], []]})
    remove_files_of(Attachment.objects.filter(pk=fresh.pk))
    fresh.delete()


def _attach(task: Task, stored: Sequence[Stored], actor: User) -> list[Attachment]:
    """Make the rows of stored files, the line of history, and the jobs for the previews."""
    attachments = [
        Attachment.objects.create(
            organization_id=task.organization_id,
            task=task,
            uploader=actor,
            name=each.name,
            size=each.size,
            content_type=each.content.content_type,
            file=each.place,
            preview=each.content.preview,
        )
        for each in stored
    ]
    record(task, actor, Activity.Verb.ATTACHED, {"attachments": [[], [each.name for each in attachments]]})
    for attachment in attachments:
        if attachment.preview == Attachment.Preview.PENDING:
            jobs.make_thumbnail.enqueue(attachment.pk)
    return attachments
