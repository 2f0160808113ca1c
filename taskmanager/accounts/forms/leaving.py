"""Closing one's account."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from taskmanager.accounts.forms.fields import PASSWORD_LENGTH, TEXT
from taskmanager.accounts.forms.proving import prove
from taskmanager.accounts.models import User
from taskmanager.errors import TooManyRequests


class CloseAccountForm(forms.Form):
    """The password once more, or the username of who has none because they sign in elsewhere."""

    password = forms.CharField(
        max_length=PASSWORD_LENGTH,
        strip=False,
        label="Your password",
        help_text="So that nobody else closes your account",
        widget=forms.PasswordInput(attrs={**TEXT, "autocomplete": "current-password"}),
    )
    username = forms.CharField(
        max_length=50,
        label="Your username",
        widget=forms.TextInput(attrs={**TEXT, "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        """Ask for what this user can give."""
        super().__init__(*args, **kwargs)
        self.user = user
        self.throttled: TooManyRequests | None = None
        self.fields["username"].help_text = f"Type {user.username}, so that no slip closes your account"
        del self.fields["username" if user.has_usable_password() else "password"]

    def clean_password(self) -> str:
        """Refuse another one than theirs."""
        return prove(self, str(self.cleaned_data["password"]))

    def clean_username(self) -> str:
        """Refuse another one than theirs; capitals don't matter."""
        typed = str(self.cleaned_data["username"])
        if typed.lower() != self.user.username.lower():
            raise ValidationError("That is not your username.")
        return typed
