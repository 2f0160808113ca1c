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


def halves(size: tuple[int, int] = (300, 200), *, kind: str = "PNG", orientation: int = 1) -> bytes:
    """Return an image that is red on the left and blue on the right, with a green stripe at either end."""
    image = Image.new("RGB", size, "red")
    width, height = size
    image.paste("blue", (width // 2, 0, width, height))
    edge = (width - height) // 2
    if edge > 0:
        for left in (0, width - edge):
            image.paste("green", (left, 0, left + edge, height))
    exif = image.getexif()
    exif[ORIENTATION] = orientation
    exif[DESCRIPTION] = "shot at home"
    output = BytesIO()
    image.save(output, kind, exif=exif, quality=95)
    return output.getvalue()
