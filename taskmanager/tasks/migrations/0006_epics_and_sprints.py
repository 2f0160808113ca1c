"""Epics, sprints, and which tasks a sprint had when."""

from importlib import import_module

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

RULES = import_module("taskmanager.tasks.migrations.0003_links_stay_in_one_organization")
COMMENTS = import_module("taskmanager.tasks.migrations.0005_comments_and_time_of_archiving")
# As in 0003: table, linking column, linked table.
LINKS = [
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
]
LINKED_TABLES = ["tasks_epic", "tasks_sprint"]


def make_rules(apps, schema_editor):
    RULES.make_rules(apps, schema_editor, LINKS, LINKED_TABLES)


def drop_rules(apps, schema_editor):
    RULES.drop_rules(apps, schema_editor, LINKS, LINKED_TABLES)


def forget_plans(apps, schema_editor):
    """On the way back: lines of history about plans have no verb there, and those of epics and sprints no item."""
    using = schema_editor.connection.alias
    lines = apps.get_model("tasks", "Activity").objects.using(using)
    lines.filter(verb__in=["planned", "removed"]).delete()
    lines.exclude(epic=None, sprint=None).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("tasks", "0005_comments_and_time_of_archiving"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(COMMENTS.set_triggers_aside, COMMENTS.put_triggers_back),
        migrations.CreateModel(
            name="Epic",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(db_comment="What people call it", max_length=100)),
                (
                    "description",
                    models.TextField(blank=True, db_comment="What it is for, as Markdown", max_length=50000),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_comment="When it was created", default=django.utils.timezone.now, editable=False
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        db_comment="When it was changed last", default=django.utils.timezone.now, editable=False
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
            ],
            options={
                "db_table_comment": "Big pieces of work, made of tasks",
            },
        ),
        migrations.CreateModel(
            name="Sprint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(db_comment="What people call it", max_length=100)),
                ("description", models.TextField(blank=True, db_comment="Its goal, as Markdown", max_length=50000)),
                ("start_date", models.DateField(db_comment="Its first day")),
                ("end_date", models.DateField(db_comment="Its last day, which belongs to it")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_comment="When it was created", default=django.utils.timezone.now, editable=False
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        db_comment="When it was changed last", default=django.utils.timezone.now, editable=False
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
            ],
            options={
                "db_table_comment": "Periods in which certain tasks are to be done",
            },
        ),
        migrations.CreateModel(
            name="SprintMembership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "planned_at",
                    models.DateTimeField(
                        db_comment="When it was planned into the sprint", default=django.utils.timezone.now
                    ),
                ),
                (
                    "removed_at",
                    models.DateTimeField(
                        db_comment="When it was taken out; empty while it is in the sprint", null=True
                    ),
                ),
            ],
            options={
                "db_table_comment": "Which tasks a sprint has and had: one row for each time that a task was planned into it",
            },
        ),
        migrations.RemoveConstraint(
            model_name="activity",
            name="tasks_activity_verb_check",
        ),
        migrations.AlterField(
            model_name="activity",
            name="reference",
            field=models.CharField(
                db_comment="What the item was called then: a task as in WEB-12, an epic or sprint by its name",
                max_length=100,
            ),
        ),
        migrations.AlterField(
            model_name="activity",
            name="task",
            field=models.ForeignKey(
                db_comment="The task it is about; empty for other items, and once that is deleted",
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="activities",
                to="tasks.task",
            ),
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
                ],
                db_comment="What was done",
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="epic",
            name="creator",
            field=models.ForeignKey(
                db_comment="Who wrote it; empty for a former member",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="created_epics",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="epic",
            name="organization",
            field=models.ForeignKey(
                db_comment="Whose epic it is",
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="accounts.organization",
            ),
        ),
        migrations.AddField(
            model_name="epic",
            name="project",
            field=models.ForeignKey(
                db_comment="The board that it is planned on",
                on_delete=django.db.models.deletion.CASCADE,
                related_name="epics",
                to="tasks.project",
            ),
        ),
        migrations.AddField(
            model_name="activity",
            name="epic",
            field=models.ForeignKey(
                db_comment="The epic it is about; empty for other items, and once that is deleted",
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="activities",
                to="tasks.epic",
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="epic",
            field=models.ForeignKey(
                blank=True,
                db_comment="The epic that it is part of; empty for none",
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="tasks",
                to="tasks.epic",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("epic__isnull", False)), fields=["epic", "status", "-id"], name="tasks_task_of_epic"
            ),
        ),
        migrations.AddField(
            model_name="sprint",
            name="creator",
            field=models.ForeignKey(
                db_comment="Who wrote it; empty for a former member",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="created_sprints",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="sprint",
            name="epic",
            field=models.ForeignKey(
                blank=True,
                db_comment="The epic that it is about; empty for none",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="sprints",
                to="tasks.epic",
            ),
        ),
        migrations.AddField(
            model_name="sprint",
            name="organization",
            field=models.ForeignKey(
                db_comment="Whose sprint it is",
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="accounts.organization",
            ),
        ),
        migrations.AddField(
            model_name="sprint",
            name="project",
            field=models.ForeignKey(
                db_comment="The board it plans",
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="sprints",
                to="tasks.project",
            ),
        ),
        migrations.AddField(
            model_name="activity",
            name="sprint",
            field=models.ForeignKey(
                db_comment="The sprint it is about, or that the task was planned into; empty once that is deleted",
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="activities",
                to="tasks.sprint",
            ),
        ),
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(
                condition=models.Q(("epic__isnull", False)), fields=["epic", "-id"], name="tasks_activity_of_epic"
            ),
        ),
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(
                condition=models.Q(("sprint__isnull", False)), fields=["sprint", "-id"], name="tasks_activity_of_sprint"
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
                        ],
                    )
                ),
                name="tasks_activity_verb_check",
            ),
        ),
        migrations.AddField(
            model_name="sprintmembership",
            name="organization",
            field=models.ForeignKey(
                db_comment="Whose plan it is",
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="accounts.organization",
            ),
        ),
        migrations.AddField(
            model_name="sprintmembership",
            name="planned_by",
            field=models.ForeignKey(
                db_comment="Who planned it; empty for a former member",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="sprintmembership",
            name="removed_by",
            field=models.ForeignKey(
                db_comment="Who took it out; empty while it is in the sprint, and for a former member",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="sprintmembership",
            name="sprint",
            field=models.ForeignKey(
                db_comment="The sprint it was planned into",
                on_delete=django.db.models.deletion.CASCADE,
                related_name="memberships",
                to="tasks.sprint",
            ),
        ),
        migrations.AddField(
            model_name="sprintmembership",
            name="task",
            field=models.ForeignKey(
                db_comment="The task that was planned",
                on_delete=django.db.models.deletion.CASCADE,
                related_name="memberships",
                to="tasks.task",
            ),
        ),
        migrations.AddConstraint(
            model_name="epic",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="tasks_epic_has_a_name"
            ),
        ),
        migrations.AddIndex(
            model_name="sprint",
            index=models.Index(fields=["project", "end_date"], name="tasks_sprint_by_end"),
        ),
        migrations.AddConstraint(
            model_name="sprint",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="tasks_sprint_has_a_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="sprint",
            constraint=models.CheckConstraint(
                condition=models.Q(("end_date__gt", models.F("start_date"))), name="end_date_after_start_date"
            ),
        ),
        migrations.AddConstraint(
            model_name="sprintmembership",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at", None)),
                fields=("sprint", "task"),
                name="tasks_sprintmembership_once_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="sprintmembership",
            constraint=models.CheckConstraint(
                condition=models.Q(("removed_at", None), ("removed_at__gte", models.F("planned_at")), _connector="OR"),
                name="tasks_sprintmembership_removed_after_planned",
            ),
        ),
        migrations.AddConstraint(
            model_name="sprintmembership",
            constraint=models.CheckConstraint(
                condition=models.Q(("removed_by", None), ("removed_at__isnull", False), _connector="OR"),
                name="tasks_sprintmembership_removed_by_only_when_removed",
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_plans),
        migrations.RunPython(COMMENTS.put_triggers_back, COMMENTS.set_triggers_aside),
        migrations.RunPython(make_rules, drop_rules),
    ]
