"""Coming in by an organization's OpenID provider: a real one, which does wrong what it is told to."""

import ipaddress
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.db import connection
from django.test import Client

from taskmanager.accounts import services
from taskmanager.accounts.models import AuditEvent, AuditKind, ExternalIdentity, Organization, Role, SingleSignOn, User
from tests.conftest import PASSWORD
from tests.provider import CLIENT_ID, CLIENT_SECRET, DISCOVERY, Provider, serving
from tests.racing import race
from tests.web.pages import page, sentence

START, CALLBACK = "/accounts/sso/", "/accounts/sso/callback/"
BO = {"email": "Bo@acme.example", "email_verified": True, "preferred_username": "bo", "name": "Bo Lind"}


@pytest.fixture
def provider(settings) -> Iterator[Provider]:
    settings.OIDC_ALLOWED_CIDRS = [ipaddress.ip_network("127.0.0.0/8")]
    with serving() as provider:
        provider.people["bo-1"] = dict(BO)
        yield provider


def set_up(organization: Organization, actor: User, provider: Provider, **fields) -> SingleSignOn:
    choices = {
        "is_enabled": True,
        "issuer": provider.issuer,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "default_roles": [Role.CREATOR, Role.EDITOR],
        "groups_claim": "groups",
        "group_roles": {},
    }
    return services.configure_single_sign_on(organization, actor=actor, **{**choices, **fields})


@pytest.fixture
def row(acme, ada, provider) -> SingleSignOn:
    return set_up(acme, ada, provider)


def begin(client: Client, slug: str = "acme", **query: str) -> str:
    """Return where the browser is sent."""
    response = client.get(f"{START}{slug}/", query)
    assert response.status_code == 302, sentence(response)
    return response["Location"]


def come_back(client: Client, location: str):
    parts = urlsplit(location)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"http://127.0.0.1:8000{CALLBACK}"
    return client.get(f"{parts.path}?{parts.query}")


def come_in(provider: Provider, sub: str = "bo-1", *, client: Client | None = None, **query: str):
    """Go all the way; return the last answer."""
    client = client or Client()
    return come_back(client, provider.sign_in(begin(client, **query), sub))


def who(response) -> User | None:
    pk = response.client.session.get("_auth_user_id")
    return User.objects.get(pk=pk) if pk else None


def failures() -> list[str]:
    events = AuditEvent.objects.filter(kind=AuditKind.SIGN_IN_FAILED).order_by("pk")
    return [event.detail["reason"] for event in events]


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


# What proves nothing


def refused(response) -> bool:
    return response.status_code == 400 and who(response) is None and not User.objects.filter(username="bo").exists()


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"nonce": "another"}, "invalid_claim_nonce"),
        ({"nonce": ...}, "missing_claim_nonce"),
        ({"aud": "somebody-else"}, "invalid_claim_aud"),
        ({"aud": ["somebody-else"]}, "invalid_claim_aud"),
        ({"aud": [CLIENT_ID, "somebody-else"]}, "missing_claim_azp"),
        ({"aud": [CLIENT_ID, "x"], "azp": "x"}, "invalid_claim_azp"),
        ({"azp": "somebody-else"}, "invalid_claim_azp"),
        ({"aud": ...}, "missing_claim_aud"),
        ({"iss": "http://127.0.0.1:1"}, "invalid_claim_iss"),
        ({"iss": ...}, "missing_claim_iss"),
        ({"exp": 1}, "expired_token_exp"),
        ({"exp": int(time.time()) - 90}, "expired_token_exp"),
        ({"exp": "tomorrow"}, "invalid_claim_exp"),
        ({"exp": ...}, "missing_claim_exp"),
        ({"iat": int(time.time()) + 9000}, "invalid_claim_iat"),
        ({"iat": ...}, "missing_claim_iat"),
        ({"sub": ...}, "missing_claim_sub"),
        ({"sub": ""}, "invalid_claim_sub"),
        ({"sub": 7}, "invalid_claim_sub"),
        ({"sub": "x" * 256}, "malformed_sub"),
        ({"sub": "a\0"}, "malformed_sub"),
        ({"at_hash": "forged"}, "invalid_claim_at_hash"),
    ],
)
def test_a_token_that_claims_something_else_opens_nothing(claims, reason, row, provider):
    provider.claims = claims
    response = come_in(provider)
    assert refused(response)
    assert "could not be trusted" in sentence(response)
    assert [each.replace("insecure", "invalid") for each in failures()] == [reason]


