"""Claiming and releasing. Of any number of simultaneous claims exactly one wins."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from taskmanager import metrics
from taskmanager.accounts.models import User
from taskmanager.errors import DomainError
from taskmanager.tasks.models import CLAIMABLE, Activity, Project, Sprint, Task
from taskmanager.tasks.permissions import require, require_change, require_member
from taskmanager.tasks.services.leases import MOST_URGENT, can_skip, free_if_expired, free_most_urgent_expired
from taskmanager.tasks.services.writing import enter, locked, record, snapshot, write


class AlreadyClaimed(DomainError):
    """Somebody has it, or it is done."""

    message = "Task is already claimed or completed."  # the published contract of the claim endpoint


class NotClaimed(DomainError):
    """There is nothing to release."""

    message = "Only a task in progress can be released."


def lost(strategy: str) -> AlreadyClaimed:
    """Count a claim that came too late; return what to raise. What is rolled back now was a try all the same."""
    metrics.CLAIMS.labels(strategy, "lost").inc()
    return AlreadyClaimed()


def count_won(strategy: str) -> None:
    """Count a claim that was won, once that is so."""
    transaction.on_commit(metrics.CLAIMS.labels(strategy, "won").inc)


def claim_task_as_configured(task: Task, *, actor: User) -> Task:
    """Claim by the strategy that the setting CLAIM_STRATEGY names. Raises what the strategies raise."""
    if settings.CLAIM_STRATEGY == "optimistic":
        return claim_task_optimistically(task, actor=actor)
    return claim_task(task, actor=actor)


@transaction.atomic
def claim_task(task: Task, *, actor: User) -> Task:
    """Make the actor the owner of a free task, under a lock of its row.

    Raises AlreadyClaimed, NotAllowed, NotFound.
    """
    require(actor, "tasks.change_task", task.organization_id)
    # The lock holds until commit, so the second claimer waits here and then sees an owner.
    task = free_if_expired(locked(task))
    if not task.is_claimable:
        raise lost("pessimistic")
    before = snapshot(task)
    task.owner = actor
    enter(task, Task.Status.IN_PROGRESS)
    count_won("pessimistic")
    return write(task, before=before, actor=actor, verb=Activity.Verb.CLAIMED)


@transaction.atomic
def claim_task_optimistically(task: Task, *, actor: User) -> Task:
    """Make the actor the owner of a free task, if its version is still the one that was read.

    Raises AlreadyClaimed, NotAllowed, NotFound.
    """
    require(actor, "tasks.change_task", task.organization_id)
    while True:
        task = Task.objects.select_related("project").get(pk=task.pk)
        if task.has_expired(timezone.now()):
            task = free_if_expired(locked(task))
        if not task.is_claimable:
            raise lost("optimistic")
        seen_version = task.version
        before = snapshot(task)
        task.owner = actor
        enter(task, Task.Status.IN_PROGRESS)
        task.version += 1
        task.updated_at = timezone.now()
        # Compare and swap: of all who read this version, the database lets one change the row.
        won = Task.objects.filter(pk=task.pk, version=seen_version, owner=None, status__in=CLAIMABLE).update(
            owner=task.owner,
            status=task.status,
            position=task.position,
            version=task.version,
            updated_at=task.updated_at,
            # One that its owner left behind, who was deleted.
            lease_expires_at=None,
            lease_seconds=None,
        )
        if won:
            after = snapshot(task)
            changes = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
            record(task, actor, Activity.Verb.CLAIMED, changes)
            count_won("optimistic")
            return task
        # Another change came first. It may have been an edit that left the task free: look again.


@transaction.atomic
def claim_next_task(
    *,
    actor: User,
    project: Project | None = None,
    sprint: Sprint | None = None,
    priority_at_least: str = Task.Priority.LOW,
    lease_seconds: int | None = None,
) -> Task | None:
    """Make the actor the owner of the most urgent free task, of those the one that is due first, then the oldest.

    It is theirs until they give it up or, with `lease_seconds` (10 to 86,400), until these are over.
    Return None where there is none. Many may ask at once: on PostgreSQL each passes by what another is just taking.
    Raises NotAllowed, NotFound for a project or a sprint of another organization.
    """
    require(actor, "tasks.change_task", actor.organization_id)
    tasks = Task.objects.of(actor.organization)
    for place in (project, sprint):
        if place is not None:
            require_member(actor, place.organization_id)
    if project is not None:
        tasks = tasks.filter(project=project)
    if sprint is not None:
        tasks = tasks.in_sprint(sprint)
    ranks = Task.Priority.values
    priorities = ranks[ranks.index(priority_at_least) :]
    # Nobody's turn must wait for the worker that frees tasks. One is enough: the others are less urgent.
    free_most_urgent_expired(tasks.filter(priority__in=priorities))
    free = tasks.filter(owner=None, status__in=CLAIMABLE)
    first = free.order_by(*MOST_URGENT).select_related("project")
    # One short walk along an index per priority, instead of sorting all that is free.
    for priority in reversed(priorities):
        found = first.filter(priority=priority)
        task = found.select_for_update(of=("self",), no_key=True, skip_locked=can_skip()).first()
        if task is not None:
            before = snapshot(task)
            task.owner = actor
            enter(task, Task.Status.IN_PROGRESS)
            count_won("next")
            return write(task, before=before, actor=actor, verb=Activity.Verb.CLAIMED, lease_seconds=lease_seconds)
    return None


@transaction.atomic
def release_task(task: Task, *, actor: User) -> Task:
    """Give a task in progress back: it has no owner then and stands on top of the free ones.

    Raises NotClaimed, NotAllowed, NotFound.
    """
    task = locked(task)
    require_change(task, actor)
    if task.status != Task.Status.IN_PROGRESS:
        raise NotClaimed
    before = snapshot(task)
    enter(task, Task.Status.UNASSIGNED)
    return write(task, before=before, actor=actor, verb=Activity.Verb.RELEASED)
