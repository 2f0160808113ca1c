"""Forms. They check the shape of what was typed; the services check the rules."""

from taskmanager.accounts.forms.contact import ContactForm
from taskmanager.accounts.forms.fields import PASSWORD_LENGTH, TEXT, PhoneField, one_line, time_zones
from taskmanager.accounts.forms.invitations import AcceptanceForm, InvitationForm
from taskmanager.accounts.forms.members import WHAT_ROLES_MAY, RolesForm
from taskmanager.accounts.forms.organizations import OrganizationForm, SingleSignOnForm, SingleSignOnStartForm
from taskmanager.accounts.forms.passwords import NewPasswordForm, PasswordChangeForm, PasswordResetForm
from taskmanager.accounts.forms.profiles import ProfileForm
from taskmanager.accounts.forms.registration import RegistrationForm
from taskmanager.accounts.forms.signing_in import SignInForm

__all__ = [
    "PASSWORD_LENGTH",
    "TEXT",
    "WHAT_ROLES_MAY",
    "AcceptanceForm",
    "ContactForm",
    "InvitationForm",
    "NewPasswordForm",
    "OrganizationForm",
    "PasswordChangeForm",
    "PasswordResetForm",
    "PhoneField",
    "ProfileForm",
    "RegistrationForm",
    "RolesForm",
    "SignInForm",
    "SingleSignOnForm",
    "SingleSignOnStartForm",
    "one_line",
    "time_zones",
]
