"""Claim, release, move and watch: one click each, answered as the client likes it."""

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event
from waffle import flag_is_active

from taskmanager.errors import DomainError, NotAllowed
from taskmanager.tasks import cards, queries, search, services
from taskmanager.tasks.context import projects_of
from taskmanager.tasks.forms import MoveForm, PriorityForm
from taskmanager.tasks.models import Task
from taskmanager.tasks.search import EVERYTHING, Query
from taskmanager.tasks.views.requests import (
    MemberRequest,
    Toast,
    Undo,
    find_task,
    page_before,
    say,
    wants_json,
)
from taskmanager.tasks.views.tasks import PRIORITIZATION, detail_context


@require_POST
def task_claim(request: MemberRequest, pk: int) -> HttpResponse:
    """Claim the task for the user."""
    task = find_task(request, pk)
    above = queries.card_above(task)
    try:
        services.claim_task_as_configured(task, actor=request.user)
    except services.AlreadyClaimed as error:
        return _refused(request, pk, error)
    return _changed(request, task, Toast(f"You claimed {task.reference}.", _way_back(task, above)))


@require_POST
def task_release(request: MemberRequest, pk: int) -> HttpResponse:
    """Give the task back."""
    task = find_task(request, pk)
    services.release_task(task, actor=request.user)
    undo = None
    if task.owner_id == request.user.pk:
        undo = Undo(reverse("tasks:task-claim", args=[pk]))
    return _changed(request, task, Toast(f"{task.reference} is free again.", undo))


@require_POST
def task_move(request: MemberRequest, pk: int) -> HttpResponse:
    """Put the task into a column, below the task `after` or on top."""
    task = find_task(request, pk)
    form = MoveForm(request.POST)
    if not form.is_valid():
        raise DomainError(" ".join(str(message) for errors in form.errors.values() for message in errors))
    status, after = form.cleaned_data["status"], form.cleaned_data["after"]
    above = queries.card_above(task)
    try:
        services.move_task(task, actor=request.user, status=status, after=after)
    except services.AlreadyClaimed as error:
        return _refused(request, pk, error)
    toast = None
    if status != task.status:
        label = Task.Status(status).label.lower()
        # Moving it back couldn't give the task back to a colleague who had it: then there is no undo here.
        loses_owner = status == Task.Status.UNASSIGNED and task.owner_id not in {None, request.user.pk}
        toast = Toast(f"{task.reference} moved to {label}.", None if loses_owner else _way_back(task, above))
    return _changed(request, task, toast)


@require_POST
def task_watch(request: MemberRequest, pk: int) -> HttpResponse:
    """Send the user mails about the task from now on."""
    task = find_task(request, pk)
    services.watch_task(task, actor=request.user)
    undo = Undo(reverse("tasks:task-unwatch", args=[pk]))
    return _changed(request, task, Toast(f"You watch {task.reference}: mails go to {request.user.email}.", undo))


@require_POST
def task_unwatch(request: MemberRequest, pk: int) -> HttpResponse:
    """Send the user no more mails about the task."""
    task = find_task(request, pk)
    services.unwatch_task(task, actor=request.user)
    undo = Undo(reverse("tasks:task-watch", args=[pk]))
    return _changed(request, task, Toast(f"You get no more mails about {task.reference}.", undo))


@require_POST
def task_prioritize(request: MemberRequest, pk: int) -> HttpResponse:
    """Give the task another priority, from its row in the list; only where the feature is on for the user."""
    task = find_task(request, pk)
    if not flag_is_active(request, PRIORITIZATION):
        raise NotAllowed("Task prioritization is not turned on for you.")
    form = PriorityForm(request.POST)
    if not form.is_valid():
        raise DomainError(" ".join(str(message) for errors in form.errors.values() for message in errors))
    wanted = form.cleaned_data["priority"]
    task = services.edit_task(task, actor=request.user, version=task.version, priority=wanted)
    if wants_json(request):
        return JsonResponse(as_json(find_task(request, pk)))
    sentence = f"{task.reference} has {task.get_priority_display().lower()} priority now."
    if not request.htmx:
        say(request, Toast(sentence))
        return redirect(page_before(request))
    context = {"card": cards.card(task, request.user), "may_prioritize": True}
    response = render(request, "tasks/list.html#priority", context)
    return trigger_client_event(response, "announce", {"value": sentence})


