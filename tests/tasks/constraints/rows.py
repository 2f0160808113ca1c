"""Rows of each kind, made past all services, and writes that PostgreSQL checks at once."""

import datetime
import uuid

from django.db import connection, transaction
from django.utils import timezone

from taskmanager.accounts.models import (
    ApiToken,
    Authenticator,
    ExternalIdentity,
    FormSubmission,
    IdempotentCall,
    Invitation,
    Organization,
    Passkey,
    RecoveryCode,
    RefreshToken,
    Session,
    SingleSignOn,
    User,
)
from taskmanager.tasks.models import Activity, Attachment, Notice, Project, Task, Watcher

A_DAY = datetime.timedelta(days=1)


def make_session(**fields):
    return Session(session_key="x" * 64, expire_date=timezone.now(), **fields)


def lease(task, seconds, **fields):
    return Task.objects.filter(pk=task.pk).update(lease_expires_at=timezone.now(), lease_seconds=seconds, **fields)


def make_user(organization: Organization, username: str, email: str) -> list[User]:
    return User.objects.bulk_create([User(organization=organization, username=username, email=email)])


def send(user: User | None, organization: Organization | None, *again: User | None) -> None:
    """Keep that a form was sent, twice where there is an `again`."""
    key = uuid.UUID(int=1)
    FormSubmission.objects.bulk_create(
        FormSubmission(user=user, organization=organization, form="/", uuid=key) for _turn in range(1 + len(again))
    )


def invite(organization: Organization, email: str, **fields: object) -> Invitation:
    [row] = Invitation.objects.bulk_create(
        [Invitation(organization=organization, email=email, roles="Editor", **fields)]
    )
    return row


def make_call(user: User) -> IdempotentCall:
    row = IdempotentCall(organization_id=user.organization_id, user=user, key="x", fingerprint="x")
    return IdempotentCall.objects.bulk_create([row])[0]


def make_token(user: User, **fields: object) -> ApiToken:
    given = {"name": "x", "scope": "read", "prefix": "tm_x", "expires_at": timezone.now() + A_DAY, **fields}
    return ApiToken.objects.create(organization=user.organization, user=user, **given)


def make_refresh_token(user: User, **fields: object) -> RefreshToken:
    given = {"family": uuid.uuid4(), "expires_at": timezone.now() + A_DAY, **fields}
    return RefreshToken.objects.create(organization=user.organization, user=user, **given)


def make_app(user: User) -> Authenticator:
    [row] = Authenticator.objects.bulk_create([Authenticator(organization=user.organization, user=user, key="x")])
    return row


def make_passkey(user: User) -> Passkey:
    row = Passkey(
        organization=user.organization,
        user=user,
        name="x",
        credential_id="x",
        public_key=b"x",
        user_handle="x",
        aaguid=uuid.UUID(int=0),
    )
    return Passkey.objects.bulk_create([row])[0]


def make_recovery_code(user: User) -> RecoveryCode:
    [row] = RecoveryCode.objects.bulk_create([RecoveryCode(organization=user.organization, user=user, digest="x")])
    return row


def set_up(organization: Organization) -> SingleSignOn:
    fields = {"issuer": "https://id.example.com", "client_id": "x", "client_secret": "y"}
    [row] = SingleSignOn.objects.bulk_create([SingleSignOn(organization=organization, **fields)])
    return row


def connect(user: User, subject: str) -> ExternalIdentity:
    fields = {"issuer": "https://id.example.com", "subject": subject}
    [row] = ExternalIdentity.objects.bulk_create(
        [ExternalIdentity(organization_id=user.organization_id, user=user, **fields)]
    )
    return row


def make_project(organization: Organization, key: str) -> list[Project]:
    return Project.objects.bulk_create([Project(organization=organization, name="Web", key=key)])


def attach(task: Task) -> Attachment:
    return Attachment.objects.create(
        organization=task.organization,
        task=task,
        uploader=task.creator,
        name="a.txt",
        size=1,
        content_type="text/plain",
        file=f"{task.organization_id}/{task.pk}",
    )


def make_watcher(task: Task, email: str) -> list[Watcher]:
    return Watcher.objects.bulk_create([Watcher(organization_id=task.organization_id, task=task, email=email)])


def make_notice(watcher: Watcher, activity: Activity) -> list[Notice]:
    row = Notice(organization_id=watcher.organization_id, watcher=watcher, activity=activity)
    return Notice.objects.bulk_create([row])


def checked(write, *arguments) -> None:
    """Write, and check at once what PostgreSQL would check at the end of the transaction."""
    with transaction.atomic():
        write(*arguments)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