def test_a_clock_may_be_a_minute_off(row, provider):
    now = int(time.time())
    provider.claims = {"iat": now + 30, "nbf": now + 30, "exp": now - 30}
    assert who(come_in(provider)).username == "bo"


@pytest.mark.parametrize("alg", ["none", "HS256"])
def test_what_others_than_the_provider_could_sign_opens_nothing(alg, row, provider):
    provider.header = {"alg": alg}
    assert refused(come_in(provider))
    assert failures() == ["unsupported_algorithm"]


def test_a_token_of_another_key_opens_nothing(row, provider):
    provider.kid = "second"
    provider.header = {"kid": "first"}
    assert refused(come_in(provider))
    assert failures() == ["bad_signature"]


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "..", "é.é.é", "x" * 300_000, "e30.e30.e30"])
def test_what_is_no_token_opens_nothing(token, row, provider):
    provider.answers["/token"] = (200, {}, b'{"access_token": "x", "id_token": "%s"}' % token.encode())
    response = come_in(provider)
    assert response.status_code in {400, 503}
    assert not User.objects.filter(username="bo").exists()


def test_new_keys_of_the_provider_are_found_at_once(row, provider):
    come_in(provider)
    asked = provider.asked.count("/keys")
    come_in(provider)
    assert provider.asked.count("/keys") == asked  # they were kept
    provider.kid, provider.shown = "second", ["first", "second"]
    assert who(come_in(provider)).username == "bo"
    assert provider.asked.count("/keys") == asked + 1
    provider.shown = ["first"]
    provider.kid = "third"
    assert come_in(provider).status_code == 400
    assert provider.asked.count("/keys") == asked + 2


def test_an_answer_works_once(row, provider):
    client = Client()
    back = provider.sign_in(begin(client), "bo-1")
    assert come_back(client, back).status_code == 302
    client.post("/accounts/logout/")
    response = come_back(client, back)
    assert (response.status_code, who(response)) == (400, None)
    assert "Begin again" in sentence(response)


def test_a_code_works_once_whatever_state_it_comes_with(row, provider):
    used = Client()
    back = provider.sign_in(begin(used), "bo-1")
    come_back(used, back)
    code = parse_qs(urlsplit(back).query)["code"][0]
    client = Client()
    state = parse_qs(urlsplit(begin(client)).query)["state"][0]
    response = client.get(CALLBACK, {"code": code, "state": state, "iss": provider.issuer})
    assert (response.status_code, who(response), failures()) == (400, None, ["code_refused"])


def test_a_stolen_code_is_no_use_in_another_browser(row, provider):
    back = provider.sign_in(begin(Client()), "bo-1")
    other = Client()
    response = come_back(other, back)
    assert (response.status_code, who(response)) == (400, None)
    # Nor with the thief's own state: PKCE binds the code to the browser that asked for it.
    code = parse_qs(urlsplit(back).query)["code"][0]
    state = parse_qs(urlsplit(begin(other)).query)["state"][0]
    response = other.get(CALLBACK, {"code": code, "state": state, "iss": provider.issuer})
    assert (response.status_code, who(response)) == (400, None)


def test_after_ten_minutes_it_has_to_begin_again(row, provider):
    client = Client()
    back = provider.sign_in(begin(client), "bo-1")
    session = client.session
    for begun in session["single_sign_on"].values():
        begun["at"] -= 601
    session.save()
    assert come_back(client, back).status_code == 400


@pytest.mark.parametrize(
    "query", [{}, {"state": "x"}, {"state": "\0", "code": "\0"}, {"state": "x" * 9000}, {"error": "access_denied"}]
)
def test_an_answer_to_nothing_is_a_page_that_helps(query, row, provider):
    response = Client().get(CALLBACK, query)
    assert response.status_code == 400
    assert START in page(response).addresses()
    assert failures() == []


def test_the_answer_of_one_organizations_provider_opens_no_other(row, provider, oscar):
    with serving() as evil:
        evil.people["bo-1"] = dict(BO)
        set_up(oscar.organization, oscar, evil)
        client = Client()
        ours, theirs = begin(client), begin(client, "globex")
        # Oscar's provider signs what it likes, and answers to the state that Acme's was asked with.
        state = parse_qs(urlsplit(ours).query)["state"][0]
        back = evil.sign_in(theirs, "bo-1")
        stolen = parse_qs(urlsplit(back).query)
        for issuer in (evil.issuer, provider.issuer):
            response = client.get(CALLBACK, {"code": stolen["code"][0], "state": state, "iss": issuer})
            assert (response.status_code, who(response)) == (400, None)
        assert failures() == ["answer_of_another_provider"]
        assert User.objects.filter(username="bo").count() == 0


