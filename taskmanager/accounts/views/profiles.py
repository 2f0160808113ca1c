"""One's own profile, and the photos of people."""

from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from taskmanager.accounts import photos, services
from taskmanager.accounts.forms import (
    ProfileForm,
)
from taskmanager.accounts.models import User
from taskmanager.accounts.requests import MemberRequest
from taskmanager.accounts.views.entering import too_many
from taskmanager.files import images
from taskmanager.files.sending import FOREVER, send


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Change one's own profile."""
    user = cast("User", request.user)  # nobody else gets past the sign-in
    initial = {name: getattr(user, name) for name in ("phone", "biography", "time_zone", "theme")}
    data, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = ProfileForm(data, files, initial=initial, user=user)
    if form.is_valid():
        cleaned = form.cleaned_data
        services.edit_profile(
            user,
            photo=cleaned["photo"],
            remove_photo=cleaned.get("remove_photo", False),
            # A program may send one field alone; the other stays as it is.
            **{**initial, **{key: cleaned[key] for key in initial if key in form.data}},
        )
        messages.success(request, "Your profile is saved.")
        return redirect("accounts:profile")
    response = render(request, "accounts/profile.html", {"form": form})
    return too_many(response, form.throttled) if form.throttled else response


@require_safe
def photo(request: MemberRequest, pk: int, name: str) -> HttpResponseBase:
    """Send the photo of a colleague, small, or of the `size` that is asked for. Another photo has another address."""
    size = next((size for size in photos.SIZES if str(size) == request.GET.get("size", str(photos.SMALL))), None)
    if size is None:
        raise Http404("There is no photo of this size.")
    person = get_object_or_404(User.objects.of(request.user.organization).only("organization"), pk=pk, photo=name)
    place = photos.place_of(photos.base_of(person.organization_id, name), size)
    response = send(request, place, name="photo.webp", content_type=images.CONTENT_TYPE, is_inline=True)
    response.headers["Cache-Control"] = FOREVER
    return response
