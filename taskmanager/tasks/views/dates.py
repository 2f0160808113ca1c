"""Tasks by date: those created on a day, those archived in a year."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from taskmanager.tasks.models import Task
from taskmanager.tasks.views.requests import MemberRequest
from taskmanager.tasks.views.tasks import UNSORTED, page_of, total_label


@dataclass(frozen=True)
class _Neighbour:
    """The day or year before or after."""

    label: str
    url: str


@require_safe
def tasks_of_day(request: MemberRequest, day: datetime.date) -> HttpResponse:
    """Show the tasks that were created on the day, whatever became of them."""
    tasks = Task.objects.of(request.user.organization).created_on(day)
    context = {
        "title": f"Created on {_day_label(day)}",
        "day": day,
        "previous": _day(day, -1),
        "next": _day(day, 1) if day < timezone.localdate() else None,
    }
    return _tasks(request, tasks, context)


@require_safe
def tasks_archived(request: MemberRequest, year: int) -> HttpResponse:
    """Show the tasks that are in the archive since that year."""
    tasks = Task.objects.of(request.user.organization).archived_in(year)
    context = {
        "title": f"Archived in {year}",
        "previous": _year(year - 1),
        "next": _year(year + 1) if year < timezone.localdate().year else None,
    }
    return _tasks(request, tasks, context)


def _tasks(request: MemberRequest, tasks: Any, context: dict[str, Any]) -> HttpResponse:
    page = page_of(request, tasks)
    context |= {"page": page, "total_label": total_label(page), "sorts": UNSORTED}
    return render(request, "tasks/dates.html", context)


def _day(day: datetime.date, step: int) -> _Neighbour | None:
    """Return the day beside this one, None before the calendar begins."""
    if day == datetime.date.min and step < 0:
        return None
    neighbour = day + datetime.timedelta(days=step)
    return _Neighbour(_day_label(neighbour), reverse("tasks:tasks-of-day", args=[neighbour]))


def _year(year: int) -> _Neighbour | None:
    if year < datetime.MINYEAR:
        return None
    return _Neighbour(str(year), reverse("tasks:tasks-archived", args=[year]))


def _day_label(day: datetime.date) -> str:
    return f"{day:%B} {day.day}, {day.year}"
