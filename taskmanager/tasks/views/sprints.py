"""Pages of sprints, and the backlog from which they are planned."""

import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from taskmanager.errors import DomainError
from taskmanager.tasks import cards, queries, services
from taskmanager.tasks.forms import EpicForm, PlanForm, SprintForm, SprintRowForm
from taskmanager.tasks.models import Epic, Sprint, Task
from taskmanager.tasks.permissions import require
from taskmanager.tasks.views import plans, rows
from taskmanager.tasks.views.reports import burndown_context
from taskmanager.tasks.views.requests import (
    MemberRequest,
    Toast,
    Undo,
    chosen_project,
    find_sprint,
    find_task,
    page_before,
    say,
)
from taskmanager.tasks.views.tasks import create_page

ENDED_PER_PAGE = 20
TASKS_PER_PAGE = 50
USUAL_LENGTH = datetime.timedelta(days=13)


@require_safe
def sprint_list(request: MemberRequest) -> HttpResponse:
    """Show a project's sprints: what runs, what comes, what is over."""
    project = chosen_project(request)
    sprints = Sprint.objects.of(request.user.organization).filter(project=project).for_page()
    today = timezone.localdate()
    opened = [cards.span(sprint) for sprint in sprints.open(today).in_order()]
    page = Paginator(sprints.ended(today).in_order().reverse(), ENDED_PER_PAGE).get_page(request.GET.get("page"))
    ended = [cards.span(sprint) for sprint in page.object_list]
    groups = [
        ("Active", [span for span in opened if span.kind == "active"]),
        ("Upcoming", [span for span in opened if span.kind == "upcoming"]),
        ("Ended", ended),
    ]
    context = {"groups": [group for group in groups if group[1]], "page": page, "project": project}
    return render(request, "tasks/sprints.html", context)


