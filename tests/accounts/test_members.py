"""Members: their names, their roles and what each role may."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from taskmanager.accounts import services
from taskmanager.accounts.models import Role, User
from tests.conftest import PASSWORD

# The table of the roles, as far as there is something to do. C: Creator, E: Editor, A: Admin.
MAY = {
    "tasks.view_task": "CEA",
    "tasks.view_project": "CEA",
    "tasks.add_task": "C A",
    "tasks.change_task": " EA",
    "tasks.change_any_task": "  A",
    "tasks.delete_task": "  A",
    "tasks.view_epic": "CEA",
    "tasks.add_epic": "C A",
    "tasks.change_epic": " EA",
    "tasks.delete_epic": "  A",
    "tasks.view_sprint": "CEA",
    "tasks.add_sprint": "C A",
    "tasks.change_sprint": " EA",
    "tasks.delete_sprint": "  A",
    "tasks.view_comment": "CEA",
    "tasks.add_comment": "CEA",
    "tasks.delete_comment": "  A",
    "tasks.view_attachment": "CEA",
    "tasks.add_attachment": "C A",
    "tasks.delete_attachment": "  A",
    "tasks.add_project": "  A",
    "tasks.change_project": "  A",
    "tasks.delete_project": "  A",
    "accounts.view_user": "  A",
    "accounts.view_auditevent": "A",
    "accounts.add_user": "  A",
    "accounts.change_user": "  A",
    "accounts.view_organization": "  A",
    "accounts.change_organization": "  A",
}


def permissions_of_roles() -> dict[str, set[str]]:
    found = {group.name: set() for group in Group.objects.all()}
    for group, app, code in Group.objects.values_list(
        "name", "permissions__content_type__app_label", "permissions__codename"
    ):
        found[group].add(f"{app}.{code}")
    return found


def test_the_roles_have_exactly_the_permissions_of_the_table(roles):
    assert permissions_of_roles() == {
        role: {permission for permission, who in MAY.items() if role[0] in who} for role in Role.values
    }


@pytest.mark.parametrize("role", Role)
def test_a_member_may_what_the_role_may(member, role):
    bo = member("bo", role)
    assert bo.get_all_permissions() == {permission for permission, who in MAY.items() if role[0] in who}
    assert bo.has_perm("tasks.add_task") == (role != Role.EDITOR)


def test_several_roles_add_up_and_no_role_may_nothing(member):
    both = member("bo", Role.CREATOR, Role.EDITOR)
    assert both.has_perms(["tasks.add_task", "tasks.change_task"])
    assert not both.has_perm("tasks.delete_task")
    assert member("cy").get_all_permissions() == set()


def test_a_superuser_may_everything_and_a_deactivated_one_nothing(acme):
    root = User.objects.create_superuser(
        organization=acme, username="root", email="root@acme.example", password=PASSWORD
    )
    assert root.is_staff
    assert root.has_perms(MAY)
    assert len(root.get_all_permissions()) == Permission.objects.count()
    User.objects.filter(pk=root.pk).update(is_active=False)
    assert User.objects.get(pk=root.pk).get_all_permissions() == set()


def test_a_permission_given_to_a_person_counts_too(cleo):
    cleo.user_permissions.add(Permission.objects.get(codename="delete_task"))
    assert User.objects.get(pk=cleo.pk).has_perm("tasks.delete_task")


def test_permissions_are_read_once(cleo, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert cleo.has_perm("tasks.add_task")
        assert not cleo.has_perm("tasks.delete_task")


@pytest.mark.parametrize(
    ("username", "email"),
    [("ada", "b@acme.example"), ("ADA", "b@acme.example"), ("b", "ada@acme.example"), ("b", "ADA@ACME.example")],
)
def test_a_name_or_address_is_taken_once_in_an_organization(ada, username, email):
    with pytest.raises(services.NameTaken):
        services.add_member(ada.organization, username=username, email=email, password=None, roles=[])
    assert User.objects.count() == 1


def test_the_same_name_and_address_are_free_in_another_organization(ada, oscar):
    twin = services.add_member(
        oscar.organization, username="ada", email="ada@acme.example", password=None, roles=[Role.EDITOR]
    )
    assert twin != ada
    assert list(User.objects.of(oscar.organization).named("ADA@acme.example")) == [twin]


def test_a_member_has_a_name_for_people(ada, member):
    grace = member("grace", Role.EDITOR, full_name="Grace Brewster Hopper")
    assert (grace.first_name, grace.last_name, str(grace)) == ("Grace", "Brewster Hopper", "Grace Brewster Hopper")
    assert (str(ada), ada.initials, grace.initials, member("jo.ann_lee").initials) == ("ada", "AD", "GB", "JA")


def test_addresses_are_kept_in_lower_case(acme):
    bo = services.add_member(acme, username="Bo", email="Bo@Acme.Example", password=None, roles=[])
    bo.refresh_from_db()
    assert (bo.username, bo.email, bo.has_usable_password()) == ("Bo", "bo@acme.example", False)


@pytest.mark.django_db(transaction=True)
def test_the_migrations_of_the_roles_and_the_links_can_be_reversed(roles, ada, acme, cleo):
    before = permissions_of_roles()
    try:
        call_command("migrate", "tasks", "0001", verbosity=0)
        assert not Group.objects.exists()
        assert list(User.objects.of(acme).order_by("pk")) == [ada, cleo]
    finally:
        call_command("migrate", verbosity=0)
    assert permissions_of_roles() == before
