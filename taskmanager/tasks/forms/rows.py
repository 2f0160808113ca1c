"""Forms with several things on one page, a row each."""

from typing import Any

from django import forms

from taskmanager.tasks.forms.fields import (
    TEXT,
    EpicChoice,
    MemberChoice,
    TypedChoice,
    VersionField,
    day_field,
    whole_text,
)
from taskmanager.tasks.models import Task


class Row(forms.Form):
    """A task or a sprint as one row of a page with several."""

    FIELDS: tuple[str, ...] = ()
    item: Any = None  # the task or sprint that the row edits; None where it isn't there any more
    is_locked = False  # whether the user may only read it


class RowForm(Row):
    """A task as one row."""

    FIELDS = ("title", "status", "priority", "owner", "due_date")

    id = forms.IntegerField(min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)
    version = VersionField()
    title = forms.CharField(
        max_length=200,
        validators=[whole_text],
        error_messages={"required": "Give the task a title."},
        widget=forms.TextInput(attrs={**TEXT, "autocomplete": "off"}),
    )
    status = TypedChoice(choices=Task.Status.choices)
    priority = TypedChoice(choices=Task.Priority.choices)
    owner = MemberChoice()
    due_date = day_field(required=False)


class SprintRowForm(Row):
    """A sprint as one row."""

    FIELDS = ("name", "start_date", "end_date", "epic")

    id = forms.IntegerField(min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)
    version = VersionField()
    name = forms.CharField(
        max_length=100,
        validators=[whole_text],
        error_messages={"required": "Give the sprint a name."},
        widget=forms.TextInput(attrs={**TEXT, "autocomplete": "off"}),
    )
    start_date = day_field(label="First day", error_messages={"required": "Give its first day."})
    end_date = day_field(label="Last day", error_messages={"required": "Give its last day."})
    epic = EpicChoice()
