"""An organization requires the second factor, and an Admin resets a member's."""

import io
import re

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from taskmanager.accounts import services
from taskmanager.accounts.models import (
    AuditEvent,
    AuditKind,
    Authenticator,
    Organization,
    Passkey,
    RecoveryCode,
    Role,
    User,
)
from taskmanager.errors import NotAllowed, NotFound
from tests.accounts.second_factors.conftest import APP, CONFIRM, REQUIRE, SETUP, is_in, signed_in_with_app
from tests.conftest import PASSWORD
from tests.devices import app_of, code_of, passkey_of
from tests.queue import run_jobs
from tests.web.pages import page, sentence

# An organization that requires it


def test_an_admin_requires_it_once_they_have_one_themselves(ada, browse):
    response = browse(ada).post(REQUIRE, {"required": "1"}, follow=True)
    assert "or you would lock yourself out" in sentence(response)
    assert not Organization.objects.get().require_second_factor
    client = signed_in_with_app(ada)
    response = client.post(REQUIRE, {"required": "1"}, follow=True)
    assert "Acme now requires a second factor." in sentence(response)
    event = AuditEvent.objects.get(kind=AuditKind.ORGANIZATION_CHANGED)
    assert (event.actor, event.detail) == (ada, {"require_second_factor": True})
    client.post(REQUIRE, {"required": "1"})
    assert AuditEvent.objects.filter(kind=AuditKind.ORGANIZATION_CHANGED).count() == 1
    response = client.post(REQUIRE, {"required": "0", "next": "/help/"}, follow=True)
    assert "no longer requires" in sentence(response)


def test_who_signed_in_by_their_provider_may_require_it(ada):
    services.change_second_factor_requirement(ada.organization, actor=ada, required=True, proven_by="sso")
    assert Organization.objects.get().require_second_factor


def test_only_admins_of_the_organization_require_it(ada, ed, oscar):
    passkey_of(ed), passkey_of(oscar)
    with pytest.raises(NotAllowed):
        services.change_second_factor_requirement(ada.organization, actor=ed, required=True)
    with pytest.raises(NotFound):
        services.change_second_factor_requirement(ada.organization, actor=oscar, required=True)


def test_the_admin_of_django_is_no_way_around(ada, browse):
    User.objects.filter(pk=ada.pk).update(is_staff=True, is_superuser=True)
    Organization.objects.update(require_second_factor=True)
    assert browse(ada).get("/admin/accounts/user/")["Location"] == SETUP


def test_setting_it_up_opens_the_rest(ada):
    Organization.objects.update(require_second_factor=True)
    client = Client()
    client.post("/accounts/login/", {"organization": "acme", "username": "ada", "password": PASSWORD})
    response = client.get("/", follow=True)
    assert "Acme requires a second factor." in sentence(response)
    assert {APP, "/accounts/second-factor/setup/"} & set(page(response).addresses())
    key = "".join(re.search(r'qr-key">([A-Z2-7 ]+)<', client.get(APP).content.decode())[1].split())
    client.post(APP, {"code": code_of(key)})
    assert client.get("/").status_code == 200
    assert client.post("/accounts/logout/").status_code == 302


def test_a_session_from_before_is_led_to_the_factor_that_there_is(ada, browse):
    client = browse(ada)
    key = app_of(ada)
    Organization.objects.update(require_second_factor=True)
    assert client.get("/", follow=True).redirect_chain[-1][0] == CONFIRM
    client.post(CONFIRM, {"code": code_of(key)})
    assert client.get("/").status_code == 200


def test_a_provider_of_single_sign_on_cares_for_it(ada, browse):
    Organization.objects.update(require_second_factor=True)
    client = browse(ada)
    session = client.session
    session["second_factor"] = "sso"
    session.save()
    assert client.get("/").status_code == 200


def test_what_is_required_costs_a_page_no_query(ada, task):
    client = signed_in_with_app(ada)
    client.get("/")
    counts = []
    for required in (False, True):
        Organization.objects.update(require_second_factor=required)
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


