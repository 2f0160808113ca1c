"""Pages of epics."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from taskmanager.accounts.models import User
from taskmanager.tasks import services
from taskmanager.tasks.forms import EpicForm, RowForm
from taskmanager.tasks.models import Epic, Task
from taskmanager.tasks.permissions import may_change, require
from taskmanager.tasks.views import plans, rows
from taskmanager.tasks.views.requests import MemberRequest, Toast, chosen_project, find_epic, say

EPICS_PER_PAGE = 50


@require_safe
def epic_list(request: MemberRequest) -> HttpResponse:
    """Show a project's epics, each with how far it is."""
    project = chosen_project(request)
    epics = Epic.objects.of(request.user.organization).filter(project=project).by_name().for_page()
    page = Paginator(epics, EPICS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "tasks/epics.html", {"page": page, "project": project})


@require_safe
def epic_detail(request: MemberRequest, pk: int) -> HttpResponse:
    """Show an epic with its tasks and its history."""
    epic = find_epic(request, pk)
    return render(request, "tasks/epic.html", plans.page_context(request, epic, Task.objects.filter(epic=epic)))


@require_http_methods(["GET", "HEAD", "POST"])
def epic_create(request: MemberRequest) -> HttpResponse:
    """Create an epic."""
    require(request.user, "tasks.add_epic", request.user.organization_id)
    project = chosen_project(request)

    def save(form: EpicForm) -> Epic:
        return services.create_epic(form.cleaned_data["project"] or project, actor=request.user, **form.sent())

    return plans.form_page(request, EpicForm, kind="epic", item=None, initial={"project": project.pk}, save=save)


@require_http_methods(["GET", "HEAD", "POST"])
def epic_edit(request: MemberRequest, pk: int) -> HttpResponse:
    """Edit an epic; changes of others since the form was opened are merged or shown."""
    epic = find_epic(request, pk)
    require(request.user, "tasks.change_epic", epic.organization_id)

    def save(form: EpicForm) -> Epic:
        version = form.cleaned_data["version"] or epic.version
        return services.edit_epic(epic, actor=request.user, version=version, **form.sent())

    initial = plans.first_values(epic, EpicForm)
    return plans.form_page(request, EpicForm, kind="epic", item=epic, initial=initial, save=save)


@require_http_methods(["GET", "HEAD", "POST"])
def epic_delete(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask for confirmation, then delete the epic; its tasks stay."""
    epic = find_epic(request, pk)
    require(request.user, "tasks.delete_epic", epic.organization_id)
    if request.method == "POST":
        services.delete_epic(epic, actor=request.user)
        say(request, Toast(f"{epic.name} deleted. Its tasks are still there."))
        return redirect(f"{reverse('tasks:epic-list')}?project={epic.project.key}")
    return render(request, "tasks/plan_delete.html", {"item": epic, "kind": "epic", "project": epic.project})


@require_http_methods(["GET", "HEAD", "POST"])
def epic_tasks(request: MemberRequest, pk: int) -> HttpResponse:
    """Edit an epic's tasks on one page; each row is saved, or refused, on its own."""
    epic = find_epic(request, pk)
    user = request.user
    require(user, "tasks.change_task", epic.organization_id)
    tasks = Task.objects.filter(epic=epic).order_by("pk")
    number = plans.page_number(request)
    start = (number - 1) * rows.ROWS_PER_PAGE
    if request.method == "POST":
        items = list(tasks.filter(pk__in=rows.sent_ids(request.POST)).for_cards())
        has_more = tasks.capped_count(limit=start + rows.ROWS_PER_PAGE) > start + rows.ROWS_PER_PAGE
    else:
        found = list(tasks.for_cards()[start : start + rows.ROWS_PER_PAGE + 1])
        items, has_more = found[: rows.ROWS_PER_PAGE], len(found) > rows.ROWS_PER_PAGE
    people = User.objects.of(user.organization)
    offered = (people.active() | people.filter(pk__in=[task.owner_id for task in items if task.owner_id])).by_name()

    def make(data: object) -> rows.Rows:
        return rows.rows_of(
            RowForm, items, choices={"owner": offered}, data=data, may_change=lambda task: may_change(task, user)
        )

    def edit(task: Task, **fields: object) -> Task:
        return services.edit_task(task, actor=user, **fields)  # type: ignore[arg-type]  # as the form cleaned them

    context = {
        "item": epic,
        "project": epic.project,
        "here": f"{reverse('tasks:epic-tasks', args=[pk])}?page={number}",
        "page_number": number,
        "has_more": has_more,
    }
    return rows.edit_page(request, "tasks/epic_tasks.html", make, edit=edit, context=context)
