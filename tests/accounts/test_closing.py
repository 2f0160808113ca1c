"""Closing one's account: the person goes, and what they made stays."""

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django_tasks_db.models import DBTaskResult

from taskmanager.accounts import photos
from taskmanager.accounts import services as accounts
from taskmanager.accounts.models import AuditEvent, AuditKind, Invitation, Role, Session, User
from taskmanager.tasks import history, services
from taskmanager.tasks.models import Activity, Notice, Task, Watcher
from tests import mailbox as mailboxes
from tests.accounts.test_photos import stored
from tests.conftest import PASSWORD
from tests.images import halves
from tests.queue import run_jobs
from tests.racing import race
from tests.web.pages import JSON, page, sentence

ADDRESS = "/accounts/close/"
RIGHT = {"password": PASSWORD}


@pytest.fixture
def mailbox(settings):
    with mailboxes.serving() as mailbox:
        settings.MAILERS = mailbox.mailers
        yield mailbox


@pytest.fixture
def work(board, ada, ed):
    """A task of Ed's that Ada watches, one that he watches, and one that he did; he commented."""
    own = services.create_task(board, actor=ada, title="Owned", owner=ed, watchers=[ada.email, ed.email])
    watched = services.create_task(board, actor=ada, title="Watched", watchers=[ed.email, "x@elsewhere.example"])
    done = services.create_task(board, actor=ada, title="Done", status="DONE", owner=ed)
    services.create_comment(own, actor=ed, text="I was here, @ed.")
    return own, watched, done


def test_the_page_explains_what_stays_and_what_goes(work, ed, browse):
    said = sentence(browse(ed).get(ADDRESS))
    for words in ("What goes", "What stays", "The tasks that you own, 2 now", "that you watch, 2 now", "Download your"):
        assert words in said


def test_it_is_closed_by_the_password(work, ed, browse):
    client = browse(ed)
    response = client.post(ADDRESS, RIGHT)
    assert (response.status_code, response["Location"]) == (302, "/accounts/closed/")
    assert not User.objects.filter(pk=ed.pk).exists()
    assert "Goodbye" in sentence(client.get("/accounts/closed/"))
    assert client.get("/").status_code == 302


@pytest.mark.parametrize("sent", [{}, {"password": ""}, {"password": "wrong"}, {"username": "ed"}, {"password": "a\0"}])
def test_without_the_password_nothing_happens(sent, ed, browse):
    response = browse(ed).post(ADDRESS, sent)
    assert response.status_code == 200
    assert page(response).errors["password"]
    assert User.objects.filter(pk=ed.pk).exists()


def test_passwords_are_not_guessed_here(ed, browse):
    client = browse(ed)
    for _turn in range(10):
        client.post(ADDRESS, {"password": "wrong"})
    response = client.post(ADDRESS, RIGHT)
    assert response.status_code == 429
    assert response["Retry-After"]
    assert User.objects.filter(pk=ed.pk).exists()


def test_who_has_no_password_types_their_username(ed, browse):
    ed.set_unusable_password()
    ed.save()
    client = browse(ed)
    assert "Type ed" in sentence(client.get(ADDRESS))
    assert page(client.post(ADDRESS, {"username": "ad"})).errors["username"]
    assert client.post(ADDRESS, {"username": "ED"}).status_code == 302
    assert not User.objects.filter(pk=ed.pk).exists()


def test_what_they_made_stays_as_a_former_members(work, ada, ed, browse):
    own, watched, done = work
    browse(ed).post(ADDRESS, RIGHT)
    for task in work:
        task.refresh_from_db()
    assert (own.owner, own.status, done.owner, done.status) == (None, "IN_PROGRESS", None, "DONE")
    shown = sentence(browse(ada).get(f"/tasks/{own.pk}/"))
    assert "A former member" in shown
    assert "I was here, @ed." in shown
    assert "/accounts/people/ed/" not in page(browse(ada).get(f"/tasks/{own.pk}/")).addresses()
    assert own.is_claimable
    assert services.claim_task(own, actor=ada).owner == ada
    assert watched.title == "Watched"


def test_each_task_has_a_line_of_history_and_another_version(work, ada, ed):
    own, watched, done = work
    versions = {task.pk: Task.objects.get(pk=task.pk).version for task in work}
    updated = watched.updated_at
    services.close_account(ed)
    for task in work:
        task.refresh_from_db()
        assert task.version == versions[task.pk] + 1
    line = own.activities.latest("pk")
    assert (line.verb, line.actor, line.version) == ("edited", None, own.version)
    assert line.changes == {"owner": [ed.pk, None], "watchers": [[ada.email, ed.email], [ada.email]]}
    [event] = history.events([line], ada.organization)
    assert event.actor_name == "A former member"
    assert next((change.old, change.new) for change in event.changes) == ("a former member", "nobody")
    assert done.activities.latest("pk").changes == {"owner": [ed.pk, None]}
    assert watched.activities.latest("pk").changes == {
        "watchers": [[ed.email, "x@elsewhere.example"], ["x@elsewhere.example"]]
    }
    assert watched.updated_at == updated


