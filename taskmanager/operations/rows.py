"""The tables of a backup, and their rows as lines of JSON that both kinds of database can give and take."""

import base64
import datetime
import decimal
import io
import json
import uuid
from collections.abc import Iterable, Iterator
from graphlib import TopologicalSorter
from typing import Any

from django.apps.registry import Apps
from django.db import connection, models

from taskmanager.operations import archive

# Apps that only a developer's machine has.
DEVELOPMENT_APPS = frozenset({"debug_toolbar", "django_extensions"})
# What is of no use elsewhere: sign-ins, so that a copied file is nobody's way in, and counts of minutes.
# And waffle's own flags, in whose place ours stand: their table is empty, and Django doesn't know it.
LEFT_OUT = frozenset({
    "accounts.Session", "accounts.Throttle", "sessions.Session", "waffle.Flag", "waffle.Flag_groups",
    "waffle.Flag_users",
})  # fmt: skip
# What migrations fill in an empty installation. A restore puts the backup's rows in the place of these.
FILLED = frozenset({
    "accounts.Flag", "accounts.Flag_groups", "auth.Group", "auth.Group_permissions", "auth.Permission",
    "contenttypes.ContentType",
})  # fmt: skip
# What one member of rows may have: a restore reads it as a whole.
MOST = 64 * 1024**2

Model = type[models.Model]


class Unreadable(Exception):
    """A row is not as its table needs it."""


def tables(apps: Apps) -> dict[str, Model]:
    """Return all models whose rows are kept, by their labels, each after those that its rows refer to."""
    found = {
        model._meta.label: model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed
        and not model._meta.proxy
        and model._meta.app_label not in DEVELOPMENT_APPS
        and model._meta.label not in LEFT_OUT
    }
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for label in sorted(found):
        linked = {field.remote_field.model._meta.label for field in fields(found[label]) if field.remote_field}
        sorter.add(label, *sorted((linked & found.keys()) - {label}))
    return {label: found[label] for label in sorter.static_order()}


def fields(model: Model) -> list[Any]:
    """Return the fields that are columns and can be written, by name: migrations make another order than the model."""
    found = [field for field in model._meta.local_concrete_fields if not field.generated]
    return sorted(found, key=lambda field: (not field.primary_key, field.attname))


def columns(model: Model) -> list[str]:
    """Return the names of the values of a row, in their order."""
    return [field.attname for field in fields(model)]


def pieces(model: Model) -> Iterator[tuple[int, io.BytesIO]]:
    """Give all rows of the table in parts of about a megabyte: how many they are, and their lines.

    Raises Unreadable where a row is larger than a restore would take.
    """
    count, lines = 0, io.BytesIO()
    # Without an order PostgreSQL reads a large table as it lies; with the key, a copy is written in its order.
    rows = model._base_manager.order_by("pk").values_list(*columns(model))
    for row in rows.iterator(chunk_size=1000):
        text = json.dumps(row, default=_as_json, ensure_ascii=False, separators=(",", ":")).encode()
        if len(text) >= MOST - archive.PIECE:
            raise Unreadable(f"{model._meta.label} has a row of {len(text):,} bytes, more than a restore takes.")
        lines.write(text + b"\n")
        count += 1
        if lines.tell() >= archive.PIECE:
            lines.seek(0)
            yield count, lines
            count, lines = 0, io.BytesIO()
    if count:
        lines.seek(0)
        yield count, lines


def _as_json(value: Any) -> str:
    match value:
        case datetime.date() | datetime.time():
            return value.isoformat()
        case uuid.UUID() | decimal.Decimal():
            return str(value)
        case bytes() | memoryview():
            return base64.b64encode(value).decode()
    raise TypeError(f"{type(value)} can't be kept.")


def parse(content: bytes, width: int) -> list[list[Any]]:
    """Return the rows of such lines. Raises Unreadable where one hasn't as many values as the table has columns."""
    try:
        rows: list[Any] = [json.loads(text) for text in content.splitlines()] if content.endswith(b"\n") else [None]
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"a line is no JSON: {error}") from error
    if not all(isinstance(row, list) and len(row) == width for row in rows):
        raise Unreadable(f"a row hasn't {width} values.")
    return rows


def insert(model: Model, rows: Iterable[list[Any]]) -> None:
    """Write the rows as they are: with their keys, and past everything that a model does by itself on saving."""
    written = fields(model)
    quote = connection.ops.quote_name
    names = ", ".join(quote(field.column) for field in written)
    values = ([_for_column(*each) for each in zip(written, row, strict=True)] for row in rows)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Django doesn't know this call, and would let psycopg's own errors through.
            copying = f"COPY {quote(model._meta.db_table)} ({names}) FROM STDIN"
            with connection.wrap_database_errors, cursor.copy(copying) as copy:
                for row in values:
                    copy.write_row(row)
            return
        marks = ", ".join(["%s"] * len(written))
        statement = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({marks})"  # noqa: S608 (names are models')
        cursor.executemany(statement, list(values))


def _for_column(field: Any, value: Any) -> Any:
    if value is None and isinstance(field, models.JSONField) and not field.null:
        return connection.ops.adapt_json_value(None, field.encoder)  # JSON's own null, and not a missing value
    return field.get_db_prep_save(field.to_python(value), connection)


def keyed(model: Model) -> bool:
    """Whether the database counts the table's keys."""
    return isinstance(model._meta.pk, models.AutoField)


def last_key(model: Model) -> int:
    """Return the highest key that the table ever had: those of deleted rows must not come again."""
    table, pk = model._meta.db_table, model._meta.pk
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # The name of a table is read like an identifier, that of a column is not.
            name = connection.ops.quote_name(table)
            cursor.execute("SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, %s)::regclass)", [name, pk.column])
        else:
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
    return int(row[0] or 0) if row else 0


def set_last_key(model: Model, last: int) -> None:
    """Let the table's next key be higher than this one and than those of all rows."""
    highest = model._base_manager.aggregate(highest=models.Max("pk"))["highest"] or 0
    if not (last := max(last, highest)):
        return
    table, pk = model._meta.db_table, model._meta.pk
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            name = connection.ops.quote_name(table)
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s)", [name, pk.column, last])
        else:
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, last])
