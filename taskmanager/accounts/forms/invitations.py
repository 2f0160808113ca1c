"""Inviting, and accepting."""

import re
from typing import Any

from django import forms
from django.contrib.auth.forms import SetPasswordMixin
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.views.decorators.debug import sensitive_variables

from taskmanager.accounts.forms.fields import TEXT
from taskmanager.accounts.forms.members import RolesForm
from taskmanager.accounts.models import (
    INVITED_AS,
    Invitation,
    User,
    validate_username,
)
from taskmanager.accounts.submissions import UuidField


class InvitationForm(RolesForm):
    """Whom to invite, and as what."""

    emails = forms.CharField(
        label="E-mail addresses",
        max_length=20_000,
        help_text="One or several, with commas, spaces or line ends between them",
        widget=forms.Textarea(
            attrs={**TEXT, "rows": 3, "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
        error_messages={"required": "Give at least one address."},
    )
    uuid = UuidField()
    field_order = ("emails", "roles", "uuid")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Start with the roles of most members."""
        super().__init__(*args, **{"initial": {"roles": list(INVITED_AS)}, **kwargs})

    def clean_emails(self) -> list[str]:
        """Return each address once, in lower case; name those that are none."""
        found = list(dict.fromkeys(re.split(r"[\s,;]+", self.cleaned_data["emails"].strip(" ,;\r\n\t").lower())))
        if wrong := [each for each in found if not _is_address(each)]:
            raise ValidationError(f"Not an e-mail address: {', '.join(wrong[:5])}")
        return found

    def clean(self) -> dict[str, Any]:
        """Tell an error of the hidden field, too."""
        for sentence in self.errors.get("uuid", []):
            self.add_error(None, sentence)
        return super().clean() or {}


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= 254


class AcceptanceForm(SetPasswordMixin[User], forms.Form):
    """How an invited person wants to sign in."""

    username = forms.CharField(
        max_length=50,
        validators=[validate_username],
        help_text="Letters a to z, digits and _ . + -",
        widget=forms.TextInput(attrs={**TEXT, "autocomplete": "username", "autocapitalize": "none"}),
    )
    uuid = UuidField()
    password1, password2 = SetPasswordMixin.create_password_fields(label1="Password", label2="Password again")

    def __init__(self, *args: Any, invitation: Invitation, **kwargs: Any) -> None:
        """Dress the two password fields like the others; the address may suggest a name."""
        super().__init__(*args, **kwargs)
        self.invitation = invitation
        self.fields["password1"].widget.attrs.update(TEXT)
        self.fields["password2"].widget.attrs.update(TEXT)
        name = invitation.email.partition("@")[0]
        if re.fullmatch(r"[A-Za-z0-9_.+-]{1,50}", name):
            self.fields["username"].initial = name

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        """Compare the two passwords and apply the rules for good ones; tell an error of the hidden field, too."""
        for sentence in self.errors.get("uuid", []):
            self.add_error(None, sentence)
        self.validate_passwords()
        somebody = User(
            organization=self.invitation.organization,
            username=self.cleaned_data.get("username", ""),
            email=self.invitation.email,
        )
        self.validate_password_for_user(somebody, "password1")
        return super().clean() or {}
