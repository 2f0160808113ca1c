"""The board: a column per status, each loaded in parts."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from taskmanager.tasks import cards, queries
from taskmanager.tasks.forms import BoardForm
from taskmanager.tasks.models import Task
from taskmanager.tasks.views.requests import MemberRequest, chosen_project


@require_safe
def board(request: MemberRequest) -> HttpResponse:
    """Show a project's board, or, for `column` and `after`, the part of that column below a position."""
    form = BoardForm(request.GET)
    form.is_valid()
    project = chosen_project(request)
    wanted, after = form.cleaned_data.get("column", ""), form.cleaned_data.get("after", "")
    if wanted and request.htmx:
        page = queries.column_page(project, wanted, after=after)
        column = cards.column(page, request.user, after=after)
        return render(request, "tasks/board.html#cards", {"column": column, "project": project})
    columns = []
    for status in queries.BOARD_STATUSES:
        start = after if status == wanted else ""
        page = queries.column_page(project, status, after=start)
        columns.append(cards.column(page, request.user, after=start))
    archived = {"project": project.key, "status": Task.Status.ARCHIVED}
    sprint = queries.active_sprint(project, timezone.localdate())
    context = {
        "project": project,
        "span": cards.span(sprint) if sprint else None,
        "columns": columns,
        "archived_url": f"{reverse('tasks:task-list')}?{urlencode(archived)}",
        "is_new": project.last_number == 0,
        "may_write": request.user.has_perm("tasks.add_task") or request.user.has_perm("tasks.change_task"),
    }
    return render(request, "tasks/board.html", context)
