"""Changing and resetting a password."""

from typing import Any

from django import forms
from django.contrib.auth import forms as auth_forms
from django.core.validators import MaxLengthValidator

from taskmanager.accounts.forms.fields import PASSWORD_LENGTH, TEXT
from taskmanager.accounts.forms.proving import prove
from taskmanager.accounts.models import (
    User,
)
from taskmanager.errors import TooManyRequests


class NewPasswordForm(auth_forms.SetPasswordForm[User]):
    """A new password, twice, without the old one: the link of a mail stands for it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Dress Django's fields like ours."""
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.update(TEXT)
            # No longer than the sign-in takes.
            field.validators.append(MaxLengthValidator(PASSWORD_LENGTH))
        self.fields["new_password1"].label = "New password"
        self.fields["new_password2"].label = "New password again"
        self.fields["new_password2"].help_text = ""


class PasswordChangeForm(NewPasswordForm):
    """The old password, and a new one twice."""

    old_password = forms.CharField(
        max_length=PASSWORD_LENGTH,
        strip=False,
        label="Old password",
        widget=forms.PasswordInput(attrs={**TEXT, "autocomplete": "current-password", "autofocus": True}),
    )
    field_order = ("old_password", "new_password1", "new_password2")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Begin without an error of too many tries."""
        super().__init__(*args, **kwargs)
        self.throttled: TooManyRequests | None = None

    def clean_old_password(self) -> str:
        """Return the old password, where it is the right one."""
        return prove(self, str(self.cleaned_data["old_password"]))


class PasswordResetForm(forms.Form):
    """Whose password it is: an organization and an address in it."""

    organization = forms.CharField(
        max_length=60,
        help_text="Its short name, as in your team's links",
        widget=forms.TextInput(attrs={**TEXT, "autocomplete": "organization", "autocapitalize": "none"}),
    )
    email = forms.EmailField(
        label="E-mail", max_length=254, widget=forms.EmailInput(attrs={**TEXT, "autocomplete": "email"})
    )
