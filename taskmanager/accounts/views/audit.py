"""The audit: what happened to the organization's doors, for its Admins."""

from collections.abc import Iterator

from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from taskmanager.accounts.events import actor_of, in_words
from taskmanager.accounts.forms import AuditForm
from taskmanager.accounts.models import AuditEvent
from taskmanager.accounts.permissions import require
from taskmanager.accounts.requests import MemberRequest
from taskmanager.accounts.spreadsheets import csv_lines

EVENTS_ON_A_PAGE = 100
READ_AT_ONCE = 2000
COLUMNS = ("when", "kind", "what", "who", "whom", "address")


@never_cache
@require_safe
def audit_list(request: MemberRequest) -> HttpResponse:
    """Show the events, newest first; `before` is the id of the event that a page follows."""
    require(request.user, "accounts.view_auditevent", request.user.organization_id)
    form = AuditForm(request.GET)
    found = _events(request, form)
    before = request.GET.get("before", "")
    events = list(_after(found, before, request)[: EVENTS_ON_A_PAGE + 1])
    context = {
        "form": form,
        "rows": [(event, in_words(event), actor_of(event)) for event in events[:EVENTS_ON_A_PAGE]],
        "older": events[EVENTS_ON_A_PAGE - 1].pk if len(events) > EVENTS_ON_A_PAGE else None,
        "is_later_page": bool(before),
        "is_filtered": form.is_filtered,
    }
    return render(request, "accounts/audit.html", context)


@never_cache
@require_safe
def audit_csv(request: MemberRequest) -> HttpResponseBase:
    """Send the events of the same filters as a file, however many they are; its times are UTC."""
    require(request.user, "accounts.view_auditevent", request.user.organization_id)
    events = _events(request, AuditForm(request.GET))
    response = StreamingHttpResponse(csv_lines(COLUMNS, _rows(events)), content_type="text/csv; charset=utf-8")
    name = f"audit-{request.user.organization.slug}-{timezone.localdate():%Y-%m-%d}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    # Names in it come from people: opened as a page by whatever way, it may do nothing.
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
    return response


def _events(request: MemberRequest, form: AuditForm) -> QuerySet[AuditEvent]:
    events = AuditEvent.objects.of(request.user.organization).select_related("actor", "subject")
    found: QuerySet[AuditEvent] = form.keep(events).order_by("-created_at", "-pk")
    return found


def _after(events: QuerySet[AuditEvent], before: str, request: MemberRequest) -> QuerySet[AuditEvent]:
    """Keep what follows the event with this id. By its place, and not by a number of rows: any page costs the same."""
    if not (before.isascii() and before.isdecimal() and len(before) < 19):
        return events
    edge = AuditEvent.objects.of(request.user.organization).filter(pk=int(before)).values_list("created_at").first()
    if edge is None:
        return events
    older = Q(created_at__lt=edge[0]) | Q(pk__lt=int(before))
    return events.filter(older, created_at__lte=edge[0])


def _rows(events: QuerySet[AuditEvent]) -> Iterator[list[str]]:
    for event in events.iterator(chunk_size=READ_AT_ONCE):
        yield [
            f"{event.created_at:%Y-%m-%dT%H:%M:%SZ}",
            event.kind,
            in_words(event),
            event.actor_name,
            event.subject_name,
            event.address or "",
        ]
