"""Coming in by an organization's OpenID provider: a real one, whom it makes a member, and with which roles."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from taskmanager.accounts import services
from taskmanager.accounts.models import AuditEvent, AuditKind, ExternalIdentity, Role, User
from tests.conftest import PASSWORD
from tests.provider import CLIENT_SECRET
from tests.web.pages import page, sentence
from tests.web.single_sign_on.conftest import BO, CALLBACK, begin, come_back, come_in, failures, set_up, who


def test_the_first_sign_in_makes_a_member_with_the_roles_of_new_people(row, provider):
    response = come_in(provider)
    assert (response.status_code, response["Location"]) == (302, "/")
    bo = who(response)
    assert (bo.username, bo.email, bo.get_full_name()) == ("bo", "bo@acme.example", "Bo Lind")
    assert (bo.organization, bo.roles) == (row.organization, [Role.CREATOR, Role.EDITOR])
    assert not bo.has_usable_password()
    assert response.client.session["second_factor"] == "sso"
    assert response.cookies["organization"].value == "acme"
    joined, entered = AuditEvent.objects.filter(actor=bo).order_by("pk")
    assert (joined.kind, joined.detail["how"]) == (AuditKind.MEMBER_JOINED, "sso")
    assert (entered.kind, entered.detail["how"], entered.address) == (AuditKind.SIGNED_IN, "sso", "127.0.0.1")


def test_the_way_there_says_what_openid_connect_asks_for(row, provider):
    query = parse_qs(urlsplit(begin(Client())).query)
    assert query["scope"] == ["openid email profile"]
    assert query["redirect_uri"] == [f"http://127.0.0.1:8000{CALLBACK}"]
    assert (query["response_type"], query["code_challenge_method"]) == (["code"], ["S256"])
    assert all(len(query[name][0]) >= 43 for name in ("state", "nonce", "code_challenge"))
    assert CLIENT_SECRET not in begin(Client())


def test_the_second_sign_in_finds_the_member_by_the_account_whatever_else_changed(row, provider):
    bo = who(come_in(provider))
    provider.people["bo-1"] = {"email": "robert@elsewhere.example", "preferred_username": "robert"}
    assert who(come_in(provider)) == bo
    provider.people["bo-1"] = {}
    assert who(come_in(provider)) == bo
    assert ExternalIdentity.objects.get().subject == "bo-1"


def test_a_new_session_key_is_given_at_the_sign_in(row, provider):
    client = Client()
    way = begin(client)
    before = client.session.session_key
    come_back(client, provider.sign_in(way, "bo-1"))
    assert client.session.session_key != before
    assert "single_sign_on" not in client.session or not client.session["single_sign_on"]


@pytest.mark.parametrize(
    ("wanted", "place"),
    [
        ("/tasks/?status=DONE", "/tasks/?status=DONE"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example", "/"),
        ("/\\elsewhere.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/accounts/login/", "/"),
    ],
)
def test_it_leads_on_to_a_place_of_ours_and_no_other(wanted, place, row, provider):
    assert come_in(provider, next=wanted)["Location"] == place


@pytest.mark.parametrize(
    ("claims", "username"),
    [
        ({"preferred_username": "Bo.Lind@corp.example"}, "Bo.Lind"),
        ({"preferred_username": ...}, "bo"),
        ({"preferred_username": "Zoë Ångström"}, "Zoe-Angstrom"),
        ({"preferred_username": "ada"}, "ada-2"),
        ({"preferred_username": "ADA"}, "ADA-2"),
        ({"preferred_username": "李", "email": "小@例.example"}, None),
        ({"preferred_username": "李"}, "bo"),
        ({"preferred_username": 7}, "bo"),
        ({"preferred_username": "x" * 300}, "x" * 40),
        ({"preferred_username": "a\0b"}, "a-b"),
        ({"name": "\0" * 9, "given_name": "B\0o\n", "family_name": ["L"]}, "bo"),
    ],
)
def test_usernames_are_made_valid_and_unique(claims, username, row, provider):
    provider.claims = claims
    user = who(come_in(provider))
    assert (user.username if user else None) == username


@pytest.mark.parametrize(
    "email", [..., "", "nobody", 7, ["bo@acme.example"], "bo@acme.example\0", "x" * 250 + "@a.example"]
)
def test_who_has_no_address_is_told_so(email, row, provider):
    provider.claims = {"email": email}
    provider.userinfo = {"email": None}
    response = come_in(provider)
    assert (response.status_code, who(response)) == (403, None)
    assert "doesn’t tell your e-mail address" in sentence(response)
    assert failures() == ["no_email"]
    assert not User.objects.filter(username="bo").exists()


def test_a_thin_token_is_completed_by_what_the_provider_tells_beside_it(row, provider):
    provider.thin = True
    assert who(come_in(provider)).email == "bo@acme.example"
    provider.userinfo = {"sub": "somebody-else"}
    response = come_in(provider)
    assert (response.status_code, failures()) == (400, ["userinfo_of_somebody_else"])


# Members who were here before


def test_a_member_with_the_same_verified_address_is_recognized(row, provider, ed):
    provider.people["ed-1"] = {"email": "ED@acme.example", "email_verified": True, "preferred_username": "other"}
    response = come_in(provider, "ed-1")
    assert who(response) == ed
    ed.refresh_from_db()
    assert (ed.username, ed.roles) == ("ed", [Role.EDITOR])
    assert Client().login(organization="acme", username="ed", password=PASSWORD)
    assert AuditEvent.objects.filter(kind=AuditKind.SINGLE_SIGN_ON_CHANGED, actor=ed).get().detail == {
        "connected": provider.issuer,
        "how": "by a verified e-mail address",
    }


@pytest.mark.parametrize("verified", [False, ..., None, "false", 1.5, "yes", [True]])
def test_an_address_that_nobody_verified_is_nobodys(verified, row, provider, ed):
    provider.people["ed-1"] = {"email": "ed@acme.example"}
    provider.claims = {"email_verified": verified}
    response = come_in(provider, "ed-1")
    assert (response.status_code, who(response), failures()) == (403, None, ["email_not_verified"])
    assert not ExternalIdentity.objects.exists()


def test_an_admin_is_not_recognized_by_an_address_alone(row, provider, ada):
    provider.people["ada-1"] = {"email": ada.email, "email_verified": True}
    response = come_in(provider, "ada-1")
    assert (response.status_code, who(response), failures()) == (403, None, ["admin_not_connected"])
    assert "Admins connect their account themselves" in sentence(response)


@pytest.mark.parametrize("right", ["is_staff", "is_superuser", "accounts.change_user"])
def test_nor_is_anybody_who_may_more(right, row, provider, ed):
    if "." in right:
        ed.user_permissions.add(Permission.objects.get(codename="change_user", content_type__app_label="accounts"))
    else:
        User.objects.filter(pk=ed.pk).update(**{right: True})
    provider.people["ed-1"] = {"email": ed.email, "email_verified": True}
    response = come_in(provider, "ed-1")
    assert (response.status_code, who(response)) == (403, None)


@pytest.mark.parametrize("right", ["is_staff", "is_superuser"])
def test_who_administers_the_installation_comes_no_more(right, row, provider):
    bo = who(come_in(provider))
    User.objects.filter(pk=bo.pk).update(**{right: True})
    response = come_in(provider)
    assert (response.status_code, who(response), failures()) == (403, None, ["staff"])


def test_a_deactivated_member_stays_outside(row, provider, ada):
    bo = who(come_in(provider))
    services.deactivate_member(bo, actor=ada)
    response = come_in(provider)
    assert (response.status_code, who(response), failures()) == (403, None, ["deactivated"])
    assert AuditEvent.objects.get(kind=AuditKind.SIGN_IN_FAILED).subject == bo
    assert "deactivated" in sentence(response)


def test_so_does_one_who_never_came_before(row, provider, ada, ed):
    services.deactivate_member(ed, actor=ada)
    provider.people["ed-1"] = {"email": ed.email, "email_verified": True}
    assert come_in(provider, "ed-1").status_code == 403


def test_an_address_that_was_given_to_somebody_else_opens_no_old_account(row, provider, ada, browse):
    bo = who(come_in(provider))
    provider.people["bo-2"] = dict(BO)
    response = come_in(provider, "bo-2")
    assert (response.status_code, who(response), failures()) == (403, None, ["email_of_another_account"])
    client = browse(ada)
    assert "Disconnect" in sentence(client.get(f"/accounts/members/{bo.pk}/"))
    response = client.post(f"/accounts/members/{bo.pk}/disconnect/", follow=True)
    assert "is disconnected" in sentence(response)
    assert "Disconnect " not in page(response).text
    event = AuditEvent.objects.filter(kind=AuditKind.SINGLE_SIGN_ON_CHANGED).latest("pk")
    assert (event.actor, event.subject, event.detail) == (ada, bo, {"disconnected": [provider.issuer]})
    assert who(come_in(provider, "bo-2")) == bo


def test_the_same_account_is_another_person_in_another_organization(row, provider, oscar):
    set_up(oscar.organization, oscar, provider)
    here, there = (
        who(come_in(provider)),
        who(come_back(client := Client(), provider.sign_in(begin(client, "globex"), "bo-1"))),
    )
    assert here != there
    assert (here.organization.slug, there.organization.slug) == ("acme", "globex")


# Roles by groups

GROUPS = {"Admin": ["cn=admins,ou=groups"], "Editor": ["editors"], "Creator": []}


@pytest.mark.parametrize(
    ("groups", "given"),
    [
        (["editors"], [Role.EDITOR]),
        (["cn=admins,ou=groups", "editors", "others"], [Role.EDITOR, Role.ADMIN]),
        (["Editors"], [Role.CREATOR]),
        ([], [Role.CREATOR]),
        (..., [Role.CREATOR]),
        ("editors", [Role.EDITOR]),
        ({"editors": True}, [Role.CREATOR]),
        ([["editors"], 7, None], [Role.CREATOR]),
    ],
)
def test_groups_give_roles_at_each_sign_in(groups, given, row, acme, ada, provider):
    set_up(acme, ada, provider, group_roles=GROUPS, default_roles=[Role.CREATOR], groups_claim="teams")
    provider.claims = {"teams": groups}
    assert who(come_in(provider)).roles == given
    provider.claims = {"teams": ["editors"]}
    assert who(come_in(provider)).roles == [Role.EDITOR]
    provider.claims = {"teams": groups}
    bo = who(come_in(provider))
    assert bo.roles == given
    if given != [Role.EDITOR]:
        event = AuditEvent.objects.filter(kind=AuditKind.ROLES_CHANGED).latest("pk")
        assert (event.subject, event.detail["before"], event.detail["after"]) == (bo, ["Editor"], [*given])


def test_without_groups_roles_are_what_an_admin_made_them(row, ada, provider):
    bo = who(come_in(provider))
    services.change_roles(bo, actor=ada, roles=[Role.CREATOR])
    provider.claims = {"groups": ["cn=admins,ou=groups"]}
    assert who(come_in(provider)).roles == [Role.CREATOR]


def test_more_groups_than_a_token_holds_change_nothing(row, acme, ada, provider):
    set_up(acme, ada, provider, group_roles=GROUPS)
    provider.claims = {"groups": ["editors"]}
    assert who(come_in(provider)).roles == [Role.EDITOR]
    provider.claims = {"groups": ..., "_claim_names": {"groups": "src1"}}
    assert who(come_in(provider)).roles == [Role.EDITOR]


def test_groups_never_take_the_last_admin(row, acme, ada, provider):
    set_up(acme, ada, provider, group_roles=GROUPS)
    provider.claims = {"groups": ["cn=admins,ou=groups"]}
    bo = who(come_in(provider))
    assert bo.roles == [Role.ADMIN]
    services.change_roles(ada, actor=bo, roles=[Role.EDITOR])
    provider.claims = {"groups": ["editors"]}
    assert who(come_in(provider)).roles == [Role.EDITOR, Role.ADMIN]
    assert AuditEvent.objects.filter(kind=AuditKind.ROLES_CHANGED).latest("pk").detail["last_admin"] is True
    services.change_roles(ada, actor=User.objects.get(pk=bo.pk), roles=[Role.ADMIN])
    assert who(come_in(provider)).roles == [Role.EDITOR]
