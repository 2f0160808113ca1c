"""Which days reports are about."""

import datetime
from typing import Any

from django import forms

from taskmanager.tasks.forms.fields import (
    day_field,
)

MIN_YEAR, MAX_YEAR = 1970, 9998  # what can be told in every time zone, and calendars of browsers show


class ReportForm(forms.Form):
    """The days that reports are about, both included; `from` and `to` in the address."""

    USUAL_DAYS = 90
    MOST_DAYS = 731

    first = day_field(label="From", required=False, input_formats=["%Y-%m-%d"])
    last = day_field(label="To", required=False, input_formats=["%Y-%m-%d"])

    def __init__(self, *args: Any, today: datetime.date, **kwargs: Any) -> None:
        """Take the day on which a period ends where nothing else is asked for."""
        super().__init__(*args, **kwargs)
        self.today = today

    def add_prefix(self, field_name: str) -> str:
        """Return what the address calls the field: `from` can't be the name of an attribute."""
        return {"first": "from", "last": "to"}.get(field_name, field_name)

    def clean(self) -> dict[str, Any]:
        """Fill in what wasn't asked for. Refuse an end before the start, and a longer time than can be shown."""
        usual = datetime.timedelta(days=self.USUAL_DAYS - 1)
        for name in ("first", "last"):
            day = self.cleaned_data.get(name)
            if day and not MIN_YEAR <= day.year <= MAX_YEAR:
                self.add_error(name, f"Choose a day in the years {MIN_YEAR} to {MAX_YEAR}.")
        if self.errors:
            return self.cleaned_data
        last = self.cleaned_data["last"] or self.today
        first = self.cleaned_data["first"] or last - usual
        if last < first:
            self.add_error("last", "The last day can't be before the first one.")
        elif (last - first).days >= self.MOST_DAYS:
            self.add_error("first", "Choose at most two years.")
        return {"first": first, "last": last}
