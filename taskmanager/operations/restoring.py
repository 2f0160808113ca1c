"""Reading a backup: first all of it, to see whether it is whole; then everything or nothing goes into the database."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from django.apps.registry import Apps
from django.contrib.contenttypes.models import ContentType
from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from taskmanager.operations import archive, migrating, rows
from taskmanager.operations.backups import FORMAT, SMALL, Report

Key = tuple[str, str]


class Refused(Exception):
    """The backup can't be restored here; the message says why, and what helps. Nothing was touched."""


@dataclass
class Contents:
    """What the whole file was found to hold."""

    version: str
    made_at: str
    migrations: set[Key]
    tables: dict[str, list[str]]
    last_keys: dict[str, int] = field(default_factory=dict)
    rows: int = 0
    uploads: int = 0
    bytes: int = 0  # of the uploads


def check(file: IO[bytes]) -> Contents:
    """Read the whole file and return what is in it; touch nothing. Raises archive.Damaged, Refused."""
    file.seek(0)
    contents, end = None, None
    for member in archive.members(file):
        kind, _, rest = member.name.partition("/")
        if contents is None:
            contents = _manifest(member)
        elif end is not None:
            raise archive.Damaged(f"{member.name[:100]} stands behind its end.")
        elif kind == "rows":
            contents.rows += len(_rows(member, contents)[1])
        elif kind == "uploads" and rest:
            contents.uploads += 1
            contents.bytes += member.size
        elif member.name == "end.json":
            end = _read_json(member)
        else:
            raise archive.Damaged(f"It has a member {member.name[:100]}, which a backup never has.")
    if contents is None or end is None:
        raise archive.Damaged("It has no end.")
    try:
        contents.last_keys = {str(label): int(last) for label, last in end["last_keys"].items()}
        counts = {"rows": contents.rows, "uploads": contents.uploads, "bytes": contents.bytes}
        if counts != {name: end[name] for name in counts} or not contents.last_keys.keys() <= contents.tables.keys():
            raise archive.Damaged("What is in it isn't what its end tells.")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise archive.Damaged("Its end tells no numbers.") from error
    return contents


def _manifest(member: archive.Member) -> Contents:
    manifest = _read_json(member) if member.name == "manifest.json" else {}
    if manifest.get("product") != "taskmanager":
        raise archive.Damaged("It is no backup of Taskmanager.")
    if manifest.get("format") != FORMAT:
        raise Refused(
            f"Version {manifest.get('version')} of Taskmanager made this backup in a form that this version doesn't"
            f" know. Restore it with version {manifest.get('version')}."
        )
    try:
        migrations = {(str(app), str(name)) for app, name in manifest["migrations"]}
        tables = {str(label): [str(name) for name in names] for label, names in manifest["tables"].items()}
        return Contents(str(manifest["version"]), str(manifest["made_at"]), migrations, tables)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise archive.Damaged("Its manifest isn't complete.") from error


def _read_json(member: archive.Member) -> dict[str, Any]:
    if member.size > rows.MOST:
        raise archive.Damaged(f"{member.name} is too large.")
    try:
        value = json.loads(archive.exactly(member, member.size))
    except (ValueError, RecursionError) as error:
        raise archive.Damaged(f"{member.name} can't be read: {error}") from error
    if not isinstance(value, dict):
        raise archive.Damaged(f"{member.name} can't be read.")
    return value


def _rows(member: archive.Member, contents: Contents) -> tuple[str, list[list[Any]]]:
    label = member.name.split("/")[1]
    if label not in contents.tables or member.size > rows.MOST:
        raise archive.Damaged(f"{member.name[:100]} fits no table of its manifest.")
    try:
        return label, rows.parse(archive.exactly(member, member.size), len(contents.tables[label]))
    except rows.Unreadable as error:
        raise archive.Damaged(f"In {member.name} {error}") from error


def restore(file: IO[bytes], contents: Contents, *, report: Report) -> None:
    """Put what `check` found into this installation, which has to be empty: all of it, or nothing.

    A backup of an earlier version is put into the tables of that version, which `migrate` is for.
    Raises Refused and archive.Damaged; after errors of the database and the storage, too, nothing stays.
    """
    executor = MigrationExecutor(connection)
    wanted = _migrations_of(contents, executor)
    # What was replaced by others is among the applied, and no node.
    applied = [key for key in executor.loader.applied_migrations if key in executor.loader.graph.nodes]
    if applied:
        _require_empty(executor.loader.project_state(applied).apps)
    _require_space(contents)
    targets = _last(wanted, executor)
    models = rows.tables(executor.loader.project_state(targets).apps)
    if {label: rows.columns(model) for label, model in models.items()} != contents.tables:
        raise Refused("Its tables aren't those that its migrations make: it can't be restored.")
    with migrating.alone(tell=report):
        executor = MigrationExecutor(connection)
        if executor.migration_plan(targets):
            report("Making the tables")
            executor.migrate(targets)
    with _taken_back() as stored, transaction.atomic():
        _require_empty_tables(models)
        _forget_filled(models)
        _read_in(file, contents, models, stored, report)
        for label, last in contents.last_keys.items():
            rows.set_last_key(models[label], last)
        connection.check_constraints()


