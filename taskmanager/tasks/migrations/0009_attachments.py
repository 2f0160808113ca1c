"""Attachments, and their lines of history."""

from importlib import import_module

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

roles = import_module("taskmanager.tasks.migrations.0002_roles")
rules = import_module("taskmanager.tasks.migrations.0003_links_stay_in_one_organization")
comments = import_module("taskmanager.tasks.migrations.0005_comments_and_time_of_archiving")

LINKS = [
    ("tasks_attachment", "task_id", "tasks_task"),
    ("tasks_attachment", "uploader_id", "accounts_user"),
]

# Whoever adds tasks adds what belongs to them; deleting is for Admins, as everywhere.
PERMISSIONS = {
    "Creator": ["tasks.view_attachment", "tasks.add_attachment"],
    "Editor": ["tasks.view_attachment"],
    "Admin": ["tasks.view_attachment", "tasks.add_attachment", "tasks.delete_attachment"],
}


def make_rules(apps, schema_editor):
    rules.make_rules(apps, schema_editor, LINKS, [])


def drop_rules(apps, schema_editor):
    rules.drop_rules(apps, schema_editor, LINKS, [])


def give_permissions(apps, schema_editor):
    roles.make_roles(apps, schema_editor, PERMISSIONS)


def forget_attachments(apps, schema_editor):
    """On the way back: lines of history about attachments have no verb there."""
    using = schema_editor.connection.alias
    verbs = ["attached", "deleted_attachment"]
    apps.get_model("tasks", "Activity").objects.using(using).filter(verb__in=verbs).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("tasks", "0008_words_of_comments"),
    ]

    operations = [
        migrations.RunPython(comments.set_triggers_aside, comments.put_triggers_back),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(db_comment="What its uploader called it, made harmless; no path", max_length=255),
                ),
                ("size", models.PositiveBigIntegerField(db_comment="How many bytes it has")),
                (
                    "content_type",
                    models.CharField(db_comment="What it is, read from its content and not its name", max_length=127),
                ),
                (
                    "file",
                    models.FileField(
                        db_comment="Where it lies in the storage: nothing to guess", unique=True, upload_to=""
                    ),
                ),
                (
                    "preview",
                    models.CharField(
                        choices=[
                            ("NONE", "No image"),
                            ("PENDING", "Being made"),
                            ("READY", "Made"),
                            ("TOO_LARGE", "Too large for a preview"),
                            ("BROKEN", "Not readable"),
                        ],
                        db_comment="NONE, PENDING, READY, TOO_LARGE or BROKEN: what became of the thumbnail",
                        default="NONE",
                        max_length=9,
                    ),
                ),
                (
                    "thumbnail",
                    models.FileField(
                        blank=True,
                        db_comment="Where its thumbnail lies in the storage; empty for none",
                        max_length=110,
                        upload_to="",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_comment="When it was attached", default=django.utils.timezone.now, editable=False
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_comment="Whose attachment it is",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        db_comment="The task it belongs to",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attachments",
                        to="tasks.task",
                    ),
                ),
                (
                    "uploader",
                    models.ForeignKey(
                        db_comment="Who attached it; empty for a former member",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table_comment": "Files that belong to tasks",
                "indexes": [models.Index(fields=["task", "id"], name="tasks_attachment_of_task")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="tasks_attachment_has_a_name"
                    ),
                    models.CheckConstraint(condition=models.Q(("size__gt", 0)), name="tasks_attachment_is_not_empty"),
                    models.CheckConstraint(
                        condition=models.Q(("content_type", ""), _negated=True),
                        name="tasks_attachment_has_a_content_type",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("file", ""), _negated=True), name="tasks_attachment_has_a_file"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("preview__in", ["NONE", "PENDING", "READY", "TOO_LARGE", "BROKEN"])),
                        name="tasks_attachment_preview_check",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("preview", "READY"), models.Q(("thumbnail", ""), _negated=True)),
                            models.Q(models.Q(("preview", "READY"), _negated=True), ("thumbnail", "")),
                            _connector="OR",
                        ),
                        name="tasks_attachment_thumbnail_only_when_ready",
                    ),
                ],
            },
        ),
        migrations.RemoveConstraint(
            model_name="activity",
            name="tasks_activity_verb_check",
        ),
        migrations.AlterField(
            model_name="activity",
            name="verb",
            field=models.CharField(
                choices=[
                    ("created", "created this"),
                    ("edited", "edited it"),
                    ("claimed", "claimed it"),
                    ("released", "released it"),
                    ("moved", "moved it"),
                    ("reordered", "changed its place in the column"),
                    ("archived", "archived it"),
                    ("deleted", "deleted it"),
                    ("commented", "commented"),
                    ("edited_comment", "edited a comment"),
                    ("deleted_comment", "deleted a comment"),
                    ("planned", "planned it"),
                    ("removed", "removed it"),
                    ("attached", "attached"),
                    ("deleted_attachment", "deleted"),
                ],
                db_comment="What was done",
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="activity",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "verb__in",
                        [
                            "created",
                            "edited",
                            "claimed",
                            "released",
                            "moved",
                            "reordered",
                            "archived",
                            "deleted",
                            "commented",
                            "edited_comment",
                            "deleted_comment",
                            "planned",
                            "removed",
                            "attached",
                            "deleted_attachment",
                        ],
                    )
                ),
                name="tasks_activity_verb_check",
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_attachments),
        migrations.RunPython(comments.put_triggers_back, comments.set_triggers_aside),
        migrations.RunPython(make_rules, drop_rules),
        migrations.RunPython(give_permissions, migrations.RunPython.noop, elidable=False),
    ]
