"""Projects, and the organization that starts with one."""

import re
import unicodedata

from django.db import IntegrityError, transaction
from django.views.decorators.debug import sensitive_variables

from taskmanager.accounts import services as accounts
from taskmanager.accounts.models import AuditKind, Organization, Role, User
from taskmanager.errors import Conflict, NotFound
from taskmanager.tasks.models import Attachment, Project
from taskmanager.tasks.permissions import require
from taskmanager.tasks.services.files import remove_files_of


class KeyTaken(Conflict):
    """Another project of the organization has this key."""

    message = "Another project has this key already."


class ProjectHasWork(Conflict):
    """Only deleting an organization deletes its work."""

    message = "This project has tasks, epics or sprints. Delete these first."


class LastProject(Conflict):
    """Tasks have to be somewhere."""

    message = "An organization has at least one project."


def create_project(organization: Organization, *, name: str, key: str = "") -> Project:
    """Make a board for the organization; without a key, one is made from the name. Raises KeyTaken."""
    try:
        with transaction.atomic():
            return Project.objects.create(organization=organization, name=name, key=key or suggest_key(name))
    except IntegrityError as error:
        raise KeyTaken from error


def add_project(organization: Organization, *, actor: User, name: str, key: str = "") -> Project:
    """Make another board, as `create_project` does, for whoever may. Raises KeyTaken, NotAllowed, NotFound."""
    require(actor, "tasks.add_project", organization.pk)
    return create_project(organization, name=name, key=key)


@transaction.atomic
def rename_project(project: Project, *, actor: User, name: str) -> Project:
    """Call a project something else; its key stays, which is in its tasks' references. Raises NotAllowed, NotFound."""
    require(actor, "tasks.change_project", project.organization_id)
    if not Project.objects.filter(pk=project.pk).update(name=name):
        raise NotFound
    project.name = name
    return project


@transaction.atomic
def delete_project(project: Project, *, actor: User) -> None:
    """Delete a project without work. Raises ProjectHasWork, LastProject, NotAllowed, NotFound."""
    require(actor, "tasks.delete_project", project.organization_id)
    # All of them: or two requests could each leave the other's project as the last one.
    projects = Project.objects.filter(organization=project.organization_id).select_for_update().order_by("pk")
    held = {row.pk: row for row in projects}
    if project.pk not in held:
        raise NotFound
    if len(held) == 1:
        raise LastProject
    fresh = held[project.pk]
    if fresh.tasks.exists() or fresh.epics.exists() or fresh.sprints.exists():
        raise ProjectHasWork
    fresh.delete()


def suggest_key(name: str) -> str:
    """Return a key that people will recognise: the initials of a longer name, else its first letters."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().upper()
    words = re.findall(r"[A-Z0-9]+", plain)
    initials = "".join(word[0] for word in words)
    key = initials if len(words) > 1 else "".join(words)[:4]
    return key[:10] if len(key) > 1 else "TASK"


@sensitive_variables("password")
@transaction.atomic
def register_organization(*, name: str, username: str, email: str, password: str, address: str = "") -> User:
    """Make an organization with its first project, and its first user, who is its Admin. Return the user."""
    organization = accounts.create_organization(name)
    create_project(organization, name=name)
    user = accounts.add_member(organization, username=username, email=email, password=password, roles=[Role.ADMIN])
    accounts.record_event(
        organization, AuditKind.ORGANIZATION_REGISTERED, actor=user, address=address, name=organization.name
    )
    return user


@transaction.atomic
def delete_organization(organization: Organization) -> None:
    """Delete an organization with all of its work and its files."""
    remove_files_of(Attachment.objects.of(organization))
    accounts.remove_photos_of(organization)
    organization.delete()
