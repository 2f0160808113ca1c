"""Fields that more than one form has, and how they look."""

import re
import unicodedata
import zoneinfo
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

TEXT = {"class": "form-control"}
PASSWORD_LENGTH = 4096


def one_line(value: str) -> None:
    """Refuse what could begin another header of a mail."""
    if any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in value):
        raise ValidationError("Write it in one line, without control characters.")


class PhoneField(forms.CharField):
    """A phone number of exactly ten digits; what people put between them is left out."""

    BETWEEN = re.compile(r"[\s().\-\u2010-\u2015]+")

    def __init__(self, **kwargs: Any) -> None:
        """Ask for the keyboard of a phone."""
        attrs = {**TEXT, "autocomplete": "tel-national", "inputmode": "tel"}
        # A column's own length would count what is left out later.
        super().__init__(**{**kwargs, "max_length": 40, "widget": forms.TextInput(attrs={"type": "tel", **attrs})})

    def clean(self, value: Any) -> str:
        """Return the ten digits, or "" where nothing is required."""
        digits = self.BETWEEN.sub("", str(super().clean(value)))
        if digits and not re.fullmatch(r"[0-9]{10}", digits):
            raise ValidationError("Give exactly 10 digits, like 555 123 4567.")
        return digits


def time_zones() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the zones that people live in, by region."""
    regions: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(zoneinfo.available_timezones()):
        region, _, place = name.partition("/")
        if place and region not in {"Etc", "SystemV", "posix", "right"}:
            regions.setdefault(region, []).append((name, place.replace("_", " ").replace("/", ", ")))
    return [("Everywhere", [("UTC", "UTC")]), *regions.items()]
