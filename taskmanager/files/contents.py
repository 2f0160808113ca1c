"""What a file is, read from its content. Its name is what somebody claims, and decides nothing."""

import re
import unicodedata
from typing import IO

UNKNOWN = "application/octet-stream"
MIME = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]{0,99}")
# Kinds of text that are known by their beginning. Other guesses about what somebody wrote are no better than "text".
KINDS_OF_TEXT = {"text/html", "text/xml", "application/xml", "image/svg+xml", "application/pdf", "application/rtf"}
# Enough for every signature, and for a guess whether something is text.
HEAD = 64 * 1024
NAME_LENGTH = 255
# Longer endings are no endings, and are cut with the rest of a name that is too long.
SUFFIX_LENGTH = 20


def content_type_of(file: IO[bytes]) -> str:
    """Return what the file's beginning says that it is, UNKNOWN where it says nothing."""
    import puremagic  # noqa: PLC0415 (its table of signatures takes 1.5 MB, for uploads alone)

    file.seek(0)
    head = file.read(HEAD)
    try:
        found = puremagic.from_string(head, mime=True)
    except (puremagic.PureError, ValueError):
        found = ""
    if _is_text(head) and found not in KINDS_OF_TEXT:
        return "text/plain"
    return found if MIME.fullmatch(found) else UNKNOWN


def _is_text(head: bytes) -> bool:
    if b"\0" in head:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character that the end of the part cuts in two is no error of the text.
        return len(head) == HEAD and error.start > HEAD - 4
    return True


def harmless_name(name: str) -> str:
    """Return the name without a path and without what would hide its ending: `invoice\u202egnp.exe`."""
    base = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    # Cc, Cf, Cs, Co, Cn and Zl, Zp: controls, marks that turn the direction of writing, and what is no character.
    visible = "".join(
        character if unicodedata.category(character)[0] != "C" and character not in "\u2028\u2029" else " "
        for character in base
    )
    clean = " ".join(visible.split()).strip(". ") or "file"
    if len(clean) <= NAME_LENGTH:
        return clean
    stem, dot, suffix = clean.rpartition(".")
    if not stem or len(suffix) > SUFFIX_LENGTH:
        return clean[:NAME_LENGTH].rstrip()
    return f"{stem[: NAME_LENGTH - len(suffix) - 1].rstrip()}{dot}{suffix}"
