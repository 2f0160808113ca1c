"""The organization itself, and how its people sign in."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html

from taskmanager.accounts.forms.fields import TEXT, one_line
from taskmanager.accounts.forms.members import WHAT_ROLES_MAY
from taskmanager.accounts.models import INVITED_AS, ISSUER_LENGTH, Role, SingleSignOn
from taskmanager.accounts.providers import DISCOVERY

PLAIN = {**TEXT, "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
MAX_GROUPS = 200
GROUP_LENGTH = 500


class OrganizationForm(forms.Form):
    """What an organization is called."""

    name = forms.CharField(
        max_length=100,
        validators=[one_line],
        help_text="As people read it, in the header and in mails",
        widget=forms.TextInput(attrs={**TEXT, "autocomplete": "organization"}),
    )

    def clean_name(self) -> str:
        """Fold the white space, as registering does."""
        return " ".join(self.cleaned_data["name"].split())


def printable_ascii(value: str) -> None:
    """Refuse what no provider gives out, and no header carries."""
    if not (value.isascii() and value.isprintable()):
        raise ValidationError("Copy it as the provider shows it: letters, digits and signs, in one line.")


class GroupsField(forms.CharField):
    """Names of groups, one a line: names of some directories hold commas."""

    def __init__(self, role: Role) -> None:
        """Ask for the groups whose people have the role."""
        super().__init__(
            required=False,
            max_length=20_000,
            label=f"Groups whose people are {role.label}s",
            widget=forms.Textarea(attrs={**PLAIN, "rows": 2}),
        )

    def clean(self, value: Any) -> list[str]:
        """Return each name once."""
        names = [line.strip() for line in str(super().clean(value)).splitlines()]
        found = list(dict.fromkeys(name for name in names if name))
        if len(found) > MAX_GROUPS:
            raise ValidationError(f"Name at most {MAX_GROUPS} groups.")
        if any(len(name) > GROUP_LENGTH for name in found):
            raise ValidationError(
                f"A group’s name has at most {GROUP_LENGTH} characters. Write each in a line of its own."
            )
        return found


class SingleSignOnForm(forms.Form):
    """The provider, and what its people may."""

    issuer = forms.CharField(
        max_length=ISSUER_LENGTH,
        help_text="The provider’s address, as it writes it itself: https://login.example.com/realms/acme",
        widget=forms.URLInput(attrs={**PLAIN, "inputmode": "url"}),
    )
    client_id = forms.CharField(
        label="Client ID", max_length=255, validators=[printable_ascii], widget=forms.TextInput(attrs=PLAIN)
    )
    client_secret = forms.CharField(
        max_length=1000,
        required=False,
        strip=True,
        validators=[printable_ascii],
        # A password manager would fill in the Admin's own.
        widget=forms.PasswordInput(attrs={**TEXT, "autocomplete": "new-password"}),
    )
    default_roles = forms.TypedMultipleChoiceField(
        label="Roles of new people",
        coerce=Role,
        choices=[(role.value, format_html("<b>{}</b> {}", role.label, WHAT_ROLES_MAY[role])) for role in INVITED_AS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )
    groups_claim = forms.CharField(
        label="Claim that holds groups",
        max_length=100,
        required=False,
        validators=[printable_ascii],
        help_text="In the provider’s token; “groups” for most",
        widget=forms.TextInput(attrs=PLAIN),
    )
    admin_groups = GroupsField(Role.ADMIN)
    editor_groups = GroupsField(Role.EDITOR)
    creator_groups = GroupsField(Role.CREATOR)
    is_enabled = forms.BooleanField(label="Let people sign in by this provider", required=False)

    def __init__(self, *args: Any, row: SingleSignOn | None, **kwargs: Any) -> None:
        """Take what was saved before, but never the secret."""
        initial: dict[str, Any] = {"default_roles": list(INVITED_AS), "groups_claim": "groups", "is_enabled": True}
        if row:
            names = ("issuer", "client_id", "groups_claim", "is_enabled")
            initial = {name: getattr(row, name) for name in names} | {"default_roles": row.role_list}
            for role in Role:
                initial[f"{role.value.lower()}_groups"] = "\n".join(row.group_roles.get(role.value, []))
        super().__init__(*args, **{"initial": initial, **kwargs})
        secret = self.fields["client_secret"]
        secret.help_text = "Kept encrypted. Leave it empty to keep the one of before." if row else "Kept encrypted."
        if not row:
            secret.required = True
            secret.widget.is_required = True

    def clean_issuer(self) -> str:
        """Take the address of the provider's description for the provider's."""
        issuer = str(self.cleaned_data["issuer"])
        printable_ascii(issuer)
        return issuer.removesuffix(DISCOVERY)

    def clean_groups_claim(self) -> str:
        """Return the usual name where there is none."""
        return str(self.cleaned_data["groups_claim"]) or "groups"

    @property
    def group_roles(self) -> dict[str, list[str]]:
        """Which groups give which role."""
        return {role.value: self.cleaned_data[f"{role.value.lower()}_groups"] for role in Role}


class SingleSignOnStartForm(forms.Form):
    """Whose provider it is."""

    organization = forms.CharField(
        max_length=60,
        help_text="Its short name, as in your team's links",
        widget=forms.TextInput(attrs={**TEXT, "autocomplete": "organization", "autocapitalize": "none"}),
    )
