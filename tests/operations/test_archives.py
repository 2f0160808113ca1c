"""What is no whole, unaltered backup is refused, whatever was done to it."""

import gzip
import io
import json
import random
import tarfile

import pytest

from taskmanager.operations import archive, restoring, rows

pytestmark = pytest.mark.once

MANIFEST = {
    "product": "taskmanager",
    "format": 1,
    "version": "0.1.0",
    "made_at": "2026-11-22T10:00:00+00:00",
    "migrations": [["tasks", "0001_initial"]],
    "tables": {"tasks.Project": ["id", "name"]},
}
ROWS = b'[1,"Web"]\n[2,"Mobile"]\n'
END = {"rows": 2, "uploads": 1, "bytes": 5, "last_keys": {"tasks.Project": 7}}
MEMBERS = [("rows/tasks.Project/000001.jsonl", ROWS), ("uploads/1/photo.webp", b"photo")]


def written(members=MEMBERS, *, manifest=MANIFEST, end=END) -> bytes:
    """Return a backup whose sums are right, whatever is in it."""
    file = io.BytesIO()
    inside = [("manifest.json", json.dumps(manifest).encode()), *members, ("end.json", json.dumps(end).encode())]
    with archive.Writer(file) as writer:
        for name, content in inside:
            writer.add(name, len(content), io.BytesIO(content))
    return file.getvalue()


def check(data: bytes) -> restoring.Contents:
    return restoring.check(io.BytesIO(data))


def test_a_whole_backup_is_accepted():
    found = check(written())
    assert (found.rows, found.uploads, found.bytes) == (2, 1, 5)
    assert found.last_keys == {"tasks.Project": 7}


def test_tar_reads_it_too():
    with tarfile.open(fileobj=io.BytesIO(written()), mode="r:gz") as file:
        assert file.extractfile("uploads/1/photo.webp").read() == b"photo"
        sums = [json.loads(line) for line in file.extractfile("SHA256SUMS.json")]
    assert [each["name"] for each in sums] == ["manifest.json", *(name for name, _ in MEMBERS), "end.json"]


def test_it_is_refused_wherever_it_is_cut():
    data = written()
    for length in range(len(data)):
        with pytest.raises(archive.Damaged):
            check(data[:length])


def everything(data: bytes) -> list[tuple[str, bytes]]:
    return [(member.name, archive.exactly(member, member.size)) for member in archive.members(io.BytesIO(data))]


def flipped(data: bytes, place: int) -> bytes:
    altered = bytearray(data)
    altered[place] ^= 1 << random.randrange(8)
    return bytes(altered)


def test_it_is_refused_when_any_bit_of_its_content_differs():
    data = written()
    whole, harmless = everything(data), 0
    for place in range(len(data)):
        try:
            # The header of gzip has a time, and the last byte of its blocks bits, that mean nothing.
            assert everything(flipped(data, place)) == whole
            harmless += 1
        except archive.Damaged:
            continue
    assert harmless < 32


def test_it_is_refused_when_any_bit_differs_inside_where_gzip_can_not_tell():
    data = gzip.decompress(written())
    whole, harmless = everything(written()), 0
    for place in range(0, len(data), 7):
        try:
            # The sum of a header is followed by a space, which means nothing.
            assert everything(gzip.compress(flipped(data, place), 1)) == whole
            harmless += 1
        except archive.Damaged:
            continue
    assert harmless < 32


@pytest.mark.parametrize("data", [b"", b"hello", gzip.compress(b""), gzip.compress(b"x" * 2048)], ids=len)
def test_what_is_no_backup_is_refused(data):
    with pytest.raises(archive.Damaged):
        check(data)


def test_a_backup_of_something_else_is_refused():
    with pytest.raises(archive.Damaged, match="It is no backup of Taskmanager"):
        check(written(manifest={"product": "wiki"}))


def test_what_follows_the_end_is_refused():
    with pytest.raises(archive.Damaged):
        check(written() + b"more")
    with pytest.raises(archive.Damaged, match="It goes on after its end"):
        check(written() + gzip.compress(b"more"))


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../x", "uploads/../../x", "uploads/./x", "uploads//x", "uploads/a\\b", "uploads/C:x"]
)
def test_a_name_that_leads_out_of_the_uploads_is_refused(name):
    with pytest.raises(archive.Damaged, match="which a backup never has"):
        check(written([*MEMBERS, (name, b"x")]))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_links_and_extended_headers_are_refused(kind):
    header = tarfile.TarInfo("uploads/x")
    header.type, header.linkname = kind, "/etc/passwd"
    header.size = 10**12 if kind == tarfile.XHDTYPE else 0
    with pytest.raises(archive.Damaged, match="which a backup never has"):
        check(gzip.compress(header.tobuf(tarfile.GNU_FORMAT)))


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (b"[1]\n", "hasn't 2 values"),
        (b'{"id": 1}\n', "hasn't 2 values"),
        (b'[1,"x"]', "hasn't 2 values"),
        (b'[1,"x"\n', "no JSON"),
        (b"[" * 100_000 + b"\n", "no JSON"),
        (b'[1,"\xff"]\n', "no JSON"),
    ],
    ids=range(6),
)
def test_rows_that_fit_no_table_are_refused(lines, reason):
    with pytest.raises(archive.Damaged, match=reason):
        check(written([("rows/tasks.Project/000001.jsonl", lines)]))
    with pytest.raises(archive.Damaged, match="fits no table"):
        check(written([("rows/tasks.Secret/000001.jsonl", b'[1,"x"]\n')]))


@pytest.mark.parametrize(
    "end",
    [{}, {**END, "rows": 3}, {**END, "bytes": 6}, {**END, "last_keys": {"x": 1}}, {**END, "last_keys": [1]}],
    ids=str,
)
def test_an_end_that_tells_something_else_is_refused(end):
    with pytest.raises(archive.Damaged):
        check(written(end=end))


@pytest.mark.parametrize("gone", ["format", "migrations", "tables"])
def test_a_manifest_that_is_not_complete_is_refused(gone):
    with pytest.raises((archive.Damaged, restoring.Refused)):
        check(written(manifest={**MANIFEST, gone: None}))


def test_a_later_form_names_the_version_to_use():
    with pytest.raises(restoring.Refused, match=r"Restore it with version 9\.0\.0"):
        check(written(manifest={**MANIFEST, "format": 2, "version": "9.0.0"}))


def test_rows_that_would_fill_the_memory_are_refused(monkeypatch):
    monkeypatch.setattr(rows, "MOST", 20)
    with pytest.raises(archive.Damaged):
        check(written())


def test_a_file_that_changes_while_it_is_read_is_no_backup():
    with pytest.raises(ValueError, match="changed while it was read"), archive.Writer(io.BytesIO()) as writer:
        writer.add("uploads/x", 5, io.BytesIO(b"four"))
    with pytest.raises(ValueError, match="changed while it was read"), archive.Writer(io.BytesIO()) as writer:
        writer.add("uploads/x", 5, io.BytesIO(b"sixsix"))
