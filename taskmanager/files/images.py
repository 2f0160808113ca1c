"""Images that strangers made: opened within limits, and never a bomb."""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

# The only kinds of file that are ever shown: what each one is called, and Pillow's name for it.
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}
# A small file may unfold to gigabytes: its header tells the size before anything is unfolded.
MAX_PIXELS = 50_000_000
# What we make of them.
CONTENT_TYPE = "image/webp"

# What Pillow's decoders raise for broken files. Nothing here but Pillow could raise them: it reads from memory.
BROKEN = (OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, EOFError, struct.error, zlib.error)


class TooManyPixels(Exception):
    """It would unfold to more than MAX_PIXELS."""


class NotReadable(Exception):
    """It isn't the image that it says it is, or a damaged one."""


@contextmanager
def opened(data: bytes, content_type: str) -> "Iterator[Image]":
    """Open an image of one of the FORMATS, to be unfolded inside. Raises TooManyPixels, NotReadable.

    What is done inside is Pillow's work alone: its errors become these two.
    """
    from taskmanager.files import pillow  # noqa: PLC0415 (as it says itself)

    try:
        with pillow.Image.open(BytesIO(data), formats=[FORMATS[content_type]]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise TooManyPixels
            yield image
    except pillow.BOMBS as error:
        raise TooManyPixels from error
    except BROKEN as error:
        raise NotReadable from error


def as_webp(image: "Image") -> bytes:
    """Return the image as a WebP, without what its camera noted."""
    output = BytesIO()
    image.save(output, "WEBP", quality=80, exif=b"", icc_profile=b"", xmp=b"")
    return output.getvalue()
