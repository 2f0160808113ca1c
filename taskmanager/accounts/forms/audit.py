"""Which events of the audit are shown."""

import datetime
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone

from taskmanager.accounts.events import GROUPS
from taskmanager.accounts.forms.fields import TEXT

MIN_YEAR, MAX_YEAR = 1970, 9998  # what can be told in every time zone


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={**TEXT, "type": "date"}, format="%Y-%m-%d"),
    )


class AuditForm(forms.Form):
    """Kinds, a person, and days, both included; `from` and `to` in the address."""

    kind = forms.ChoiceField(
        required=False,
        choices=[("", "Everything"), *((key, label) for key, (label, _kinds) in GROUPS.items())],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    person = forms.CharField(
        required=False,
        max_length=50,
        label="Username",
        widget=forms.TextInput(attrs={**TEXT, "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    first = _day("From")
    last = _day("To")

    def add_prefix(self, field_name: str) -> str:
        """Return what the address calls the field: `from` can't be the name of an attribute."""
        return {"first": "from", "last": "to"}.get(field_name, field_name)

    def clean(self) -> dict[str, Any]:
        """Refuse days of another age, and an end before the start."""
        cleaned = super().clean() or {}
        for name in ("first", "last"):
            day = cleaned.get(name)
            if day and not MIN_YEAR <= day.year <= MAX_YEAR:
                self.add_error(name, f"Choose a day in the years {MIN_YEAR} to {MAX_YEAR}.")
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", "The last day can’t be before the first one.")
        return cleaned

    @property
    def is_filtered(self) -> bool:
        """Whether anything was chosen."""
        return any(self.data.get(self.add_prefix(name)) for name in self.fields)

    def keep(self, events: Any) -> Any:
        """Keep the events that are asked for: none where that can't be read."""
        if not self.is_valid():
            return events.none()
        chosen = self.cleaned_data
        if chosen["kind"]:
            _label, kinds = GROUPS[chosen["kind"]]
            events = events.filter(kind__in=kinds)
        if name := chosen["person"]:
            events = events.filter(Q(actor_name__iexact=name) | Q(subject_name__iexact=name))
        if chosen["first"]:
            events = events.filter(created_at__gte=_midnight(chosen["first"]))
        if chosen["last"]:
            events = events.filter(created_at__lt=_midnight(chosen["last"] + datetime.timedelta(days=1)))
        return events


def _midnight(day: datetime.date) -> datetime.datetime:
    """Return when the day begins where the user is."""
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time()))
