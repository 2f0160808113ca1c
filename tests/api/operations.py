"""Every operation of the API, with an example and with what each role gets. A new one fails until it has a row."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from taskmanager.accounts.models import User
from taskmanager.tasks import services
from taskmanager.tasks.models import Project
from tests.conftest import PASSWORD

Example = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """The statuses for Admin, Editor, Creator and a member without a role. The objects were made by somebody else.

    `example` makes what the address names, and returns the values of its parts and of ids in the body.
    """

    statuses: tuple[int, int, int, int]
    example: Callable[[Project, User], Example] = lambda _board, _author: {}
    body: dict[str, Any] | None = None
    files: dict[str, Any] = field(default_factory=dict)
    writes: bool = True
    public: bool = False


ALL = (200, 200, 200, 200)


def a_task(board: Project, author: User) -> Example:
    return {"task_id": services.create_task(board, actor=author, title="Rotate the signing keys").pk}


def a_taken_task(board: Project, author: User) -> Example:
    example = a_task(board, author)
    services.claim_task(board.tasks.get(pk=example["task_id"]), actor=author)
    return example


def a_comment(board: Project, author: User) -> Example:
    task = board.tasks.get(pk=a_task(board, author)["task_id"])
    return {"comment_id": services.create_comment(task, actor=author, text="Rotate the signing keys today.").pk}


def an_attachment(board: Project, author: User) -> Example:
    task = board.tasks.get(pk=a_task(board, author)["task_id"])
    files = [SimpleUploadedFile("Rotate the signing keys.txt", b"All of them.")]
    return {"attachment_id": services.add_attachments(task, files=files, actor=author)[0].pk}


def an_epic(board: Project, author: User) -> Example:
    return {"epic_id": services.create_epic(board, actor=author, name="Rotate the signing keys").pk}


def a_sprint(board: Project, author: User) -> Example:
    today = timezone.localdate()
    ends = today + datetime.timedelta(days=9)
    sprint = services.create_sprint(
        board, actor=author, name="Rotate the signing keys", start_date=today, end_date=ends
    )
    return {"sprint_id": sprint.pk}


def a_sprint_and_a_task(board: Project, author: User) -> Example:
    return a_sprint(board, author) | a_task(board, author)


def a_planned_task(board: Project, author: User) -> Example:
    example = a_sprint_and_a_task(board, author)
    task, sprint = board.tasks.get(pk=example["task_id"]), board.sprints.get(pk=example["sprint_id"])
    services.plan_task(task, sprint=sprint, actor=author)
    return example


def an_empty_project(board: Project, _author: User) -> Example:
    key = f"KEYS{Project.objects.count()}"
    return {"project_id": services.create_project(board.organization, name="Rotate the signing keys", key=key).pk}


def a_day(_board: Project, _author: User) -> Example:
    return {"year": 2026, "month": 11, "day": 22}


def a_refresh_token(_board: Project, author: User) -> Example:
    from taskmanager.accounts import services as accounts

    return {"refresh": accounts.issue_pair(author).refresh}


DATES = {"start_date": "2026-11-23", "end_date": "2026-12-04"}

OPERATIONS = {
    "create_token_pair": Operation(
        ALL, body={"organization": "acme", "username": "ada", "password": PASSWORD}, public=True
    ),
    "refresh_token_pair": Operation(ALL, a_refresh_token, body={"refresh": "{refresh}"}, public=True),
    "get_me": Operation(ALL, writes=False),
    "list_users": Operation(ALL, writes=False),
    "list_tasks": Operation(ALL, a_task, writes=False),
    "create_task": Operation((201, 403, 201, 403), body={"title": "Try the restore"}),
    "get_task": Operation(ALL, a_task, writes=False),
    "replace_task": Operation((204, 403, 403, 403), a_task, body={"title": "Mine"}),
    "edit_task": Operation((200, 403, 403, 403), a_task, body={"title": "Mine"}),
    "delete_task": Operation((204, 403, 403, 403), a_task),
    "list_archived_tasks": Operation(ALL, a_day, writes=False),
    "list_activity": Operation(ALL, a_task, writes=False),
    "claim_next_task": Operation((200, 200, 403, 403), a_task, body={}),
    # Each result says for itself whether it may be.
    "edit_tasks": Operation(ALL, a_task, body={"items": [{"id": "{task_id}", "title": "Mine now"}]}),
    "renew_lease": Operation((409, 409, 403, 403), a_task),
    "claim_task": Operation((200, 200, 403, 403), a_task),
    "release_task": Operation((200, 403, 403, 403), a_taken_task),
    "list_comments": Operation(ALL, a_task, writes=False),
    "create_comment": Operation((201, 201, 201, 201), a_task, body={"text": "Seen."}),
    "get_comment": Operation(ALL, a_comment, writes=False),
    "edit_comment": Operation((403, 403, 403, 403), a_comment, body={"text": "Never said that."}),
    "delete_comment": Operation((204, 403, 403, 403), a_comment),
    "list_attachments": Operation(ALL, a_task, writes=False),
    "create_attachments": Operation((201, 403, 201, 403), a_task, files={"attachments": b"Seen."}),
    "get_attachment": Operation(ALL, an_attachment, writes=False),
    "download_attachment": Operation(ALL, an_attachment, writes=False),
    "delete_attachment": Operation((204, 403, 403, 403), an_attachment),
    "list_epics": Operation(ALL, an_epic, writes=False),
    "create_epic": Operation((201, 403, 201, 403), body={"name": "Audit"}),
    "get_epic": Operation(ALL, an_epic, writes=False),
    "replace_epic": Operation((204, 204, 403, 403), an_epic, body={"name": "Audit"}),
    "edit_epic": Operation((200, 200, 403, 403), an_epic, body={"name": "Audit"}),
    "delete_epic": Operation((204, 403, 403, 403), an_epic),
    "list_sprints": Operation(ALL, a_sprint, writes=False),
    "create_sprint": Operation((201, 403, 201, 403), body={"name": "Autumn", **DATES}),
    "get_sprint": Operation(ALL, a_sprint, writes=False),
    "replace_sprint": Operation((204, 204, 403, 403), a_sprint, body={"name": "Autumn", **DATES}),
    "edit_sprint": Operation((200, 200, 403, 403), a_sprint, body={"name": "Autumn"}),
    "delete_sprint": Operation((204, 403, 403, 403), a_sprint),
    "set_sprint_epic": Operation(
        (200, 200, 403, 403),
        lambda board, author: a_sprint(board, author) | an_epic(board, author),
        body={"epic": "{epic_id}"},
    ),
    "plan_task": Operation((204, 204, 403, 403), a_sprint_and_a_task),
    "remove_task_from_sprint": Operation((204, 204, 403, 403), a_planned_task),
    "list_projects": Operation(ALL, writes=False),
    "create_project": Operation((201, 403, 403, 403), body={"name": "Website"}),
    "get_project": Operation(ALL, an_empty_project, writes=False),
    "replace_project": Operation((204, 403, 403, 403), an_empty_project, body={"name": "The website"}),
    "edit_project": Operation((200, 403, 403, 403), an_empty_project, body={"name": "The website"}),
    "delete_project": Operation((204, 403, 403, 403), an_empty_project),
}
