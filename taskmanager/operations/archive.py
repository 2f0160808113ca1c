"""The file of a backup: a compressed tar archive whose last member tells the size and the SHA-256 of all others.

Python's `tarfile` keeps a list of all members and reads whatever length an extended header claims, so it is used for
single headers only: here nothing is kept, and a member is a plain file or the archive is refused. `tar xzf` reads it.
"""

import gzip
import hashlib
import json
import re
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from types import TracebackType
from typing import IO, Any, Protocol, Self

BLOCK = tarfile.BLOCKSIZE
PIECE = 1024 * 1024  # bytes that are in memory at once
SUMS = "SHA256SUMS.json"
FAST = 5  # photos don't shrink, and rows shrink hardly more at the highest level
# Folders and plain names, as storages make them: nothing that leaves the folder of the uploads, on any system.
SAFE_NAME = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[^/\\\x00-\x1f\x7f:]+(?:/[^/\\\x00-\x1f\x7f:]+)*")


class Damaged(Exception):
    """The file is no whole, unaltered backup; the message says in what it differs."""


class Readable(Protocol):
    def read(self, size: int = ..., /) -> bytes:
        """Return at most so many bytes; none at the end."""
        ...


class Writer:
    """Writes members one after the other. Leaving the block without an error completes the archive."""

    def __init__(self, file: IO[bytes]) -> None:
        """Take the open file, to which nothing but bytes in order is written."""
        self._file = file
        # As gzip does (16 + 15), but without a GzipFile's wish to write an end whenever it is forgotten.
        self._packer = zlib.compressobj(FAST, zlib.DEFLATED, 31)
        self._sums = tempfile.TemporaryFile()  # noqa: SIM115 (closed with this)

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the sums and the end; after an error neither, so that nobody takes the file for whole."""
        with self._sums:
            if kind is None:
                size = self._sums.tell()
                self._sums.seek(0)
                self._write(SUMS, size, self._sums)
                self._pack(b"\0" * (2 * BLOCK))
                self._file.write(self._packer.flush())

    def add(self, name: str, size: int, content: Readable) -> None:
        """Write one member. Raises ValueError where the content hasn't this size, or the name is too long."""
        digest = self._write(name, size, content)
        self._sums.write(line({"name": name, "size": size, "sha256": digest}))

    def _write(self, name: str, size: int, content: Readable) -> str:
        header = tarfile.TarInfo(name)
        header.size, header.mode = size, 0o600
        self._pack(header.tobuf(tarfile.USTAR_FORMAT if size < 8 * 1024**3 else tarfile.GNU_FORMAT))
        digest, left = hashlib.sha256(), size
        while left and (piece := content.read(min(PIECE, left))):
            digest.update(piece)
            self._pack(piece)
            left -= len(piece)
        if left or content.read(1):
            raise ValueError(f"{name} changed while it was read.")
        self._pack(b"\0" * (-size % BLOCK))
        return digest.hexdigest()

    def _pack(self, data: bytes) -> None:
        if packed := self._packer.compress(data):
            self._file.write(packed)


class Member:
    """One file of the archive, read from its beginning to its end."""

    def __init__(self, file: Readable, name: str, size: int) -> None:
        """Take the archive, which stands at the content."""
        self._file, self._left, self._digest = file, size, hashlib.sha256()
        self.name, self.size = name, size

    def read(self, size: int = PIECE, /) -> bytes:
        """Return at most so many bytes; none at the end. Raises Damaged."""
        if not (wanted := min(size, self._left)):
            return b""
        piece = exactly(self._file, wanted)
        self._digest.update(piece)
        self._left -= wanted
        return piece

    def close(self) -> str:
        """Read what is left; return the SHA-256 of the whole content. Raises Damaged."""
        while self.read():
            pass
        if exactly(self._file, -self.size % BLOCK).strip(b"\0"):
            raise Damaged(f"Something is hidden behind {self.name}.")
        return self._digest.hexdigest()


def members(file: IO[bytes]) -> Iterator[Member]:
    """Give the members in their order; what a caller leaves unread is read over. The sums are checked at the end.

    So a loop that comes to its end has seen a whole backup. Raises Damaged.
    """
    with gzip.GzipFile(fileobj=file, mode="rb") as packed, tempfile.TemporaryFile() as sums:
        unpacked = _Unpacked(packed)
        while (member := _next(unpacked)).name != SUMS:
            yield member
            sums.write(line({"name": member.name, "size": member.size, "sha256": member.close()}))
        size = sums.tell()
        sums.seek(0)
        _compare(member, sums, size)
        if exactly(unpacked, 2 * BLOCK).strip(b"\0") or unpacked.read(1):
            raise Damaged("It goes on after its end.")


class _Unpacked:
    """What is in a compressed file; the errors of unpacking are ours."""

    def __init__(self, file: gzip.GzipFile) -> None:
        self._file = file

    def read(self, size: int = PIECE, /) -> bytes:
        try:
            return self._file.read(size)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise Damaged(f"It can't be unpacked: {error}") from error


def _next(file: Readable) -> Member:
    try:
        header = tarfile.TarInfo.frombuf(exactly(file, BLOCK), "utf-8", "strict")
    except (tarfile.HeaderError, UnicodeDecodeError) as error:
        raise Damaged(f"A header is wrong: {error}") from error
    if header.type != tarfile.REGTYPE or not SAFE_NAME.fullmatch(header.name) or header.size < 0:
        raise Damaged(f"It has a member {header.name[:100]!r}, which a backup never has.")
    return Member(file, header.name, header.size)


def _compare(member: Member, sums: IO[bytes], size: int) -> None:
    if member.size != size:
        raise Damaged("Its list of sums doesn't fit its content.")
    while piece := member.read(min(PIECE, size)):
        if piece != sums.read(len(piece)):
            raise Damaged("What is in it isn't what was put into it: the sums differ.")
    member.close()


def exactly(file: Readable, size: int) -> bytes:
    """Return the next bytes, of which there are so many. Raises Damaged."""
    pieces = []
    while size:
        if not (piece := file.read(size)):
            raise Damaged("It ends too early.")
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def line(value: dict[str, Any]) -> bytes:
    """Return the value as a line of JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
