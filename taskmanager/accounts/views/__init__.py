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
from taskmanager.accounts.views.organizations import callback_url, organization_edit, single_sign_on_edit
from taskmanager.accounts.views.passwords import (
    NewPasswordView,
    password_change,
    password_reset,
    password_reset_complete,
    password_reset_done,
)
from taskmanager.accounts.views.profiles import profile
from taskmanager.accounts.views.sessions import HASH, session_list
from taskmanager.accounts.views.signing_in import SignInView, SignOutView
from taskmanager.accounts.views.single_sign_on import (
    member_disconnect,
    single_sign_on_try,
    sso,
    sso_callback,
    sso_start,
)

__all__ = [
    "HASH",
    "ON_A_PAGE",
    "ORGANIZATION_COOKIE",
    "REMEMBER_SECONDS",
    "NewPasswordView",
    "SignInView",
    "SignOutView",
    "callback_url",
    "enter",
    "enter_again",
    "invitation_accept",
    "invitation_list",
    "invitation_resend",
    "invitation_revoke",
    "known_organization",
    "member_deactivate",
    "member_disconnect",
    "member_edit",
    "member_list",
    "member_reactivate",
    "organization_edit",
    "password_change",
    "password_reset",
    "password_reset_complete",
    "password_reset_done",
    "profile",
    "remember_organization",
    "session_list",
    "session_of",
    "single_sign_on_edit",
    "single_sign_on_try",
    "sso",
    "sso_callback",
    "sso_start",
    "too_many",
]
