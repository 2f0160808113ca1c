"""Admins see who is there, give roles and deactivate people; an organization never loses its last Admin."""

import datetime
from functools import partial

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from taskmanager.accounts import services
from taskmanager.accounts.models import Organization, Role, User
from taskmanager.errors import NotAllowed, NotFound
from taskmanager.jobs.worker import Worker
from taskmanager.tasks import services as tasks
from tests.conftest import PASSWORD
from tests.mailbox import serving
from tests.racing import race
from tests.web.pages import HTMX, page, sentence

LIST = "/accounts/members/"
LAST = "This is the organization's last Admin."


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def asking(user: User) -> User:
    """Return the user of a request, whose rights are read where it begins."""
    actor = fresh(user)
    assert actor.rights
    return actor


def admins(organization: Organization) -> int:
    return User.objects.of(organization).active().filter(groups__name=Role.ADMIN).count()


def test_the_list_shows_everybody_with_roles_and_last_sign_in(ada, ed, cleo, member, oscar, browse):
    both = member("bo", Role.EDITOR, Role.CREATOR)
    services.deactivate_member(cleo, actor=ada)
    User.objects.filter(pk=ed.pk).update(last_login=datetime.datetime(2026, 3, 4, 12, tzinfo=datetime.UTC))
    text = sentence(browse(ada).get(LIST))
    for words in ("ada You ada@acme.example Admin", "Ed Moreno ed ed@acme.example Editor Last sign-in: Mar 4, 2026"):
        assert words in text
    assert f"{both.email} Creator, Editor Last sign-in: Never" in text
    assert "Cleo Marsh cleo Deactivated" in text
    assert text.index("Ed Moreno") < text.index("Cleo Marsh")
    assert "oscar" not in text


def test_the_list_takes_the_same_queries_for_3_and_30_people(ada, ed, member, browse, django_assert_max_num_queries):
    client = browse(ada)
    client.get(LIST)
    for count in (1, 30):
        for index in range(count):
            member(f"p{count}-{index}", Role.CREATOR, Role.EDITOR)
        # Session, user with rights, projects, people with their rights and their groups, how many, invitations.
        with django_assert_max_num_queries(8):
            client.get(LIST)


def test_a_long_list_has_pages(ada, acme, browse):
    User.objects.bulk_create(
        User(organization=acme, username=f"p{number:03}", email=f"p{number}@acme.example") for number in range(120)
    )
    first, second = browse(ada).get(LIST), browse(ada).get(f"{LIST}?page=2")
    assert "p050" in sentence(first)
    assert "p119" not in sentence(first)
    assert "p119" in sentence(second)
    assert "Page 2" in sentence(browse(ada).get(f"{LIST}?page=99"))


def test_the_menu_leads_there_for_who_may(ada, ed, browse):
    assert LIST in page(browse(ada).get("/")).addresses()
    assert LIST not in page(browse(ed).get("/")).addresses()


def test_roles_are_given_and_taken_with_the_way_back(ada, ed, browse):
    client = browse(ada)
    address = f"{LIST}{ed.pk}/"
    assert page(client.get(address)).has("input", name="roles", value="Editor", checked="")
    response = client.post(address, {"roles": ["Creator", "Admin"]}, follow=True)
    assert response.redirect_chain == [(LIST, 302)]
    assert fresh(ed).roles == [Role.CREATOR, Role.ADMIN]
    assert "Ed Moreno’s roles are saved. Undo" in sentence(response)
    undo = [values for tag, values in page(response).elements if tag == "input" and values.get("name") == "roles"]
    assert [values["value"] for values in undo] == ["Editor"]
    assert client.post(address, {"roles": ["Editor"]}, headers=HTMX).status_code == 204
    assert fresh(ed).roles == [Role.EDITOR]


def test_the_new_roles_count_at_the_next_request(ada, ed, browse):
    client = browse(ed)
    assert client.get("/tasks/new/").status_code == 403
    services.change_roles(ed, actor=ada, roles=[Role.CREATOR])
    assert client.get("/tasks/new/").status_code == 200


def test_an_unknown_role_is_refused_and_groups_that_are_no_roles_stay(ada, ed, browse):
    ed.groups.add(Group.objects.create(name="Pilots"))
    client = browse(ada)
    assert "Choose roles that you can give." in sentence(client.post(f"{LIST}{ed.pk}/", {"roles": ["Pilots"]}))
    client.post(f"{LIST}{ed.pk}/", {"roles": []})
    assert [group.name for group in fresh(ed).groups.all()] == ["Pilots"]


def test_somebody_who_is_deactivated_is_signed_out_at_once_and_can_come_back(ada, ed, browse):
    at_work, client = browse(ed), browse(ada)
    assert at_work.get("/").status_code == 200
    address = f"{LIST}{ed.pk}/deactivate/"
    assert "Deactivate Ed Moreno?" in sentence(client.get(address))
    assert fresh(ed).is_active
    response = client.post(address, follow=True)
    assert "Ed Moreno is deactivated and signed out. Undo" in sentence(response)
    assert at_work.get("/")["Location"] == "/accounts/login/?next=/"
    credentials = {"organization": "acme", "username": "ed", "password": PASSWORD}
    assert at_work.post("/accounts/login/", credentials).status_code == 200
    assert f"{LIST}{ed.pk}/reactivate/" in page(response).addresses("form")
    assert "can sign in again" in sentence(client.post(f"{LIST}{ed.pk}/reactivate/", follow=True))
    assert at_work.post("/accounts/login/", credentials).status_code == 302
    assert fresh(ed).roles == [Role.EDITOR]


