"""What the pages of epics and of sprints have in common: their forms, their tasks, their history."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from taskmanager.accounts import submissions
from taskmanager.accounts.submissions import AlreadySubmitted
from taskmanager.errors import DomainError
from taskmanager.tasks import cards, history, markdown, services
from taskmanager.tasks.context import projects_of
from taskmanager.tasks.forms import EpicForm
from taskmanager.tasks.models import Epic, Sprint, Task
from taskmanager.tasks.models.tasks import TaskQuerySet
from taskmanager.tasks.views import conflicts
from taskmanager.tasks.views.requests import MemberRequest, Toast, made_before, say

TASKS_PER_PAGE = 50
EVENTS_SHOWN = 50


def form_page(
    request: MemberRequest,
    form_class: type[EpicForm],
    *,
    kind: str,
    item: Epic | Sprint | None,
    initial: dict[str, Any],
    save: Callable[[EpicForm], Epic | Sprint],
) -> HttpResponse:
    """Show the form of an epic or a sprint (`kind`), save what was sent, and say what came of it."""

    def form_of(data: Any) -> EpicForm:
        return form_class(
            data,
            initial=initial,
            organization=request.user.organization,
            projects=projects_of(request),
            item=item,
        )

    form = form_of(request.POST if request.method == "POST" else None)
    conflicting: list[dict[str, Any]] = []
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            # An edit needs none: its version says what it started from.
            key = form.cleaned_data.get("uuid")
            with submissions.once(key, actor=request.user, form=request.path) as submission:
                saved = save(form)
                submission.made = reverse(f"tasks:{kind}-detail", args=[saved.pk])
        except AlreadySubmitted as error:
            return made_before(request, error, otherwise=f"tasks:{kind}-list")
        except services.EditConflict as conflict:
            status = conflict.status
            form = form_of(conflicts.as_now(form, conflict.item, fields=form.FIELDS, taken=conflict.kept))
            form.is_valid()
            conflicting = conflicts.in_words(conflict)
        except DomainError as error:
            if error.status != DomainError.status:
                raise
            form.add_error("end_date" if isinstance(error, services.EndNotAfterStart) else None, str(error))
        else:
            is_same = item is not None and saved.version == item.version
            done = "saved" if item else "created"
            say(request, Toast("Nothing was changed." if is_same else f"{saved.name} {done}."))
            return redirect(submission.made)
    context = {
        "form": form,
        "kind": kind,
        "item": item,
        "project": item.project if item else None,
        "conflicts": conflicting,
        "cancel_url": reverse(f"tasks:{kind}-detail", args=[item.pk]) if item else reverse(f"tasks:{kind}-list"),
    }
    return render(request, "tasks/plan_form.html", context, status=status)


def first_values(item: Epic | Sprint, form_class: type[EpicForm]) -> dict[str, Any]:
    """Return what the form of the item starts from."""
    return {**{name: getattr(item, name) for name in form_class.FIELDS}, "version": item.version}


def page_context(request: MemberRequest, item: Epic | Sprint, tasks: TaskQuerySet) -> dict[str, Any]:
    """Return what the page of an epic or a sprint shows: a part of its tasks, its history, its description."""
    number = page_number(request)
    start = (number - 1) * TASKS_PER_PAGE
    found = list(tasks.order_by("pk").for_cards()[start : start + TASKS_PER_PAGE + 1])
    activities = item.activities.select_related("actor").order_by("-pk")[:EVENTS_SHOWN]
    organization = request.user.organization
    return {
        "item": item,
        "project": item.project,
        "cards": cards.cards(found[:TASKS_PER_PAGE], request.user),
        "page_number": number,
        "has_more": len(found) > TASKS_PER_PAGE,
        "all_tasks": Task.objects.filter(pk__in=tasks.values("pk")),
        "description_html": markdown.render(
            item.description, organization=organization, keys=[project.key for project in projects_of(request)]
        ),
        "events": history.plan_events(reversed(activities), organization),
    }


def page_number(request: MemberRequest) -> int:
    """Return the number of the page that is asked for; the first one for whatever is no number."""
    typed = request.GET.get("page", "")
    return max(1, int(typed)) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 1
