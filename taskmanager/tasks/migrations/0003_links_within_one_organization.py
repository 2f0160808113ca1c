"""A link never joins two organizations: the database itself refuses it.

Django can't declare a foreign key of two columns, so PostgreSQL gets one by SQL and SQLite gets triggers.
Later links get their rules from the same two functions. SQLite changes a table by making it anew, which loses its
triggers and stumbles over those that name it: a later migration stands between `set_triggers_aside` and
`put_triggers_back`.
"""

from django.db import migrations

# Table, linking column, linked table: the rows on both ends carry the same organization_id.
LINKS = [
    ("tasks_task", "project_id", "tasks_project"),
    ("tasks_task", "creator_id", "accounts_user"),
    ("tasks_task", "owner_id", "accounts_user"),
    ("tasks_activity", "task_id", "tasks_task"),
    ("tasks_activity", "actor_id", "accounts_user"),
    ("tasks_comment", "task_id", "tasks_task"),
    ("tasks_comment", "author_id", "accounts_user"),
    ("tasks_activity", "comment_id", "tasks_comment"),
    ("tasks_task", "epic_id", "tasks_epic"),
    ("tasks_epic", "project_id", "tasks_project"),
    ("tasks_epic", "creator_id", "accounts_user"),
    ("tasks_sprint", "project_id", "tasks_project"),
    ("tasks_sprint", "creator_id", "accounts_user"),
    ("tasks_sprint", "epic_id", "tasks_epic"),
    ("tasks_sprintmembership", "sprint_id", "tasks_sprint"),
    ("tasks_sprintmembership", "task_id", "tasks_task"),
    ("tasks_sprintmembership", "planned_by_id", "accounts_user"),
    ("tasks_sprintmembership", "removed_by_id", "accounts_user"),
    ("tasks_activity", "epic_id", "tasks_epic"),
    ("tasks_activity", "sprint_id", "tasks_sprint"),
    ("tasks_attachment", "task_id", "tasks_task"),
    ("tasks_attachment", "uploader_id", "accounts_user"),
    ("tasks_watcher", "task_id", "tasks_task"),
    ("tasks_notice", "watcher_id", "tasks_watcher"),
    ("tasks_notice", "activity_id", "tasks_activity"),
    ("accounts_formsubmission", "user_id", "accounts_user"),
    ("accounts_invitation", "invited_by_id", "accounts_user"),
    ("accounts_invitation", "accepted_by_id", "accounts_user"),
    ("accounts_auditevent", "actor_id", "accounts_user"),
    ("accounts_auditevent", "subject_id", "accounts_user"),
    ("accounts_authenticator", "user_id", "accounts_user"),
    ("accounts_passkey", "user_id", "accounts_user"),
    ("accounts_recoverycode", "user_id", "accounts_user"),
    ("accounts_apitoken", "user_id", "accounts_user"),
    ("accounts_refreshtoken", "user_id", "accounts_user"),
    ("accounts_externalidentity", "user_id", "accounts_user"),
    ("accounts_idempotentcall", "user_id", "accounts_user"),
]
LINKED_TABLES = [
    "accounts_user",
    "tasks_project",
    "tasks_task",
    "tasks_comment",
    "tasks_epic",
    "tasks_sprint",
    "tasks_watcher",
    "tasks_activity",
]


def make_rules(apps, schema_editor, links=LINKS, linked_tables=LINKED_TABLES):
    if schema_editor.connection.vendor == "postgresql":
        for table in linked_tables:
            schema_editor.execute(
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_id_and_organization UNIQUE (id, organization_id)"
            )
        for table, column, linked in links:
            schema_editor.execute(
                f"ALTER TABLE {table} ADD CONSTRAINT {rule_name(table, column)}"
                f" FOREIGN KEY ({column}, organization_id) REFERENCES {linked} (id, organization_id)"
                " DEFERRABLE INITIALLY DEFERRED"
            )
    else:
        for table, column, linked in links:
            for event in ("INSERT", f"UPDATE OF {column}, organization_id"):
                schema_editor.execute(
                    f"CREATE TRIGGER {rule_name(table, column)}_{event.split()[0].lower()}"
                    f" BEFORE {event} ON {table} WHEN NEW.{column} IS NOT NULL AND NOT EXISTS"
                    f" (SELECT 1 FROM {linked} WHERE id = NEW.{column} AND organization_id = NEW.organization_id)"
                    f" BEGIN SELECT RAISE(ABORT, '{rule_name(table, column)}'); END"
                )
            schema_editor.execute(
                f"CREATE TRIGGER {rule_name(table, column)}_linked BEFORE UPDATE OF organization_id ON {linked}"
                f" WHEN EXISTS (SELECT 1 FROM {table} WHERE {column} = NEW.id AND organization_id != NEW.organization_id)"
                f" BEGIN SELECT RAISE(ABORT, '{rule_name(table, column)}'); END"
            )


def drop_rules(apps, schema_editor, links=LINKS, linked_tables=LINKED_TABLES):
    if schema_editor.connection.vendor == "postgresql":
        for table, column, _linked in links:
            schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {rule_name(table, column)}")
        for table in linked_tables:
            schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_id_and_organization")
    else:
        for table, column, _linked in links:
            for event in ("insert", "update", "linked"):
                schema_editor.execute(f"DROP TRIGGER {rule_name(table, column)}_{event}")


def rule_name(table, column):
    return f"{table}_{column.removesuffix('_id')}_of_the_same_organization"


triggers_aside = []


def set_triggers_aside(apps, schema_editor):
    if schema_editor.connection.vendor != "sqlite":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name")
        triggers_aside[:] = cursor.fetchall()
    for name, _sql in triggers_aside:
        schema_editor.execute(f"DROP TRIGGER {name}")


def put_triggers_back(apps, schema_editor):
    for _name, sql in triggers_aside:
        schema_editor.execute(sql)
    triggers_aside.clear()


class Migration(migrations.Migration):
    replaces = [
        ("tasks", "0003_links_stay_in_one_organization"),
        ("tasks", "0012_submissions_stay_in_one_organization"),
        ("tasks", "0014_invitations_stay_in_one_organization"),
        ("tasks", "0015_audit_stays_in_one_organization"),
        ("tasks", "0016_second_factors_stay_in_one_organization"),
        ("tasks", "0017_tokens_stay_in_one_organization"),
        ("tasks", "0018_identities_stay_in_one_organization"),
        ("tasks", "0022_calls_stay_in_one_organization"),
    ]
    dependencies = [("tasks", "0002_roles_and_permissions")]

    operations = [migrations.RunPython(make_rules, drop_rules)]
