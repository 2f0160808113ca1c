"""A link never joins two organizations: the database itself refuses it.

Django can't declare a foreign key of two columns, so PostgreSQL gets one by SQL and SQLite gets triggers.
A later migration that rebuilds one of these tables on SQLite would lose its triggers, and fail while a trigger of
another table names it: it drops all rules first and makes them again afterwards, as 0004 does.
"""

from django.db import migrations

# Table, linking column, linked table: the rows on both ends carry the same organization_id.
LINKS = [
    ("tasks_task", "project_id", "tasks_project"),
    ("tasks_task", "creator_id", "accounts_user"),
    ("tasks_task", "owner_id", "accounts_user"),
    ("tasks_activity", "task_id", "tasks_task"),
    ("tasks_activity", "actor_id", "accounts_user"),
]
LINKED_TABLES = ["accounts_user", "tasks_project", "tasks_task"]


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


class Migration(migrations.Migration):
    dependencies = [("tasks", "0002_roles")]

    operations = [migrations.RunPython(make_rules, drop_rules)]
