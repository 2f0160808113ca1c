"""The site of Django's admin: entered by our own sign-in, which asks for the organization too."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.urls import reverse


class AdminSite(admin.AdminSite):
    """Staff see what their permissions and their organization allow; everybody else gets the page of a refusal."""

    site_header = "Taskmanager administration"
    site_title = "Taskmanager administration"
    index_title = "Everything there is"

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002 (Django's signature)
        """Refuse who is signed in but no staff, where Django would ask for another sign-in."""
        guarded: Callable[..., Any] = super().admin_view(view, cacheable)

        def inner(request: Any, *args: Any, **kwargs: Any) -> Any:
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied
            return guarded(request, *args, **kwargs)

        return update_wrapper(inner, guarded)

    @login_not_required
    def login(self, request: Any, extra_context: Any = None) -> Any:
        """Lead to the product's own sign-in page; it does no good to whoever is signed in already."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def logout(self, request: Any, extra_context: Any = None) -> Any:
        """Sign out of the product."""
        return LogoutView.as_view()(request)
