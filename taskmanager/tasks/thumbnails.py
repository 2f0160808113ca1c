"""Thumbnails of images that strangers made: small, without what their cameras noted, and never a bomb."""

import struct
import warnings
import zlib
from io import BytesIO
from typing import IO

from PIL import Image, ImageOps

from taskmanager.tasks.models import Attachment

# The only kinds of file that are ever shown: what each one is called, and Pillow's name for it.
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}
# A small file may unfold to gigabytes: its header tells the size before anything is unfolded.
MAX_PIXELS = 50_000_000
EDGE = 480
CONTENT_TYPE = "image/webp"
SUFFIX = "-preview.webp"

# Pillow warns above its limit and raises above twice as much; for us both are an error.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)
BOMBS = (Image.DecompressionBombWarning, Image.DecompressionBombError)
# What Pillow's decoders raise for broken files. Nothing here but Pillow could raise them: it reads from memory.
BROKEN = (OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, EOFError, struct.error, zlib.error)


class NoThumbnail(Exception):
    """There can't be one; `preview` says why."""

    def __init__(self, preview: Attachment.Preview) -> None:
        """Take the reason."""
        self.preview = preview
        super().__init__(preview.label)


def look(file: IO[bytes], content_type: str) -> Attachment.Preview:
    """Return what can become of the image's preview, by its header: PENDING, TOO_LARGE, or NONE for no such image."""
    file.seek(0)
    data = BytesIO(file.read())
    try:
        with Image.open(data, formats=[FORMATS[content_type]]) as image:
            if image.width * image.height > MAX_PIXELS:
                return Attachment.Preview.TOO_LARGE
            image.verify()
    except BOMBS:
        return Attachment.Preview.TOO_LARGE
    except BROKEN:
        return Attachment.Preview.NONE
    return Attachment.Preview.PENDING


def make(data: bytes, content_type: str) -> bytes:
    """Return a WebP of at most EDGE × EDGE pixels, the right way up, of an image of that type. Raises NoThumbnail."""
    try:
        with Image.open(BytesIO(data), formats=[FORMATS[content_type]]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise NoThumbnail(Attachment.Preview.TOO_LARGE)
            mode = "RGBA" if image.has_transparency_data else "RGB"
            # A palette can't be mixed. JPEG, which has none, is unfolded at a fraction of its size by thumbnail().
            scaled = image.convert(mode) if image.mode in {"1", "P", "PA"} else image
            scaled.thumbnail((EDGE, EDGE))
            upright = ImageOps.exif_transpose(scaled)
            small = upright.convert("L").convert(mode) if upright.mode.startswith("I") else upright.convert(mode)
    except BOMBS as error:
        raise NoThumbnail(Attachment.Preview.TOO_LARGE) from error
    except BROKEN as error:
        raise NoThumbnail(Attachment.Preview.BROKEN) from error
    output = BytesIO()
    small.save(output, "WEBP", quality=80, exif=b"", icc_profile=b"", xmp=b"")
    return output.getvalue()


def name_of(file_name: str) -> str:
    """Return where the thumbnail of a stored file lies: beside it, so that it is found without asking."""
    return f"{file_name}{SUFFIX}"