@require_safe
def sprint_detail(request: MemberRequest, pk: int) -> HttpResponse:
    """Show a sprint: how far it is, its tasks, and what came and went."""
    sprint = find_sprint(request, pk)
    context = plans.page_context(request, sprint, Task.objects.in_sprint(sprint))
    context |= {"span": cards.span(sprint), **burndown_context(sprint)}
    return render(request, "tasks/sprint.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def sprint_create(request: MemberRequest) -> HttpResponse:
    """Create a sprint."""
    require(request.user, "tasks.add_sprint", request.user.organization_id)
    project = chosen_project(request)

    def save(form: EpicForm) -> Sprint:
        return services.create_sprint(form.cleaned_data["project"] or project, actor=request.user, **form.sent())

    initial: dict[str, Any] = {"project": project.pk}
    if request.method != "POST":
        # The next one usually follows the last one, and is as long as most are.
        last = project.sprints.order_by("-end_date").first()
        start = max(timezone.localdate(), last.end_date + datetime.timedelta(days=1)) if last else timezone.localdate()
        initial |= {"start_date": start, "end_date": start + USUAL_LENGTH}
    return plans.form_page(request, SprintForm, kind="sprint", item=None, initial=initial, save=save)


@require_http_methods(["GET", "HEAD", "POST"])
def sprint_edit(request: MemberRequest, pk: int) -> HttpResponse:
    """Edit a sprint; changes of others since the form was opened are merged or shown."""
    sprint = find_sprint(request, pk)
    require(request.user, "tasks.change_sprint", sprint.organization_id)

    def save(form: EpicForm) -> Sprint:
        version = form.cleaned_data["version"] or sprint.version
        return services.edit_sprint(sprint, actor=request.user, version=version, **form.sent())

    initial = plans.first_values(sprint, SprintForm)
    return plans.form_page(request, SprintForm, kind="sprint", item=sprint, initial=initial, save=save)


@require_http_methods(["GET", "HEAD", "POST"])
def sprint_delete(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask for confirmation, then delete the sprint; its tasks stay."""
    sprint = find_sprint(request, pk)
    require(request.user, "tasks.delete_sprint", sprint.organization_id)
    if request.method == "POST":
        services.delete_sprint(sprint, actor=request.user)
        say(request, Toast(f"{sprint.name} deleted. Its tasks are still there."))
        return redirect(f"{reverse('tasks:sprint-list')}?project={sprint.project.key}")
    return render(request, "tasks/plan_delete.html", {"item": sprint, "kind": "sprint", "project": sprint.project})


@require_http_methods(["GET", "HEAD", "POST"])
def sprint_manage(request: MemberRequest) -> HttpResponse:
    """Edit several sprints on one page, the latest first; each row is saved, or refused, on its own."""
    user = request.user
    require(user, "tasks.change_sprint", user.organization_id)
    project = chosen_project(request)
    sprints = Sprint.objects.of(user.organization).filter(project=project).for_page().order_by("-start_date", "-pk")
    number = plans.page_number(request)
    start = (number - 1) * rows.ROWS_PER_PAGE
    found = list(sprints[start : start + rows.ROWS_PER_PAGE + 1])
    items, has_more = found[: rows.ROWS_PER_PAGE], len(found) > rows.ROWS_PER_PAGE
    if request.method == "POST":
        items = list(sprints.filter(pk__in=rows.sent_ids(request.POST)))
    epics = Epic.objects.of(user.organization).by_name()

    def make(data: object) -> rows.Rows:
        return rows.rows_of(SprintRowForm, items, choices={"epic": epics}, data=data, may_change=lambda _sprint: True)

    def edit(sprint: Sprint, **fields: object) -> Sprint:
        return services.edit_sprint(sprint, actor=user, **fields)  # type: ignore[arg-type]  # as the form cleaned them

    context = {
        "project": project,
        "here": f"{reverse('tasks:sprint-manage')}?project={project.key}&page={number}",
        "page_number": number,
        "has_more": has_more,
    }
    return rows.edit_page(request, "tasks/sprint_manage.html", make, edit=edit, context=context)


@require_http_methods(["GET", "HEAD", "POST"])
def sprint_task_create(request: MemberRequest, pk: int) -> HttpResponse:
    """Create a task in the sprint."""
    sprint = find_sprint(request, pk)
    require(request.user, "tasks.add_task", sprint.organization_id)
    initial = {"status": Task.Status.UNASSIGNED, "priority": Task.Priority.MEDIUM, "epic": sprint.epic}
    address, cancel_url = reverse("tasks:sprint-task-create", args=[pk]), reverse("tasks:sprint-detail", args=[pk])
    return create_page(request, sprint, initial=initial, address=address, cancel_url=cancel_url)


@require_POST
def sprint_task_remove(request: MemberRequest, pk: int, task_pk: int) -> HttpResponse:
    """Take a task out of the sprint."""
    sprint, task = find_sprint(request, pk), find_task(request, task_pk)
    services.remove_task_from_sprint(task, sprint=sprint, actor=request.user)
    undo = None
    if not sprint.has_ended(timezone.localdate()):
        undo = Undo(reverse("tasks:backlog"), [("sprint", str(pk)), ("tasks", str(task_pk))])
    say(request, Toast(f"{task.reference} removed from {sprint.name}.", undo))
    return redirect(page_before(request))


@require_http_methods(["GET", "HEAD", "POST"])
def task_plan(request: MemberRequest, pk: int) -> HttpResponse:
    """Show the sprints that a task can be planned into or is in, and plan it into the chosen one."""
    task = find_task(request, pk)
    require(request.user, "tasks.change_sprint", task.organization_id)
    data = {"sprint": request.POST.get("sprint", ""), "tasks": [pk]} if request.method == "POST" else None
    form = PlanForm(data, organization=request.user.organization)
    if form.is_valid():
        sprint: Sprint = form.cleaned_data["sprint"]
        try:
            added = services.plan_tasks(sprint, tasks=[task], actor=request.user)
        except DomainError as error:
            if error.status != DomainError.status:
                raise
            form.add_error("sprint", str(error))
        else:
            done = "planned into" if added else "was already in"
            undo = Undo(reverse("tasks:sprint-task-remove", args=[sprint.pk, pk])) if added else None
            say(request, Toast(f"{task.reference} {done} {sprint.name}.", undo))
            return redirect("tasks:task-detail", pk=pk)
    sprints = [cards.span(sprint) for sprint in task.project.sprints.open(timezone.localdate()).for_page().in_order()]
    has = set(task.memberships.open().values_list("sprint", flat=True))
    context = {"task": task, "project": task.project, "form": form, "sprints": sprints, "has": has}
    return render(request, "tasks/task_plan.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def backlog(request: MemberRequest) -> HttpResponse:
    """Show a project's unfinished tasks that no open sprint has, and plan those that are ticked."""
    project = chosen_project(request)
    today = timezone.localdate()
    form = PlanForm(request.POST if request.method == "POST" else None, organization=request.user.organization)
    if request.method == "POST":
        require(request.user, "tasks.change_sprint", request.user.organization_id)
        if form.is_valid():
            try:
                return _planned(request, form)
            except DomainError as error:
                if error.status != DomainError.status:
                    raise
                form.add_error(None, str(error))
    sprints = [cards.span(sprint) for sprint in project.sprints.open(today).for_page().in_order()]
    number = plans.page_number(request)
    start = (number - 1) * TASKS_PER_PAGE
    found = list(queries.backlog(project, today).for_cards()[start : start + TASKS_PER_PAGE + 1])
    context = {
        "project": project,
        "form": form,
        "sprints": sprints,
        "chosen_sprint": request.POST.get("sprint") or request.GET.get("sprint", ""),
        "ticked": request.POST.getlist("tasks"),
        "cards": cards.cards(found[:TASKS_PER_PAGE], request.user),
        "page_number": number,
        "has_more": len(found) > TASKS_PER_PAGE,
        "may_plan": request.user.has_perm("tasks.change_sprint"),
    }
    return render(request, "tasks/backlog.html", context)


def _planned(request: MemberRequest, form: PlanForm) -> HttpResponse:
    """Plan the ticked tasks, and say so with the way back where it is one step."""
    sprint: Sprint = form.cleaned_data["sprint"]
    added = services.plan_tasks(sprint, tasks=list(form.cleaned_data["tasks"]), actor=request.user)
    undo = None
    if len(added) == 1:
        undo = Undo(reverse("tasks:sprint-task-remove", args=[sprint.pk, added[0].pk]))
    what = added[0].reference if len(added) == 1 else f"{len(added)} tasks"
    say(request, Toast(f"{what} planned into {sprint.name}.", undo))
    return redirect(page_before(request))
