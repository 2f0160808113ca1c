"""Where one is signed in."""

import re
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from taskmanager.accounts import services
from taskmanager.accounts.models import Session, User
from taskmanager.accounts.requests import address_of
from taskmanager.accounts.views.entering import session_of

# What names a session in its list.
HASH = re.compile(r"[0-9a-f]{64}")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def session_list(request: HttpRequest) -> HttpResponse:
    """Show where one is signed in; `end` signs out of one session, or of all "others"."""
    user = cast("User", request.user)
    mine = session_of(request)
    if request.method == "POST":
        chosen = request.POST.get("end", "")
        if chosen == "others":
            ended = services.sign_out_elsewhere(user, keep=mine, address=address_of(request))
        elif HASH.fullmatch(chosen):
            ended = services.sign_out_elsewhere(user, keep=mine, only=chosen, address=address_of(request))
        else:
            ended = 0
        words = {0: "Nothing to do: it had ended already.", 1: "You are signed out there."}
        messages.success(request, words.get(ended, f"You are signed out of {ended} other sessions."))
        return redirect("accounts:session-list")
    sessions = Session.objects.filter(user=user, expire_date__gt=timezone.now()).order_by("-seen_at")
    ordered = sorted(sessions, key=lambda each: each.pk != mine)
    return render(request, "accounts/sessions.html", {"sessions": ordered, "mine": mine})
