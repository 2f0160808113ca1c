"""Lists, pages and forms of tasks."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe
from waffle import flag_is_active

from taskmanager.accounts import submissions
from taskmanager.accounts.submissions import AlreadySubmitted
from taskmanager.errors import DomainError
from taskmanager.files.sizes import size_label
from taskmanager.tasks import cards, queries, search, services, timeline
from taskmanager.tasks.context import projects_of
from taskmanager.tasks.forms import FIELDS, CommentForm, ListForm, TaskForm
from taskmanager.tasks.models import Epic, Project, Sprint, Task
from taskmanager.tasks.permissions import require, require_change
from taskmanager.tasks.search import Query
from taskmanager.tasks.views import conflicts
from taskmanager.tasks.views.requests import MemberRequest, Toast, find_task, made_before, say

TASKS_PER_PAGE = 50
# Nobody pages further than this; they filter. Counting and skipping more would cost every list.
LIST_LIMIT = 10_000
# How many seconds a page waits for a preview that is being made, each time longer, before it gives up.
PREVIEW_WAITS = (1, 2, 4, 8, 15)
# The feature flag of the buttons that raise and lower a priority in the list.
PRIORITIZATION = "task_prioritization"


@require_safe
def task_list(request: MemberRequest) -> HttpResponse:
    """Show tasks as a list: filtered, sorted, paged."""
    projects = projects_of(request)
    form = ListForm(request.GET, actor=request.user, projects=projects)
    # What isn't understood of q is said there, and the rest of it applies.
    chosen = {name: value for name, value in {"q": form.query.text, **form.cleaned_data}.items() if value}
    tasks = _filtered(request, chosen, form.query)
    page = page_of(request, tasks, has_words=bool(form.query.words))
    filters = {name: value for name, value in chosen.items() if name != "sort"}
    context = {
        "page": page,
        "total_label": total_label(page),
        "filters": form,
        "sorts": _sorts(chosen),
        "base_query": urlencode(chosen),
        "is_filtered": bool(filters),
        "today": timezone.localdate(),
        "may_prioritize": flag_is_active(request, PRIORITIZATION),
        "project": next((project for project in projects if project.key == chosen.get("project")), None),
    }
    return render(request, "tasks/list.html", context)


class _CappedPaginator(Paginator):  # type: ignore[type-arg]
    @cached_property
    def count(self) -> int:
        """Return how many rows there are, at most LIST_LIMIT + 1: that many means "more"."""
        tasks: Any = self.object_list
        return int(tasks.capped_count(limit=LIST_LIMIT))

    @property
    def num_pages(self) -> int:
        """Return the number of pages that can be turned to."""
        return max(1, -(-min(self.count, LIST_LIMIT) // self.per_page))


def page_of(request: MemberRequest, tasks: Any, *, has_words: bool = False) -> Page[Any]:
    """Return the page of the tasks that `?page=` asks for, as cards; `has_words` says that they were searched for."""
    paginator = _CappedPaginator(tasks.for_cards(), TASKS_PER_PAGE)
    if has_words and paginator.count <= LIST_LIMIT:
        paginator.object_list = tasks.found_first(LIST_LIMIT).for_cards()
    page = paginator.get_page(request.GET.get("page"))
    page.object_list = cards.cards(page.object_list, request.user)
    return page


def total_label(page: Page[Any]) -> str:
    """Return "24 tasks", of all pages."""
    count = page.paginator.count
    return "1 task" if count == 1 else f"{cards.count_label(count, LIST_LIMIT)} tasks"


def _filtered(request: MemberRequest, chosen: dict[str, Any], query: Query) -> Any:
    """Return the organization's tasks that fit the filters, in the order asked for."""
    tasks = search.matching(Task.objects.of(request.user.organization), query)
    if "project" in chosen:
        tasks = tasks.filter(project__key=chosen["project"])
    if "status" in chosen:
        tasks = tasks.filter(status=chosen["status"])
    elif "status" not in query.has:
        tasks = tasks.exclude(status=Task.Status.ARCHIVED)
    if "priority" in chosen:
        tasks = tasks.filter(priority=chosen["priority"])
    match chosen.get("owner"):
        case "me":
            tasks = tasks.filter(owner=request.user)
        case "none":
            tasks = tasks.filter(owner=None)
        case str(username):
            tasks = tasks.filter(owner__username__iexact=username)
    sort = chosen.get("sort", "-created")
    if sort.removeprefix("-") == "priority":
        tasks = queries.by_priority(tasks)
    ordering = ListForm.SORTS[sort.removeprefix("-")]
    sign = "-" if sort.startswith("-") else ""
    return tasks.order_by(*(f"{sign}{name}" for name in ordering))


@dataclass(frozen=True)
class _Sort:
    """A header of the list: what a click on it asks for, and how the list is sorted by it now."""

    key: str
    label: str
    url: str = ""
    direction: str = ""


