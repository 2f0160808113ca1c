"""Calls about attachments."""

import datetime
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from ninja import Field, File, Query, Router, Schema, Status, UploadedFile

from taskmanager.accounts.api.access import ApiRequest
from taskmanager.accounts.api.answers import answers
from taskmanager.accounts.api.paging import MOST, Paging
from taskmanager.accounts.api.rows import find, listed, one
from taskmanager.files.sending import send, send_to_storage
from taskmanager.tasks import services
from taskmanager.tasks.api.documents import ATTACHMENT, document
from taskmanager.tasks.api.schemas import Person
from taskmanager.tasks.models import Attachment, Task

router = Router(tags=["Attachments"])

_FILE: dict[str, Any] = {"*/*": {"schema": {}}}
DOWNLOADS: dict[str, Any] = {
    "responses": {
        200: {"description": "The file.", "content": _FILE},
        206: {"description": "The part of it that `Range` asks for.", "content": _FILE},
        302: {"description": "It lies in a bucket, at the address in `Location`, which works for some minutes."},
        304: {"description": "It is the one that `If-None-Match` names."},
        416: {"description": "The range begins behind its end."},
    }
}


class AttachmentOut(Schema):
    """A file of a task."""

    id: int
    task: int = Field(description="The id of its task")
    name: str
    size: int = Field(description="In bytes")
    content_type: str = Field(description="Read from its content")
    uploader: Person | None = Field(description="Who attached it; null for a former member")
    preview: str = Field(description="READY where there is a thumbnail, PENDING where it is being made")
    created_at: datetime.datetime


class AttachmentList(Schema):
    """A part of a list of attachments."""

    items: list[AttachmentOut]
    count: int = Field(description="How many there are in all")


@router.get(
    "/tasks/{int:task_id}/attachments", response=answers(200, AttachmentList, 404), operation_id="list_attachments"
)
def attachment_list(request: ApiRequest, task_id: int, paging: Query[Paging]) -> HttpResponse:
    """List the files of a task, the oldest first."""
    task: Task = find(Task.objects, request.auth, task_id)
    return listed(request, Attachment.objects.filter(task=task).order_by("pk"), document(ATTACHMENT), paging)


@router.post(
    "/tasks/{int:task_id}/attachments",
    response=answers(201, AttachmentList, 400, 403, 404, 413),
    operation_id="create_attachments",
)
def attachment_create(request: ApiRequest, task_id: int, attachments: File[list[UploadedFile]]) -> HttpResponse:
    """Attach files to a task: all that were sent, or none."""
    task: Task = find(Task.objects.select_related("project"), request.auth, task_id)
    added = services.add_attachments(task, files=attachments, actor=request.auth)
    rows = Attachment.objects.filter(pk__in=[each.pk for each in added]).order_by("pk")
    response = listed(request, rows, document(ATTACHMENT), Paging(limit=MOST, offset=0, page=None))
    response.status_code = 201
    return response


@router.get(
    "/attachments/{int:attachment_id}", response=answers(200, AttachmentOut, 404), operation_id="get_attachment"
)
def attachment_detail(request: ApiRequest, attachment_id: int) -> HttpResponse:
    """Return what is known of a file."""
    return one(Attachment.objects.of(request.auth.organization).filter(pk=attachment_id), document(ATTACHMENT))


@router.get(
    "/attachments/{int:attachment_id}/content",
    response=answers(200, None, 404),
    operation_id="download_attachment",
    openapi_extra=DOWNLOADS,
)
def attachment_content(request: ApiRequest, attachment_id: int) -> HttpResponseBase:
    """Return the file itself, or a part of it (`Range`)."""
    attachment: Attachment = find(Attachment.objects.for_pages(), request.auth, attachment_id)
    place, name, content_type = str(attachment.file.name), attachment.name, attachment.content_type
    elsewhere = send_to_storage(request, place, name=name, content_type=content_type)
    return elsewhere or send(request, place, name=name, content_type=content_type)


@router.delete(
    "/attachments/{int:attachment_id}", response=answers(204, None, 403, 404), operation_id="delete_attachment"
)
def attachment_delete(request: ApiRequest, attachment_id: int) -> Status[None]:
    """Delete a file for good."""
    attachment: Attachment = find(Attachment.objects.select_related("task"), request.auth, attachment_id)
    services.delete_attachment(attachment, actor=request.auth)
    return Status(204, None)
