"""Files that a test uploads, and where they come to lie."""

from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile


def upload(name: str = "notes.txt", content: bytes = b"Seen on staging, too.") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="image/png")


def files_of(organization) -> set[str]:
    """Return the places of all files that lie in the organization's folder."""
    folder = Path(settings.MEDIA_ROOT) / str(organization.pk)
    return {f"{organization.pk}/{path.name}" for path in folder.iterdir()} if folder.exists() else set()
