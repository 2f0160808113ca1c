"""The steps of task_claiming.feature, over the API."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_bdd import given, parsers, scenarios, then, when

from taskmanager.accounts import services as accounts
from taskmanager.accounts.models import ApiToken, RefreshToken, Role, Scope, User
from taskmanager.accounts.services import pairs
from taskmanager.tasks import services
from taskmanager.tasks.models import Project, Task
from tests.api.conftest import Caller
from tests.conftest import PASSWORD

scenarios("task_claiming.feature")


class World:
    """What the steps of a scenario know of each other."""

    def __init__(self) -> None:
        self.callers: dict[str, Caller] = {}
        self.task = 0
        self.answer: Any = None

    def call(self, name: str, method: str, place: str, body: Any = None) -> Any:
        self.answer = self.callers[name](method, place, body)
        return self.answer


@pytest.fixture
def world() -> World:
    return World()


@given('the organization "Acme" with a board')
def _(board: Project) -> None:
    assert board.organization.name == "Acme"


@given(parsers.re(r'"(?P<name>\w+)" is an? (?P<role>\w+) with (?P<means>.+)'))
def _(name: str, role: str, means: str, world: World, board: Project, ada: User) -> None:
    user = ada
    if name != "ada":
        email = f"{name}@acme.example"
        user = accounts.add_member(
            board.organization, username=name, email=email, password=PASSWORD, roles=[Role(role)]
        )
    if "pair" in means:
        secret = accounts.issue_pair(user).access
    else:
        scope = Scope.READ if "only read" in means else Scope.WRITE
        ends = timezone.now() + timedelta(days=1)
        secret = accounts.create_token(user, name="bot", scope=scope, expires_at=ends)[1]
    world.callers[name] = Caller(secret)


@given(parsers.parse('another organization has the task "{title}"'))
def _(title: str, world: World, oscar: User) -> None:
    world.task = services.create_task(Project.objects.get(organization=oscar.organization), actor=oscar, title=title).pk


@when(parsers.parse('"{name}" creates the task "{title}"'))
def _(name: str, title: str, world: World) -> None:
    made = world.call(name, "post", "/tasks/", {"title": title})
    assert (made.status_code, made.json()["status"], made.json()["owner"]) == (201, "UNASSIGNED", None)
    world.task = made.json()["id"]


@when(parsers.parse('"{name}" claims it'))
def _(name: str, world: World) -> None:
    world.call(name, "patch", f"/tasks/{world.task}/claim")


@when(parsers.parse('"{name}" completes it'))
def _(name: str, world: World) -> None:
    assert world.call(name, "patch", f"/tasks/{world.task}", {"status": "DONE"}).status_code == 200


@when(parsers.parse('"{name}" claims a task that doesn\'t exist'))
def _(name: str, world: World) -> None:
    world.call(name, "patch", "/tasks/999999/claim")


@when("somebody without a token claims it")
def _(world: World) -> None:
    world.callers["somebody"] = Caller("")
    world.call("somebody", "patch", f"/tasks/{world.task}/claim")


@when("the time of it has passed")
def _(world: World) -> None:
    an_hour = timedelta(hours=1)
    made, ended = timezone.now() - 2 * an_hour, timezone.now() - an_hour
    ApiToken.objects.filter(user__username="ed").update(created_at=made, expires_at=ended)
    for pair in RefreshToken.objects.filter(user__username="ed").select_related("user"):
        # Its end stands in the signed token itself: the same one, made two hours earlier.
        secret = pairs._sign(pair.user, pair.family, "access", jti="x", issued_at=made, life=pairs.ACCESS_LIFE)
        world.callers["ed"] = Caller(secret)


@then(parsers.parse("the answer is {status:d}"))
def _(status: int, world: World) -> None:
    assert world.answer.status_code == status


@then(parsers.parse('the answer says "{sentence}"'))
def _(sentence: str, world: World) -> None:
    assert world.answer.json() == {"message": sentence}


@then(parsers.parse('"{name}" sees it in progress in the list, owned by "{owner}"'))
def _(name: str, owner: str, world: World) -> None:
    [item] = world.call(name, "get", "/tasks/?status=IN_PROGRESS").json()["items"]
    assert (item["id"], item["owner"]["username"]) == (world.task, owner)


@then(parsers.parse('it is owned by "{owner}"'))
def _(owner: str, world: World) -> None:
    assert Task.objects.get(pk=world.task).owner.username == owner  # type: ignore[union-attr]


@then("it is owned by nobody")
def _(world: World) -> None:
    task = Task.objects.get(pk=world.task)
    assert (task.owner, task.status) == (None, "UNASSIGNED")
