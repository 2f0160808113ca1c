"""The board: a column per status, each loaded in parts."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from taskmanager.tasks import cards, queries, search
from taskmanager.tasks.context import projects_of
from taskmanager.tasks.forms import BoardForm, SearchForm
from taskmanager.tasks.models import Project, Task
from taskmanager.tasks.search import Query
from taskmanager.tasks.views.requests import MemberRequest, chosen_project


@require_safe
def board(request: MemberRequest) -> HttpResponse:
    """Show a project's board, or, for `column` and `after`, the part of that column below a position."""
    form = BoardForm(request.GET)
    form.is_valid()
    project = chosen_project(request)
    wanted, after = form.cleaned_data.get("column", ""), form.cleaned_data.get("after", "")
    filters = SearchForm(request.GET, actor=request.user, projects=projects_of(request))
    query = filters.query
    context: dict[str, Any] = {"project": project, "base_query": _address(project, query.text)}
    if wanted and request.htmx:
        page = queries.column_page(project, wanted, after=after, query=query)
        column = cards.column(page, request.user, after=after)
        return render(request, "tasks/board.html#cards", {**context, "column": column})
    columns = []
    for status in queries.BOARD_STATUSES:
        start = after if status == wanted else ""
        page = queries.column_page(project, status, after=start, query=query)
        columns.append(cards.column(page, request.user, after=start))
    archived = {"project": project.key, "status": Task.Status.ARCHIVED}
    sprint = queries.active_sprint(project, timezone.localdate())
    context |= {
        "span": cards.span(sprint) if sprint else None,
        "columns": columns,
        "filters": filters,
        "query": query,
        "chips": _chips(request, project, query, has_sprint=bool(sprint)),
        "archived_url": f"{reverse('tasks:task-list')}?{urlencode(archived)}",
        "is_new": project.last_number == 0,
        "may_write": request.user.has_perm("tasks.add_task") or request.user.has_perm("tasks.change_task"),
    }
    return render(request, "tasks/board.html", context)


def _address(project: Project, text: str) -> str:
    """Return the parameters of the board's address, filtered by the text."""
    return urlencode({"project": project.key} | ({"q": text} if text else {}))


@dataclass(frozen=True)
class _Chip:
    """A filter of one click: pressing it adds its terms to the filter, or takes them away."""

    label: str
    url: str
    is_on: bool


CHIPS = {
    "This sprint": "sprint:current",
    "Mine": "owner:me",
    "Open, unowned": "is:open owner:none",
    "Overdue": "is:overdue",
    "High and up": "priority:>=high",
}


def _chips(request: MemberRequest, project: Project, query: Query, *, has_sprint: bool) -> list[_Chip]:
    chips = []
    for label, text in CHIPS.items():
        if text == "sprint:current" and not has_sprint:
            continue
        terms = search.read(text, actor=request.user, projects=()).terms
        address = _address(project, query.toggled(terms))
        chips.append(_Chip(label, f"?{address}", is_on=set(terms) <= set(query.terms)))
    return chips
