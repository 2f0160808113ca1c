"""Probes: for Kubernetes, load balancers and whoever watches. They ask for no session and tell no secrets."""

from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from taskmanager.health import probes

NOT_KEPT = {"Cache-Control": "no-store"}


@login_not_required
@require_safe
def liveness(request: HttpRequest) -> HttpResponse:
    """Tell that this process answers. Nobody else is asked: restarting us would bring no database back."""
    return JsonResponse({"status": "ok"}, headers=NOT_KEPT)


@login_not_required
@require_safe
def readiness(request: HttpRequest) -> HttpResponse:
    """Tell whether requests should be sent here: not while the database is away, or lacks a migration of ours."""
    checks = probes.look()
    status = probes.overall(checks)
    code = HTTPStatus.SERVICE_UNAVAILABLE if status == probes.FAILED else HTTPStatus.OK
    return JsonResponse({"status": status, "checks": checks}, status=code, headers=NOT_KEPT)