# Admins and members


def test_an_admin_resets_what_a_member_has_lost(ada, ed, browse, post):
    theirs = signed_in_with_app(ed)
    passkey_of(ed)
    client = browse(ada)
    assert "Second factor" in sentence(client.get("/accounts/members/"))
    address = f"/accounts/members/{ed.pk}/second-factor/reset/"
    assert address in page(client.get(f"/accounts/members/{ed.pk}/")).addresses()
    assert "Make sure first" in sentence(client.get(address))
    response = client.post(address, follow=True)
    assert "has no second factor any more" in sentence(response)
    assert not services.has_second_factor(ed)
    assert not RecoveryCode.objects.filter(user=ed).exists()
    assert not is_in(theirs)
    event = AuditEvent.objects.get(kind=AuditKind.SECOND_FACTOR_RESET)
    assert (event.actor, event.subject) == (ada, ed)
    run_jobs()
    assert post.mails[-1]["Subject"] == "Your second factor for Acme was reset"
    assert address not in page(client.get(f"/accounts/members/{ed.pk}/")).addresses()


def test_nobody_resets_their_own_or_somebody_above_them_or_elsewhere(ada, ed, oscar, member, browse):
    passkey_of(ada)
    root = member("root")
    User.objects.filter(pk=root.pk).update(is_superuser=True)
    for actor, somebody, error in (
        (ada, ada, NotAllowed),
        (ada, root, NotAllowed),
        (ed, ada, NotAllowed),
        (ada, oscar, NotFound),
    ):
        with pytest.raises(error):
            services.reset_second_factor(User.objects.get(pk=somebody.pk), actor=actor)
    assert browse(ada).post(f"/accounts/members/{ada.pk}/second-factor/reset/").status_code == 403
    assert services.has_second_factor(ada)


def test_the_list_of_members_takes_the_same_queries_whoever_has_a_factor(ada, member, browse):
    client = browse(ada)
    client.get("/accounts/members/")
    counts = []
    for number in range(2):
        for index in range(3):
            bo = member(f"bo{number}{index}", Role.EDITOR)
            app_of(bo), passkey_of(bo), passkey_of(bo)
        with CaptureQueriesContext(connection) as queries:
            response = client.get("/accounts/members/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert response.content.decode().count('class="tag">Second factor') == 6


def test_secrets_are_not_shown_in_djangos_admin(ada, browse):
    User.objects.filter(pk=ada.pk).update(is_staff=True, is_superuser=True)
    app_of(ada)
    client = browse(ada)
    app, code = Authenticator.objects.get(), RecoveryCode.objects.first()
    for model, row, secret in (("authenticator", app, app.key), ("recoverycode", code, code.digest)):
        for address in (f"/admin/accounts/{model}/", f"/admin/accounts/{model}/{row.pk}/change/"):
            response = client.get(address)
            assert response.status_code == 200
            assert secret not in response.content.decode()
        assert client.post(f"/admin/accounts/{model}/{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_deleting_a_user_takes_their_factors_along(ada, ed):
    app_of(ed), passkey_of(ed)
    ed.delete()
    assert not any(model.objects.exists() for model in (Authenticator, Passkey, RecoveryCode))


def test_who_runs_the_server_helps_an_only_admin(ada, post):
    client = signed_in_with_app(ada)
    said = io.StringIO()
    call_command("reset_second_factor", "ADA", organization="acme", stdout=said)
    assert "ada has no second factor any more" in said.getvalue()
    assert not services.has_second_factor(ada)
    assert not is_in(client)
    event = AuditEvent.objects.get(kind=AuditKind.SECOND_FACTOR_RESET)
    assert (event.subject, event.actor, event.detail) == (ada, None, {"how": "command"})
    run_jobs()
    assert post.mails[-1]["Subject"] == "Your second factor for Acme was reset"
    with pytest.raises(CommandError, match='no "bob" in "acme"'):
        call_command("reset_second_factor", "bob", organization="acme")
