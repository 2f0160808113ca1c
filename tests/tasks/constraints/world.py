"""Two organizations with a row of each kind."""

import uuid
from types import SimpleNamespace

from django.apps import apps
from django.utils import timezone

from taskmanager.accounts.models import (
    ApiToken,
    AuditEvent,
    AuditKind,
    Authenticator,
    ExternalIdentity,
    FormSubmission,
    IdempotentCall,
    Invitation,
    Passkey,
    RecoveryCode,
    RefreshToken,
    Throttle,
    User,
)
from taskmanager.accounts.services import record_event
from taskmanager.tasks import services
from taskmanager.tasks.models import (
    Activity,
    Attachment,
    Comment,
    Epic,
    Notice,
    Project,
    Sprint,
    SprintMembership,
    Task,
    Watcher,
)
from tests.tasks.constraints.rows import (
    A_DAY,
    attach,
    connect,
    invite,
    make_app,
    make_call,
    make_notice,
    make_passkey,
    make_recovery_code,
    make_refresh_token,
    make_token,
    make_user,
    make_watcher,
    set_up,
)

MODELS = [*apps.get_app_config("accounts").get_models(), *apps.get_app_config("tasks").get_models()]


def make_world() -> SimpleNamespace:
    ada, oscar = (
        services.register_organization(name=name, username=user, email=f"{user}@{name}.example", password="a" * 20)
        for name, user in (("Acme", "ada"), ("Globex", "oscar"))
    )
    acme, globex = ada.organization, oscar.organization
    board = Project.objects.of(acme).get()
    task = services.create_task(board, actor=ada, title="Rotate the signing keys")
    foreign_board = Project.objects.of(globex).get()
    foreign_task = services.create_task(foreign_board, actor=oscar, title="Foreign")
    archived = services.create_task(board, actor=ada, title="Archived", status="ARCHIVED")
    comment = services.create_comment(task, actor=ada, text="Done this week.")
    [watcher] = make_watcher(task, "cleo@acme.example")
    [notice] = make_notice(watcher, task.activities.latest("pk"))
    [foreign_watcher] = make_watcher(foreign_task, "oscar@globex.example")
    sent = FormSubmission.objects.create(organization=acme, user=ada, form="/tasks/new/", uuid=uuid.uuid4())
    invite(acme, "cy@acme.example", invited_by=ada)
    accepted = invite(acme, "al@acme.example", invited_by=ada, accepted_at=timezone.now())
    record_event(acme, AuditKind.MEMBER_JOINED, actor=ada)
    foreign_comment = services.create_comment(foreign_task, actor=oscar, text="Foreign")
    set_up(acme)
    identity = connect(ada, "ada-at-acme")
    [bo] = make_user(acme, "bo", "bo@acme.example")
    rows = {}
    for project, actor, planned in ((board, ada, archived), (foreign_board, oscar, foreign_task)):
        epic = services.create_epic(project, actor=actor, name="Epic")
        start = timezone.localdate()
        sprint = services.create_sprint(project, actor=actor, name="Sprint", start_date=start, end_date=start + A_DAY)
        rows[actor] = {Epic: epic, Sprint: sprint}
        services.plan_task(planned, sprint=sprint, actor=actor)
        removed = services.remove_task_from_sprint(planned, sprint=sprint, actor=actor)
        rows[actor][SprintMembership] = removed
    return SimpleNamespace(
        ada=ada,
        bo=bo,
        acme=acme,
        globex=globex,
        task=task,
        archived=archived,
        foreign={
            User: oscar,
            Project: foreign_board,
            Task: foreign_task,
            Comment: foreign_comment,
            Attachment: attach(foreign_task),
            Watcher: foreign_watcher,
            Activity: foreign_task.activities.latest("pk"),
            **rows[oscar],
        },
        own={
            User: ada,
            Project: board,
            Task: archived,
            Comment: comment,
            Attachment: attach(task),
            Activity: task.activities.latest("pk"),
            Watcher: watcher,
            Notice: notice,
            FormSubmission: sent,
            Invitation: accepted,
            IdempotentCall: make_call(ada),
            ApiToken: make_token(ada, hash="a"),
            RefreshToken: make_refresh_token(ada, hash="a"),
            ExternalIdentity: identity,
            AuditEvent: AuditEvent.objects.get(kind=AuditKind.MEMBER_JOINED),
            Authenticator: make_app(ada),
            Passkey: make_passkey(ada),
            RecoveryCode: make_recovery_code(ada),
            **rows[ada],
        },
        membership=lambda: SprintMembership(organization=acme, task=archived, sprint=rows[ada][Sprint]),
        throttle=lambda: Throttle(key="x", ends_at=timezone.now()),
        today=task.created_at.date(),
    )
