"""Writing a backup: one state of the database, and the uploads that belong to it."""

import io
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any

from botocore.exceptions import ClientError
from django.apps import apps
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from taskmanager import __version__
from taskmanager.operations import archive, rows

FORMAT = 1
SMALL = 8 * 1024**2  # bytes of an upload that need no file of their own on the way
Report = Callable[[str], None]


class NotMigrated(Exception):
    """The database isn't as this version of the program needs it."""


@dataclass
class Summary:
    rows: int = 0
    uploads: int = 0
    bytes: int = 0  # of the uploads
    vanished: list[str] = field(default_factory=list)


def write_backup(file: IO[bytes], *, report: Report) -> Summary:
    """Write everything into the file, which needs no more than to be written to, and tell how far it is.

    Raises NotMigrated, rows.Unreadable, and OSError or an error of botocore where the storage can't be read.
    """
    summary = Summary()
    with archive.Writer(file) as writer, tempfile.TemporaryFile() as names:
        with _snapshot():
            models = rows.tables(apps)
            _add(writer, "manifest.json", _manifest(models))
            # Right after the state of the database is fixed: what is deleted from now on is known to have been there.
            for name in _stored():
                names.write(archive.line({"name": name}))
            for label, model in models.items():
                count = 0
                for number, (size, lines) in enumerate(rows.pieces(model), start=1):
                    writer.add(f"rows/{label}/{number:06}.jsonl", lines.getbuffer().nbytes, lines)
                    count += size
                report(f"{label}: {count:,} rows")
                summary.rows += count
            last_keys = {label: rows.last_key(model) for label, model in models.items() if rows.keyed(model)}
        names.seek(0)
        for text in names:
            _add_upload(writer, json.loads(text)["name"], summary)
            if summary.uploads % 1000 == 0:
                report(f"{summary.uploads:,} uploads")
        counts = {"rows": summary.rows, "uploads": summary.uploads, "bytes": summary.bytes}
        _add(writer, "end.json", {**counts, "last_keys": last_keys, "vanished": len(summary.vanished)})
    return summary


@contextmanager
def _snapshot() -> Iterator[None]:
    """See one state of the database while others write, and keep nobody from it."""
    if connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    # Django would begin with the lock of a writer, and hold up the whole product.
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def _manifest(models: dict[str, rows.Model]) -> dict[str, Any]:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotMigrated("The database isn't migrated to this version. Run `taskmanager migrate` first.")
    applied = executor.recorder.applied_migrations()
    return {
        "format": FORMAT,
        "product": "taskmanager",
        "version": __version__,
        "made_at": timezone.now().isoformat(),
        "database": connection.vendor,
        "migrations": sorted(key for key in applied if key[0] not in rows.DEVELOPMENT_APPS),
        "tables": {label: rows.columns(model) for label, model in models.items()},
    }


def _stored() -> Iterator[str]:
    """Give the names of all files in the storage, be it a disk or a bucket."""
    folders = [""]
    while folders:
        folder = folders.pop()
        try:
            inner, files = default_storage.listdir(folder)
        except FileNotFoundError:  # nothing was ever uploaded, or the folder went meanwhile
            continue
        prefix = f"{folder}/" if folder else ""
        yield from (f"{prefix}{name}" for name in sorted(files))
        folders += (f"{prefix}{name}" for name in sorted(inner, reverse=True))


def _add_upload(writer: archive.Writer, name: str, summary: Summary) -> None:
    # A copy first: once its size is written, the content must be there, while the storage's own may vanish or change.
    with tempfile.SpooledTemporaryFile(SMALL) as content:
        try:
            with default_storage.open(name) as file:
                shutil.copyfileobj(file, content, archive.PIECE)
        except (FileNotFoundError, ClientError) as error:
            if not _is_gone(error):
                raise
            summary.vanished.append(name)
            return
        size = content.tell()
        content.seek(0)
        writer.add(f"uploads/{name}", size, content)
    summary.uploads += 1
    summary.bytes += size


def _is_gone(error: FileNotFoundError | ClientError) -> bool:
    """Whether it is the file alone that isn't there: a bucket says it in one way before it sends, in another then."""
    if isinstance(error, FileNotFoundError):
        return True
    return error.response.get("Error", {}).get("Code") in {"404", "NoSuchKey"}


def _add(writer: archive.Writer, name: str, value: dict[str, Any]) -> None:
    text = json.dumps(value, indent=1, ensure_ascii=False).encode()
    writer.add(name, len(text), io.BytesIO(text))
