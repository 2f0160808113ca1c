"""What a row may hold, the database itself enforces: every rule is tried here past all services."""

import datetime

import pytest
from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError, connection
from django.db.models import F
from django.utils import timezone
from waffle.models import AbstractUserFlag

from taskmanager.accounts.models import (
    ApiToken,
    AuditEvent,
    AuditKind,
    Authenticator,
    ExternalIdentity,
    Flag,
    Invitation,
    Organization,
    Passkey,
    RecoveryCode,
    RefreshToken,
    Session,
    SingleSignOn,
    Throttle,
    User,
)
from taskmanager.tasks.models import (
    COMMENT_LENGTH,
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
    checked,
    connect,
    invite,
    lease,
    make_app,
    make_call,
    make_notice,
    make_passkey,
    make_project,
    make_recovery_code,
    make_refresh_token,
    make_session,
    make_token,
    make_user,
    make_watcher,
    send,
    set_up,
)
from tests.tasks.constraints.world import MODELS

# The name of a rule of the models, and a write that breaks it; `w` is the world of world.py.
BAD_WRITES = [
    ("accounts_organization_has_a_name", lambda w: Organization.objects.update(name="")),
    ("accounts_organization_has_a_slug", lambda w: Organization.objects.filter(pk=w.acme.pk).update(slug="")),
    ("accounts_organization_slug_key", lambda w: Organization.objects.update(slug="acme")),
    ("accounts_throttle_pkey", lambda w: Throttle.objects.bulk_create([w.throttle(), w.throttle()])),
    ("accounts_user_username_once_per_organization", lambda w: make_user(w.acme, "ADA", "b@acme.example")),
    ("accounts_user_email_once_per_organization", lambda w: make_user(w.acme, "b", "ADA@Acme.example")),
    ("accounts_user_username_is_no_address", lambda w: make_user(w.acme, "b@acme.example", "b@acme.example")),
    ("accounts_user_username_is_no_address", lambda w: make_user(w.acme, "", "b@acme.example")),
    ("accounts_user_phone_is_ten_digits", lambda w: User.objects.update(phone="555")),
    ("accounts_user_biography_is_not_too_long", lambda w: User.objects.update(biography="é" * 5001)),
    ("accounts_user_photo_is_a_name", lambda w: User.objects.update(photo="../x")),
    ("accounts_flag_name_key", lambda w: Flag.objects.bulk_create([Flag(name="x"), Flag(name="x")])),
    ("accounts_user_time_zone_is_a_name", lambda w: User.objects.update(time_zone="a b")),
    ("accounts_user_theme_is_known", lambda w: User.objects.update(theme="pink")),
    ("accounts_session_pkey", lambda w: Session.objects.bulk_create([make_session(), make_session()])),
    (
        "accounts_session_is_seen_after_it_began",
        lambda w: make_session(seen_at=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)).save(),
    ),
    ("accounts_form_submission_once_per_user", lambda w: send(w.ada, w.acme, w.ada)),
    ("accounts_form_submission_once_without_user", lambda w: send(None, None, None)),
    ("accounts_form_submission_of_a_member_or_nobody", lambda w: send(None, w.acme)),
    ("accounts_invitation_nonce_key", lambda w: invite(w.acme, "d@acme.example", nonce=w.own[Invitation].nonce)),
    ("accounts_invitation_waits_once_per_address", lambda w: invite(w.acme, "CY@acme.example")),
    ("accounts_invitation_has_an_address", lambda w: Invitation.objects.update(email="cy")),
    ("accounts_invitation_roles_check", lambda w: Invitation.objects.update(roles="")),
    ("accounts_invitation_roles_check", lambda w: Invitation.objects.update(roles="Editor Creator")),
    ("accounts_invitation_expires_later", lambda w: Invitation.objects.update(expires_at=F("created_at"))),
    (
        "accounts_invitation_accepted_or_revoked",
        lambda w: Invitation.objects.update(accepted_at=timezone.now(), revoked_at=timezone.now()),
    ),
    (
        "accounts_invitation_accepted_by_only_when_accepted",
        lambda w: Invitation.objects.update(accepted_by=w.ada),
    ),
    ("accounts_idempotent_call_once_per_key", lambda w: make_call(w.ada)),
    ("accounts_audit_event_kind_check", lambda w: AuditEvent.objects.bulk_create([AuditEvent(kind="eaten")])),
    ("accounts_apitoken_hash_key", lambda w: make_token(w.ada, hash=w.own[ApiToken].hash)),
    ("accounts_api_token_has_a_name", lambda w: ApiToken.objects.update(name="")),
    ("accounts_api_token_scope_check", lambda w: ApiToken.objects.update(scope="all")),
    ("accounts_api_token_expires_later", lambda w: ApiToken.objects.update(expires_at=F("created_at"))),
    ("accounts_refreshtoken_hash_key", lambda w: make_refresh_token(w.ada, hash=w.own[RefreshToken].hash)),
    ("accounts_refresh_token_expires_later", lambda w: RefreshToken.objects.update(expires_at=F("created_at"))),
    ("accounts_authenticator_user_id_key", lambda w: make_app(w.ada)),
    ("accounts_authenticator_has_a_key", lambda w: Authenticator.objects.update(key="")),
    ("accounts_passkey_has_a_name", lambda w: Passkey.objects.update(name="")),
    ("accounts_passkey_has_an_id", lambda w: Passkey.objects.update(credential_id="")),
    ("accounts_passkey_credential_id_key", lambda w: make_passkey(w.ada)),
    ("accounts_passkey_counts_up", lambda w: Passkey.objects.update(sign_count=-1)),
    ("accounts_recoverycode_digest_key", lambda w: make_recovery_code(w.ada)),
    (
        "accounts_recovery_code_used_after_it_was_made",
        lambda w: RecoveryCode.objects.update(used_at=timezone.now() - A_DAY),
    ),
    ("accounts_singlesignon_organization_id_key", lambda w: set_up(w.acme)),
    ("accounts_single_sign_on_has_a_provider", lambda w: SingleSignOn.objects.update(issuer="")),
    ("accounts_single_sign_on_has_a_provider", lambda w: SingleSignOn.objects.update(client_secret="")),
    ("accounts_single_sign_on_roles_check", lambda w: SingleSignOn.objects.update(default_roles="Admin")),
    ("accounts_single_sign_on_roles_check", lambda w: SingleSignOn.objects.update(default_roles="")),
    ("accounts_external_identity_is_one_members", lambda w: connect(w.bo, "ada-at-acme")),
    ("accounts_external_identity_once_per_provider", lambda w: connect(w.ada, "another")),
    ("accounts_external_identity_has_a_name", lambda w: ExternalIdentity.objects.update(subject="")),
    ("tasks_project_key_once_per_organization", lambda w: make_project(w.acme, "ACME")),
    ("tasks_project_key_is_short_capitals", lambda w: make_project(w.acme, "web")),
    ("tasks_project_key_is_short_capitals", lambda w: make_project(w.acme, "W")),
    ("tasks_project_key_is_short_capitals", lambda w: make_project(w.acme, "WEB-1")),
    ("tasks_project_key_is_short_capitals", lambda w: make_project(w.acme, "WÉB")),
    ("tasks_project_key_is_short_capitals", lambda w: make_project(w.acme, "WEB\n")),
    ("tasks_project_has_a_name", lambda w: Project.objects.update(name="")),
    ("tasks_task_number_once_per_project", lambda w: Task.objects.filter(pk=w.archived.pk).update(number=1)),
    ("tasks_task_number_counts_from_one", lambda w: Task.objects.filter(pk=w.task.pk).update(number=0)),
    ("tasks_task_has_a_title", lambda w: Task.objects.update(title="")),
    ("status_check", lambda w: Task.objects.update(status="STARTED")),
    ("status_check", lambda w: Task.objects.update(status="done")),
    ("priority_check", lambda w: Task.objects.update(priority="")),
    ("tasks_task_unassigned_has_no_owner", lambda w: Task.objects.filter(pk=w.task.pk).update(owner=w.ada)),
    ("tasks_task_completed_at_only_when_done", lambda w: Task.objects.update(completed_at=timezone.now())),
    ("tasks_task_completed_at_only_when_done", lambda w: Task.objects.filter(pk=w.task.pk).update(status="DONE")),
    ("tasks_task_archived_at_only_when_archived", lambda w: Task.objects.update(archived_at=timezone.now())),
    ("tasks_task_archived_at_only_when_archived", lambda w: Task.objects.update(status="ARCHIVED")),
    ("tasks_task_not_due_before_its_creation", lambda w: Task.objects.update(due_date=w.today - A_DAY)),
    ("tasks_task_lease_only_in_progress", lambda w: lease(w.task, 60)),
    ("tasks_task_lease_only_in_progress", lambda w: Task.objects.update(lease_seconds=60)),
    ("tasks_task_lease_of_ten_seconds_to_a_day", lambda w: lease(w.task, 9, status="IN_PROGRESS")),
    ("tasks_task_lease_of_ten_seconds_to_a_day", lambda w: lease(w.task, 86_401, status="IN_PROGRESS")),
    ("tasks_comment_has_a_text", lambda w: Comment.objects.update(text="")),
    ("tasks_comment_is_not_too_long", lambda w: Comment.objects.update(text="é" * (COMMENT_LENGTH + 1))),
    ("tasks_epic_has_a_name", lambda w: Epic.objects.update(name="")),
    ("tasks_sprint_has_a_name", lambda w: Sprint.objects.update(name="")),
    ("end_date_after_start_date", lambda w: Sprint.objects.update(end_date=F("start_date"))),
    ("end_date_after_start_date", lambda w: Sprint.objects.update(end_date=F("start_date") - A_DAY)),
    (
        "tasks_sprintmembership_once_at_a_time",
        lambda w: SprintMembership.objects.bulk_create([w.membership(), w.membership()]),
    ),
    (
        "tasks_sprintmembership_removed_after_planned",
        lambda w: SprintMembership.objects.update(removed_at=F("planned_at") - A_DAY),
    ),
    (
        "tasks_sprintmembership_removed_by_only_when_removed",
        lambda w: SprintMembership.objects.update(removed_at=None),
    ),
    ("tasks_attachment_has_a_name", lambda w: Attachment.objects.update(name="")),
    ("tasks_attachment_is_not_empty", lambda w: Attachment.objects.update(size=0)),
    ("tasks_attachment_has_a_content_type", lambda w: Attachment.objects.update(content_type="")),
    ("tasks_attachment_has_a_file", lambda w: Attachment.objects.filter(pk=w.own[Attachment].pk).update(file="")),
    ("tasks_attachment_file_key", lambda w: Attachment.objects.update(file="1/the-same")),
    ("tasks_attachment_preview_check", lambda w: Attachment.objects.update(preview="MAYBE")),
    ("tasks_attachment_thumbnail_only_when_ready", lambda w: Attachment.objects.update(preview="READY")),
    ("tasks_attachment_thumbnail_only_when_ready", lambda w: Attachment.objects.update(thumbnail="1/x")),
    ("tasks_watcher_once_per_task", lambda w: make_watcher(w.task, "CLEO@acme.example")),
    ("tasks_watcher_has_an_address", lambda w: Watcher.objects.update(email="cleo")),
    ("tasks_notice_once_per_watcher_and_change", lambda w: make_notice(w.own[Watcher], w.own[Notice].activity)),
    ("tasks_activity_verb_check", lambda w: Activity.objects.update(verb="eaten")),
]
# SQLite names the columns of a broken unique constraint, not the constraint.
COLUMNS = {
    "accounts_authenticator_user_id_key": "accounts_authenticator.user_id",
    "accounts_passkey_credential_id_key": "accounts_passkey.credential_id",
    "accounts_recoverycode_digest_key": "accounts_recoverycode.digest",
    "accounts_organization_slug_key": "accounts_organization.slug",
    "accounts_throttle_pkey": "accounts_throttle.key",
    "tasks_attachment_file_key": "tasks_attachment.file",
    "accounts_flag_name_key": "accounts_flag.name",
    "accounts_invitation_nonce_key": "accounts_invitation.nonce",
    "accounts_idempotent_call_once_per_key": "accounts_idempotentcall.user_id, accounts_idempotentcall.key",
    "accounts_apitoken_hash_key": "accounts_apitoken.hash",
    "accounts_refreshtoken_hash_key": "accounts_refreshtoken.hash",
    "accounts_singlesignon_organization_id_key": "accounts_singlesignon.organization_id",
    "accounts_external_identity_is_one_members": (
        "accounts_externalidentity.organization_id, accounts_externalidentity.issuer, accounts_externalidentity.subject"
    ),
    "accounts_external_identity_once_per_provider": (
        "accounts_externalidentity.user_id, accounts_externalidentity.issuer"
    ),
    "accounts_session_pkey": "accounts_session.session_key",
    "accounts_form_submission_once_per_user": (
        "accounts_formsubmission.user_id, accounts_formsubmission.form, accounts_formsubmission.uuid"
    ),
    "accounts_form_submission_once_without_user": "accounts_formsubmission.form, accounts_formsubmission.uuid",
    "tasks_project_key_once_per_organization": "tasks_project.organization_id, tasks_project.key",
    "tasks_notice_once_per_watcher_and_change": "tasks_notice.watcher_id, tasks_notice.activity_id",
    "tasks_task_number_once_per_project": "tasks_task.project_id, tasks_task.number",
    "tasks_sprintmembership_once_at_a_time": "tasks_sprintmembership.sprint_id, tasks_sprintmembership.task_id",
}


