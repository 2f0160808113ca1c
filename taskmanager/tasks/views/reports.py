"""Reports: one page of figures, each as a table and as CSV, too."""

import datetime
from collections.abc import Callable, Sequence
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from taskmanager.accounts.models import Organization
from taskmanager.accounts.spreadsheets import Value, csv_of
from taskmanager.errors import DomainError
from taskmanager.tasks import cards, charts, reports
from taskmanager.tasks.forms import ReportForm
from taskmanager.tasks.keeping import kept, version_of
from taskmanager.tasks.models import Project, Sprint
from taskmanager.tasks.reports import CompletionTimes, Period, SprintHistory, Week
from taskmanager.tasks.views.requests import MemberRequest, chosen_project, find_sprint

Table = tuple[Sequence[str], Sequence[Sequence[Value]]]


class UnknownPeriod(DomainError):
    """The address of a file names days that are none."""


@require_safe
def report(request: MemberRequest) -> HttpResponse:
    """Show the reports of a project."""
    project = chosen_project(request)
    form = ReportForm(request.GET, today=timezone.localdate())
    period = _period(form)
    now = timezone.now()
    members = reports.loads(project)
    times, weeks = _figures_of(request.user.organization, project, period)
    sprints = reports.latest_sprints(project, timezone.localdate(now))
    history = SprintHistory(sprints)
    summaries = [history.summary(sprint, now) for sprint in sprints]
    current = _current(sprints, timezone.localdate(now))
    context = {
        "project": project,
        # Which days they are is shown, too, where nobody chose them; what can't be read stays as it was typed.
        "form": ReportForm({"from": period.first, "to": period.last}, today=form.today) if form.is_valid() else form,
        "period": period,
        "is_chosen": form.is_valid() and bool(request.GET.get("from") or request.GET.get("to")),
        "csv_query": urlencode({"project": project.key, "from": str(period.first), "to": str(period.last)}),
        "members": members,
        "members_chart": charts.loads_chart(members),
        "members_hidden": max(0, members.members - charts.LOADS_SHOWN),
        "times": times,
        "times_rows": [
            (row, charts.duration_label(row.median), charts.duration_label(row.average))
            for row in (times.overall, *times.by_priority)
        ],
        "times_chart": charts.times_chart(times),
        "weeks": weeks,
        "weeks_total": sum(week.count for week in weeks),
        "weeks_chart": charts.throughput_chart(weeks),
        "summaries": summaries,
        "sprints_chart": charts.sprints_chart(summaries),
        **(_burndown_context(history.burndown(current, now)) if current else {}),
    }
    return render(request, "tasks/reports.html", context)


def _figures_of(organization: Organization, project: Project, period: Period) -> tuple[CompletionTimes, list[Week]]:
    """Return what is counted over the whole period. Of two busy years that costs half a second, so it is kept."""
    return kept(
        lambda: (reports.completion_times(project, period), reports.throughput(project, period)),
        organization=organization,
        version=version_of(organization),
        about=("reports", project.pk, period.first, period.last),
    )


@require_safe
def report_csv(request: MemberRequest, figure: str) -> HttpResponse:
    """Send one figure of the reports as a file, by the same choice of project and days."""
    if figure not in TABLES:
        raise Http404
    project = chosen_project(request)
    form = ReportForm(request.GET, today=timezone.localdate())
    if not form.is_valid():
        raise UnknownPeriod(next(str(errors[0]) for errors in form.errors.values()))
    return _file(f"{project.key}-{figure}", TABLES[figure](project, _period(form)))


@require_safe
def sprint_burndown(request: MemberRequest, pk: int) -> HttpResponse:
    """Show the burndown of a sprint."""
    sprint = find_sprint(request, pk)
    context = {"item": sprint, "project": sprint.project, "span": cards.span(sprint), **burndown_context(sprint)}
    return render(request, "tasks/burndown.html", context)


@require_safe
def sprint_burndown_csv(request: MemberRequest, pk: int) -> HttpResponse:
    """Send the burndown of a sprint as a file."""
    sprint = find_sprint(request, pk)
    burndown = SprintHistory([sprint]).burndown(sprint, timezone.now())
    columns = ("day", "remaining", "completed", "ideal")
    rows = [(day.day, day.remaining, day.done, round(day.ideal, 2)) for day in burndown.days]
    return _file(f"{sprint.project.key}-sprint-{sprint.pk}-burndown", (columns, rows))


def burndown_context(sprint: Sprint) -> dict[str, Any]:
    """Return what the section of a sprint's burndown shows: two queries, or none before the sprint begins."""
    now = timezone.now()
    has_begun = sprint.start_date <= timezone.localdate(now)
    return _burndown_context(SprintHistory([sprint] if has_begun else []).burndown(sprint, now))


def _burndown_context(burndown: reports.Burndown) -> dict[str, Any]:
    return {"burndown": burndown, "burndown_chart": charts.burndown_chart(burndown)}


def _period(form: ReportForm) -> Period:
    """Return the days that are asked for, the usual ones where they can't be read."""
    if not form.is_valid():
        form = ReportForm({}, today=form.today)
        form.full_clean()
    return Period(form.cleaned_data["first"], form.cleaned_data["last"])


def _current(sprints: list[Sprint], today: datetime.date) -> Sprint | None:
    """Return the sprint of today, the one that ends first where two overlap; else the latest."""
    active = [sprint for sprint in sprints if sprint.is_active(today)]
    return min(active, key=lambda sprint: (sprint.end_date, sprint.pk)) if active else next(iter(sprints), None)


def _members(project: Project, _period: Period) -> Table:
    rows = reports.loads(project).rows
    return ("owner", "open", "completed", "total"), [(row.name, row.open, row.done, row.total) for row in rows]


def _completion(project: Project, period: Period) -> Table:
    times = reports.completion_times(project, period)
    return ("priority", "completed", "median_seconds", "average_seconds"), [
        (row.label, row.count, _seconds(row.median), _seconds(row.average))
        for row in (times.overall, *times.by_priority)
    ]


def _seconds(took: datetime.timedelta | None) -> float | None:
    return None if took is None else took.total_seconds()


def _throughput(project: Project, period: Period) -> Table:
    weeks = reports.throughput(project, period)
    return ("week", "monday", "completed"), [(week.label, week.monday, week.count) for week in weeks]


def _sprints(project: Project, _period: Period) -> Table:
    now = timezone.now()
    sprints = reports.latest_sprints(project, timezone.localdate(now))
    history = SprintHistory(sprints)
    columns = (
        "sprint", "first_day", "last_day", "planned", "added", "removed", "completed", "left", "percent_complete"
    )  # fmt: skip
    return columns, [
        (
            each.sprint.name,
            each.sprint.start_date,
            each.sprint.end_date,
            each.planned,
            each.added,
            each.removed,
            each.done,
            each.left,
            each.percent,
        )
        for each in (history.summary(sprint, now) for sprint in sprints)
    ]


TABLES: dict[str, Callable[[Project, Period], Table]] = {
    "members": _members,
    "completion": _completion,
    "throughput": _throughput,
    "sprints": _sprints,
}


def _file(name: str, table: Table) -> HttpResponse:
    response = HttpResponse(csv_of(*table), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