def test_an_answer_must_say_whose_it_is_where_the_provider_says_that_it_does(row, provider):
    client = Client()
    back = provider.sign_in(begin(client), "bo-1")
    response = come_back(client, back.partition("&iss=")[0] + "&code=" + parse_qs(urlsplit(back).query)["code"][0])
    assert (response.status_code, failures()) == (400, ["answer_of_another_provider"])


def test_an_attempt_ends_where_the_provider_was_changed_or_turned_off(row, acme, ada, provider):
    client = Client()
    back = provider.sign_in(begin(client), "bo-1")
    set_up(acme, ada, provider, is_enabled=False)
    response = come_back(client, back)
    assert (response.status_code, who(response)) == (400, None)
    assert "changed meanwhile" in sentence(response)


def test_who_says_no_at_the_provider_is_told_the_way_back(row, provider):
    response = come_in(provider, "")
    assert (response.status_code, failures()) == (400, ["provider_access_denied"])
    assert "didn’t let you in" in sentence(response)
    assert "<b>You said no" not in response.content.decode()
    client = Client()
    state = parse_qs(urlsplit(begin(client)).query)["state"][0]
    response = client.get(CALLBACK, {"state": state, "error": "\0<script>"})
    assert (response.status_code, failures()[1:]) == (400, ["provider_unknown"])


# The provider is not well


@pytest.mark.parametrize("path", [DISCOVERY, "/keys", "/token"])
@pytest.mark.parametrize(
    "answer",
    [
        (500, {}, b"x"),
        (404, {}, b"x"),
        (302, {"Location": "http://127.0.0.1:1/"}, b""),
        (200, {}, b"<html>"),
        (200, {}, b"[]"),
        (200, {}, b"[" * 100_000),
        (200, {}, b'{"keys": "x", "id_token": 7}'),
        (200, {"Content-Length": "99"}, b"{}"),
        (200, {}, b" " * 600_000),
    ],
    ids=["500", "404", "302", "html", "list", "deep", "wrong", "short", "long"],
)
def test_a_provider_that_fails_is_a_clear_page_and_passwords_go_on(path, answer, row, provider, ed):
    provider.answers[path] = answer
    cache.clear()
    client = Client()
    response = client.get(f"{START}acme/")
    if response.status_code == 302:
        response = come_back(client, provider.sign_in(response["Location"], "bo-1"))
    assert response.status_code in {400, 503}
    assert "provider" in sentence(response)
    assert "Begin again Sign in with a password" in sentence(response)
    assert who(response) is None
    response = client.post("/accounts/login/", {"organization": "acme", "username": "ed", "password": PASSWORD})
    assert response.status_code == 302


def test_a_provider_that_is_gone_is_a_clear_page(acme, ada, settings):
    settings.OIDC_ALLOWED_CIDRS = [ipaddress.ip_network("127.0.0.0/8")]
    with serving() as provider:
        set_up(acme, ada, provider)
    cache.clear()
    response = Client().get(f"{START}acme/")
    assert response.status_code == 503
    assert "can’t be reached" in sentence(response)


def test_a_secret_that_the_provider_does_not_take_is_an_admins_business(row, acme, ada, provider):
    set_up(acme, ada, provider, client_secret="another")
    response = come_in(provider)
    assert (response.status_code, failures()) == (503, ["provider_problem"])
    assert "doesn’t take our client ID and secret" in sentence(response)


@pytest.mark.parametrize("methods", [["client_secret_basic"], ["client_secret_post"], ...])
def test_the_secret_goes_the_way_that_the_provider_asks_for(methods, row, acme, ada, provider):
    provider.description = {} if methods is ... else {"token_endpoint_auth_methods_supported": methods}
    set_up(acme, ada, provider)
    assert who(come_in(provider)).username == "bo"


def test_a_lost_secret_key_loses_the_secret_and_nothing_else(row, provider, settings, ada, browse):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-secret-key" * 3
    assert who(come_in(provider)).username == "bo"
    settings.SECRET_KEY_FALLBACKS = []
    response = Client().get(f"{START}acme/")
    assert (response.status_code, "give the provider’s client secret again" in sentence(response)) == (503, True)
    assert "can’t be read any more" in sentence(browse(ada).get("/accounts/organization/single-sign-on/"))


