"""The cast: Ada (Admin), Ed (Editor) and Cleo (Creator) work at Acme; Oscar, an Admin, is a stranger from Globex."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from importlib import import_module

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from pytest_django import DjangoDbBlocker

from taskmanager.accounts import services as accounts
from taskmanager.accounts.models import Organization, Role, User
from taskmanager.tasks import services
from taskmanager.tasks.models import Project, Task

PASSWORD = "correct horse battery staple"
# The files that take longest, up to a minute each where nothing else runs.
LONGEST = {
    "test_addresses.py", "test_admin_addresses.py", "test_audit.py", "test_bad_requests.py", "test_claims.py",
    "test_comment_pages.py", "test_configuration.py", "test_every_operation.py", "test_example_worker.py",
    "test_fuzz.py", "test_mails_outlive_faults.py", "test_metrics.py", "test_migrating.py", "test_organization.py",
    "test_outages.py", "test_races.py", "test_restoring.py", "test_round_trip.py", "test_security_headers.py",
    "test_serve.py", "test_single_sign_on.py", "test_tracing.py", "test_under_load.py", "test_worker.py",
}  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Let the processes of a run, which all inherit the variable, collect static files into one folder."""
    if "TEST_STATIC" not in os.environ:
        folder = tempfile.TemporaryDirectory(prefix="taskmanager-tests-static-")
        os.environ["TEST_STATIC"] = folder.name
        config.add_cleanup(folder.cleanup)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files, so that no process is left with one at the end; others come in random order."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


def pytest_sessionfinish() -> None:
    shutil.rmtree(settings.DATA_DIR, ignore_errors=True)


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _no_uploads() -> Iterator[None]:
    yield
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)


@pytest.fixture
def roles(db: None) -> None:
    """Make the roles again where a test with real transactions, which ends by emptying all tables, ran before."""
    make_roles()


def make_roles() -> None:
    """Make the roles where they are missing."""
    if not Group.objects.exists():
        roles = import_module("taskmanager.tasks.migrations.0002_roles_and_permissions")
        flags = import_module("taskmanager.tasks.migrations.0006_task_prioritization")
        roles.make_roles(apps, connection.schema_editor())
        flags.make_flags(apps, connection.schema_editor())


def lasting[T](blocker: DjangoDbBlocker, make: Callable[[], T]) -> Iterator[T]:
    """Make rows that all tests of a module find, for its fixture of that scope: what a test changes is undone to there.

    Tests with real transactions have to be in another module.
    """
    with blocker.unblock(), transaction.atomic():
        make_roles()
        made = make()
        with blocker.block():
            yield made
        transaction.set_rollback(True)


@pytest.fixture
def ada(roles: None) -> User:
    return services.register_organization(name="Acme", username="ada", email="ada@acme.example", password=PASSWORD)


@pytest.fixture
def acme(ada: User) -> Organization:
    return ada.organization


@pytest.fixture
def member(acme: Organization) -> Callable[..., User]:
    """Make another member of Acme: `member("bo", Role.EDITOR)`."""

    def make(username: str, *roles: Role, full_name: str = "") -> User:
        return accounts.add_member(
            acme,
            username=username,
            email=f"{username}@acme.example",
            password=PASSWORD,
            roles=list(roles),
            full_name=full_name,
        )

    return make


@pytest.fixture
def ed(member: Callable[..., User]) -> User:
    return member("ed", Role.EDITOR, full_name="Ed Moreno")


@pytest.fixture
def cleo(member: Callable[..., User]) -> User:
    return member("cleo", Role.CREATOR, full_name="Cleo Marsh")


@pytest.fixture
def oscar(roles: None) -> User:
    return services.register_organization(
        name="Globex", username="oscar", email="oscar@globex.example", password=PASSWORD
    )


@pytest.fixture
def board(acme: Organization) -> Project:
    """Acme's only project; its key is ACME."""
    return Project.objects.of(acme).get()


@pytest.fixture
def task(board: Project, ada: User) -> Task:
    """A free task, ACME-1, written by Ada."""
    return services.create_task(board, actor=ada, title="Rotate the signing keys")


@pytest.fixture
def browse() -> Callable[[User | None], Client]:
    """Return a client that is signed in as the user: `browse(ada).get("/")`."""

    def make(user: User | None = None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user)
        return client

    return make
