"""One's own profile."""

from django import forms

from taskmanager.accounts.forms.fields import TEXT, PhoneField, time_zones
from taskmanager.accounts.models import (
    BIOGRAPHY_LENGTH,
    Theme,
)


class ProfileForm(forms.Form):
    """What somebody tells their colleagues about themselves."""

    phone = PhoneField(required=False, help_text="10 digits; spaces, dots, dashes and parentheses don’t matter")
    biography = forms.CharField(
        required=False,
        max_length=BIOGRAPHY_LENGTH,
        help_text="What colleagues should know about you. Markdown.",
        widget=forms.Textarea(attrs={**TEXT, "rows": 6}),
    )
    time_zone = forms.TypedChoiceField(
        required=False,
        empty_value="UTC",
        choices=time_zones,
        help_text="All times are shown in it, and a day begins when it does there",
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    theme = forms.TypedChoiceField(
        required=False,
        empty_value=Theme.SYSTEM,
        choices=Theme.choices,
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def clean_biography(self) -> str:
        """Take line ends as they are kept: browsers send CRLF."""
        return str(self.cleaned_data["biography"]).replace("\r\n", "\n")
