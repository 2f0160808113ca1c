"""Calls about people: oneself, and the organization's members."""

from django.contrib.auth.models import Group
from django.db.models import OuterRef
from django.http import HttpResponse
from ninja import Field, Query, Router, Schema

from taskmanager.accounts.api.access import ApiRequest
from taskmanager.accounts.api.answers import answers
from taskmanager.accounts.api.paging import Paging
from taskmanager.accounts.api.rows import listed
from taskmanager.accounts.models import Role, User
from taskmanager.sqljson import JsonArray, JsonObject

router = Router(tags=["People"])


class OrganizationOut(Schema):
    """An organization."""

    id: int
    name: str
    slug: str = Field(description="Its short name, with which people sign in")


class Me(Schema):
    """Who calls."""

    id: int
    username: str
    name: str = Field(description="The full name, or the username where it isn't known")
    email: str
    organization: OrganizationOut
    roles: list[Role]
    permissions: list[str] = Field(examples=[["tasks.add_task", "tasks.view_task"]])


class UserOut(Schema):
    """A member of the organization."""

    id: int
    username: str
    first_name: str
    last_name: str
    email: str
    is_active: bool = Field(description="Whether they can sign in")
    roles: list[Role]


class UserList(Schema):
    """A part of a list of members."""

    items: list[UserOut]
    count: int = Field(description="How many there are in all")


USER = JsonObject(
    id="pk",
    username="username",
    first_name="first_name",
    last_name="last_name",
    email="email",
    is_active="is_active",
    roles=JsonArray(Group.objects.filter(user=OuterRef("pk"), name__in=Role.values).order_by("pk"), "name"),
)


@router.get("/me", response=answers(200, Me), operation_id="get_me")
def me(request: ApiRequest) -> Me:
    """Say who the token's user is, where they work, and what they may."""
    user = request.auth
    organization = user.organization
    return Me(
        id=user.pk,
        username=user.username,
        name=user.display_name,
        email=user.email,
        organization=OrganizationOut(id=organization.pk, name=organization.name, slug=organization.slug),
        roles=user.roles,
        permissions=sorted(user.rights.permissions),
    )


@router.get("/users/", response=answers(200, UserList), operation_id="list_users")
def user_list(request: ApiRequest, paging: Query[Paging]) -> HttpResponse:
    """List the organization's members, by name."""
    return listed(request, User.objects.of(request.auth.organization).by_name(), USER, paging)
