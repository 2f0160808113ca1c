"""Signing in."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.views.decorators.debug import sensitive_variables

from taskmanager.accounts import services
from taskmanager.accounts.forms.fields import PASSWORD_LENGTH, TEXT
from taskmanager.accounts.models import (
    User,
)
from taskmanager.errors import TooManyRequests


class SignInForm(forms.Form):
    """Organization, username or e-mail address, and password."""

    organization = forms.CharField(
        max_length=60,
        help_text="Its short name, as in your team's links",
        widget=forms.TextInput(attrs={**TEXT, "autocomplete": "organization", "autocapitalize": "none"}),
    )
    username = forms.CharField(
        label="Username or e-mail",
        max_length=254,
        widget=forms.TextInput(attrs={**TEXT, "autocomplete": "username", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        max_length=PASSWORD_LENGTH,
        strip=False,
        widget=forms.PasswordInput(attrs={**TEXT, "autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, address: str = "", **kwargs: Any) -> None:
        """Take the address that the request came from: tries are counted by it."""
        super().__init__(*args, **kwargs)
        self.address = address
        self.user: User | None = None
        self.throttled: TooManyRequests | None = None

    @sensitive_variables("cleaned")
    def clean(self) -> dict[str, Any]:
        """Sign in; wrong credentials are the form's error, whatever was wrong, and so are too many tries."""
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        try:
            self.user = services.sign_in(
                organization=cleaned["organization"],
                username=cleaned["username"],
                password=cleaned["password"],
                address=self.address,
            )
        except TooManyRequests as error:
            self.throttled = error
            raise ValidationError(str(error)) from error
        if self.user is None:
            raise ValidationError("Organization, username or password is not right.")
        return cleaned
