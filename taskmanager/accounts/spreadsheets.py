"""Tables as CSV for spreadsheets."""

import csv
import datetime
import io
import itertools
from collections.abc import Iterable, Iterator, Sequence

# With these a cell begins that a spreadsheet would run as a formula.
FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")

Value = str | int | float | datetime.date | None


def csv_of(columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> str:
    """Return the table as CSV: commas, CRLF, an empty cell for None.

    Text that a spreadsheet would take for a formula gets an apostrophe in front, as OWASP's page "CSV Injection"
    advises: names come from people. Numbers are ours and stay numbers.
    """
    return "".join(csv_lines(columns, rows))


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> Iterator[str]:
    """Give the table line by line: see csv_of(). Rows are taken as they are asked for, so there may be any number."""
    file = io.StringIO()
    writer = csv.writer(file)
    for row in itertools.chain([columns], rows):
        writer.writerow([_cell(value) for value in row])
        yield file.getvalue()
        file.seek(0)
        file.truncate()


def _cell(value: Value) -> Value:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_BEGINS) else value
