"""A backup, put into an empty installation."""

import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from taskmanager.operations import archive, migrating, restoring
from taskmanager.operations.ending import ending_cleanly

RESTORED = "Everything was restored, but the tables aren't this version's yet: run `taskmanager migrate`."


class Command(BaseCommand):
    """Checks the whole file before it touches anything; then everything is restored, or nothing."""

    help = "Put a backup of either kind of database into this empty installation."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take where from."""
        parser.add_argument("file", metavar="FILE", help="what `taskmanager backup` wrote; - for standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check the file, restore it, and tell on standard error how far it is."""
        try:
            with ending_cleanly("Nothing was restored."), opened(options["file"]) as file:
                self._tell("Checking the backup")
                contents = restoring.check(file)
                restoring.restore(file, contents, report=self._tell)
        except archive.Damaged as error:
            raise CommandError(f"The backup is damaged, and nothing was restored. {error}") from error
        except (restoring.Refused, migrating.StillBusy) as error:
            raise CommandError(f"Nothing was restored. {error}") from error
        except (DatabaseError, ValidationError, SuspiciousFileOperation, ValueError, TypeError) as error:
            raise CommandError(f"A row or a file can't be restored, and so nothing was: {error}") from error
        except (BotoCoreError, ClientError) as error:
            raise CommandError(f"Nothing was restored. The bucket can't take an upload: {error}") from error
        except OSError as error:
            raise CommandError(f"Nothing was restored: {error}") from error
        try:
            with ending_cleanly(RESTORED):
                restoring.migrate()
        except DatabaseError as error:
            raise CommandError(f"{RESTORED} What failed: {error}") from error
        self._tell(
            f"Complete: {contents.rows:,} rows and {contents.uploads:,} uploads of {contents.bytes:,} bytes, as they"
            f" were at {contents.made_at}.\nEverybody signs in again."
        )

    def _tell(self, text: str) -> None:
        self.stderr.write(text, style_func=str)


@contextmanager
def opened(name: str) -> Iterator[IO[bytes]]:
    """Give the backup as a file that can be read twice: what comes through a pipe is kept in DATA_DIR meanwhile."""
    if name == "-":
        if sys.stdin.isatty():
            raise CommandError("A backup is no text: send it from a file or a program: `… | taskmanager restore -`.")
        with _spooled(sys.stdin.buffer) as file:
            yield file
        return
    with Path(name).expanduser().open("rb") as file:
        if stat.S_ISREG(Path(name).expanduser().stat().st_mode):
            yield file
            return
        with _spooled(file) as spooled:
            yield spooled


@contextmanager
def _spooled(source: IO[bytes]) -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile(dir=settings.DATA_DIR) as file:
        shutil.copyfileobj(source, file, archive.PIECE)
        yield file
