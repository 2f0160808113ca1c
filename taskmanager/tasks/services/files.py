"""Files of attachments: checked, stored, and removed with their rows."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile

from taskmanager.errors import DomainError
from taskmanager.files.contents import harmless_name
from taskmanager.files.sizes import size_label
from taskmanager.files.storing import kept_with_their_rows
from taskmanager.tasks import jobs, thumbnails
from taskmanager.tasks.thumbnails import Content

NAMES_PER_JOB = 500

Files = Sequence["UploadedFile[Any]"]


class UploadRefused(DomainError):
    """Too many files at once, or one that is too large or empty; nothing was stored."""


@dataclass(frozen=True)
class Stored:
    """A file in the storage that no row has yet."""

    name: str
    place: str
    size: int
    content: Content


def remove_files_of(attachments: Any) -> None:
    """Have the files of attachments, which are deleted in the same transaction, removed after its commit.

    By a job and not on_commit: where the process ends between the two, or the storage doesn't answer, a job is still
    there to be done, and a file that somebody deleted doesn't stay for ever.
    """
    names = list(attachments.order_by("pk").values_list("file", flat=True))
    for first in range(0, len(names), NAMES_PER_JOB):
        jobs.remove_unused_files.enqueue(names[first : first + NAMES_PER_JOB])


@contextmanager
def stored_files(files: Files, organization_id: int) -> Iterator[list[Stored]]:
    """Check the files and store them; where what follows fails, remove them again. Raises UploadRefused.

    Call it outside of a transaction, as `kept_with_their_rows` says.
    """
    _check(files)
    if not files:
        yield []
        return
    places = [f"{organization_id}/{uuid.uuid4().hex}" for _file in files]
    with kept_with_their_rows(places, remover=jobs.remove_unused_files):
        stored: list[Stored] = []
        for file, place in zip(files, places, strict=True):
            content = thumbnails.identify(file)
            name, size = harmless_name(file.name or ""), file.size or 0
            file.seek(0)
            default_storage.save(place, file)
            stored.append(Stored(name, place, size, content))
        yield stored


def _check(files: Files) -> None:
    """Raise UploadRefused, with a sentence for each file that is in the way."""
    most = settings.ATTACHMENTS_PER_UPLOAD
    if len(files) > most:
        raise UploadRefused(f"At most {most} files can be attached at once; these are {len(files)}. None was stored.")
    limit = settings.ATTACHMENT_MAX_SIZE
    problems = []
    for file in files:
        name = harmless_name(file.name or "")
        if not file.size:
            problems.append(f"{name} is empty.")
        elif file.size > limit:
            size = size_label(file.size)
            problems.append(f"{name} is too large: it has {size}, and a file may have {size_label(limit)}.")
    if problems:
        none = " Nothing was stored." if len(files) > 1 else ""
        raise UploadRefused(f"{' '.join(problems)}{none}")
