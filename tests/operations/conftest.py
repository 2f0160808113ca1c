"""An installation with something in every table, and further empty ones of either kind."""

import datetime
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from waffle.models import Sample, Switch

from taskmanager.accounts import services as accounts
from taskmanager.accounts.models import (
    AuditEvent,
    AuditKind,
    ExternalIdentity,
    Flag,
    FormSubmission,
    IdempotentCall,
    Scope,
    Session,
    SingleSignOn,
    Throttle,
    User,
)
from taskmanager.tasks import services
from taskmanager.tasks.models import Comment, Notice, Project, Task
from tests import sample
from tests.devices import app_of, passkey_of

ROOT = Path(__file__).resolve().parent.parent.parent


def environment(database_url: str, data_dir: Path) -> dict[str, str]:
    """Return the environment of an installation of its own."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "taskmanager.settings.production",
        "DATABASE_URL": database_url,
        "DATA_DIR": str(data_dir),
        "SECRET_KEY": settings.SECRET_KEY,
        "JWT_SECRET_KEY": settings.JWT_SECRET_KEY,
        "LOG_LEVEL": "WARNING",
    }


def run(database_url: str, data_dir: Path, *command: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a command of the product in an installation of its own."""
    return subprocess.run(
        [sys.executable, "-m", "taskmanager", *command],
        cwd=ROOT,
        env=environment(database_url, data_dir),
        input=stdin,
        capture_output=True,
        check=False,
    )


@pytest.fixture
def empty_postgresql() -> Iterator[Callable[[], str]]:
    """Make databases without tables; they are dropped at the end."""
    server = os.environ.get("TEST_DATABASE_URL")
    if not server:
        pytest.skip("This needs PostgreSQL: `make test` brings it.")
    names = []

    def make() -> str:
        names.append(f"empty_{uuid.uuid4().hex}")
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {names[-1]}")
        return server.rpartition("/")[0] + f"/{names[-1]}"

    yield make
    with psycopg.connect(server, autocommit=True) as connection:
        for name in names:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def ada(roles: None) -> User:
    """Be the demo's Admin instead of the cast's."""
    return sample.load("a demo's password")


@pytest.fixture
def full(ada: User) -> User:
    """Put a row into each table that the sample data leaves empty, and odd values into some."""
    acme = {"organization": ada.organization}
    task = Task.objects.of(ada.organization).earliest("pk")
    tomorrow = timezone.now() + datetime.timedelta(days=1)
    accounts.create_token(ada, name="Deployment", scope=Scope.READ, expires_at=tomorrow)
    accounts.issue_pair(ada)
    app_of(ada)
    passkey_of(ada)
    provider = {**acme, "issuer": "https://id.acme.example"}
    SingleSignOn.objects.create(**provider, client_id="x", client_secret="x", group_roles={"ops": ["Admin"]})
    ExternalIdentity.objects.create(**provider, user=ada, subject="ada")
    FormSubmission.objects.create(**acme, user=ada, form="/", uuid=uuid.uuid4())
    IdempotentCall.objects.create(**acme, user=ada, key="x", fingerprint="x", answer='{"a": 1}')
    accounts.record_event(ada.organization, AuditKind.SIGNED_IN, actor=ada, address="2001:db8::1", note="Ünïcode ☃")
    assert AuditEvent.objects.exists()
    services.watch_task(task, actor=ada)
    watcher = task.watchers.earliest("pk")
    Notice.objects.create(**acme, watcher=watcher, activity=task.activities.latest("pk"))
    Flag.objects.get().users.add(ada)
    Sample.objects.create(name="half", percent="49.5")
    Switch.objects.create(name="on", active=True)
    ada.user_permissions.add(Permission.objects.earliest("pk"))
    kind = ContentType.objects.get_for_model(Task)
    LogEntry.objects.create(user=ada, content_type=kind, object_id="1", object_repr="x", action_flag=CHANGE)
    Session.objects.create(session_key="x" * 32, session_data="x", expire_date=tomorrow)
    Throttle.objects.create(key="x", ends_at=tomorrow)
    # What separates lines for some programs, and what JSON and SQL have to escape.
    text = "\\ \" ' \u2028 \x85 \r\n\t % %s {} ☃ 🎉"
    services.create_comment(task, actor=ada, text=text)
    Comment.objects.latest("pk").delete()  # so the highest key is no row's
    services.create_comment(task, actor=ada, text=text)
    gone = Project.objects.create(**acme, name="Gone", key="GONE")
    gone.delete()
    default_storage.save("photos/1/a-64.webp", ContentFile(b"photo"))
    default_storage.save("empty", ContentFile(b""))
    return ada


def files(folder: Path) -> dict[str, bytes]:
    """Return all uploads of an installation, by their names."""
    uploads = folder / "uploads"
    return {str(path.relative_to(uploads)): path.read_bytes() for path in uploads.rglob("*") if path.is_file()}
