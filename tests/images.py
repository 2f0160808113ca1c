"""Images, as bytes."""

from io import BytesIO

from PIL import Image

ORIENTATION, DESCRIPTION = 0x0112, 0x010E


def png(size: tuple[int, int] = (40, 30), *, mode: str = "RGBA", kind: str = "PNG") -> bytes:
    output = BytesIO()
    Image.new(mode, size).save(output, kind)
    return output.getvalue()


def jpeg(size: tuple[int, int] = (40, 30), *, mode: str = "RGB", orientation: int = 1, note: str = "") -> bytes:
    """Return a photo with something to see in it, and with what its camera noted."""
    image = Image.effect_noise(size, 80).convert(mode)
    exif = image.getexif()
    exif[ORIENTATION] = orientation
    if note:
        exif[DESCRIPTION] = note
    output = BytesIO()
    image.save(output, "JPEG", exif=exif)
    return output.getvalue()


def animation() -> bytes:
    frames = [Image.new("P", (40, 30), index) for index in range(3)]
    output = BytesIO()
    frames[0].save(output, "GIF", save_all=True, append_images=frames[1:])
    return output.getvalue()
