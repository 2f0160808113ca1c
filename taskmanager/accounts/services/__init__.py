"""What happens to organizations and people: permission, rule, write, in one transaction each."""

from taskmanager.accounts.services.audit import record_event
from taskmanager.accounts.services.contact import count_contact_message, send_contact_message
from taskmanager.accounts.services.invitations import (
    AlreadyInvited,
    AlreadyMember,
    InvitationGone,
    TooManyInvitations,
    UsernameTaken,
    accept_invitation,
    count_invitations,
    find_invitation,
    invite,
    resend_invitation,
    revoke_invitation,
)
from taskmanager.accounts.services.leaving import THROTTLE_EXPORT, begin_export, forget_person
from taskmanager.accounts.services.members import (
    LastAdmin,
    NameTaken,
    add_member,
    change_roles,
    deactivate_member,
    reactivate_member,
    require_roles,
)
from taskmanager.accounts.services.organizations import create_organization, hold_admins, is_last_admin
from taskmanager.accounts.services.passwords import (
    THROTTLE_RESET,
    LinkUsed,
    change_password,
    request_password_reset,
    reset_password,
)
from taskmanager.accounts.services.profiles import THROTTLE_PHOTO, count_photo, edit_profile, remove_photos_of
from taskmanager.accounts.services.sessions import end_sessions
from taskmanager.accounts.services.signing_in import SHARED_LIMIT_FACTOR, is_own_password, sign_in

__all__ = [
    "SHARED_LIMIT_FACTOR",
    "THROTTLE_EXPORT",
    "THROTTLE_PHOTO",
    "THROTTLE_RESET",
    "AlreadyInvited",
    "AlreadyMember",
    "InvitationGone",
    "LastAdmin",
    "LinkUsed",
    "NameTaken",
    "TooManyInvitations",
    "UsernameTaken",
    "accept_invitation",
    "add_member",
    "begin_export",
    "change_password",
    "change_roles",
    "count_contact_message",
    "count_invitations",
    "count_photo",
    "create_organization",
    "deactivate_member",
    "edit_profile",
    "end_sessions",
    "find_invitation",
    "forget_person",
    "hold_admins",
    "invite",
    "is_last_admin",
    "is_own_password",
    "reactivate_member",
    "record_event",
    "remove_photos_of",
    "request_password_reset",
    "require_roles",
    "resend_invitation",
    "reset_password",
    "revoke_invitation",
    "send_contact_message",
    "sign_in",
]
