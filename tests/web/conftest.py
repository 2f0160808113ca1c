"""What the tests of pages share: a browser that sends what real ones send, and a look at all rows."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from taskmanager.accounts.models import User
from taskmanager.tasks import positions
from taskmanager.tasks.models import Project, Task

TOKEN = "t" * 32
# What a session costs in queries: with Redis it is read from there.
SESSION = [] if settings.REDIS_URL else ["session"]


@pytest.fixture
def browser(db: None) -> Callable[..., Client]:
    """Return a client whose forms are checked as a real browser's: `browser(ada).post("/tasks/new/", {…})`."""

    def make(user: User | None = None) -> Client:
        client = Client(enforce_csrf_checks=True, headers={"X-CSRFToken": TOKEN})
        client.cookies["csrftoken"] = TOKEN
        if user is not None:
            client.force_login(user)
        return client

    return make


@pytest.fixture
def rows(db: None) -> Callable[[], dict[str, list[tuple[Any, ...]]]]:
    """Return a function that reads all rows of the product, to be compared before and after."""

    def read() -> dict[str, list[tuple[Any, ...]]]:
        found, queries = {}, _queries()
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                # One way there and back instead of forty
                cursor.execute(";".join(queries.values()))
                for name in queries:
                    found[name] = cursor.fetchall()
                    cursor.nextset()
            else:
                for name, query in queries.items():
                    found[name] = cursor.execute(query).fetchall()
        return found

    return read


@cache
def _queries() -> dict[str, str]:
    """Return the query for all rows of each model. Over a thousand tests read them twice: it is put together once."""
    # Who has which role is a row, too.
    models = {
        model.__name__: model
        for app in ("tasks", "accounts")
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
    }
    del models["Throttle"], models["Session"]
    columns = {
        name: [field.attname for field in model._meta.concrete_fields if field.attname != "last_login"]
        for name, model in models.items()
    }
    return {name: str(model.objects.order_by("pk").values(*columns[name]).query) for name, model in models.items()}


@pytest.fixture
def many(board: Project, ada: User) -> Callable[..., list[Task]]:
    """Make many tasks at once, the first one on top of its column: `many(300, status="DONE", owner=ed)`."""

    def make(count: int, **fields: Any) -> list[Task]:
        now = timezone.now()
        since = {Task.Status.DONE: "completed_at", Task.Status.ARCHIVED: "archived_at"}.get(fields.get("status"))
        moments = {since: now} if since else {}
        board.refresh_from_db()
        first = board.last_number + 1
        tasks = Task.objects.bulk_create(
            Task(
                organization_id=board.organization_id,
                project=board,
                number=first + index,
                position=position,
                **{"title": f"Task {first + index}", "creator": ada, **moments, **fields},
            )
            for index, position in enumerate(positions.spread(count))
        )
        Project.objects.filter(pk=board.pk).update(last_number=board.last_number + count)
        return tasks

    return make
