"""What happens to the doors is told in the audit, wherever it is done; failures cost the same whoever exists."""

import datetime
import re

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from taskmanager.accounts import services
from taskmanager.accounts.models import AuditEvent, AuditKind, Role, Session, User
from taskmanager.errors import TooManyRequests
from taskmanager.jobs.worker import Worker
from tests.conftest import PASSWORD

HOME, CAFE = "192.0.2.1", "198.51.100.7"
NEW = "a wholly new one 7"


def events(*kinds, **fields):
    return AuditEvent.objects.filter(**({"kind__in": kinds} if kinds else {}), **fields).order_by("pk")


def the_event(kind):
    return AuditEvent.objects.get(kind=kind)


def sign_in(address=HOME, **typed):
    given = {"organization": "acme", "username": "ada", "password": PASSWORD, **typed}
    return Client(REMOTE_ADDR=address).post("/accounts/login/", given)


# Signing in


def test_a_sign_in_is_told_once(ada):
    sign_in()
    event = the_event(AuditKind.SIGNED_IN)
    assert (event.organization, event.actor, event.address, event.detail) == (
        ada.organization,
        ada,
        HOME,
        {"how": "password"},
    )


def test_an_address_that_is_none_is_left_out(ada):
    for address in ("", "unix:", "fe80::1%eth0"):
        assert sign_in(address).status_code == 302
    found = [event.address for event in events(AuditKind.SIGNED_IN)]
    assert found == [None, None, "fe80::1"]


def test_registering_is_told_and_so_is_the_sign_in_after_it(roles):
    typed = {"organization": "Initech", "username": "bill", "email": "b@initech.example"}
    Client(REMOTE_ADDR=HOME).post("/accounts/register/", {**typed, "password1": NEW, "password2": NEW})
    assert [(event.kind, event.actor_name, event.address) for event in events()] == [
        ("organization_registered", "bill", HOME),
        ("signed_in", "bill", HOME),
    ]


def test_a_failure_names_the_member_but_never_what_was_typed(ada):
    sign_in(password="wrong")
    event = the_event(AuditKind.SIGN_IN_FAILED)
    assert (event.organization, event.actor, event.address) == (ada.organization, ada, HOME)
    sign_in(username=PASSWORD, password=PASSWORD)
    sign_in(username="ADA@acme.example", password="wrong")
    assert [event.actor_name for event in events(AuditKind.SIGN_IN_FAILED)] == ["ada", "", "ada"]
    assert PASSWORD not in repr(list(AuditEvent.objects.values()))
    assert "wrong" not in repr(list(AuditEvent.objects.values()))


def test_a_failure_at_no_organization_belongs_to_none(ada):
    sign_in(organization="nowhere")
    assert the_event(AuditKind.SIGN_IN_FAILED).organization is None


def test_a_deactivated_members_try_is_told(ada):
    User.objects.filter(pk=ada.pk).update(is_active=False)
    sign_in()
    assert the_event(AuditKind.SIGN_IN_FAILED).actor == ada


def test_whoever_is_throttled_is_told_once_in_a_window(ada, settings):
    settings.THROTTLE_SIGN_IN = (2, 3600)
    for _number in range(6):
        sign_in(password="wrong")
    assert [event.detail for event in events(AuditKind.SIGN_IN_FAILED)] == [{}, {}, {"throttled": True}]
    for _number in range(4):
        sign_in(CAFE, password="wrong")
    assert events(AuditKind.SIGN_IN_FAILED, detail__throttled=True).count() == 2


def shape(sql: str) -> str:
    """Return the query without what is asked for: its words, and the names of tables and columns."""
    return re.sub(r"'[^']*'|(?<![\w.])\d[\d.:-]*|NULL|SAVEPOINT.*|::\w+", "", sql)


@pytest.mark.parametrize("throttled", [False, True])
def test_a_failure_asks_the_same_of_the_database_whoever_exists(throttled, ada, member, settings):
    """An answer that takes longer for some would tell who has an account: the same queries, of the same kind."""
    settings.THROTTLE_SIGN_IN = (1, 3600) if throttled else (100, 3600)
    gone = member("gone")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    cases = [
        {"password": "wrong"},
        {"username": "nobody"},
        {"username": "nobody@acme.example"},
        {"organization": "nowhere"},
        {"username": "gone"},
        {"username": "gone", "password": "wrong"},
    ]
    asked = []
    for number, wrong in enumerate(cases):
        given = {"organization": "acme", "username": "ada", "password": PASSWORD, "address": f"192.0.2.{number}"}
        if throttled:
            services.sign_in(**{**given, **wrong})
        with CaptureQueriesContext(connection) as queries:
            try:
                assert services.sign_in(**{**given, **wrong}) is None
            except TooManyRequests:
                assert throttled
        asked.append([shape(query["sql"]) for query in queries])
    for each in asked:
        assert each == asked[0]


