"""A new organization."""

from typing import Any

from django import forms
from django.contrib.auth.forms import SetPasswordMixin
from django.views.decorators.debug import sensitive_variables

from taskmanager.accounts.forms.fields import TEXT
from taskmanager.accounts.models import (
    Organization,
    User,
    validate_username,
)
from taskmanager.accounts.submissions import UuidField


class RegistrationForm(SetPasswordMixin[User], forms.Form):
    """A new organization and its first user."""

    organization = forms.CharField(
        max_length=100,
        help_text="Your company's or team's name",
        widget=forms.TextInput(attrs={**TEXT, "autocomplete": "organization"}),
    )
    username = forms.CharField(
        max_length=50,
        validators=[validate_username],
        help_text="Letters a to z, digits and _ . + -",
        widget=forms.TextInput(attrs={**TEXT, "autocomplete": "username", "autocapitalize": "none"}),
    )
    email = forms.EmailField(
        label="E-mail", max_length=254, widget=forms.EmailInput(attrs={**TEXT, "autocomplete": "email"})
    )
    uuid = UuidField()
    password1, password2 = SetPasswordMixin.create_password_fields(label1="Password", label2="Password again")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Dress the two password fields like the others."""
        super().__init__(*args, **kwargs)
        self.fields["password1"].widget.attrs.update(TEXT)
        self.fields["password2"].widget.attrs.update(TEXT)

    def clean_organization(self) -> str:
        """Fold the white space of the name."""
        return " ".join(self.cleaned_data["organization"].split())

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        """Compare the two passwords and apply the rules for good ones; tell an error of the hidden field, too."""
        for sentence in self.errors.get("uuid", []):
            self.add_error(None, sentence)
        self.validate_passwords()
        somebody = User(
            organization=Organization(name=self.cleaned_data.get("organization", "")),
            username=self.cleaned_data.get("username", ""),
            email=self.cleaned_data.get("email", ""),
        )
        self.validate_password_for_user(somebody, "password1")
        return super().clean() or {}
