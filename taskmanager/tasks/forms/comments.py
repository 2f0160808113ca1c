"""Forms of comments."""

from typing import Any

from django import forms

from taskmanager.accounts.submissions import UuidField
from taskmanager.tasks.forms.fields import (
    TEXT,
    MarkdownField,
    tell_errors_of_hidden_fields,
    whole_text,
)
from taskmanager.tasks.models import COMMENT_LENGTH


class CommentForm(forms.Form):
    """What somebody says about a task."""

    text = MarkdownField(
        label="Comment",
        max_length=COMMENT_LENGTH,
        validators=[whole_text],
        error_messages={
            "required": "Write something first.",
            "max_length": f"A comment has at most {COMMENT_LENGTH:,} characters. This one has %(show_value)d.",
        },
        widget=forms.Textarea(attrs={**TEXT, "rows": 1, "placeholder": "Write a comment…"}),
    )
    uuid = UuidField()

    def __init__(self, *args: Any, is_kept: bool = False, **kwargs: Any) -> None:
        """With `is_kept`, what is typed outlives a change of the task around it, a claim for example."""
        super().__init__(*args, **kwargs)
        if is_kept:
            self.fields["text"].widget.attrs["hx-preserve"] = "true"

    def clean(self) -> dict[str, Any]:
        """Tell the errors of hidden fields, too."""
        tell_errors_of_hidden_fields(self)
        return super().clean() or {}


class CommentEditForm(CommentForm):
    """What somebody makes of their comment."""

    uuid = None  # type: ignore[assignment]  # no field: saving the same text twice changes nothing
    version = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"),
            "This form names a version of the comment that doesn't exist. Reload the page.",
        ),
        widget=forms.HiddenInput,
    )
