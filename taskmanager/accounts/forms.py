"""Forms of registration, sign-in, passwords and one's profile."""

import re
import unicodedata
import zoneinfo
from typing import Any

from django import forms
from django.contrib.auth import forms as auth_forms
from django.contrib.auth.forms import SetPasswordMixin
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, validate_email
from django.utils.html import format_html
from django.views.decorators.debug import sensitive_variables

from taskmanager.accounts import services
from taskmanager.accounts.models import (
    BIOGRAPHY_LENGTH,
    INVITED_AS,
    Invitation,
    Organization,
    Role,
    Theme,
    User,
    validate_username,
)
from taskmanager.accounts.submissions import UuidField
from taskmanager.errors import TooManyRequests

TEXT = {"class": "form-control"}
WHAT_ROLES_MAY = {
    Role.CREATOR: "adds tasks, epics, sprints and files",
    Role.EDITOR: "claims tasks, changes their own, plans sprints",
    Role.ADMIN: "may do everything, and manages members",
}
PASSWORD_LENGTH = 4096


def one_line(value: str) -> None:
    """Refuse what could begin another header of a mail."""
    if any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in value):
        raise ValidationError("Write it in one line, without control characters.")


class PhoneField(forms.CharField):
    """A phone number of exactly ten digits; what people put between them is left out."""

    BETWEEN = re.compile(r"[\s().\-\u2010-\u2015]+")

    def __init__(self, **kwargs: Any) -> None:
        """Ask for the keyboard of a phone."""
        attrs = {**TEXT, "autocomplete": "tel-national", "inputmode": "tel"}
        # A column's own length would count what is left out later.
        super().__init__(**{**kwargs, "max_length": 40, "widget": forms.TextInput(attrs={"type": "tel", **attrs})})

    def clean(self, value: Any) -> str:
        """Return the ten digits, or "" where nothing is required."""
        digits = self.BETWEEN.sub("", str(super().clean(value)))
        if digits and not re.fullmatch(r"[0-9]{10}", digits):
            raise ValidationError("Give exactly 10 digits, like 555 123 4567.")
        return digits


def time_zones() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the zones that people live in, by region."""
    regions: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(zoneinfo.available_timezones()):
        region, _, place = name.partition("/")
        if place and region not in {"Etc", "SystemV", "posix", "right"}:
            regions.setdefault(region, []).append((name, place.replace("_", " ").replace("/", ", ")))
    return [("Everywhere", [("UTC", "UTC")]), *regions.items()]


class ProfileForm(forms.Form):
    """What somebody tells their colleagues about themselves."""

    phone = PhoneField(required=False, help_text="10 digits; spaces, dots, dashes and parentheses don’t matter")
    biography = forms.CharField(
        required=False,
        max_length=BIOGRAPHY_LENGTH,
        help_text="What colleagues should know about you. Markdown.",
        widget=forms.Textarea(attrs={**TEXT, "rows": 6}),
    )
    time_zone = forms.TypedChoiceField(
        required=False,
        empty_value="UTC",
        choices=time_zones,
        help_text="All times are shown in it, and a day begins when it does there",
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    theme = forms.TypedChoiceField(
        required=False,
        empty_value=Theme.SYSTEM,
        choices=Theme.choices,
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def clean_biography(self) -> str:
        """Take line ends as they are kept: browsers send CRLF."""
        return str(self.cleaned_data["biography"]).replace("\r\n", "\n")


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

    @sensitive_variables("password")
    def clean_old_password(self) -> str:
        """Return the old password, where it is the right one."""
        password = str(self.cleaned_data["old_password"])
        try:
            is_right = services.is_own_password(self.user, password)
        except TooManyRequests as error:
            self.throttled = error
            raise ValidationError(str(error)) from error
        if not is_right:
            raise ValidationError("That is not your password.")
        return password


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


class RolesForm(forms.Form):
    """Which roles somebody has."""

    roles = forms.TypedMultipleChoiceField(
        coerce=Role,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose roles that you can give."},
    )

    def __init__(self, *args: Any, offered: list[Role], **kwargs: Any) -> None:
        """Take the roles that there are to choose from."""
        super().__init__(*args, **kwargs)
        self.fields["roles"].choices = [  # type: ignore[attr-defined]
            (role.value, format_html("<b>{}</b> {}", role.label, WHAT_ROLES_MAY[role])) for role in offered
        ]


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
