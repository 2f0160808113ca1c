"""Thumbnails of images that strangers made: small, and without what their cameras noted."""

from dataclasses import dataclass
from typing import IO

from taskmanager.files import contents, images
from taskmanager.tasks.models import Attachment

EDGE = 480
SUFFIX = "-preview.webp"


class NoThumbnail(Exception):
    """There can't be one; `preview` says why."""

    def __init__(self, preview: Attachment.Preview) -> None:
        """Take the reason."""
        self.preview = preview
        super().__init__(preview.label)


@dataclass(frozen=True)
class Content:
    """What a file is, and what can become of its preview."""

    content_type: str
    preview: Attachment.Preview


def identify(file: IO[bytes]) -> Content:
    """Return what the file is. What says that it is an image, and isn't, is nothing that we know."""
    found = contents.content_type_of(file)
    if found not in images.FORMATS:
        return Content(found, Attachment.Preview.NONE)
    preview = look(file, found)
    return Content(contents.UNKNOWN if preview == Attachment.Preview.NONE else found, preview)


def look(file: IO[bytes], content_type: str) -> Attachment.Preview:
    """Return what can become of the image's preview, by its header: PENDING, TOO_LARGE, or NONE for no such image."""
    file.seek(0)
    try:
        with images.opened(file.read(), content_type) as image:
            image.verify()
    except images.TooManyPixels:
        return Attachment.Preview.TOO_LARGE
    except images.NotReadable:
        return Attachment.Preview.NONE
    return Attachment.Preview.PENDING


def make(data: bytes, content_type: str) -> bytes:
    """Return a WebP of at most EDGE × EDGE pixels, the right way up, of an image of that type. Raises NoThumbnail."""
    from taskmanager.files import pillow  # noqa: PLC0415 (as it says itself)

    try:
        with images.opened(data, content_type) as image:
            mode = "RGBA" if image.has_transparency_data else "RGB"
            # A palette can't be mixed. JPEG, which has none, is unfolded at a fraction of its size by thumbnail().
            scaled = image.convert(mode) if image.mode in {"1", "P", "PA"} else image
            scaled.thumbnail((EDGE, EDGE))
            upright = pillow.ImageOps.exif_transpose(scaled)
            small = upright.convert("L").convert(mode) if upright.mode.startswith("I") else upright.convert(mode)
    except images.TooManyPixels as error:
        raise NoThumbnail(Attachment.Preview.TOO_LARGE) from error
    except images.NotReadable as error:
        raise NoThumbnail(Attachment.Preview.BROKEN) from error
    return images.as_webp(small)


def name_of(file_name: str) -> str:
    """Return where the thumbnail of a stored file lies: beside it, so that it is found without asking."""
    return f"{file_name}{SUFFIX}"
