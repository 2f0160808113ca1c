"""Who may do what: the roles' permissions, and that nobody gives or takes what is above them."""

from django.contrib.auth.models import Group

from taskmanager.accounts.models import Role, User
from taskmanager.errors import NotAllowed, NotFound


def require_member(actor: User, organization_id: int) -> None:
    """Raise NotFound for an object of another organization."""
    if actor.organization_id != organization_id or not actor.is_active:
        raise NotFound


def require(actor: User, permission: str, organization_id: int) -> None:
    """Raise NotFound for an object of another organization, NotAllowed where no role permits it."""
    require_member(actor, organization_id)
    if not actor.has_perm(permission):
        raise NotAllowed


def may_manage(member: User, actor: User) -> bool:
    """Whether the member may nothing that the actor may not: nobody demotes or locks out somebody above them."""
    if actor.is_superuser:
        return True
    return not member.is_superuser and member.rights.permissions <= actor.rights.permissions


def roles_to_give(actor: User) -> list[Role]:
    """Return the roles that hold no permission which the actor doesn't have."""
    if actor.is_superuser:
        return list(Role)
    codes = Group.objects.filter(name__in=Role.values).values_list(
        "name", "permissions__content_type__app_label", "permissions__codename"
    )
    above = {name for name, app, code in codes if code and f"{app}.{code}" not in actor.rights.permissions}
    return [role for role in Role if role.value not in above]