def _way_back(before: Task, above: Task | None) -> Undo:
    """Return the move that puts the task back to where it was, below the card that was above it."""
    fields = [("status", before.status), ("after", str(above.pk) if above else "")]
    return Undo(reverse("tasks:task-move", args=[before.pk]), fields)


def _changed(request: MemberRequest, before: Task, toast: Toast | None) -> HttpResponse:
    """Answer with the task as it is now: JSON, fragments for htmx, or a way back to the page before."""
    task = find_task(request, before.pk)
    if wants_json(request):
        return JsonResponse(as_json(task))
    if not request.htmx:
        if toast:
            say(request, toast)
        return redirect(page_before(request))
    above = queries.card_above(task)
    context = {
        **_fragment(request, task),
        "above": above.pk if above else "",
        "toast": toast,
        "columns": cards.column_sizes(task, before.status, task.status, query=_board_filter(request)),
    }
    return render(request, "tasks/changed.html", context)


def _refused(request: MemberRequest, pk: int, error: DomainError) -> HttpResponse:
    """Answer a claim that came too late: losing a race is normal, so show the task as it is, and say why."""
    task = find_task(request, pk)
    if wants_json(request):
        return JsonResponse({"message": str(error)}, status=error.status)
    note = f"{task.reference} is already completed."
    if task.owner:
        note = f"{task.owner.display_name} claimed {task.reference} first."
    elif task.status == Task.Status.ARCHIVED:
        note = f"{task.reference} is archived."
    if not request.htmx:
        say(request, Toast(note, kind="error"))
        return redirect(page_before(request))
    # What asked for it, an undo say, may stand outside of the card, which then only has the note as a message.
    toast = None if request.htmx.target else Toast(note, kind="error")
    context = {
        **_fragment(request, task),
        "note": note,
        "above": "",
        "toast": toast,
        "columns": cards.column_sizes(task, Task.Status.UNASSIGNED, task.status, query=_board_filter(request)),
    }
    return render(request, "tasks/changed.html", context, status=409)


def _board_filter(request: MemberRequest) -> Query:
    """Return what the board behind the request is filtered by, so that its numbers count the same tasks as before."""
    text = request.POST.get("board_filter", "")
    return search.read(text, actor=request.user, projects=projects_of(request)) if text else EVERYTHING


def _fragment(request: MemberRequest, task: Task) -> dict[str, Any]:
    if request.htmx.target == "task":
        return {"target": "task", "oob_card": True, **detail_context(request, task)}
    card = cards.card(task, request.user)
    return {"target": "card" if request.htmx.target else "", "card": card, "project": task.project}


def as_json(task: Task) -> dict[str, Any]:
    """Return the task as JSON has it."""
    return {
        "id": task.pk,
        "reference": task.reference,
        "title": task.title,
        "description": task.description,
        "status": task.status,
        "priority": task.priority,
        "due_date": task.due_date,
        "project": {"id": task.project_id, "key": task.project.key},
        "epic": {"id": task.epic.pk, "name": task.epic.name} if task.epic else None,
        "creator": _person(task.creator),
        "owner": _person(task.owner),
        "created_at": task.created_at,
        "updated_at": task.updated_at,
        "completed_at": task.completed_at,
        "watchers": queries.watchers_of(task),
        "version": task.version,
    }


def _person(user: Any) -> dict[str, Any] | None:
    return {"id": user.pk, "username": user.username} if user else None
