"""Claims that hold for a time, and end by themselves."""

from importlib import import_module

from django.db import migrations, models

COMMENTS = import_module("taskmanager.tasks.migrations.0005_comments_and_time_of_archiving")


class Migration(migrations.Migration):
    dependencies = [("tasks", "0020_free_tasks")]

    operations = [
        migrations.AddField(
            model_name="task",
            name="lease_expires_at",
            field=models.DateTimeField(
                db_comment=(
                    "When it comes back to everybody, unless its owner renews the claim; empty for a claim without end"
                ),
                editable=False,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="lease_seconds",
            field=models.PositiveIntegerField(
                db_comment="For how long the claim was made and renewed last; empty without a lease",
                editable=False,
                null=True,
            ),
        ),
        # A constraint has SQLite make the table anew, which would lose its triggers.
        migrations.RunPython(COMMENTS.set_triggers_aside, COMMENTS.put_triggers_back),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("lease_expires_at", None),
                    ("lease_seconds", None),
                )
                | models.Q(
                    ("lease_expires_at__isnull", False),
                    ("lease_seconds__isnull", False),
                    ("status", "IN_PROGRESS"),
                ),
                name="tasks_task_lease_only_in_progress",
            ),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("lease_seconds", None),
                    ("lease_seconds__range", (10, 86400)),
                    _connector="OR",
                ),
                name="tasks_task_lease_of_ten_seconds_to_a_day",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("lease_expires_at__isnull", False)),
                fields=["lease_expires_at"],
                name="tasks_task_by_end_of_lease",
            ),
        ),
        migrations.RunPython(COMMENTS.put_triggers_back, COMMENTS.set_triggers_aside),
    ]
