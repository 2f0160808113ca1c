"""CSV: what a spreadsheet reads, and never runs."""

import datetime

import pytest

from taskmanager.accounts.spreadsheets import csv_of


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_begins_like_a_formula_is_text(begin):
    text = csv_of(["name"], [[f"{begin}1+cmd|' /C calc'!A0"]])
    assert text.splitlines(keepends=True)[1].lstrip('"').startswith(f"'{begin}")


def test_numbers_days_and_other_text_stay_as_they_are():
    rows = [["Ada, “the” first", -1, 2.5, datetime.date(2026, 3, 1), None], ["a=b", 0, 0, None, None]]
    assert csv_of(["a", "b", "c", "d", "e"], rows) == (
        'a,b,c,d,e\r\n"Ada, “the” first",-1,2.5,2026-03-01,\r\na=b,0,0,,\r\n'
    )