# The way there


def test_the_form_asks_for_the_organization_and_goes_there_by_a_page(row, provider):
    client = Client()
    assert page(client.get(START + "?org=acme")).values["organization"] == "acme"
    response = client.post(START, {"organization": " ACME ", "next": "/tasks/", "password": "typed here by mistake"})
    assert response.status_code == 200
    way = response["Refresh"].removeprefix("0; url=")
    assert way in page(response).addresses()
    response = come_back(client, provider.sign_in(way, "bo-1"))
    assert (response.status_code, response["Location"]) == (302, "/tasks/")


def test_the_sign_in_page_leads_there_without_javascript(row):
    response = Client().get("/accounts/login/?org=acme&next=/tasks/")
    assert page(response).has("button", formaction=START, type="submit")
    assert page(Client().post(START, {"organization": ""})).errors == {"organization": ["This field is required."]}


def test_no_answer_tells_whether_there_is_an_organization(row, oscar, acme, ada, provider):
    answers = []
    for slug in ("globex", "nowhere"):
        response = Client().post(START, {"organization": slug})
        answers.append((response.status_code, page(response).errors))
        link = Client().get(f"{START}{slug}/")
        answers.append((link.status_code, sentence(link)))
    assert answers[:2] == answers[2:]
    set_up(acme, ada, provider, is_enabled=False)
    assert Client().get(f"{START}acme/").status_code == 404


@pytest.mark.parametrize("typed", ["\0", "x" * 61, "../../x", "%s" * 9])
def test_what_can_be_no_organization_is_told_beside_the_field(typed, db):
    response = Client().post(START, {"organization": typed})
    assert (response.status_code, list(page(response).errors)) == (200, ["organization"])


def test_who_is_signed_in_goes_on(row, ed, browse):
    assert browse(ed).get(f"{START}acme/?next=/tasks/")["Location"] == "/tasks/"


@pytest.mark.parametrize("address", [f"{START}acme/", CALLBACK])
def test_too_many_from_one_address_have_to_wait(address, row, settings):
    settings.THROTTLE_SIGN_IN = (1, 60)
    statuses = [Client().get(address).status_code for _turn in range(11)]
    assert 429 not in statuses[:10]
    assert statuses[10] == 429


def test_ten_tabs_keep_the_newest_five(row, provider):
    client = Client()
    ways = [begin(client) for _tab in range(10)]
    assert len(client.session["single_sign_on"]) == 5
    assert come_back(client, provider.sign_in(ways[0], "bo-1")).status_code == 400
    assert come_back(client, provider.sign_in(ways[9], "bo-1")).status_code == 302


# Races


@pytest.mark.django_db(transaction=True)
def test_two_first_sign_ins_at_once_make_one_member(row, provider):
    backs = []
    for _browser in range(4):
        client = Client()
        backs.append((client, provider.sign_in(begin(client), "bo-1")))
    answers = race([lambda pair=pair: come_back(*pair) for pair in backs])
    assert [answer.status_code for answer in answers] == [302] * 4
    assert User.objects.filter(email="bo@acme.example").count() == 1
    assert AuditEvent.objects.filter(kind=AuditKind.MEMBER_JOINED, detail__how="sso").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_requests_with_one_answer_one_comes_in(row, provider):
    client = Client()
    back = provider.sign_in(begin(client), "bo-1")
    copies = []
    for _copy in range(3):
        copy = Client()
        copy.cookies["sessionid"] = client.cookies["sessionid"].value
        copies.append(copy)
    answers = race([lambda copy=copy: come_back(copy, back) for copy in copies])
    assert sorted(answer.status_code for answer in answers) == [302, 400, 400]


# What a thief finds


def test_the_database_holds_nothing_that_opens_a_door(row, provider):
    come_in(provider)
    client = Client()
    begin(client)
    with connection.cursor() as cursor:
        found = ""
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found += repr(cursor.fetchall())
    assert CLIENT_SECRET not in found
    for token in provider.tokens:
        assert token not in found
    row.refresh_from_db()
    assert row.secret == CLIENT_SECRET


def test_who_has_no_password_is_told_where_it_is(row, provider):
    response = come_in(provider)
    text = sentence(response.client.get("/accounts/password_change/"))
    assert "You have no password here" in text
    assert "Old password" not in text
