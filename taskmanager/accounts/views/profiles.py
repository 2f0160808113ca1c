"""One's own profile."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from taskmanager.accounts import services
from taskmanager.accounts.forms import (
    ProfileForm,
)
from taskmanager.accounts.models import User


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Change one's own profile."""
    user = cast("User", request.user)  # nobody else gets past the sign-in
    initial = {name: getattr(user, name) for name in ("phone", "biography", "time_zone", "theme")}
    form = ProfileForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        # A program may send one field alone; the other stays as it is.
        services.edit_profile(
            user, **{**initial, **{key: form.cleaned_data[key] for key in initial if key in form.data}}
        )
        messages.success(request, "Your profile is saved.")
        return redirect("accounts:profile")
    return render(request, "accounts/profile.html", {"form": form})
