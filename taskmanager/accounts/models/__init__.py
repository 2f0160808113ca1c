"""Organizations and their people, and what lets them in. What a row may hold, the database itself enforces."""

from taskmanager.accounts.models.audit import AuditEvent, AuditKind
from taskmanager.accounts.models.flags import Flag
from taskmanager.accounts.models.idempotency import IdempotentCall
from taskmanager.accounts.models.invitations import (
    INVITATION_LIFE,
    INVITED_AS,
    SETS_OF_ROLES,
    Invitation,
    InvitationQuerySet,
    end_of_invitation,
    new_nonce,
)
from taskmanager.accounts.models.organizations import Organization
from taskmanager.accounts.models.second_factors import (
    PASSKEY_NAME_LENGTH,
    Authenticator,
    Passkey,
    RecoveryCode,
    RecoveryCodeQuerySet,
)
from taskmanager.accounts.models.sessions import Session
from taskmanager.accounts.models.single_sign_on import (
    DEFAULT_ROLES,
    ISSUER_LENGTH,
    ExternalIdentity,
    IdentityQuerySet,
    SingleSignOn,
    SingleSignOnQuerySet,
)
from taskmanager.accounts.models.submissions import FormSubmission
from taskmanager.accounts.models.throttles import Throttle
from taskmanager.accounts.models.tokens import ApiToken, RefreshToken, Scope
from taskmanager.accounts.models.users import (
    AVATAR_COLOURS,
    BIOGRAPHY_LENGTH,
    CODE,
    Rights,
    Role,
    Theme,
    User,
    UserManager,
    UserQuerySet,
    validate_username,
)

__all__ = [
    "AVATAR_COLOURS",
    "BIOGRAPHY_LENGTH",
    "CODE",
    "DEFAULT_ROLES",
    "INVITATION_LIFE",
    "INVITED_AS",
    "ISSUER_LENGTH",
    "PASSKEY_NAME_LENGTH",
    "SETS_OF_ROLES",
    "ApiToken",
    "AuditEvent",
    "AuditKind",
    "Authenticator",
    "ExternalIdentity",
    "Flag",
    "FormSubmission",
    "IdempotentCall",
    "IdentityQuerySet",
    "Invitation",
    "InvitationQuerySet",
    "Organization",
    "Passkey",
    "RecoveryCode",
    "RecoveryCodeQuerySet",
    "RefreshToken",
    "Rights",
    "Role",
    "Scope",
    "Session",
    "SingleSignOn",
    "SingleSignOnQuerySet",
    "Theme",
    "Throttle",
    "User",
    "UserManager",
    "UserQuerySet",
    "end_of_invitation",
    "new_nonce",
    "validate_username",
]
