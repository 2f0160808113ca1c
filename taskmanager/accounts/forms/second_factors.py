"""Second factors: proving who one is, and setting them up."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.views.decorators.debug import sensitive_variables

from taskmanager.accounts import services
from taskmanager.accounts.forms.fields import PASSWORD_LENGTH, TEXT
from taskmanager.accounts.forms.proving import prove
from taskmanager.accounts.models import PASSKEY_NAME_LENGTH, User
from taskmanager.errors import TooManyRequests

# Phones offer the keyboard of digits, and what an app or a message just told.
DIGITS = {**TEXT, "autocomplete": "one-time-code", "inputmode": "numeric", "autocapitalize": "none", "size": "8"}
CREDENTIAL_LENGTH = 20_000


class SecondFactorForm(forms.Form):
    """One of three: the code of an app, a recovery code, or what a passkey signed. `how` is by which it was proven."""

    code = forms.CharField(
        required=False, max_length=20, label="Code of your app", widget=forms.TextInput(attrs=DIGITS)
    )
    recovery_code = forms.CharField(
        required=False,
        max_length=100,
        label="Recovery code",
        widget=forms.TextInput(attrs={**TEXT, "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    credential = forms.CharField(required=False, max_length=CREDENTIAL_LENGTH, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        user: User,
        address: str,
        site: services.Site | None,
        challenge: services.Challenge | None,
        **kwargs: Any,
    ) -> None:
        """Take whose factor it is, where the request came from, and what a passkey was asked to sign."""
        super().__init__(*args, **kwargs)
        self.user, self.address, self.site, self.challenge = user, address, site, challenge
        self.how = ""
        self.throttled: TooManyRequests | None = None

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        """Look at what was given; what is wrong stands beside it, and so are too many tries."""
        given = super().clean() or {}
        if self.errors.get("credential"):
            self.add_error(None, "That passkey didn’t work.")
        if self.errors:
            return given
        try:
            self._look(given)
        except TooManyRequests as error:
            self.throttled = error
            raise ValidationError(str(error)) from error
        return given

    def _look(self, given: dict[str, Any]) -> None:
        user, address = self.user, self.address
        if given.get("credential"):
            challenge, site = self.challenge, self.site
            if services.check_passkey(
                user, credential=given["credential"], challenge=challenge, site=site, address=address
            ):
                self.how = "passkey"
            else:
                self.add_error(None, "That passkey didn’t work. Try again, or take another way.")
        elif given.get("recovery_code"):
            if services.check_recovery_code(user, code=given["recovery_code"], address=address):
                self.how = "recovery"
            else:
                self.add_error("recovery_code", "That is none of your recovery codes, or it was used before.")
        elif given.get("code"):
            if services.check_code(user, code=given["code"], address=address):
                self.how = "totp"
            else:
                self.add_error("code", "That is not the code that your app shows now. Each code works once.")
        else:
            self.add_error("recovery_code" if "recovery_code" in self.data else "code", "Type the code.")


class OwnPasswordForm(forms.Form):
    """One's own password, as a proof that one still sits there."""

    password = forms.CharField(
        max_length=PASSWORD_LENGTH,
        strip=False,
        widget=forms.PasswordInput(attrs={**TEXT, "autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        """Take whose password it is."""
        super().__init__(*args, **kwargs)
        self.user = user
        self.throttled: TooManyRequests | None = None

    def clean_password(self) -> str:
        """Refuse another password than the user's."""
        return prove(self, str(self.cleaned_data["password"]))


class AuthenticatorForm(forms.Form):
    """The first code of a new app."""

    code = forms.CharField(
        max_length=20,
        label="Code that the app shows",
        widget=forms.TextInput(attrs=DIGITS),
        error_messages={"required": "Type the code that the app shows."},
    )


class PasskeyNameForm(forms.Form):
    """What somebody calls a passkey."""

    name = forms.CharField(
        max_length=PASSKEY_NAME_LENGTH,
        help_text="So that you know it again: “Phone”, “Blue key”",
        widget=forms.TextInput(attrs={**TEXT, "autocomplete": "off"}),
        error_messages={"required": "Give the passkey a name."},
    )


class PasskeyForm(PasskeyNameForm):
    """A new passkey: its name, and the device's answer, which a script fills in."""

    credential = forms.CharField(
        max_length=CREDENTIAL_LENGTH,
        widget=forms.HiddenInput,
        error_messages={"required": "Your browser didn’t say anything about a passkey. Is JavaScript turned on?"},
    )

    def clean(self) -> dict[str, Any]:
        """Tell an error of the hidden field, too."""
        for sentence in self.errors.get("credential", []):
            self.add_error(None, sentence)
        return super().clean() or {}
