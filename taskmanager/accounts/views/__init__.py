"""Pages of signing in and out, passwords, sessions, one's own profile, members and invitations."""

from taskmanager.accounts.views.entering import (
    ORGANIZATION_COOKIE,
    REMEMBER_SECONDS,
    enter,
    enter_again,
    known_organization,
    remember_organization,
    session_of,
    too_many,
)
from taskmanager.accounts.views.invitations import (
    invitation_accept,
    invitation_list,
    invitation_resend,
    invitation_revoke,
)
from taskmanager.accounts.views.members import ON_A_PAGE, member_deactivate, member_edit, member_list, member_reactivate
from taskmanager.accounts.views.passkeys import (
    passkey_create,
    passkey_edit,
    passkey_options,
    passkey_remove,
    passkey_sign_in,
    passkey_sign_in_options,
    second_factor_options,
)
from taskmanager.accounts.views.passwords import (
    NewPasswordView,
    password_change,
    password_reset,
    password_reset_complete,
    password_reset_done,
)
from taskmanager.accounts.views.profiles import profile
from taskmanager.accounts.views.second_factors import (
    authenticator_create,
    authenticator_remove,
    recovery_codes,
    recovery_codes_create,
    recovery_codes_download,
    second_factor,
    second_factor_confirm,
    second_factor_requirement,
    second_factor_reset,
    second_factor_settings,
    second_factor_setup,
)
from taskmanager.accounts.views.sessions import HASH, session_list
from taskmanager.accounts.views.signing_in import SignInView, SignOutView

__all__ = [
    "HASH",
    "ON_A_PAGE",
    "ORGANIZATION_COOKIE",
    "REMEMBER_SECONDS",
    "NewPasswordView",
    "SignInView",
    "SignOutView",
    "authenticator_create",
    "authenticator_remove",
    "enter",
    "enter_again",
    "invitation_accept",
    "invitation_list",
    "invitation_resend",
    "invitation_revoke",
    "known_organization",
    "member_deactivate",
    "member_edit",
    "member_list",
    "member_reactivate",
    "passkey_create",
    "passkey_edit",
    "passkey_options",
    "passkey_remove",
    "passkey_sign_in",
    "passkey_sign_in_options",
    "password_change",
    "password_reset",
    "password_reset_complete",
    "password_reset_done",
    "profile",
    "recovery_codes",
    "recovery_codes_create",
    "recovery_codes_download",
    "remember_organization",
    "second_factor",
    "second_factor_confirm",
    "second_factor_options",
    "second_factor_requirement",
    "second_factor_reset",
    "second_factor_settings",
    "second_factor_setup",
    "session_list",
    "session_of",
    "too_many",
]