def test_an_edit_that_began_before_does_not_bring_the_address_back(work, ada, ed):
    watched = work[1]
    before = Task.objects.get(pk=watched.pk).version
    services.close_account(ed)
    services.edit_task(watched, actor=ada, version=before, title="Renamed", watchers=[ed.email, "x@elsewhere.example"])
    assert [each.email for each in watched.watchers.all()] == ["x@elsewhere.example"]


def test_their_watchers_hear_of_it_and_they_themselves_do_not(work, ada, ed, mailbox, settings):
    run_jobs()
    Notice.objects.all().delete()
    mailbox.mails.clear()
    settings.NOTIFICATION_DELAY = 0
    services.close_account(ed)
    run_jobs()
    run_jobs()
    mail = mailbox.to(ada.email)
    assert mail["Subject"] == "[ACME-1] Owned"
    text = " ".join(mailboxes.part(mail, "plain").split())
    assert "A former member" in text
    assert "nobody" in text
    assert not Notice.objects.exists()
    goodbye = mailbox.to(ed.email)
    assert goodbye["Subject"] == "Your account at Acme is closed"
    assert goodbye["Auto-Submitted"] == "auto-generated"
    for kind in ("plain", "html"):
        assert "as that of a former member" in mailboxes.part(goodbye, kind)


def test_what_was_theirs_goes(ada, ed, work, browse):
    told = {"phone": "", "biography": "", "time_zone": "UTC", "theme": "system"}
    accounts.edit_profile(ed, **told, photo=photos.make(SimpleUploadedFile("me.png", halves())))
    elsewhere, client = browse(ed), browse(ed)
    client.post(ADDRESS, RIGHT)
    run_jobs()
    assert stored() == []
    assert not Session.objects.filter(user=ed.pk).exists()
    assert elsewhere.get("/").status_code == 302
    assert not Watcher.objects.filter(email=ed.email).exists()
    cache.clear()
    assert (
        Client().post("/accounts/login/", {"organization": "acme", "username": "ed", "password": PASSWORD}).status_code
        == 200
    )


def test_the_invitation_that_made_them_a_member_goes_with_their_address(ada):
    [invitation] = accounts.invite(ada.organization, actor=ada, emails=["bo@elsewhere.example"])
    bo = accounts.accept_invitation(invitation, username="bo", password=PASSWORD)
    services.close_account(bo)
    assert not Invitation.objects.filter(email="bo@elsewhere.example").exists()


def test_the_audit_log_keeps_their_name(ada, ed, browse):
    browse(ed).post(ADDRESS, RIGHT)
    event = AuditEvent.objects.get(kind=AuditKind.ACCOUNT_CLOSED)
    assert (event.actor, event.actor_name, event.address) == (None, "ed", "127.0.0.1")


def test_the_username_is_free_again(ada, ed, member):
    services.close_account(ed)
    assert member("ed").pk != ed.pk


def test_a_lonely_admin_is_told_what_to_do(ada, browse):
    client = browse(ada)
    said = sentence(client.get(ADDRESS))
    assert "You are the organization’s last Admin" in said
    assert "would be left without an Admin" in said
    assert "Close my account" not in said
    response = client.post(ADDRESS, RIGHT)
    assert response.status_code == 409
    assert User.objects.filter(pk=ada.pk).exists()
    assert "last Admin" in sentence(response)


def test_the_last_admin_among_others_is_led_to_the_members(ada, ed, browse):
    response = browse(ada).get(ADDRESS)
    assert "Choose another Admin" in sentence(response)
    assert "/accounts/members/" in page(response).addresses()


def test_the_service_refuses_the_last_admin_too(ada, ed, member):
    with pytest.raises(accounts.LastAdmin):
        services.close_account(ada)
    bo = member("bo", Role.ADMIN)
    accounts.deactivate_member(bo, actor=ada)
    with pytest.raises(accounts.LastAdmin):
        services.close_account(ada)
    accounts.reactivate_member(bo, actor=ada)
    services.close_account(ada)


@pytest.mark.django_db(transaction=True)
def test_of_two_last_admins_who_leave_at_once_one_stays(ada, member):
    bo = member("bo", Role.ADMIN)
    results = race([lambda: services.close_account(ada), lambda: services.close_account(bo)])
    assert sorted(type(result).__name__ for result in results) == ["LastAdmin", "NoneType"]
    assert User.objects.of(ada.organization).filter(groups__name=Role.ADMIN).count() == 1


