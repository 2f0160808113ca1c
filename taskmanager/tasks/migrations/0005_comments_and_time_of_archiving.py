"""Comments, their lines of history, and the moment at which a task was archived."""

from importlib import import_module

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Coalesce, Length
from django.db.models.lookups import LessThanOrEqual

roles = import_module("taskmanager.tasks.migrations.0002_roles")
rules = import_module("taskmanager.tasks.migrations.0003_links_stay_in_one_organization")

# As in the migration before: the rows on both ends carry the same organization_id.
LINKS = [
    ("tasks_comment", "task_id", "tasks_task"),
    ("tasks_comment", "author_id", "accounts_user"),
    ("tasks_activity", "comment_id", "tasks_comment"),
]
LINKED_TABLES = ["tasks_comment"]

# Everybody may comment. That an author may change their own is no matter of roles.
PERMISSIONS = {
    "Creator": ["tasks.view_comment", "tasks.add_comment"],
    "Editor": ["tasks.view_comment", "tasks.add_comment"],
    "Admin": ["tasks.view_comment", "tasks.add_comment", "tasks.delete_comment"],
}

# SQLite changes a table by making it anew, which loses its triggers and stumbles over those that name it.
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


def make_rules(apps, schema_editor):
    rules.make_rules(apps, schema_editor, LINKS, LINKED_TABLES)


def drop_rules(apps, schema_editor):
    rules.drop_rules(apps, schema_editor, LINKS, LINKED_TABLES)


def give_permissions(apps, schema_editor):
    roles.make_roles(apps, schema_editor, PERMISSIONS)


def date_archiving(apps, schema_editor):
    """Take from history when each archived task was archived last, by the change: an edit archives, too."""
    using = schema_editor.connection.alias
    task_model = apps.get_model("tasks", "Task")
    archived = task_model.objects.using(using).filter(status="ARCHIVED")
    activity_model = apps.get_model("tasks", "Activity")
    lines = activity_model.objects.using(using).filter(task=models.OuterRef("pk"), changes__status__1="ARCHIVED")
    last = models.Subquery(lines.order_by("-pk").values("created_at")[:1])
    # One that was created as archived has no such line.
    archived.update(archived_at=Coalesce(last, models.F("created_at")))


def forget_comments(apps, schema_editor):
    """On the way back: lines of history about comments have no verb there."""
    using = schema_editor.connection.alias
    verbs = ["commented", "edited_comment", "deleted_comment"]
    apps.get_model("tasks", "Activity").objects.using(using).filter(verb__in=verbs).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("tasks", "0004_words_of_tasks"),
    ]

    operations = [
        migrations.RunPython(set_triggers_aside, put_triggers_back),
        migrations.CreateModel(
            name="Comment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField(db_comment="What it says, as Markdown", max_length=20000)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_comment="When it was written", default=django.utils.timezone.now, editable=False
                    ),
                ),
                (
                    "edited_at",
                    models.DateTimeField(
                        db_comment="When its author changed it last; empty where they never did",
                        editable=False,
                        null=True,
                    ),
                ),
                (
                    "version",
                    models.PositiveIntegerField(
                        db_comment="Counts its changes; an edit names the one it started from",
                        default=1,
                        editable=False,
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        db_comment="Who wrote it; empty for a former member",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_comment="Whose comment it is",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        db_comment="The task it is about",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="comments",
                        to="tasks.task",
                    ),
                ),
            ],
            options={
                "db_table_comment": "What people say about tasks",
                "indexes": [models.Index(fields=["task", "id"], name="tasks_comment_of_task")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True), name="tasks_comment_has_a_text"
                    ),
                    models.CheckConstraint(
                        condition=LessThanOrEqual(Length("text"), 20000), name="tasks_comment_is_not_too_long"
                    ),
                ],
            },
        ),
        migrations.RemoveConstraint(model_name="activity", name="tasks_activity_verb_check"),
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
                        ],
                    )
                ),
                name="tasks_activity_verb_check",
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_comments),
        migrations.AddField(
            model_name="activity",
            name="comment",
            field=models.ForeignKey(
                db_comment="The comment that was written or edited; empty for other changes, and once it is deleted",
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="activities",
                to="tasks.comment",
            ),
        ),
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(
                condition=models.Q(("comment", None), _negated=True),
                fields=["comment"],
                name="tasks_activity_of_comment",
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="archived_at",
            field=models.DateTimeField(
                db_comment="When it became ARCHIVED; empty in every other status", editable=False, null=True
            ),
        ),
        migrations.RunPython(date_archiving, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("archived_at__isnull", False), ("status", "ARCHIVED")),
                    models.Q(models.Q(("status", "ARCHIVED"), _negated=True), ("archived_at", None)),
                    _connector="OR",
                ),
                name="tasks_task_archived_at_only_when_archived",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["organization", "-created_at", "-id"], name="tasks_task_by_creation"),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("archived_at__isnull", False)),
                fields=["organization", "-archived_at", "-id"],
                name="tasks_task_by_archiving",
            ),
        ),
        migrations.RunPython(put_triggers_back, set_triggers_aside),
        migrations.RunPython(make_rules, drop_rules),
        migrations.RunPython(give_permissions, migrations.RunPython.noop, elidable=False),
    ]
