"""`make lint` refuses a migration that locks or breaks the version that still runs, and lets the others pass."""

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader

import downtime

pytestmark = [pytest.mark.once, pytest.mark.django_db]

POSITIVE = models.CheckConstraint(condition=models.Q(number__gt=0), name="tasks_task_counts")
INDEX = models.Index(fields=["title"], name="tasks_task_by_title")
CHANGE = migrations.RunPython(migrations.RunPython.noop, migrations.RunPython.noop)
BAD = {
    "ban-drop-column": migrations.RemoveField("task", "description"),
    "ban-drop-table": migrations.DeleteModel("Notice"),
    "ban-drop-default": migrations.AddField("task", "estimate", models.IntegerField(default=1)),
    "adding-required-field": migrations.RunSQL(
        "ALTER TABLE tasks_task ADD COLUMN x int NOT NULL", "ALTER TABLE tasks_task DROP COLUMN x"
    ),
    "require-concurrent-index-creation": migrations.AddIndex("task", INDEX),
    "require-concurrent-index-deletion": migrations.RunSQL(
        "DROP INDEX tasks_task_words", "CREATE INDEX CONCURRENTLY tasks_task_words ON tasks_task (id)"
    ),
    "constraint-missing-not-valid": migrations.AddConstraint("task", POSITIVE),
    "disallowed-unique-constraint": migrations.AddConstraint(
        "task", models.UniqueConstraint(fields=["title"], name="tasks_title_once")
    ),
    "renaming-column": migrations.RenameField("task", "title", "name"),
    "renaming-table": migrations.AlterModelTable("task", "tasks_card"),
    "changing-column-type": migrations.AlterField("task", "number", models.BigIntegerField()),
    "adding-not-nullable-field": migrations.AlterField("task", "due_date", models.DateField(default="2026-01-01")),
    "no-way-back": migrations.RunPython(migrations.RunPython.noop),
}
GOOD = {
    "a table with an index": [
        migrations.CreateModel(
            "Label",
            [("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=9, db_index=True))],
        )
    ],
    "a column that may be empty": [migrations.AddField("task", "estimate", models.IntegerField(null=True))],
    "a column with the database's default": [
        migrations.AddField("task", "estimate", models.IntegerField(default=1, db_default=1))
    ],
    "a constraint for new rows": [AddConstraintNotValid("task", POSITIVE)],
    "a constraint that is checked later": [ValidateConstraint("task", "tasks_task_counts")],
    "a change of rows": [CHANGE],
    "what is known to Django alone": [migrations.AlterModelOptions("task", {"verbose_name": "card"})],
}


@pytest.fixture(scope="module")
def state():
    return MigrationLoader(None).project_state()


def refused(state, *operations) -> set[str]:
    if connection.vendor != "postgresql":
        pytest.skip("It is about PostgreSQL.")
    migration = migrations.Migration("0099_example", "tasks")
    migration.operations = list(operations)
    migration.atomic = not any(isinstance(each, AddIndexConcurrently) for each in operations)
    return {problem.partition(":")[0] for problem in downtime.problems(migration, state.clone())}


@pytest.mark.parametrize("rule", BAD)
def test_what_locks_or_breaks_is_refused(state, rule):
    assert rule in refused(state, BAD[rule])


@pytest.mark.parametrize("operations", GOOD.values(), ids=GOOD)
def test_what_does_neither_passes(state, operations):
    assert refused(state, *operations) == set()


@pytest.mark.django_db(transaction=True)
def test_an_index_that_is_made_beside_the_work_passes(state):
    assert refused(state, AddIndexConcurrently("task", INDEX)) == set()


def test_rows_are_not_changed_while_tables_are_locked(state):
    estimate = migrations.AddField("task", "estimate", models.IntegerField(null=True))
    assert refused(state, estimate, CHANGE) == {"data-with-schema"}


def test_what_is_accepted_passes(state, monkeypatch):
    monkeypatch.setattr(downtime, "ACCEPTED", {("tasks", "0099_example"): {"ban-drop-column": "unused since 1.0"}})
    assert refused(state, BAD["ban-drop-column"]) == set()


def test_there_is_nothing_to_ask_before_the_first_change(monkeypatch):
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    names = [key for key in MigrationLoader(None).disk_migrations if downtime.is_new(*key)]
    assert downtime.is_new("tasks", "0099_example")
    assert not downtime.is_new("auth", "0099_example")
    assert names or downtime.main() == 0
