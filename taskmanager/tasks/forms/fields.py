"""What several forms have in common: their fields, and what can be wrong with any text."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from taskmanager.accounts.models import Organization, User
from taskmanager.tasks.models import MOST_WATCHERS, Epic, Project
from taskmanager.tasks.services import UnknownVersion

TEXT = {"class": "form-control"}
SELECT = {"class": "form-select"}


def whole_text(value: str) -> None:
    """Refuse text that was cut or recoded on its way: Python marks what wasn't UTF-8 with U+FFFD."""
    if "\N{REPLACEMENT CHARACTER}" in value:
        raise ValidationError("Some characters did not arrive as valid UTF-8. Please type them again.")


def tell_errors_of_hidden_fields(form: forms.Form) -> None:
    """Say what is wrong with a field that nobody sees above the form, where everybody does."""
    for hidden in form.hidden_fields():
        for sentence in hidden.errors:
            form.add_error(None, sentence)


class TypedChoice(forms.ChoiceField):
    """A choice whose error names what may be chosen."""

    def __init__(self, *, choices: Any, **kwargs: Any) -> None:
        """Take the choices; what people read is in the error message."""
        labels = ", ".join(str(label) for value, label in choices if value)
        kwargs.setdefault("error_messages", {})["invalid_choice"] = f"Choose one of these: {labels}."
        super().__init__(choices=choices, widget=forms.Select(attrs=SELECT), **kwargs)


class MemberChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of the organization's people, or nobody."""

    def __init__(self, **kwargs: Any) -> None:
        """Wait for the organization, which the form knows."""
        super().__init__(
            queryset=User.objects.none(),
            required=False,
            empty_label="Nobody",
            widget=forms.Select(attrs=SELECT),
            error_messages={"invalid_choice": "Choose a member of your organization, or nobody."},
            **kwargs,
        )

    def label_from_instance(self, obj: Any) -> str:
        """Return the name to choose."""
        return str(obj.display_name)


class EpicChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of the organization's epics, or none."""

    def __init__(self, **kwargs: Any) -> None:
        """Wait for the organization, which the form knows."""
        super().__init__(
            queryset=Epic.objects.none(),
            required=False,
            empty_label="No epic",
            widget=forms.Select(attrs=SELECT),
            error_messages={"invalid_choice": "Choose one of your organization's epics, or none."},
            **kwargs,
        )


class VersionField(forms.IntegerField):
    """The version that an edit started from."""

    def __init__(self) -> None:
        """Take nothing; it is hidden."""
        super().__init__(
            required=False,
            min_value=1,
            max_value=2**31 - 1,
            error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), UnknownVersion.message),
            widget=forms.HiddenInput,
        )


def day_field(**kwargs: Any) -> forms.DateField:
    """Return a field for a day."""
    return forms.DateField(
        widget=forms.DateInput(attrs={**TEXT, "type": "date"}, format="%Y-%m-%d"),
        **{
            **kwargs,
            "error_messages": {
                "invalid": "Give a date as year-month-day, like 2026-12-24.",
                **kwargs.get("error_messages", {}),
            },
        },
    )


def project_field() -> Any:
    """Return a field for the project of something new."""
    return forms.ModelChoiceField(
        queryset=Project.objects.none(),
        required=False,
        empty_label=None,
        widget=forms.Select(attrs=SELECT),
        error_messages={"invalid_choice": "Choose one of your organization's projects."},
    )


def offer_projects(field: Any, organization: Organization, projects: list[Project]) -> None:
    """Let the organization's projects be chosen; a team with one never needs to notice."""
    field.queryset = Project.objects.of(organization).oldest_first()
    if len(projects) == 1:
        field.widget = forms.HiddenInput()


def sent(form: forms.Form, names: tuple[str, ...]) -> dict[str, Any]:
    """Return the fields that were sent, cleaned: what a request leaves out stays as it is."""
    return {
        name: form.cleaned_data[name]
        for name in names
        if form.add_prefix(name) in form.data and (form.cleaned_data[name] != "" or name == "description")
    }


class FilesInput(forms.FileInput):
    """A control for several files."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return all files that were sent under the name."""
        return files.getlist(name) if hasattr(files, "getlist") else files.get(name, [])


class FilesField(forms.Field):
    """Any number of files; what may be attached, the service knows."""

    widget = FilesInput

    def to_python(self, value: Any) -> list[Any]:
        """Return the files as a list."""
        return list(value or [])


class EmailListField(forms.CharField):
    """E-mail addresses, with commas between them; line ends and semicolons will do. Each once, in lower case."""

    default_error_messages = {  # noqa: RUF012 (Django's own name for it)
        "invalid": "One or more email addresses are not valid: %(addresses)s.",
        "too_many": f"Give at most {MOST_WATCHERS} addresses.",
    }

    def __init__(self, **kwargs: Any) -> None:
        """Take what a field takes."""
        widget = forms.Textarea(
            attrs={**TEXT, "rows": 2, "spellcheck": "false", "autocapitalize": "off", "autocomplete": "off"}
        )
        super().__init__(widget=widget, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Return the addresses as they are typed."""
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        """Return the addresses. Raises ValidationError, which names those that are none."""
        text = str(super().clean(value) or "")
        typed = list(dict.fromkeys(part.strip().lower() for part in re.split(r"[,;\r\n]", text) if part.strip()))
        if bad := [address for address in typed if not _is_address(address)]:
            # What is named is shown again on the page: not a book of it.
            named = ", ".join(address[:80] for address in bad[:5]) + (" …" if len(bad) > 5 else "")
            raise ValidationError(self.error_messages["invalid"], code="invalid", params={"addresses": named})
        if len(typed) > MOST_WATCHERS:
            raise ValidationError(self.error_messages["too_many"], code="too_many")
        return typed


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    # In quotes, an address may hold what no header of a mail can.
    return len(text) <= 254 and text.isprintable() and '"' not in text


class MarkdownField(forms.CharField):
    """A long text, with line ends as they are kept: browsers send CRLF, which would count twice."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        """Return the text without white space around it."""
        return str(super().to_python(value)).replace("\r\n", "\n")