COLUMNS = {
    "reference": "Reference",
    "title": "Title",
    "status": "Status",
    "priority": "Priority",
    "owner": "Owner",
    "due": "Due",
    "updated": "Updated",
}
UNSORTED = [_Sort(key, label) for key, label in COLUMNS.items()]


def _sorts(chosen: dict[str, Any]) -> list[_Sort]:
    current = chosen.get("sort", "")
    sorts = []
    for key, label in COLUMNS.items():
        direction = {key: "asc", f"-{key}": "desc"}.get(current, "")
        following = f"-{key}" if direction == "asc" else key
        sorts.append(_Sort(key, label, f"?{urlencode({**chosen, 'sort': following})}", direction))
    return sorts


@require_safe
def task_detail(request: MemberRequest, pk: int) -> HttpResponse:
    """Show a task with what was said and done about it."""
    return render(request, "tasks/detail.html", detail_context(request, find_task(request, pk)))


def detail_context(request: MemberRequest, task: Task) -> dict[str, Any]:
    """Return what the page of a task shows; `?before=` turns to older comments and history."""
    before = request.GET.get("before", "")
    is_older = before.isascii() and before.isdigit() and len(before) < len(str(2**63))
    keys = [project.key for project in projects_of(request)]
    story = timeline.read(task, request.user, keys=keys, before=int(before) if is_older else None)
    card = cards.card(task, request.user)
    watchers = queries.watchers_of(task)
    detail_url = reverse("tasks:task-detail", args=[task.pk])
    return {
        "task": task,
        "card": card,
        "project": task.project,
        "description_html": story.description,
        "entries": story.entries,
        "is_older": is_older,
        "older_url": f"{detail_url}?before={story.before}" if story.before else None,
        "comment_form": CommentForm(is_kept=True),
        **attachments_context(request, task),
        "created_on": timezone.localdate(task.created_at),
        "archived_in": timezone.localdate(task.archived_at).year if task.archived_at else None,
        "moves": [choice for choice in Task.Status.choices if choice[0] != task.status] if card.may_change else [],
        "may_edit": card.may_change,
        "watchers": watchers,
        "is_watching": request.user.email.lower() in watchers,
        "may_delete": request.user.has_perm("tasks.delete_task"),
        **_sprints(task),
    }


def _sprints(task: Task) -> dict[str, Any]:
    """Return the sprints that the task is planned into, and those that it was in: one query."""
    today = timezone.localdate()
    now: dict[int, Sprint] = {}
    before: dict[int, Sprint] = {}
    for membership in task.memberships.select_related("sprint").order_by("sprint__start_date", "pk"):
        sprint = membership.sprint
        is_in = membership.removed_at is None and not sprint.has_ended(today)
        (now if is_in else before)[sprint.pk] = sprint
    return {"sprints": now.values(), "was_in": [sprint for pk, sprint in before.items() if pk not in now]}


def attachments_context(request: MemberRequest, task: Task) -> dict[str, Any]:
    """Return what the attachments of a task show."""
    return {
        "attachments": list(task.attachments.of(request.user.organization).for_list()),
        "first_wait": PREVIEW_WAITS[0],
        "upload_uuid": uuid4(),
        "may_attach": request.user.has_perm("tasks.add_attachment"),
        "may_detach": request.user.has_perm("tasks.delete_attachment"),
        "attachments_per_upload": settings.ATTACHMENTS_PER_UPLOAD,
        "attachment_max_size": settings.ATTACHMENT_MAX_SIZE,
        "attachment_max_label": size_label(settings.ATTACHMENT_MAX_SIZE),
    }