@pytest.mark.django_db(transaction=True)
def test_closing_twice_at_once_is_no_error(ada, ed, browse):
    tabs = [browse(ed), browse(ed)]
    results = race([lambda tab=tab: tab.post(ADDRESS, RIGHT) for tab in tabs])
    assert {result.status_code for result in results} == {302}
    assert AuditEvent.objects.filter(kind=AuditKind.ACCOUNT_CLOSED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_tasks_that_change_meanwhile_end_without_an_owner_or_with_a_line_of_history(work, ada, ed):
    own, watched, _done = work

    def edit() -> None:
        services.edit_task(own, actor=ada, version=Task.objects.get(pk=own.pk).version, title="Meanwhile")

    results = race([lambda: services.close_account(ed), edit, lambda: services.release_task(own, actor=ada)])
    assert results[0] is None
    assert all(result is None or isinstance(result, Task | services.NotClaimed) for result in results)
    own.refresh_from_db()
    assert own.owner is None
    assert watched.watchers.count() == 1
    versions = list(own.activities.order_by("pk").values_list("version", flat=True))
    assert versions == sorted(versions)
    assert own.version == versions[-1]


@pytest.mark.django_db(transaction=True)
def test_who_gives_them_a_task_meanwhile_is_told_or_it_loses_its_owner_again(board, ada, ed):
    task = services.create_task(board, actor=ada, title="For Ed")
    give = [
        lambda: services.edit_task(task, actor=ada, version=1, owner=ed),
        lambda: services.create_task(board, actor=ada, title="For Ed, too", owner=ed),
    ]
    closed, *given = race([lambda: services.close_account(ed), *give])
    assert closed is None
    assert all(isinstance(result, Task | services.OwnerGone) for result in given)
    assert not Task.objects.exclude(owner=None).exists()


def test_a_form_that_names_somebody_who_has_gone_keeps_what_was_typed(board, ada, ed):
    services.close_account(User.objects.get(pk=ed.pk))
    with pytest.raises(services.OwnerGone, match="has just left"):
        services.create_task(board, actor=ada, title="For Ed", owner=ed)


def test_a_thousand_tasks_cost_a_bounded_number_of_queries(board, ada, ed, django_assert_max_num_queries):
    Task.objects.bulk_create(
        Task(
            organization_id=board.organization_id,
            project=board,
            number=number,
            title=f"Task {number}",
            status="IN_PROGRESS",
            creator=ed,
            owner=ed,
            position=f"{number:09}",
        )
        for number in range(1, 1001)
    )
    tasks = list(Task.objects.all())
    Watcher.objects.bulk_create(
        Watcher(organization_id=board.organization_id, task=task, email=ada.email) for task in tasks
    )
    with django_assert_max_num_queries(80):
        services.close_account(ed)
    assert not Task.objects.exclude(owner=None).exists()
    assert Activity.objects.filter(changes__has_key="owner").count() == 1000
    assert Notice.objects.count() == 1000
    assert DBTaskResult.objects.filter(task_path__endswith="mail_watchers_of_all").count() == 2


def test_deleting_somebody_in_djangos_admin_does_the_same(work, ada, ed, browse):
    User.objects.filter(pk=ada.pk).update(is_staff=True, is_superuser=True)
    response = browse(ada).post(f"/admin/accounts/user/{ed.pk}/delete/", {"post": "yes"})
    assert response.status_code == 302
    own = work[0]
    own.refresh_from_db()
    line = own.activities.latest("pk")
    assert (own.owner, line.actor, line.changes["owner"]) == (None, ada, [ed.pk, None])
    event = AuditEvent.objects.get(kind=AuditKind.ACCOUNT_CLOSED)
    assert (event.actor, event.subject_name) == (ada, "ed")


def test_a_superuser_from_elsewhere_leaves_no_foreign_link(work, ed, oscar, browse):
    User.objects.filter(pk=oscar.pk).update(is_staff=True, is_superuser=True)
    assert browse(oscar).post(f"/admin/accounts/user/{ed.pk}/delete/", {"post": "yes"}).status_code == 302
    assert work[0].activities.latest("pk").actor is None


def test_wrong_methods_and_strangers(ed, browse):
    assert browse(ed).put(ADDRESS).status_code == 405
    assert Client().post(ADDRESS, RIGHT).status_code == 302
    assert Client().post(ADDRESS, RIGHT, headers=JSON).status_code == 401
    assert Client().get("/accounts/closed/").status_code == 200
