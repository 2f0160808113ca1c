"""From PostgreSQL to SQLite and back: every row of every table, and every file, is what it was."""

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from tests.jobs.conftest import database_url
from tests.operations.conftest import files, run
from tests.operations.test_restoring import ADMIN, manifest, rewritten

pytestmark = pytest.mark.once

# Sign-ins and counts of minutes stay behind; which migrations were applied when, the new database knows itself.
NOT_KEPT = {"accounts_session", "accounts_throttle", "django_session", "django_migrations"}
# The tables of waffle's own flags, in whose place ours stand.
UNUSED = {"waffle_flag"}


def contents(url: str) -> dict[str, list[str]]:
    """Return each table's rows as PostgreSQL writes them, with all columns: those that no model knows, too."""
    with psycopg.connect(url) as database:
        names = [name for [name] in database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        return {
            name: sorted(str(row) for row in database.execute(f"SELECT to_jsonb(t) FROM {name} t"))
            for name in sorted(set(names) - NOT_KEPT)
        }


def last_keys(url: str) -> dict[str, int]:
    with psycopg.connect(url) as database:
        query = "SELECT sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL"
        return {name: last for name, last in database.execute(query) if name != "django_migrations_id_seq"}


@pytest.mark.django_db(transaction=True)
def test_every_row_and_every_file_comes_back(full, empty_postgresql, tmp_path):
    if connection.vendor != "postgresql":
        pytest.skip("It begins on PostgreSQL.")
    source = database_url()
    call_command("migrate", verbosity=0)  # makes permissions that go with the rows of the tests before
    before = contents(source)
    assert [name for name, rows in before.items() if not rows and name not in UNUSED] == [], "put a row into these"
    there, back = tmp_path / "there", tmp_path / "back"
    sqlite, postgresql = f"sqlite:///{tmp_path / 'there.sqlite3'}", empty_postgresql()

    first = run(source, settings.DATA_DIR, "backup", str(tmp_path / "first"))
    assert first.returncode == 0, first.stderr.decode()
    assert (tmp_path / "first").stat().st_mode & 0o777 == 0o600
    # As if an earlier version had made it: the tables become what they were then, and are migrated afterwards.
    earlier = manifest(migrations=lambda those: [each for each in those if each != ADMIN])
    (tmp_path / "earlier").write_bytes(rewritten((tmp_path / "first").read_bytes(), earlier))
    into = run(sqlite, there, "restore", str(tmp_path / "earlier"))
    assert into.returncode == 0, into.stderr.decode()
    # By pipes this time.
    second = run(sqlite, there, "backup", "-")
    assert second.returncode == 0, second.stderr.decode()
    out = run(postgresql, back, "restore", "-", stdin=second.stdout)
    assert out.returncode == 0, out.stderr.decode()

    after = contents(postgresql)
    assert after.keys() == before.keys()
    for name, rows in before.items():
        assert after[name] == rows, name
    assert files(back) == files(there) == files(settings.DATA_DIR)
    assert len(files(back)) > 5
    assert last_keys(postgresql) == last_keys(source)