# Passwords and sessions


def test_passwords_and_sessions_are_told(ada, browse):
    client, _other = browse(ada), browse(ada)
    change = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    client.post("/accounts/password_change/", change, REMOTE_ADDR=HOME)
    ada.refresh_from_db()
    services.reset_password(ada, token=default_token_generator.make_token(ada), password=PASSWORD, address=CAFE)
    ada.refresh_from_db()
    client, _other = browse(ada), browse(ada)
    client.post("/accounts/sessions/", {"end": "others"}, REMOTE_ADDR=HOME)
    client.post("/accounts/sessions/", {"end": "others"}, REMOTE_ADDR=HOME)
    told = events(AuditKind.PASSWORD_CHANGED, AuditKind.PASSWORD_RESET, AuditKind.SESSIONS_ENDED)
    assert [(event.kind, event.actor, event.address) for event in told] == [
        ("password_changed", ada, HOME),
        ("password_reset", ada, CAFE),
        ("sessions_ended", ada, HOME),
    ]


def test_what_is_refused_is_not_told_as_done(ada, browse):
    before = AuditEvent.objects.count()
    browse(ada).post(
        "/accounts/password_change/", {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}
    )
    with pytest.raises(services.LinkUsed):
        services.reset_password(ada, token="forged", password=NEW)
    with pytest.raises(services.LastAdmin):
        services.change_roles(ada, actor=ada, roles=[])
    assert AuditEvent.objects.count() == before


# Members


def test_the_story_of_a_member_is_told(ada, acme, browse):
    client = browse(ada)
    client.post("/accounts/invitations/", {"emails": "bo@acme.example", "roles": ["Editor"]}, REMOTE_ADDR=HOME)
    invitation = acme.invitations.get()
    client.post(f"/accounts/invitations/{invitation.pk}/resend/", REMOTE_ADDR=HOME)
    invitation.refresh_from_db()
    bo = services.accept_invitation(invitation, username="bo", password=NEW, address=CAFE)
    for place, sent in (
        ("", {"roles": ["Editor", "Creator"]}),
        ("", {"roles": ["Editor", "Creator"]}),
        ("deactivate/", {}),
        ("deactivate/", {}),
        ("reactivate/", {}),
        ("reactivate/", {}),
    ):
        client.post(f"/accounts/members/{bo.pk}/{place}", sent, REMOTE_ADDR=HOME)
    told = [(event.kind, event.actor_name, event.subject_name, event.address) for event in events()]
    assert told[1:] == [
        ("member_invited", "ada", "", HOME),
        ("invitation_resent", "ada", "", HOME),
        ("member_joined", "bo", "", CAFE),
        ("roles_changed", "ada", "bo", HOME),
        ("member_deactivated", "ada", "bo", HOME),
        ("member_reactivated", "ada", "bo", HOME),
    ]
    assert the_event(AuditKind.MEMBER_INVITED).detail == {"email": "bo@acme.example", "roles": ["Editor"]}
    assert the_event(AuditKind.ROLES_CHANGED).detail == {"before": ["Editor"], "after": ["Creator", "Editor"]}


def test_a_revoked_invitation_is_told(ada, acme):
    [invitation] = services.invite(acme, actor=ada, emails=["bo@acme.example"])
    services.revoke_invitation(invitation, actor=ada, address=HOME)
    assert the_event(AuditKind.INVITATION_REVOKED).detail == {"email": "bo@acme.example"}


# Django's admin


@pytest.fixture
def root(acme):
    return User.objects.create_superuser(organization=acme, username="root", email="r@acme.example", password=PASSWORD)


def fill(client, user, **changes):
    """Send the form of a user in Django's admin, changed."""
    place = f"/admin/accounts/user/{user.pk}/change/"
    form = client.get(place).context["adminform"].form
    data = {name: form[name].value() for name in form.fields}
    data = {name: value for name, value in data.items() if value not in (None, False, "")}
    data["groups"] = [group.pk for group in user.groups.all()]
    data.pop("password", None)
    sent = {name: value for name, value in {**data, **changes}.items() if value is not None}
    response = client.post(place, sent, REMOTE_ADDR=HOME)
    assert response.status_code == 302, response.context["errors"]


