"""Calls by which tasks are claimed, kept and given back."""

import json

from django.http import HttpResponse
from ninja import Field, Router, Schema

from taskmanager.accounts.api.access import ApiRequest
from taskmanager.accounts.api.answers import answers
from taskmanager.accounts.api.fields import IdInBody
from taskmanager.accounts.api.idempotency import Key, once_per_key
from taskmanager.accounts.api.rows import one
from taskmanager.accounts.models import User
from taskmanager.tasks import services
from taskmanager.tasks.api.documents import TASK, document
from taskmanager.tasks.api.filters import Priority
from taskmanager.tasks.api.links import chosen_project, chosen_sprint
from taskmanager.tasks.api.tasks import TaskOut, find_task
from taskmanager.tasks.models import LONGEST_LEASE, SHORTEST_LEASE, Task

router = Router(tags=["Tasks"])

LEASE_EXPIRES = {
    "responses": {
        200: {
            "headers": {
                "Lease-Expires": {
                    "description": "When the task comes back to everybody unless the claim is renewed before",
                    "schema": {"type": "string", "format": "date-time"},
                }
            }
        }
    }
}


class ClaimNext(Schema):
    """Among which tasks to choose."""

    model_config = {"extra": "forbid"}

    project: IdInBody | None = Field(None, description="The id of a project")
    sprint: IdInBody | None = Field(None, description="The id of a sprint")
    priority_at_least: Priority = Field("LOW", description="Leave less urgent ones")
    lease_seconds: int | None = Field(
        None,
        strict=True,
        ge=SHORTEST_LEASE,
        le=LONGEST_LEASE,
        description="For how long the claim holds unless it is renewed by a heartbeat; left out, it holds without end",
        examples=[60],
    )


class Heartbeat(Schema):
    """For how long to keep the task from now on."""

    model_config = {"extra": "forbid"}

    lease_seconds: int | None = Field(
        None,
        strict=True,
        ge=SHORTEST_LEASE,
        le=LONGEST_LEASE,
        description="Left out, it is for as long as the claim or the heartbeat before",
        examples=[60],
    )
    version: IdInBody | None = Field(
        None,
        description="The version that the claim answered: refused where the task had another owner since, though it "
        "may be yours again, claimed by another program of yours",
    )


@router.post(
    "/tasks/claim-next",
    response=answers(200, TaskOut, 400, 403, 409) | {204: None},
    operation_id="claim_next_task",
    openapi_extra=LEASE_EXPIRES,
)
def task_claim_next(request: ApiRequest, body: ClaimNext, key: Key) -> HttpResponse:
    """Take the most urgent free task: it is yours and in progress. 204 where there is none.

    Many may call at once: nobody waits for another, and no two get the same task. With `lease_seconds` it is yours
    until `Lease-Expires`, unless you renew that by `PATCH /tasks/{id}/heartbeat`: a program that crashes loses its
    task to the next one.
    """

    def act() -> HttpResponse:
        task = services.claim_next_task(
            actor=request.auth,
            project=chosen_project(request.auth, body.project),
            sprint=chosen_sprint(request.auth, body.sprint),
            priority_at_least=body.priority_at_least,
            lease_seconds=body.lease_seconds,
        )
        return _answer(task) if task else HttpResponse(status=204)

    response = once_per_key(request, key, act)
    if body.lease_seconds and response.status_code == 200:
        # Asked anew: where an answer is repeated, what counts is until when the task is theirs now.
        _tell_lease(response, json.loads(response.content)["id"], request.auth)
    return response


@router.patch(
    "/tasks/{int:task_id}/heartbeat",
    response=answers(200, TaskOut, 400, 403, 404, 409),
    operation_id="renew_lease",
    openapi_extra=LEASE_EXPIRES,
)
def task_heartbeat(request: ApiRequest, task_id: int, body: Heartbeat | None = None) -> HttpResponse:
    """Keep a task that you claimed with a lease. The task keeps its version: that is no change of it.

    409 where it is no longer yours, because the lease has ended or somebody else took it, or where it has no lease.
    """
    wanted = body or Heartbeat.model_validate({})
    task = services.renew_lease(
        find_task(request.auth, task_id), actor=request.auth, seconds=wanted.lease_seconds, version=wanted.version
    )
    response = _answer(task)
    _tell_lease(response, task.pk, request.auth)
    return response


@router.patch("/tasks/{int:task_id}/claim", response=answers(200, TaskOut, 400, 403, 404), operation_id="claim_task")
def task_claim(request: ApiRequest, task_id: int) -> HttpResponse:
    """Take a free task: it is yours and in progress. Of any number of simultaneous claims exactly one wins."""
    return _answer(services.claim_task_as_configured(find_task(request.auth, task_id), actor=request.auth))


@router.patch(
    "/tasks/{int:task_id}/release", response=answers(200, TaskOut, 400, 403, 404), operation_id="release_task"
)
def task_release(request: ApiRequest, task_id: int) -> HttpResponse:
    """Give a task in progress back: it is free again."""
    return _answer(services.release_task(find_task(request.auth, task_id), actor=request.auth))


def _answer(task: Task) -> HttpResponse:
    return one(Task.objects.filter(pk=task.pk), document(TASK))


def _tell_lease(response: HttpResponse, pk: int, user: User) -> None:
    """Say in a header until when the task is the user's."""
    expires_at = Task.objects.filter(pk=pk, owner=user).values_list("lease_expires_at", flat=True).first()
    if expires_at:
        response.headers["Lease-Expires"] = expires_at.isoformat()
