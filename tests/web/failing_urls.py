"""The product's addresses and a few whose views fail, for the tests of error pages."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from taskmanager import urls
from taskmanager.errors import Conflict, NotAllowed, NotFound, TooManyRequests

handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500

ERRORS: dict[str, Exception] = {
    "400": SuspiciousOperation("secret of the inside"),
    "403": PermissionDenied("secret of the inside"),
    "404": Http404("secret of the inside"),
    "500": ZeroDivisionError("secret of the inside"),
    "not-allowed": NotAllowed(),
    "not-found": NotFound(),
    "conflict": Conflict(),
    "too-many": TooManyRequests(7),
}


@login_not_required
def fail(request: HttpRequest, error: str) -> HttpResponse:
    raise ERRORS[error]


urlpatterns = [*urls.urlpatterns, path("fail/<error>/", fail)]
