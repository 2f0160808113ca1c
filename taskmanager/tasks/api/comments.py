"""Calls about comments."""

import datetime

from django.http import HttpResponse
from ninja import Field, Query, Router, Schema, Status

from taskmanager.accounts.api.access import ApiRequest
from taskmanager.accounts.api.answers import answers
from taskmanager.accounts.api.fields import IdInBody, line
from taskmanager.accounts.api.idempotency import Key, once_per_key
from taskmanager.accounts.api.paging import Paging
from taskmanager.accounts.api.rows import find, listed, one
from taskmanager.tasks import services
from taskmanager.tasks.api.conflicts import edit_refusals
from taskmanager.tasks.api.documents import COMMENT, document
from taskmanager.tasks.api.schemas import Person
from taskmanager.tasks.api.versions import IfMatch, version_asked_for
from taskmanager.tasks.models import COMMENT_LENGTH, Comment, Task

router = Router(tags=["Comments"])


class CommentOut(Schema):
    """A comment."""

    id: int
    task: int = Field(description="The id of the task it is about")
    author: Person | None = Field(description="Who wrote it; null for a former member")
    text: str = Field(description="Markdown")
    created_at: datetime.datetime
    edited_at: datetime.datetime | None
    version: int = Field(description="Counts its changes; the ETag")


EDIT_REFUSALS = edit_refusals("Comment", CommentOut)


class CommentList(Schema):
    """A part of a list of comments."""

    items: list[CommentOut]
    count: int = Field(description="How many there are in all")


class CommentIn(Schema):
    """What is said."""

    model_config = {"extra": "forbid"}

    text: line(COMMENT_LENGTH) = Field(description="Markdown; whom it names with an @ watches the task from then on")  # type: ignore[valid-type]


class CommentPatch(CommentIn):
    """What is said instead."""

    version: IdInBody | None = Field(None, description="The version that this starts from")


@router.get("/tasks/{int:task_id}/comments", response=answers(200, CommentList, 404), operation_id="list_comments")
def comment_list(request: ApiRequest, task_id: int, paging: Query[Paging]) -> HttpResponse:
    """List what was said about a task, the oldest first."""
    task: Task = find(Task.objects, request.auth, task_id)
    return listed(request, Comment.objects.filter(task=task).order_by("pk"), document(COMMENT), paging)


@router.post(
    "/tasks/{int:task_id}/comments", response=answers(201, CommentOut, 404, 409), operation_id="create_comment"
)
def comment_create(request: ApiRequest, task_id: int, body: CommentIn, key: Key) -> HttpResponse:
    """Say something about a task."""

    def act() -> HttpResponse:
        task: Task = find(Task.objects, request.auth, task_id)
        return _answer(services.create_comment(task, actor=request.auth, text=body.text).pk, status=201)

    return once_per_key(request, key, act)


@router.get("/comments/{int:comment_id}", response=answers(200, CommentOut, 404), operation_id="get_comment")
def comment_detail(request: ApiRequest, comment_id: int) -> HttpResponse:
    """Return one comment. Its ETag is its version."""
    return one(Comment.objects.of(request.auth.organization).filter(pk=comment_id), document(COMMENT))


@router.patch(
    "/comments/{int:comment_id}",
    response=answers(200, CommentOut, 403, 404) | EDIT_REFUSALS,
    operation_id="edit_comment",
)
def comment_edit(request: ApiRequest, comment_id: int, body: CommentPatch, if_match: IfMatch) -> HttpResponse:
    """Change one's own comment."""
    comment: Comment = find(Comment.objects.select_related("task"), request.auth, comment_id)
    version, is_strict = version_asked_for(if_match, body.version)
    services.edit_comment(comment, actor=request.auth, version=version, is_strict=is_strict, text=body.text)
    return _answer(comment_id)


@router.delete("/comments/{int:comment_id}", response=answers(204, None, 403, 404), operation_id="delete_comment")
def comment_delete(request: ApiRequest, comment_id: int) -> Status[None]:
    """Delete a comment for good: one's own, or anybody's as an Admin."""
    comment: Comment = find(Comment.objects.select_related("task"), request.auth, comment_id)
    services.delete_comment(comment, actor=request.auth)
    return Status(204, None)


def _answer(pk: int, *, status: int = 200) -> HttpResponse:
    return one(Comment.objects.filter(pk=pk), document(COMMENT), status=status)
