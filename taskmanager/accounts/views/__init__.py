"""Pages of signing in and out, passwords, sessions, tokens, one's own profile, members, invitations and the audit."""

from taskmanager.accounts.views.audit import EVENTS_ON_A_PAGE, audit_csv, audit_list
from taskmanager.accounts.views.entering import (
    ORGANIZATION_COOKIE,
    REMEMBER_SECONDS,
    address_of,
    begin_session,
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
from taskmanager.accounts.views.passwords import (
    NewPasswordView,
    password_change,
    password_reset,
    password_reset_complete,
    password_reset_done,
)
from taskmanager.accounts.views.profiles import photo, profile
from taskmanager.accounts.views.sessions import HASH, session_list
from taskmanager.accounts.views.signing_in import SignInView, SignOutView
from taskmanager.accounts.views.tokens import token_list, token_pair, token_revoke, token_revoke_all

__all__ = [
    "EVENTS_ON_A_PAGE",
    "HASH",
    "ON_A_PAGE",
    "ORGANIZATION_COOKIE",
    "REMEMBER_SECONDS",
    "NewPasswordView",
    "SignInView",
    "SignOutView",
    "address_of",
    "audit_csv",
    "audit_list",
    "begin_session",
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
    "password_change",
    "password_reset",
    "password_reset_complete",
    "password_reset_done",
    "photo",
    "profile",
    "remember_organization",
    "session_list",
    "session_of",
    "token_list",
    "token_pair",
    "token_revoke",
    "token_revoke_all",
    "too_many",
]
