"""The contact form."""

from typing import Any

from django import forms

from taskmanager.accounts.forms.fields import TEXT, one_line
from taskmanager.accounts.submissions import UuidField


class ContactForm(forms.Form):
    """A message to whoever runs this installation."""

    from_email = forms.EmailField(
        label="Your e-mail",
        max_length=254,
        help_text="The answer goes there",
        widget=forms.EmailInput(attrs={**TEXT, "autocomplete": "email"}),
    )
    subject = forms.CharField(max_length=150, validators=[one_line], widget=forms.TextInput(attrs=TEXT))
    message = forms.CharField(max_length=10_000, widget=forms.Textarea(attrs={**TEXT, "rows": 8}))
    uuid = UuidField()

    def clean_message(self) -> str:
        """Take line ends as mails are made of them: browsers send CRLF."""
        return str(self.cleaned_data["message"]).replace("\r\n", "\n")

    def clean(self) -> dict[str, Any]:
        """Tell an error of the hidden field, too."""
        for sentence in self.errors.get("uuid", []):
            self.add_error(None, sentence)
        return super().clean() or {}
