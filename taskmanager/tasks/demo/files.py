"""What the demo's people attached to their tasks: pictures that are drawn, and texts."""

from dataclasses import dataclass
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

INK, GRID, PLAN, REAL, ADDED = "#5d5a54", "#e4e3df", "#cfcdc7", "#4f46c8", "#b4690e"


@dataclass(frozen=True)
class Attached:
    """Files, who attached them together, and when."""

    when: float
    """Between 0, when the task was created, and 1, when it was done, or now."""
    by: str
    names: tuple[str, ...]


# By the title of the task.
ATTACHED = {
    "Burndown counts tasks that were added after the sprint began": [
        Attached(0.1, "samir", ("burndown-as-it-is.png", "burndown-as-it-should-be.png")),
    ],
    "Payments webhook drops events when the signature clock drifts": [
        Attached(0.4, "samir", ("clock-drift.log",)),
    ],
    "Import from a Jira export without losing comments": [
        Attached(0.85, "ada", ("first-complete-run.txt", "comments-per-minute.png")),
    ],
}

DRIFT = """\
time                 host   offset
2026-02-16 08:00:02  web-3  +311.204 s
2026-02-16 08:00:02  web-5  +304.877 s
2026-02-16 08:00:03  web-7    +0.018 s
2026-02-16 08:05:02  web-3  +311.219 s  rejected evt_8214: signature too old
2026-02-16 08:05:02  web-5  +304.892 s  rejected evt_8215: signature too old
"""
RUN = """\
comments            31204
without an author     212
tasks                4118
seconds               241
"""


def uploads(names: tuple[str, ...]) -> list[SimpleUploadedFile]:
    """Return the files of these names."""
    return [SimpleUploadedFile(name, CONTENTS[name]()) for name in names]


def _burndown(*, added_is_shown: bool) -> bytes:
    image, draw = _paper()
    left = [34, 33, 30, 31, 27, 24, 26, 22, 17, 11]
    work = [34, 32, 28, 26, 22, 18, 15, 11, 6, 0]
    draw.line(_points([34 - 34 * day / 9 for day in range(10)]), fill=PLAN, width=4)
    if added_is_shown:
        draw.line(_points(work), fill=REAL, width=6)
        for (x, y), more in zip(_points(work), (a - b for a, b in zip(left, work, strict=True)), strict=True):
            draw.line([(x, y - 8), (x, y - 8 - more * 8)], fill=ADDED, width=14)
    else:
        draw.line(_points(left), fill=REAL, width=6)
    return _png(image)


def _bars() -> bytes:
    image, draw = _paper()
    for index, height in enumerate((96, 130, 127, 131, 128, 90, 124, 129, 60)):
        draw.rectangle((110 + index * 72, 400 - height * 2, 156 + index * 72, 400), fill=REAL)
    return _png(image)


def _paper() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (800, 450), "white")
    draw = ImageDraw.Draw(image)
    for y in range(100, 401, 60):
        draw.line([(70, y), (760, y)], fill=GRID, width=2)
    draw.line([(70, 60), (70, 400), (760, 400)], fill=INK, width=3)
    return image, draw


def _points(values: list[float] | list[int]) -> list[tuple[float, float]]:
    return [(90 + day * 72, 395 - value * 9) for day, value in enumerate(values)]


def _png(image: Image.Image) -> bytes:
    output = BytesIO()
    image.save(output, "PNG")
    return output.getvalue()


CONTENTS = {
    "burndown-as-it-is.png": lambda: _burndown(added_is_shown=False),
    "burndown-as-it-should-be.png": lambda: _burndown(added_is_shown=True),
    "comments-per-minute.png": _bars,
    "clock-drift.log": DRIFT.encode,
    "first-complete-run.txt": RUN.encode,
}