@require_safe
def task_by_reference(request: MemberRequest, reference: str) -> HttpResponse:
    """Go to the page of the task that people call by this reference."""
    key, _, number = reference.upper().rpartition("-")
    tasks = Task.objects.of(request.user.organization)
    task = get_object_or_404(tasks, project__key=key, number=int(number))
    return redirect("tasks:task-detail", pk=task.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def task_create(request: MemberRequest) -> HttpResponse:
    """Create a task."""
    organization = request.user.organization
    require(request.user, "tasks.add_task", organization.pk)
    projects = projects_of(request)
    project = _project_to_start_with(request, projects)
    initial: dict[str, Any] = {
        "status": Task.Status.UNASSIGNED,
        "priority": Task.Priority.MEDIUM,
        "project": project.pk,
    }
    status = request.GET.get("status")
    if status in Task.Status.values:
        initial["status"] = status
    epic = request.GET.get("epic", "")
    if epic.isascii() and epic.isdigit():
        initial["epic"] = Epic.objects.of(organization).filter(pk=min(int(epic), 2**63 - 1)).first()
    address = reverse("tasks:task-create")
    return create_page(request, project, initial=initial, address=address, cancel_url=reverse("tasks:board"))


def create_page(
    request: MemberRequest, place: Project | Sprint, *, initial: dict[str, Any], address: str, cancel_url: str
) -> HttpResponse:
    """Show the form of a new task in a project or a sprint, and create what was sent."""
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = TaskForm(
        *sent,
        initial=initial,
        organization=request.user.organization,
        projects=projects_of(request),
        may_attach=request.user.has_perm("tasks.add_attachment"),
    )
    sprint = place if isinstance(place, Sprint) else None
    if sprint:
        del form.fields["project"]
    if request.method == "POST" and form.is_valid():
        try:
            with (
                services.stored_files(form.cleaned_data.get("attachments", []), place.organization_id) as stored,
                submissions.once(form.cleaned_data["uuid"], actor=request.user, form=address) as submission,
            ):
                chosen = form.cleaned_data.get("project") or place
                fields = _fields_to_create(form)
                task = services.create_task_with_files(chosen, actor=request.user, stored=stored, **fields)
                submission.made = reverse("tasks:task-detail", args=[task.pk])
        except AlreadySubmitted as error:
            return made_before(request, error, otherwise="tasks:task-list")
        except DomainError as error:
            _explain(form, error)
        else:
            say(request, Toast(f"{task.reference} created{f' in {sprint.name}' if sprint else ''}."))
            return redirect(submission.made)
    if form.is_bound:
        form.ask_for_files_again()
    context = {
        "form": form,
        "task": None,
        "sprint": sprint,
        "project": sprint.project if sprint else place,
        "action": address,
        "cancel_url": cancel_url,
    }
    return render(request, "tasks/form.html", context)


def _fields_to_create(form: TaskForm) -> dict[str, Any]:
    """Return what the form of a new task says, without what it only seems to say."""
    fields = form.sent()
    # The form shows "Unassigned" from the start: with an owner chosen beside it, that isn't a contradiction.
    if fields.get("owner") and fields.get("status") == Task.Status.UNASSIGNED:
        del fields["status"]
    return fields


def _project_to_start_with(request: HttpRequest, projects: list[Project]) -> Project:
    key = request.GET.get("project", "")
    chosen = [project for project in projects if project.key == key] or projects
    if not chosen:
        raise Http404("Your organization has no project.")
    return chosen[0]


@require_http_methods(["GET", "HEAD", "POST"])
def task_edit(request: MemberRequest, pk: int) -> HttpResponse:
    """Edit a task; changes of others since the form was opened are merged or, in the same field, shown."""
    task = find_task(request, pk)
    require_change(task, request.user)
    initial = {**{name: queries.field_of(task, name) for name in FIELDS}, "version": task.version}
    form = TaskForm(
        request.POST if request.method == "POST" else None,
        initial=initial,
        organization=request.user.organization,
        projects=projects_of(request),
        task=task,
    )
    conflicting: list[dict[str, Any]] = []
    status = 200
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["version"] or task.version
        try:
            saved = services.edit_task(task, actor=request.user, version=version, **form.sent())
        except services.EditConflict as conflict:
            status = conflict.status
            form, conflicting = _conflict_form(request, form, conflict)
        except DomainError as error:
            _explain(form, error)
        else:
            say(request, Toast(_saved_label(saved, before=task, version=version)))
            return redirect("tasks:task-detail", pk=pk)
    context = {
        "form": form,
        "task": task,
        "project": task.project,
        "conflicts": conflicting,
        "action": reverse("tasks:task-edit", args=[pk]),
        "cancel_url": reverse("tasks:task-detail", args=[pk]),
    }
    return render(request, "tasks/form.html", context, status=status)


def _saved_label(saved: Task, *, before: Task, version: int) -> str:
    if saved.version == before.version:
        return "Nothing was changed."
    kept = " What others changed meanwhile was kept." if saved.version - version > 1 else ""
    return f"{saved.reference} saved.{kept}"


def _conflict_form(
    request: MemberRequest, form: TaskForm, conflict: services.EditConflict
) -> tuple[TaskForm, list[dict[str, Any]]]:
    """Return a form that starts from the task as it is now but keeps what was typed, and the conflicts in words."""
    task = conflict.task
    data = conflicts.as_now(form, task, fields=FIELDS, taken=conflict.kept)
    fresh = TaskForm(data, organization=request.user.organization, projects=projects_of(request), task=task)
    fresh.is_valid()
    return fresh, conflicts.in_words(conflict)


def _explain(form: TaskForm, error: DomainError) -> None:
    """Put a rule's sentence beside the field that it is about."""
    fields: dict[type[DomainError], str] = {
        services.DueBeforeCreation: "due_date",
        services.UnassignedHasNoOwner: "owner",
        services.UploadRefused: "attachments",
        services.TooManyWatchers: "watchers",
    }
    if error.status != DomainError.status:
        raise error
    form.add_error(fields.get(type(error)), str(error))


@require_http_methods(["GET", "HEAD", "POST"])
def task_delete(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask for confirmation, then delete the task."""
    task = find_task(request, pk)
    require(request.user, "tasks.delete_task", task.organization_id)
    if request.method == "POST":
        services.delete_task(task, actor=request.user)
        say(request, Toast(f"{task.reference} deleted."))
        return redirect("tasks:board")
    return render(request, "tasks/delete.html", {"task": task, "project": task.project})
