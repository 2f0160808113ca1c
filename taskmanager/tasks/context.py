"""What the header of every page shows."""

from typing import Any

from django.utils.functional import SimpleLazyObject

from taskmanager.tasks.models import Project


def navigation(request: Any) -> dict[str, Any]:
    """Return the projects of the user's organization, read when a template asks for them."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"projects": []}
    return {"projects": SimpleLazyObject(lambda: projects_of(request))}


def projects_of(request: Any) -> list[Project]:
    """Return the projects of the user's organization, the first one first: one query per request."""
    if not hasattr(request, "organization_projects"):
        request.organization_projects = list(Project.objects.of(request.user.organization).oldest_first())
    projects: list[Project] = request.organization_projects
    return projects
