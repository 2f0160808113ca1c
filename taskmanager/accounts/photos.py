"""Photos of people: square, small, and without what their cameras noted. The original is kept nowhere."""

import secrets
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import UploadedFile

from taskmanager.files import contents, images

if TYPE_CHECKING:
    from PIL.Image import Image

# Twice what avatars and the page of a person show, for screens that are finer.
SMALL, LARGE = SIZES = (64, 256)
# What may have to be unfolded in a web process. A JPEG is unfolded at a fraction of its size, and may have more.
MAX_UNFOLDED = 16_000_000

Photo = dict[int, bytes]


class NotUsable(Exception):
    """No photo comes of the file; the message says why, to whoever sent it."""


def make(file: "UploadedFile[Any]") -> Photo:
    """Return the photo in all SIZES, cropped from the middle, the right way up. Raises NotUsable."""
    content_type = contents.content_type_of(file)
    if content_type not in images.FORMATS:
        raise NotUsable("That is no image that can be shown. Choose a PNG, JPEG, GIF or WebP.")
    file.seek(0)
    try:
        with images.opened(file.read(), content_type) as image:
            large = _square(image)
            return {LARGE: images.as_webp(large), SMALL: images.as_webp(large.resize((SMALL, SMALL)))}
    except images.TooManyPixels as error:
        most = f"{(images.MAX_PIXELS if content_type == 'image/jpeg' else MAX_UNFOLDED) // 10**6} million"
        raise NotUsable(f"That image has too many pixels: it may have {most}. Make it smaller first.") from error
    except images.NotReadable as error:
        raise NotUsable("That image is damaged. Choose another one.") from error


def _square(image: "Image") -> "Image":
    from taskmanager.files import pillow  # noqa: PLC0415 (as it says itself)

    # A JPEG becomes smaller by this already; nothing else does.
    image.draft("RGB", (2 * LARGE, 2 * LARGE))
    if image.width * image.height > MAX_UNFOLDED:
        raise images.TooManyPixels
    mode = "RGBA" if image.has_transparency_data else "RGB"
    # A palette can't be mixed.
    mixable = image.convert(mode) if image.mode in {"1", "P", "PA"} else image
    edge = min(mixable.size)
    left, top = (mixable.width - edge) / 2, (mixable.height - edge) / 2
    scaled = mixable.resize((LARGE, LARGE), pillow.Image.Resampling.LANCZOS, box=(left, top, left + edge, top + edge))
    upright = pillow.ImageOps.exif_transpose(scaled)
    return upright.convert("L").convert(mode) if upright.mode.startswith("I") else upright.convert(mode)


def new_name() -> str:
    """Return what nobody guesses: it stands in the address, so that another photo has another one."""
    return secrets.token_urlsafe(16)


def base_of(organization_id: int, name: str) -> str:
    """Return what the places of a photo begin with."""
    return f"{organization_id}/photos/{name}"


def places_of(base: str) -> list[str]:
    """Return where the photo lies in the storage, in all SIZES."""
    return [place_of(base, size) for size in SIZES]


def place_of(base: str, size: int) -> str:
    """Return where the photo of that size lies in the storage."""
    return f"{base}-{size}.webp"
