"""Forms. They check the shape of what was typed; the services check the rules."""

from taskmanager.accounts.forms.audit import AuditForm
from taskmanager.accounts.forms.contact import ContactForm
from taskmanager.accounts.forms.fields import PASSWORD_LENGTH, TEXT, PhoneField, one_line, time_zones
from taskmanager.accounts.forms.invitations import AcceptanceForm, InvitationForm
from taskmanager.accounts.forms.leaving import CloseAccountForm
from taskmanager.accounts.forms.members import WHAT_ROLES_MAY, RolesForm
from taskmanager.accounts.forms.organizations import OrganizationForm, SingleSignOnForm, SingleSignOnStartForm
from taskmanager.accounts.forms.passwords import NewPasswordForm, PasswordChangeForm, PasswordResetForm
from taskmanager.accounts.forms.profiles import ProfileForm
from taskmanager.accounts.forms.registration import RegistrationForm
from taskmanager.accounts.forms.second_factors import (
    CREDENTIAL_LENGTH,
    AuthenticatorForm,
    OwnPasswordForm,
    PasskeyForm,
    PasskeyNameForm,
    SecondFactorForm,
)
from taskmanager.accounts.forms.signing_in import SignInForm
from taskmanager.accounts.forms.tokens import TokenForm

__all__ = [
    "CREDENTIAL_LENGTH",
    "PASSWORD_LENGTH",
    "TEXT",
    "WHAT_ROLES_MAY",
    "AcceptanceForm",
    "AuditForm",
    "AuthenticatorForm",
    "CloseAccountForm",
    "ContactForm",
    "InvitationForm",
    "NewPasswordForm",
    "OrganizationForm",
    "OwnPasswordForm",
    "PasskeyForm",
    "PasskeyNameForm",
    "PasswordChangeForm",
    "PasswordResetForm",
    "PhoneField",
    "ProfileForm",
    "RegistrationForm",
    "RolesForm",
    "SecondFactorForm",
    "SignInForm",
    "SingleSignOnForm",
    "SingleSignOnStartForm",
    "TokenForm",
    "one_line",
    "time_zones",
]
