"""A new API token."""

import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from taskmanager.accounts import services
from taskmanager.accounts.forms.fields import TEXT
from taskmanager.accounts.models import Scope
from taskmanager.accounts.submissions import UuidField

ON_A_DAY = "date"
LIVES = [("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("365", "A year"), (ON_A_DAY, "On a day that I choose")]


class TokenForm(forms.Form):
    """What a token is for, what it allows, and for how long."""

    name = forms.CharField(
        max_length=100,
        help_text="What it is for, so that you know it again: “Deployment script”",
        widget=forms.TextInput(attrs={**TEXT, "autocomplete": "off"}),
    )
    scope = forms.TypedChoiceField(
        coerce=Scope,
        choices=Scope.choices,
        initial=Scope.READ,
        help_text="It never allows more than you may yourself",
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    expires = forms.ChoiceField(
        required=False, choices=LIVES, initial="90", widget=forms.Select(attrs={"class": "form-select"})
    )
    last_day = forms.DateField(
        required=False,
        label="Last day",
        help_text="At most a year from now; counts where you choose the day",
        widget=forms.DateInput(attrs={**TEXT, "type": "date"}, format="%Y-%m-%d"),
    )
    uuid = UuidField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the days that can be chosen."""
        super().__init__(*args, **kwargs)
        self.today = timezone.localdate()
        self.latest = self.today + services.LONGEST_LIFE
        self.fields["last_day"].widget.attrs.update({"min": str(self.today), "max": str(self.latest)})

    def clean_last_day(self) -> datetime.date | None:
        """Refuse a day that is over, or too far away; one that isn't chosen doesn't count."""
        day: datetime.date | None = self.cleaned_data["last_day"]
        if self.cleaned_data.get("expires") != ON_A_DAY:
            return None
        if day is None:
            raise ValidationError("Choose the day.")
        if not self.today <= day <= self.latest:
            raise ValidationError(f"Choose a day from today to {self.latest:%Y-%m-%d}.")
        return day

    def clean(self) -> dict[str, Any]:
        """Tell an error of the hidden field, too."""
        for sentence in self.errors.get("uuid", []):
            self.add_error(None, sentence)
        return super().clean() or {}

    @property
    def expires_at(self) -> datetime.datetime:
        """When the token is to expire: a day ends at midnight, in the user's own time zone."""
        now = timezone.now()
        if day := self.cleaned_data["last_day"]:
            midnight = datetime.datetime.combine(day + datetime.timedelta(days=1), datetime.time())
            return min(timezone.make_aware(midnight), now + services.LONGEST_LIFE)
        return now + datetime.timedelta(days=int(self.cleaned_data["expires"] or 90))