def migrate() -> None:
    """Bring the restored database up to this version, and let it know how many rows its tables have."""
    ContentType.objects.clear_cache()
    call_command("migrate", interactive=False, verbosity=0)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # or the first searches would be planned for empty tables


def _migrations_of(contents: Contents, executor: MigrationExecutor) -> set[Key]:
    """Return the migrations that the tables of the backup had, by the names that this version knows."""
    loader = executor.loader
    names = set(contents.migrations)
    for key, migration in loader.disk_migrations.items():
        if migration.replaces and names.issuperset(migration.replaces):
            names.add(key)
    replaced = {key for migration in loader.disk_migrations.values() for key in migration.replaces}
    names = {key for key in names if key in loader.graph.nodes or key not in replaced}
    if unknown := names - loader.graph.nodes.keys():
        raise Refused(
            f"Version {contents.version} of Taskmanager made this backup, with tables that this version doesn't know"
            f" ({'.'.join(min(unknown))}). Restore it with version {contents.version} or a later one."
        )
    applied = {key for key in loader.applied_migrations if key[0] not in rows.DEVELOPMENT_APPS}
    if (applied & loader.graph.nodes.keys()) - names:
        raise Refused(
            f"Version {contents.version} of Taskmanager made this backup, and the tables of this database are newer"
            " already. Restore it into a database that has no tables yet: they are made as the backup needs them, and"
            " migrated afterwards."
        )
    return names


def _last(names: set[Key], executor: MigrationExecutor) -> list[Key]:
    """Return those that none of the others follows."""
    nodes = executor.loader.graph.node_map
    return sorted(key for key in names if not any(child.key in names for child in nodes[key].children))


def _require_empty(apps: Apps) -> None:
    there = set(connection.introspection.table_names())
    models = {label: model for label, model in rows.tables(apps).items() if model._meta.db_table in there}
    _require_empty_tables(models)


def _require_empty_tables(models: dict[str, rows.Model]) -> None:
    for label, model in models.items():
        if label not in rows.FILLED and model._base_manager.exists():
            raise Refused(
                f"The database isn't empty: {label} has rows. A restore never overwrites anything. Name an empty"
                " database by DATABASE_URL, or drop and create this one."
            )


def _require_space(contents: Contents) -> None:
    """Refuse what doesn't fit on the disk, before it is full."""
    if not isinstance(default_storage, FileSystemStorage):
        return
    place = Path(default_storage.location)
    while not place.exists():
        place = place.parent
    if (free := shutil.disk_usage(place).free) < contents.bytes:
        raise Refused(f"Its uploads take {contents.bytes:,} bytes, and the disk has {free:,} left.")


def _forget_filled(models: dict[str, rows.Model]) -> None:
    """Delete what migrations put into an empty installation: the backup brings it, with the keys that it had."""
    with connection.cursor() as cursor:
        for label in reversed(models):
            if label in rows.FILLED:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(models[label]._meta.db_table)}")  # noqa: S608


def _read_in(
    file: IO[bytes], contents: Contents, models: dict[str, rows.Model], stored: Callable[[str], None], report: Report
) -> None:
    file.seek(0)
    uploads, told = 0, ""
    # The sums are checked once more along the way: the file may have changed since it was checked.
    for member in archive.members(file):
        if member.name.startswith("rows/"):
            label, values = _rows(member, contents)
            if label != told:
                report(label)
                told = label
            rows.insert(models[label], values)
        elif member.name.startswith("uploads/"):
            _store(member, stored)
            uploads += 1
            if uploads % 1000 == 0:
                report(f"{uploads:,} uploads")


def _store(member: archive.Member, stored: Callable[[str], None]) -> None:
    name = member.name.removeprefix("uploads/")
    with tempfile.SpooledTemporaryFile(SMALL) as content:
        while piece := member.read():
            content.write(piece)
        content.seek(0)
        if default_storage.exists(name):
            # The disk outlived the database. What is there stays, and isn't removed where the restore fails.
            with default_storage.open(name) as there:
                same = hashlib.file_digest(there, "sha256").digest() == hashlib.file_digest(content, "sha256").digest()
            if not same:
                raise Refused(f"There is another upload {name} already. Move the folder, or the bucket, aside.")
            return
        stored(name)
        if default_storage.save(name, File(content, name)) != name:
            raise Refused(f"The storage can't keep a file under the name {name}.")


@contextmanager
def _taken_back() -> Iterator[Callable[[str], None]]:
    """Remove the uploads that were told to the function that this gives, where the block fails."""
    with tempfile.TemporaryFile() as names:
        try:
            yield lambda name: _note(names, name)
        except BaseException:
            names.seek(0)
            for text in names:
                default_storage.delete(json.loads(text)["name"])
            raise


def _note(names: IO[bytes], name: str) -> None:
    names.write(archive.line({"name": name}))
