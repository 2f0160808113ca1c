"""What the pages of tasks have in common: who asks, for which task, and what is said afterwards."""

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from taskmanager.accounts.requests import MemberRequest, Toast, Undo, made_before, say
from taskmanager.tasks import queries
from taskmanager.tasks.context import projects_of
from taskmanager.tasks.models import Attachment, Comment, Epic, Project, Sprint, Task

__all__ = [
    "MemberRequest",
    "Toast",
    "Undo",
    "chosen_project",
    "find_attachment",
    "find_comment",
    "find_epic",
    "find_sprint",
    "find_task",
    "made_before",
    "page_before",
    "say",
    "wants_json",
]


def find_task(request: MemberRequest, pk: int) -> Task:
    """Return the task with what its page shows. Raises Http404, also for another organization's."""
    tasks = Task.objects.of(request.user.organization).for_detail()
    return get_object_or_404(queries.with_watchers(queries.with_comment_counts(tasks)), pk=pk)


def find_comment(request: MemberRequest, pk: int) -> Comment:
    """Return the comment with its task. Raises Http404, also for another organization's."""
    return get_object_or_404(Comment.objects.of(request.user.organization).for_editing(), pk=pk)


def chosen_project(request: MemberRequest) -> Project:
    """Return the organization's project that the address names, or its first one. Raises Http404 for an unknown key."""
    projects = projects_of(request)
    key = request.GET.get("project", "").upper()
    chosen = [project for project in projects if project.key == key] if key else projects
    if not chosen:
        raise Http404("Your organization has no project with that key.")
    return chosen[0]


def find_epic(request: MemberRequest, pk: int) -> Epic:
    """Return the epic with what its page shows. Raises Http404, also for another organization's."""
    return get_object_or_404(Epic.objects.of(request.user.organization).for_page(), pk=pk)


def find_sprint(request: MemberRequest, pk: int) -> Sprint:
    """Return the sprint with what its page shows. Raises Http404, also for another organization's."""
    return get_object_or_404(Sprint.objects.of(request.user.organization).for_page(), pk=pk)


def find_attachment(request: MemberRequest, pk: int) -> Attachment:
    """Return the attachment with its task. Raises Http404, also for another organization's."""
    return get_object_or_404(Attachment.objects.of(request.user.organization).for_pages(), pk=pk)


def wants_json(request: HttpRequest) -> bool:
    """Whether the client asked for JSON rather than for a page: the API's clients always do."""
    if request.path.startswith("/api/"):
        return True
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def page_before(request: HttpRequest) -> str:
    """Return the page of ours that the request was sent from, else the board."""
    page = request.headers.get("hx-current-url") or request.headers.get("referer", "")
    allowed = page.startswith(("http://", "https://")) and url_has_allowed_host_and_scheme(
        page, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return page if allowed else reverse("tasks:board")
