"""Tables as CSV for spreadsheets."""

import csv
import datetime
import io
from collections.abc import Iterable, Sequence

# With these a cell begins that a spreadsheet would run as a formula.
FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")

Value = str | int | float | datetime.date | None


def csv_of(columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> str:
    """Return the table as CSV: commas, CRLF, an empty cell for None.

    Text that a spreadsheet would take for a formula gets an apostrophe in front, as OWASP's page "CSV Injection"
    advises: names come from people. Numbers are ours and stay numbers.
    """
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return file.getvalue()


def _cell(value: Value) -> Value:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_BEGINS) else value
