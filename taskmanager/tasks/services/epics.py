"""Creating, editing and deleting epics."""

from typing import Any

from django.db import transaction

from taskmanager.accounts.models import User
from taskmanager.errors import NotFound
from taskmanager.tasks.models import Activity, Epic, Project
from taskmanager.tasks.permissions import require
from taskmanager.tasks.services.merging import merge, settled, starting_version
from taskmanager.tasks.services.writing import record_plan, write_plan


@transaction.atomic
def create_epic(project: Project, *, actor: User, name: str, description: str = "") -> Epic:
    """Make an epic on the project's board. Raises NotAllowed, NotFound."""
    require(actor, "tasks.add_epic", project.organization_id)
    epic = Epic.objects.create(
        organization_id=project.organization_id,
        project=project,
        name=name,
        description=description,
        creator=actor,
    )
    record_plan(epic, actor, Activity.Verb.CREATED, {})
    return epic


@transaction.atomic
def edit_epic(epic: Epic, *, actor: User, version: int | None, is_strict: bool = False, **wanted: Any) -> Epic:
    """Change the fields that `wanted` names: name, description. Merges and refuses as `edit_task` does.

    Raises EditConflict, OtherVersion, UnknownVersion, NotAllowed, NotFound.
    """
    require(actor, "tasks.change_epic", epic.organization_id)
    epic = locked_epic(epic)
    version = starting_version(epic, version, is_strict=is_strict)
    changes = settled(epic, merge(epic, version, wanted))
    if changes:
        write_plan(epic, changes, actor)
    return epic


@transaction.atomic
def delete_epic(epic: Epic, *, actor: User) -> None:
    """Delete an epic for good; its tasks stay, without an epic. Raises NotAllowed, NotFound."""
    require(actor, "tasks.delete_epic", epic.organization_id)
    epic = locked_epic(epic)
    epic.version += 1
    record_plan(epic, actor, Activity.Verb.DELETED, {"name": [epic.name, None]})
    epic.delete()


def locked_epic(epic: Epic) -> Epic:
    """Return the epic as it is now, locked until the transaction ends. Raises NotFound where it is gone."""
    rows = Epic.objects.filter(pk=epic.pk, organization_id=epic.organization_id)
    fresh = rows.select_related("project").select_for_update(of=("self",)).first()
    if fresh is None:
        raise NotFound
    return fresh


def lock_epic(epic: Epic | None, organization_id: int) -> None:
    """Keep the epic from being deleted while something is linked to it. Raises NotFound, also for a stranger's."""
    if epic is None:
        return
    rows = Epic.objects.filter(pk=epic.pk, organization_id=organization_id)
    if not rows.select_for_update(no_key=True).exists():
        raise NotFound
