"""The database and the uploads as one file."""

import fcntl
import glob
import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from botocore.exceptions import BotoCoreError, ClientError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from taskmanager.operations import backups, rows
from taskmanager.operations.ending import ending_cleanly

DRAFT = ".draft"


class Command(BaseCommand):
    """Writes a backup while the product is in use."""

    help = "Write the database and the uploads into one file, while the product is in use."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take where to."""
        parser.add_argument("file", metavar="FILE", help="where to write it; - for standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it, and tell on standard error what is in it."""
        try:
            with ending_cleanly("No backup was written."), opened(options["file"]) as file:
                hashing = Hashing(file)
                summary = backups.write_backup(hashing, report=self._tell)  # type: ignore[arg-type]  # it only writes
        except (backups.NotMigrated, rows.Unreadable, ValueError) as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(f"The database can't be read: {error}") from error
        except (BotoCoreError, ClientError) as error:
            raise CommandError(f"The bucket of the uploads can't be read: {error}") from error
        except OSError as error:
            raise CommandError(f"The backup can't be written: {error}") from error
        for name in summary.vanished:
            self._tell(f"Deleted meanwhile, and not in the backup: {name}")
        self._tell(
            f"Complete: {summary.rows:,} rows and {summary.uploads:,} uploads of {summary.bytes:,} bytes in a file of"
            f" {hashing.size:,} bytes.\nSHA-256: {hashing.digest.hexdigest()}"
        )

    def _tell(self, text: str) -> None:
        self.stderr.write(text, style_func=str)


class Hashing:
    """Writes to a file, and knows what it wrote."""

    def __init__(self, file: IO[bytes]) -> None:
        """Take the open file."""
        self.file, self.size, self.digest = file, 0, hashlib.sha256()

    def write(self, data: bytes) -> int:
        """Write all of it."""
        self.file.write(data)
        self.digest.update(data)
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Hand on what is buffered."""
        self.file.flush()


@contextmanager
def opened(name: str) -> Iterator[IO[bytes]]:
    """Give where to write. A file appears under its name only when it is complete, for its owner's eyes alone."""
    if name == "-":
        if sys.stdout.isatty():
            raise CommandError("A backup is no text: send it into a file or a program, as in `taskmanager backup - |`.")
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(name).expanduser().resolve()
    if path.exists() and not path.is_file():
        raise CommandError(f"{path} is no plain file: name another, or - for standard output.")
    _remove_drafts(path)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=DRAFT)  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            with suppress(OSError):  # a file system without locks
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield file
            file.flush()
            os.fsync(file.fileno())
            Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _remove_drafts(path: Path) -> None:
    """Remove what backups under this name left that were killed, or they would fill the disk in time."""
    for draft in path.parent.glob(f".{glob.escape(path.name)}.*{DRAFT}"):
        with suppress(OSError), draft.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # refused where somebody writes it
            draft.unlink()