@pytest.mark.parametrize(("rule", "write"), BAD_WRITES, ids=[name for name, _write in BAD_WRITES])
def test_the_database_refuses(w, rule, write):
    shown = COLUMNS.get(rule, rule) if connection.vendor == "sqlite" else rule
    with pytest.raises(IntegrityError, match=shown):
        checked(write, w)


def test_each_constraint_of_the_models_is_tried_above():
    names = {constraint.name for model in MODELS for constraint in model._meta.constraints}
    names |= {
        f"{field.model._meta.db_table}_{'pkey' if field.primary_key else f'{field.column}_key'}"
        for model in MODELS
        for field in model._meta.local_fields
        if field.unique and not field.auto_created
    }
    assert names == {name for name, _write in BAD_WRITES}


def test_names_and_addresses_are_free_in_another_organization(w):
    make_user(w.globex, w.ada.username, w.ada.email)
    make_project(w.globex, "ACME")


def test_the_day_of_creation_is_that_of_utc(w):
    Task.objects.update(created_at=datetime.datetime(2026, 3, 1, 23, 59, 59, tzinfo=datetime.UTC))
    checked(lambda: Task.objects.update(due_date=datetime.date(2026, 3, 1)))
    with pytest.raises(IntegrityError, match="tasks_task_not_due_before_its_creation"):
        checked(lambda: Task.objects.update(due_date=datetime.date(2026, 2, 28)))
    # Half past midnight in Berlin is still the day before in UTC.
    berlin = datetime.timezone(datetime.timedelta(hours=2))
    Task.objects.update(created_at=datetime.datetime(2026, 3, 1, 0, 30, tzinfo=berlin))
    checked(lambda: Task.objects.update(due_date=datetime.date(2026, 2, 28)))


