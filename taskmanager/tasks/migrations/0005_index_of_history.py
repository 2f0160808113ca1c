"""Reports ask history for a span of time. It is written in the order of time, so the smallest of indexes finds it."""

from typing import Any, ClassVar

from django.db import migrations


def create_index(_apps: Any, schema_editor: Any) -> None:
    """On PostgreSQL alone: SQLite has no such index, and reads a small team's history in no time."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE INDEX tasks_activity_by_time ON tasks_activity USING brin (created_at)")


def drop_index(_apps: Any, schema_editor: Any) -> None:
    """Go back."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX tasks_activity_by_time")


class Migration(migrations.Migration):
    """Index history by its time."""

    replaces: ClassVar = [("tasks", "0013_history_by_time")]
    dependencies: ClassVar = [("tasks", "0004_full_text")]
    operations: ClassVar = [migrations.RunPython(create_index, drop_index)]
