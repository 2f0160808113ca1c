"""Watchers, and what they are still to be told."""

from importlib import import_module

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.models.functions import Lower

rules = import_module("taskmanager.tasks.migrations.0003_links_stay_in_one_organization")

# The rows on both ends carry the same organization_id. No table is made anew here, so no trigger is lost on SQLite.
LINKS = [
    ("tasks_watcher", "task_id", "tasks_task"),
    ("tasks_notice", "watcher_id", "tasks_watcher"),
    ("tasks_notice", "activity_id", "tasks_activity"),
]
LINKED_TABLES = ["tasks_watcher", "tasks_activity"]


def make_rules(apps, schema_editor):
    rules.make_rules(apps, schema_editor, LINKS, LINKED_TABLES)


def drop_rules(apps, schema_editor):
    rules.drop_rules(apps, schema_editor, LINKS, LINKED_TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("tasks", "0009_attachments"),
    ]

    operations = [
        migrations.CreateModel(
            name="Watcher",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "email",
                    models.EmailField(
                        db_comment="Where the mails go, in lower case; a member's, or anybody's", max_length=254
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_comment="When the watching began", default=django.utils.timezone.now, editable=False
                    ),
                ),
                (
                    "mailed_by",
                    models.UUIDField(
                        db_comment="The job that sends the mail, or sent it last", editable=False, null=True
                    ),
                ),
                (
                    "mailed_until",
                    models.DateTimeField(
                        db_comment="Until when only that job may send it; empty where none does",
                        editable=False,
                        null=True,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_comment="Whose task it is",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        db_comment="What is watched",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="watchers",
                        to="tasks.task",
                    ),
                ),
            ],
            options={
                "db_table_comment": "Addresses that get a mail when a task changes",
                "constraints": [
                    models.UniqueConstraint(models.F("task"), Lower("email"), name="tasks_watcher_once_per_task"),
                    models.CheckConstraint(
                        condition=models.Q(("email__contains", "@")), name="tasks_watcher_has_an_address"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_comment="When it happened", default=django.utils.timezone.now, editable=False
                    ),
                ),
                (
                    "activity",
                    models.ForeignKey(
                        db_comment="The change, as a line of history",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tasks.activity",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_comment="Whose change it is",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
                (
                    "watcher",
                    models.ForeignKey(
                        db_comment="Who is to be told",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to="tasks.watcher",
                    ),
                ),
            ],
            options={
                "db_table_comment": "Changes that watchers are still to be told; rows are short-lived",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("watcher", "activity"), name="tasks_notice_once_per_watcher_and_change"
                    ),
                ],
            },
        ),
        migrations.RunPython(make_rules, drop_rules),
    ]