def test_the_admin_of_django_tells_the_same(root, ada, ed, browse):
    from django.contrib.auth.models import Group

    client = browse(root)
    _token, secret = services.create_token(
        ed, name="x", scope="read", expires_at=timezone.now() + datetime.timedelta(days=1)
    )
    browse(ed)
    both = list(Group.objects.filter(name__in=[Role.EDITOR, Role.CREATOR]).values_list("pk", flat=True))
    fill(client, ed, groups=both)
    ed = User.objects.get(pk=ed.pk)
    fill(client, ed, is_active=None)
    with pytest.raises(services.InvalidToken):
        services.user_of_token(secret, address="")
    assert not Session.objects.filter(user=ed).exists()
    ed = User.objects.get(pk=ed.pk)
    fill(client, ed, is_active="on")
    fill(client, User.objects.get(pk=ed.pk), first_name="Edward")
    told = events(AuditKind.ROLES_CHANGED, AuditKind.MEMBER_DEACTIVATED, AuditKind.MEMBER_REACTIVATED)
    assert [(event.kind, event.actor, event.subject, event.address) for event in told] == [
        ("roles_changed", root, ed, HOME),
        ("member_deactivated", root, ed, HOME),
        ("member_reactivated", root, ed, HOME),
    ]
    assert the_event(AuditKind.ROLES_CHANGED).detail == {"before": ["Editor"], "after": ["Creator", "Editor"]}


def test_a_password_that_is_set_in_the_admin_ends_what_its_owner_came_in_by(root, ed, browse):
    client, theirs = browse(root), browse(ed)
    _token, secret = services.create_token(
        ed, name="x", scope="read", expires_at=timezone.now() + datetime.timedelta(days=1)
    )
    sent = {"password1": NEW, "password2": NEW, "usable_password": "true", "set-password": "1"}
    place = f"/admin/accounts/user/{ed.pk}/password/"
    assert client.post(place, sent, REMOTE_ADDR=HOME).status_code == 302
    event = the_event(AuditKind.PASSWORD_CHANGED)
    assert (event.actor, event.subject, event.address) == (root, ed, HOME)
    assert not Session.objects.filter(user=ed).exists()
    assert theirs.get("/").status_code == 302
    with pytest.raises(services.InvalidToken):
        services.user_of_token(secret, address="")
    # One's own: this session goes on.
    assert client.post(f"/admin/accounts/user/{root.pk}/password/", sent).status_code == 302
    assert client.get("/admin/").status_code == 200


def test_a_wrong_password_page_of_the_admin_tells_nothing(root, ed, browse):
    client = browse(root)
    place = f"/admin/accounts/user/{ed.pk}/password/"
    client.get(place)
    client.post(place, {"password1": NEW, "password2": "another", "usable_password": "true"})
    assert client.get("/admin/accounts/user/x/password/").status_code in {302, 404}
    assert not events(AuditKind.PASSWORD_CHANGED).exists()


def test_making_deleting_and_renaming_in_the_admin_is_told(root, acme, browse):
    client = browse(root)
    made = {"organization": acme.pk, "username": "cy", "email": "cy@acme.example", "password1": NEW, "password2": NEW}
    client.post("/admin/accounts/user/add/", {**made, "usable_password": "true"}, REMOTE_ADDR=HOME)
    cy = User.objects.get(username="cy")
    client.post(f"/admin/accounts/user/{cy.pk}/delete/", {"post": "yes"}, REMOTE_ADDR=HOME)
    client.post(f"/admin/accounts/organization/{acme.pk}/change/", {"name": "Acme & Co", "slug": "acme"})
    joined, closed, changed = events(AuditKind.MEMBER_JOINED, AuditKind.ACCOUNT_CLOSED, AuditKind.ORGANIZATION_CHANGED)
    assert (joined.actor, joined.subject_name, joined.address) == (root, "cy", HOME)
    assert (closed.actor, closed.subject, closed.subject_name) == (root, None, "cy")
    assert changed.detail == {"before": {"name": "Acme"}, "after": {"name": "Acme & Co"}}


# How long it is kept


def test_events_are_kept_for_as_many_days_as_the_setting_says(ada, acme, settings):
    def at(days):
        return AuditEvent(
            organization=acme, kind="signed_in", created_at=timezone.now() - datetime.timedelta(days=days)
        )

    AuditEvent.objects.bulk_create([at(366), at(364), at(31), at(29)])
    settings.AUDIT_DAYS = 0
    assert services.forget_old_events() == 0
    settings.AUDIT_DAYS = 365
    assert services.forget_old_events() == 1
    settings.AUDIT_DAYS = 30
    call_command("clearaccounts")
    assert events(AuditKind.SIGNED_IN).count() == 1


def test_the_worker_cleans_once_a_day(ada, acme):
    def make_old():
        moment = timezone.now() - datetime.timedelta(days=400)
        AuditEvent.objects.bulk_create([AuditEvent(organization=acme, kind="signed_in", created_at=moment)])

    make_old()
    worker = Worker(batch=True, interval=0)
    worker.run()
    assert not events(AuditKind.SIGNED_IN).exists()
    make_old()
    worker.make_rounds()
    assert events(AuditKind.SIGNED_IN).exists()
