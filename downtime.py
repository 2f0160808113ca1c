"""Refuse migrations that lock or break the running version: `make lint`.

Servers are replaced one by one, so the version before still runs while and after a migration does its work. Squawk
reads the SQL that PostgreSQL will get, of the migrations since the last release; what Python does in a migration no
program can read, so the rules for that are about its shape. Without such a migration nothing is started.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import django
from django.db import connection
from django.db.migrations import Migration, RunPython
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from tests.servers import postgresql

# The last migration of each app in the last release; who makes a release sets them anew.
RELEASED = {
    "accounts": "0002_audit_is_never_changed",
    "jobs": "0001_index_of_unfinished_jobs",
    "tasks": "0007_orderings",
}
# What is right all the same, with its reason: {("tasks", "0007_…"): {"ban-drop-column": "why"}}. To drop what the
# last release doesn't use any more is the usual one.
ACCEPTED: dict[tuple[str, str], dict[str, str]] = {}

# Rules that Django's own SQL breaks without harm.
NOT_ASKED = [
    "prefer-robust-stmts",  # a migration is a transaction, or one statement that can be run again
    "prefer-bigint-over-int",  # the model chooses
    "prefer-text-field",  # varchar(n) that grows rewrites nothing, and the model chooses
    "require-lock-timeout",  # sqlmigrate's text has no session to set it in
    "require-statement-timeout",
]


def main() -> int:
    """Check the migrations since the last release; return 1 where one is refused."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taskmanager.settings.dev")
    if not any(is_new(path.parent.parent.name, path.stem) for path in Path().glob("taskmanager/*/migrations/0*.py")):
        return 0
    with postgresql() as url:
        os.environ["DATABASE_URL"] = url  # before the settings read it
        django.setup()
        loader = MigrationLoader(None)
        found = [
            f"{app}.{name}: {problem}"
            for app, name in sorted(filter(lambda key: is_new(*key), loader.disk_migrations))
            for problem in problems(loader.disk_migrations[app, name], loader.project_state((app, name), at_end=False))
        ]
    sys.stdout.writelines(f"{line}\n" for line in found)
    return int(bool(found))


def is_new(app: str, name: str) -> bool:
    """Whether the migration came after the last release: those of other people's apps did not."""
    return (Path(__file__).parent / "taskmanager" / app).is_dir() and name > RELEASED.get(app, "")


def problems(migration: Migration, state: ProjectState) -> list[str]:
    """Return why the migration is refused, in sentences. `state` is what it finds. Asks PostgreSQL."""
    accepted = ACCEPTED.get((migration.app_label, migration.name), {})
    found = [*in_python(migration), *in_sql(sql(migration, state))]
    return [f"{rule}: {sentence}" for rule, sentence in found if rule not in accepted]


def in_python(migration: Migration) -> Iterator[tuple[str, str]]:
    """Give the rules that the migration breaks by its shape, each with a sentence."""
    programs = [operation for operation in migration.operations if isinstance(operation, RunPython)]
    if not all(operation.reversible for operation in migration.operations):
        yield "no-way-back", "Each operation can be reversed: give RunPython and RunSQL their second argument."
    if programs and len(programs) < len(migration.operations):
        yield "data-with-schema", "Rows are changed by a migration of their own, or tables stay locked meanwhile."


def sql(migration: Migration, state: ProjectState) -> str:
    """Return what PostgreSQL will get, as `sqlmigrate` shows it."""
    with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
        migration.apply(state, editor, collect_sql=True)
    begin, end = ("BEGIN;", "COMMIT;") if migration.atomic else ("", "")
    return "\n".join([begin, *editor.collected_sql, end])


def in_sql(text: str) -> Iterator[tuple[str, str]]:
    """Give the rules of Squawk that the statements break, each with its sentence."""
    squawk = Path(sys.executable).with_name("squawk")
    command = [squawk, "--reporter=json", f"--exclude={','.join(NOT_ASKED)}", "--stdin-filepath=migration.sql"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)  # noqa: S603 (ours)
    # It ends with 1 where it found something, and says so; all else is its own failure.
    if done.returncode not in {0, 1} or not done.stdout.strip():
        raise RuntimeError(f"squawk failed: {done.stderr or done.stdout}")
    for each in json.loads(done.stdout):
        yield each["rule_name"], f"{each['message']} {each.get('help') or ''}".strip()


if __name__ == "__main__":
    sys.exit(main())
