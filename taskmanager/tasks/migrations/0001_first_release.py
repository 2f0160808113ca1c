"""Projects, tasks and what belongs to them: the tables of the first release. What is no model's follows by itself."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import taskmanager.tasks.models.tasks


class Migration(migrations.Migration):
    initial = True
    replaces = [
        ("tasks", "0001_initial"),
        ("tasks", "0005_comments_and_time_of_archiving"),
        ("tasks", "0006_epics_and_sprints"),
        ("tasks", "0009_attachments"),
        ("tasks", "0010_watchers"),
        ("tasks", "0020_free_tasks"),
        ("tasks", "0021_leases"),
    ]
    dependencies = [
        ("accounts", "0001_first_release"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Project",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(db_comment="What people call it", max_length=100)),
                (
                    "key",
                    models.CharField(
                        db_comment="The first part of its tasks' references, as in WEB-12",
                        max_length=10,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z0-9]{2,10}\\Z", "A key is 2 to 10 letters A–Z or digits."
                            )
                        ],
                    ),
                ),
                (
                    "last_number",
                    models.PositiveIntegerField(
                        db_comment="The number given to a task last; numbers are never reused", default=0
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, db_comment="When it was made")),
                (
                    "organization",
                    models.ForeignKey(
                        db_comment="Whose board it is",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="projects",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "db_table_comment": "Boards of an organization",
            },
        ),
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
                (
                    "creator",
                    models.ForeignKey(
                        db_comment="Who wrote it; empty for a former member",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="created_epics",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_comment="Whose epic it is",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_comment="The board that it is planned on",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="epics",
                        to="tasks.project",
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
                (
                    "creator",
                    models.ForeignKey(
                        db_comment="Who wrote it; empty for a former member",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="created_sprints",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "epic",
                    models.ForeignKey(
                        blank=True,
                        db_comment="The epic that it is about; empty for none",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="sprints",
                        to="tasks.epic",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_comment="Whose sprint it is",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_comment="The board it plans",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sprints",
                        to="tasks.project",
                    ),
                ),
            ],
            options={
                "db_table_comment": "Periods in which certain tasks are to be done",
            },
        ),
        migrations.CreateModel(
            name="Task",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "number",
                    models.PositiveIntegerField(
                        db_comment="Counts from 1 in each project, without gaps; WEB-12 is number 12 of WEB",
                        editable=False,
                    ),
                ),
                ("title", models.CharField(db_comment="What is to be done, in one line", max_length=200)),
                ("description", models.TextField(blank=True, db_comment="The details, as Markdown", max_length=50000)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("UNASSIGNED", "Unassigned"),
                            ("IN_PROGRESS", "In progress"),
                            ("DONE", "Completed"),
                            ("ARCHIVED", "Archived"),
                        ],
                        db_comment="UNASSIGNED, IN_PROGRESS, DONE or ARCHIVED; an unassigned task has no owner",
                        default="UNASSIGNED",
                        max_length=11,
                    ),
                ),
                (
                    "priority",
                    models.CharField(
                        choices=[("LOW", "Low"), ("MEDIUM", "Medium"), ("HIGH", "High"), ("URGENT", "Urgent")],
                        db_comment="LOW, MEDIUM, HIGH or URGENT",
                        default="MEDIUM",
                        max_length=6,
                    ),
                ),
                (
                    "due_date",
                    models.DateField(
                        blank=True,
                        db_comment="The day by which it should be done; not before the day of creation",
                        null=True,
                    ),
                ),
                (
                    "position",
                    models.CharField(
                        db_comment="Its place in its column: digits that are compared as text, so that a new one fits between any two",
                        editable=False,
                        max_length=250,
                    ),
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
                    "completed_at",
                    models.DateTimeField(
                        db_comment="When it became DONE; empty in every other status", editable=False, null=True
                    ),
                ),
                (
                    "archived_at",
                    models.DateTimeField(
                        db_comment="When it became ARCHIVED; empty in every other status", editable=False, null=True
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
                    "lease_expires_at",
                    models.DateTimeField(
                        db_comment="When it comes back to everybody, unless its owner renews the claim; empty for a claim without end",
                        editable=False,
                        null=True,
                    ),
                ),
                (
                    "lease_seconds",
                    models.PositiveIntegerField(
                        db_comment="For how long the claim was made and renewed last; empty without a lease",
                        editable=False,
                        null=True,
                    ),
                ),
                (
                    "creator",
                    models.ForeignKey(
                        db_comment="Who wrote it; empty for a former member",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="created_tasks",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "epic",
                    models.ForeignKey(
                        blank=True,
                        db_comment="The epic that it is part of; empty for none",
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="tasks",
                        to="tasks.epic",
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
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        db_comment="Who is responsible for it; empty for nobody",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="owned_tasks",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_comment="The board it is on",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tasks",
                        to="tasks.project",
                    ),
                ),
            ],
            options={
                "db_table_comment": "Pieces of work",
                "permissions": [("change_any_task", "Can change tasks of others")],
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
                (
                    "organization",
                    models.ForeignKey(
                        db_comment="Whose plan it is",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
                (
                    "planned_by",
                    models.ForeignKey(
                        db_comment="Who planned it; empty for a former member",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "removed_by",
                    models.ForeignKey(
                        db_comment="Who took it out; empty while it is in the sprint, and for a former member",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "sprint",
                    models.ForeignKey(
                        db_comment="The sprint it was planned into",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="tasks.sprint",
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        db_comment="The task that was planned",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="tasks.task",
                    ),
                ),
            ],
            options={
                "db_table_comment": "Which tasks a sprint has and had: one row for each time that a task was planned into it",
            },
        ),
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
            },
        ),
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
                    "uploader",
                    models.ForeignKey(
                        db_comment="Who attached it; empty for a former member",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
            ],
            options={
                "db_table_comment": "Files that belong to tasks",
            },
        ),
        migrations.CreateModel(
            name="Activity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reference",
                    models.CharField(
                        db_comment="What the item was called then: a task as in WEB-12, an epic or sprint by its name",
                        max_length=100,
                    ),
                ),
                (
                    "verb",
                    models.CharField(
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
                (
                    "changes",
                    models.JSONField(
                        db_comment='Per changed field its old and its new value: {"status": ["UNASSIGNED", "DONE"]}',
                        default=dict,
                    ),
                ),
                ("version", models.PositiveIntegerField(db_comment="The version of the item that this change made")),
                ("created_at", models.DateTimeField(db_comment="When it was done", default=django.utils.timezone.now)),
                (
                    "actor",
                    models.ForeignKey(
                        db_comment="Who did it; empty for a former member",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_comment="Whose history it is",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
                (
                    "comment",
                    models.ForeignKey(
                        db_comment="The comment that was written or edited; empty for other changes, and once it is deleted",
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="activities",
                        to="tasks.comment",
                    ),
                ),
                (
                    "epic",
                    models.ForeignKey(
                        db_comment="The epic it is about; empty for other items, and once that is deleted",
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="activities",
                        to="tasks.epic",
                    ),
                ),
                (
                    "sprint",
                    models.ForeignKey(
                        db_comment="The sprint it is about, or that the task was planned into; empty once that is deleted",
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="activities",
                        to="tasks.sprint",
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        db_comment="The task it is about; empty for other items, and once that is deleted",
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="activities",
                        to="tasks.task",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "activities",
                "db_table_comment": "History: one row per change, written in the transaction of the change",
            },
        ),
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
            },
        ),
        migrations.AddConstraint(
            model_name="project",
            constraint=models.UniqueConstraint(
                fields=("organization", "key"), name="tasks_project_key_once_per_organization"
            ),
        ),
        migrations.AddConstraint(
            model_name="project",
            constraint=models.CheckConstraint(
                condition=models.Q(("key__regex", "^[A-Z0-9]{2,10}\\Z")), name="tasks_project_key_is_short_capitals"
            ),
        ),
        migrations.AddConstraint(
            model_name="project",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="tasks_project_has_a_name"
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
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["project", "status", "position", "id"], name="tasks_task_column"),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["organization", "-id"], name="tasks_task_newest"),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["organization", "-updated_at", "-id"], name="tasks_task_changed_last"),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["organization", "status", "-id"], name="tasks_task_by_status"),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["organization", "due_date", "id"], name="tasks_task_by_due_date"),
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
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("owner__isnull", True), ("status__in", ["UNASSIGNED", "IN_PROGRESS"])),
                fields=["organization", "priority", "due_date", "id"],
                name="tasks_task_free",
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
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("epic__isnull", False)), fields=["epic", "status", "-id"], name="tasks_task_of_epic"
            ),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.UniqueConstraint(fields=("project", "number"), name="tasks_task_number_once_per_project"),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["UNASSIGNED", "IN_PROGRESS", "DONE", "ARCHIVED"])),
                name="status_check",
            ),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(("priority__in", ["LOW", "MEDIUM", "HIGH", "URGENT"])), name="priority_check"
            ),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(("title", ""), _negated=True), name="tasks_task_has_a_title"
            ),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gte", 1)), name="tasks_task_number_counts_from_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("status", "UNASSIGNED"), _negated=True), ("owner", None), _connector="OR"),
                name="tasks_task_unassigned_has_no_owner",
            ),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("completed_at__isnull", False), ("status", "DONE")),
                    models.Q(models.Q(("status", "DONE"), _negated=True), ("completed_at", None)),
                    _connector="OR",
                ),
                name="tasks_task_completed_at_only_when_done",
            ),
        ),
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
        migrations.AddConstraint(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("due_date", None),
                    ("due_date__gte", taskmanager.tasks.models.tasks.DayOf(models.F("created_at"))),
                    _connector="OR",
                ),
                name="tasks_task_not_due_before_its_creation",
            ),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lease_expires_at", None), ("lease_seconds", None)),
                    models.Q(
                        ("lease_expires_at__isnull", False), ("lease_seconds__isnull", False), ("status", "IN_PROGRESS")
                    ),
                    _connector="OR",
                ),
                name="tasks_task_lease_only_in_progress",
            ),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(("lease_seconds", None), ("lease_seconds__range", (10, 86400)), _connector="OR"),
                name="tasks_task_lease_of_ten_seconds_to_a_day",
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
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(fields=["task", "id"], name="tasks_comment_of_task"),
        ),
        migrations.AddConstraint(
            model_name="comment",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), _negated=True), name="tasks_comment_has_a_text"
            ),
        ),
        migrations.AddConstraint(
            model_name="comment",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.LessThanOrEqual(
                    django.db.models.functions.text.Length("text"), 20000
                ),
                name="tasks_comment_is_not_too_long",
            ),
        ),
        migrations.AddIndex(
            model_name="attachment",
            index=models.Index(fields=["task", "id"], name="tasks_attachment_of_task"),
        ),
        migrations.AddConstraint(
            model_name="attachment",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="tasks_attachment_has_a_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="attachment",
            constraint=models.CheckConstraint(
                condition=models.Q(("size__gt", 0)), name="tasks_attachment_is_not_empty"
            ),
        ),
        migrations.AddConstraint(
            model_name="attachment",
            constraint=models.CheckConstraint(
                condition=models.Q(("content_type", ""), _negated=True), name="tasks_attachment_has_a_content_type"
            ),
        ),
        migrations.AddConstraint(
            model_name="attachment",
            constraint=models.CheckConstraint(
                condition=models.Q(("file", ""), _negated=True), name="tasks_attachment_has_a_file"
            ),
        ),
        migrations.AddConstraint(
            model_name="attachment",
            constraint=models.CheckConstraint(
                condition=models.Q(("preview__in", ["NONE", "PENDING", "READY", "TOO_LARGE", "BROKEN"])),
                name="tasks_attachment_preview_check",
            ),
        ),
        migrations.AddConstraint(
            model_name="attachment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("preview", "READY"), models.Q(("thumbnail", ""), _negated=True)),
                    models.Q(models.Q(("preview", "READY"), _negated=True), ("thumbnail", "")),
                    _connector="OR",
                ),
                name="tasks_attachment_thumbnail_only_when_ready",
            ),
        ),
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(fields=["task", "-id"], name="tasks_activity_of_task"),
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
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(fields=["organization", "-id"], name="tasks_activity_newest"),
        ),
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(
                condition=models.Q(("comment", None), _negated=True),
                fields=["comment"],
                name="tasks_activity_of_comment",
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
        migrations.AddConstraint(
            model_name="watcher",
            constraint=models.UniqueConstraint(
                models.F("task"), django.db.models.functions.text.Lower("email"), name="tasks_watcher_once_per_task"
            ),
        ),
        migrations.AddConstraint(
            model_name="watcher",
            constraint=models.CheckConstraint(
                condition=models.Q(("email__contains", "@")), name="tasks_watcher_has_an_address"
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.UniqueConstraint(
                fields=("watcher", "activity"), name="tasks_notice_once_per_watcher_and_change"
            ),
        ),
    ]