def test_each_status_has_its_allowed_rows(w):
    now = timezone.now()
    checked(lambda: Task.objects.update(status="IN_PROGRESS", owner=None, archived_at=None))
    checked(lambda: Task.objects.filter(pk=w.task.pk).update(status="IN_PROGRESS", owner=w.ada))
    checked(lambda: Task.objects.filter(pk=w.task.pk).update(status="ARCHIVED", archived_at=now))
    checked(lambda: Task.objects.update(status="DONE", completed_at=now, archived_at=None))


@pytest.mark.parametrize("change", [{"kind": "signed_in"}, {"actor_name": "eve"}, {"created_at": timezone.now()}])
def test_what_was_audited_is_never_changed(w, change):
    with pytest.raises(IntegrityError, match="accounts_auditevent_is_never_changed"):
        checked(lambda: AuditEvent.objects.update(**change))


def test_a_deleted_persons_name_stays_in_the_audit(w):
    w.ada.delete()
    event = AuditEvent.objects.of(w.acme).get(kind=AuditKind.MEMBER_JOINED)
    assert (event.actor, event.actor_name) == (None, "ada")


def test_a_comment_may_be_as_long_as_it_says(w):
    checked(lambda: Comment.objects.update(text="é" * COMMENT_LENGTH))


def test_every_table_and_column_explains_itself_in_the_database(db):
    if connection.vendor == "sqlite":
        pytest.skip("SQLite keeps no comments")
    djangos_own = {field.name for field in AbstractUser._meta.local_fields} - {"username", "email"}
    djangos_own |= {field.name for field in AbstractUserFlag._meta.local_fields}
    missing = []
    with connection.cursor() as cursor:
        for model in MODELS:
            table = model._meta.db_table
            cursor.execute("SELECT obj_description(%s::regclass, 'pg_class')", [table])
            if not cursor.fetchone()[0]:
                missing.append(table)
            cursor.execute(
                "SELECT attname, col_description(attrelid, attnum) FROM pg_attribute"
                " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
                [table],
            )
            comments = dict(cursor.fetchall())
            missing += [
                f"{table}.{field.column}"
                for field in model._meta.local_fields
                if not (field.auto_created or (model in {User, Flag} and field.name in djangos_own))
                and not comments[field.column]
            ]
    assert missing == []