def test_the_mails_of_who_is_deactivated_stop_also_those_that_wait(settings, board, ada, ed):
    task = tasks.create_task(board, actor=ada, title="x", watchers=[ed.email, "bo@example.com"])
    with serving() as mailbox:
        settings.MAILERS = mailbox.mailers
        tasks.create_comment(task, actor=ada, text="Before")
        services.deactivate_member(ed, actor=ada)
        tasks.create_comment(task, actor=ada, text="After")
        DBTaskResult.objects.update(run_after=timezone.now())
        Worker(batch=True, interval=0).run()
        assert [mail["To"] for mail in mailbox.mails] == ["bo@example.com"]


@pytest.mark.parametrize("page_of", ["", "deactivate/"])
def test_the_last_admin_stays(page_of, ada, member, browse):
    # Somebody who may manage members without being one of the Admins.
    bo = member("bo", Role.ADMIN)
    client = browse(bo)
    services.deactivate_member(ada, actor=bo)
    response = client.post(f"{LIST}{bo.pk}/{page_of}", {"roles": ["Editor"]})
    assert response.status_code == 409
    assert LAST in sentence(response)
    assert fresh(bo).is_active
    assert fresh(bo).roles == [Role.ADMIN]


def test_an_admin_may_step_back_where_there_is_another(ada, member, browse):
    member("bo", Role.ADMIN)
    response = browse(ada).post(f"{LIST}{ada.pk}/", {"roles": ["Editor"]})
    assert response["Location"] == "/"
    assert fresh(ada).roles == [Role.EDITOR]


def test_nobody_deactivates_themselves(ada, member, browse):
    member("bo", Role.ADMIN)
    assert browse(ada).post(f"{LIST}{ada.pk}/deactivate/").status_code == 403
    assert fresh(ada).is_active


def test_nobody_manages_or_makes_somebody_above_them(acme, ada, ed, cleo, browse):
    root = User.objects.create_superuser(
        organization=acme, username="root", email="root@acme.example", password=PASSWORD
    )
    client = browse(ada)
    for address, data in ((f"{LIST}{root.pk}/", {"roles": []}), (f"{LIST}{root.pk}/deactivate/", {})):
        assert client.post(address, data).status_code == 403
    assert f"{LIST}{root.pk}/" not in page(client.get(LIST)).addresses()
    # Whoever got this one permission by name makes no Admins, and touches none.
    ed.user_permissions.add(Permission.objects.get(codename="change_user"))
    ed = fresh(ed)
    for call in (
        partial(services.change_roles, cleo, roles=[Role.ADMIN]),
        partial(services.change_roles, ada, roles=[]),
        partial(services.deactivate_member, ada),
    ):
        with pytest.raises(NotAllowed):
            call(actor=ed)


@pytest.mark.parametrize("act", [services.deactivate_member, services.reactivate_member])
def test_services_ask_for_role_and_organization(act, ada, ed, cleo, oscar):
    with pytest.raises(NotAllowed):
        act(cleo, actor=ed)
    with pytest.raises(NotFound):
        act(cleo, actor=oscar)
    with pytest.raises(NotFound):
        services.change_roles(cleo, actor=oscar, roles=[])


def test_somebody_who_was_deleted_meanwhile_is_not_found(ada, ed):
    User.objects.filter(pk=ed.pk).delete()
    with pytest.raises(NotFound):
        services.deactivate_member(ed, actor=ada)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "acts",
    [
        (partial(services.change_roles, roles=[]), partial(services.change_roles, roles=[Role.EDITOR])),
        (services.deactivate_member, services.deactivate_member),
        (services.deactivate_member, partial(services.change_roles, roles=[])),
    ],
    ids=["demoted", "deactivated", "both"],
)
def test_of_two_admins_who_remove_each_other_at_once_one_stays(acts, ada, member):
    for turn in range(5):
        bo = member(f"bo{turn}", Role.ADMIN)
        first, second = acts
        results = race([partial(first, ada, actor=asking(bo)), partial(second, bo, actor=asking(ada))])
        refused = [result for result in results if isinstance(result, Exception)]
        assert [type(error) for error in refused] == [services.LastAdmin]
        assert admins(ada.organization) == 1
        User.objects.filter(pk=ada.pk).update(is_active=True)
        ada.groups.set(Group.objects.filter(name=Role.ADMIN))
        User.objects.filter(pk=bo.pk).delete()


@pytest.mark.django_db(transaction=True)
def test_djangos_admin_waits_for_the_same_lock(ada, member, browse):
    bo, root = member("bo", Role.ADMIN), member("root")
    User.objects.filter(pk=root.pk).update(is_staff=True, is_superuser=True)
    client = browse(fresh(root))
    address = f"/admin/accounts/user/{bo.pk}/delete/"
    results = race(
        [
            partial(services.deactivate_member, ada, actor=asking(bo)),
            lambda: client.post(address, {"post": "yes"}).status_code,
        ]
    )
    assert admins(ada.organization) == 1
    assert len([result for result in results if isinstance(result, Exception) or result in {403, 409}]) == 1


def test_who_comes_back_signs_in_again(ada, ed, browse):
    client = browse(ed)
    services.deactivate_member(ed, actor=ada)
    services.reactivate_member(ed, actor=ada)
    assert client.get("/").status_code == 302
