"""What the body of a call names by its id."""

from collections.abc import Iterable
from typing import Any

from taskmanager.accounts.api.answers import InvalidInput
from taskmanager.accounts.api.rows import chosen
from taskmanager.accounts.models import User
from taskmanager.tasks.models import Epic, Project, Sprint


def first_project(user: User) -> Project:
    """Return the organization's first project. Raises InvalidInput where it has none."""
    project = Project.objects.of(user.organization).oldest_first().first()
    if project is None:
        raise InvalidInput("body", "project", "Your organization has no project.")
    return project


def chosen_epic(user: User, pk: int | None) -> Epic | None:
    """Return the epic that the body names, None for none. Raises InvalidInput."""
    if pk is None:
        return None
    epics = Epic.objects.of(user.organization)
    epic: Epic = chosen(epics, "epic", pk, "Choose one of your organization's epics.")
    return epic


def chosen_project(user: User, pk: int | None) -> Project | None:
    """Return the project that the body names, None for none. Raises InvalidInput."""
    if pk is None:
        return None
    projects = Project.objects.of(user.organization)
    project: Project = chosen(projects, "project", pk, "Choose one of your organization's projects.")
    return project


def chosen_sprint(user: User, pk: int | None) -> Sprint | None:
    """Return the sprint that the body names, None for none. Raises InvalidInput."""
    if pk is None:
        return None
    sprint: Sprint = chosen(Sprint.objects.of(user.organization), "sprint", pk, "Choose a sprint of your organization.")
    return sprint


def require_same_project(item: Any, user: User, pk: int | None) -> None:
    """Raise InvalidInput where the body names another project than that of the item, which keeps it."""
    project = chosen_project(user, pk)
    if project is not None and project.pk != item.project_id:
        raise InvalidInput("body", "project", "It keeps its project.")


def linked(user: User, given: dict[str, Any]) -> dict[str, Any]:
    """Return the fields with the rows that their ids name, in the user's organization. Raises InvalidInput."""
    wanted = dict(given)
    if wanted.get("owner") is not None:
        people = User.objects.of(user.organization).active()
        sentence = "Choose a member of your organization who can sign in."
        wanted["owner"] = chosen(people, "owner", wanted["owner"], sentence)
    if "epic" in wanted:
        wanted["epic"] = chosen_epic(user, wanted["epic"])
    if "sprints" in wanted:
        wanted["sprints"] = _sprints(user, wanted["sprints"])
    return wanted


def _sprints(user: User, pks: Iterable[int]) -> list[Sprint]:
    asked = set(pks)
    found = list(Sprint.objects.of(user.organization).filter(pk__in=asked))
    if len(found) != len(asked):
        raise InvalidInput("body", "sprints", "Choose sprints of your organization.")
    return found
