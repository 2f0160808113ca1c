"""The organization's own page, and the one of its single sign-on: for Admins alone."""

import ipaddress
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache

from taskmanager.accounts import services
from taskmanager.accounts.models import AuditEvent, AuditKind, ExternalIdentity, Organization, Role, SingleSignOn, User
from taskmanager.errors import NotAllowed, NotFound
from tests.provider import CLIENT_ID, CLIENT_SECRET, DISCOVERY, Provider, serving
from tests.racing import race
from tests.web.pages import page, sentence
from tests.web.single_sign_on.conftest import come_back, come_in, failures, set_up, who

PAGE = "/accounts/organization/"
SETTINGS = f"{PAGE}single-sign-on/"
LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]


@pytest.fixture
def provider(settings) -> Iterator[Provider]:
    settings.OIDC_ALLOWED_CIDRS = LOOPBACK
    with serving() as provider:
        provider.people["ada-1"] = {"email": "ada@acme.example", "email_verified": True}
        yield provider


def form(provider: Provider | None = None, **typed: object) -> dict[str, object]:
    issuer = provider.issuer if provider else "https://id.example.com"
    return {
        "issuer": issuer,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "default_roles": ["Creator"],
        "groups_claim": "teams",
        "admin_groups": "cn=a,ou=b\r\n\r\n boss \r\nboss",
        **({"is_enabled": "on"} if provider else {}),
        **typed,
    }


def test_an_admin_gives_the_organization_another_name(ada, acme, browse):
    client = browse(ada)
    assert {PAGE} <= set(page(client.get("/")).addresses())
    assert {PAGE} <= set(page(client.get("/accounts/members/")).addresses())
    assert page(client.get(PAGE)).values["name"] == "Acme"
    assert "http://127.0.0.1:8000/accounts/login/?org=acme" in sentence(client.get(PAGE))
    response = client.post(PAGE, {"name": "  Acme   & Sons "}, follow=True)
    assert "The organization is saved." in sentence(response)
    acme.refresh_from_db()
    assert (acme.name, acme.slug) == ("Acme & Sons", "acme")
    event = AuditEvent.objects.get(kind=AuditKind.ORGANIZATION_CHANGED)
    assert (event.actor, event.address) == (ada, "127.0.0.1")
    assert event.detail == {"before": {"name": "Acme"}, "after": {"name": "Acme & Sons"}}


def test_the_same_name_again_is_no_change(ada, browse):
    assert browse(ada).post(PAGE, {"name": "Acme"}).status_code == 302
    assert not AuditEvent.objects.filter(kind=AuditKind.ORGANIZATION_CHANGED).exists()


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\0b", "a\nb\x07"])
def test_what_can_be_no_name_is_told_beside_the_field(name, ada, acme, browse):
    response = browse(ada).post(PAGE, {"name": name})
    assert list(page(response).errors) == ["name"]
    acme.refresh_from_db()
    assert acme.name == "Acme"


@pytest.mark.parametrize("address", [PAGE, SETTINGS])
def test_others_see_no_link_and_no_page(address, ed, browse):
    client = browse(ed)
    assert PAGE not in page(client.get("/")).addresses()
    assert client.get(address).status_code == client.post(address, {"name": "Mine"}).status_code == 403
    with pytest.raises(NotAllowed):
        services.change_organization(ed.organization, actor=ed, name="Mine")


def test_nobody_changes_another_organization(acme, oscar, provider):

    with pytest.raises(NotFound):
        services.change_organization(acme, actor=oscar, name="Mine")
    with pytest.raises(NotFound):
        set_up(acme, oscar, provider)
    assert not SingleSignOn.objects.exists()


def test_single_sign_on_is_set_up_on_its_page(ada, acme, provider, browse):
    client = browse(ada)
    shown = client.get(SETTINGS)
    assert "http://127.0.0.1:8000/accounts/sso/callback/" in sentence(shown)
    assert "http://127.0.0.1:8000/accounts/sso/acme/" in sentence(shown)
    assert page(shown).values["groups_claim"] == "groups"
    response = client.post(SETTINGS, form(provider), follow=True)
    assert "Single sign-on is saved, and on." in sentence(response)
    row = SingleSignOn.objects.get()
    assert (row.organization, row.issuer, row.client_id, row.secret) == (
        acme,
        provider.issuer,
        CLIENT_ID,
        CLIENT_SECRET,
    )
    assert (row.is_enabled, row.default_roles, row.groups_claim) == (True, "Creator", "teams")
    assert row.group_roles == {"Admin": ["cn=a,ou=b", "boss"]}
    assert page(response).values["admin_groups"] == "cn=a,ou=b\nboss"
    event = AuditEvent.objects.get(kind=AuditKind.SINGLE_SIGN_ON_CHANGED)
    assert (event.actor, event.detail["before"], event.detail["after"]["issuer"]) == (ada, {}, provider.issuer)
    assert event.detail["secret_changed"] is True
    assert "On: people come" in sentence(client.get(PAGE))


def test_the_secret_is_written_and_never_shown(ada, provider, browse):
    client = browse(ada)
    pages = [client.post(SETTINGS, form(provider), follow=True)]
    pages.append(client.post(SETTINGS, form(provider, issuer="")))
    pages.append(client.get(SETTINGS))
    root = User.objects.create_superuser(
        organization=ada.organization, username="root", email="root@acme.example", password="x"
    )
    row = SingleSignOn.objects.get()
    pages += [browse(root).get(f"/admin/accounts/singlesignon/{suffix}") for suffix in ("", f"{row.pk}/change/")]
    for response in pages:
        assert response.status_code == 200
        text = response.content.decode()
        assert CLIENT_SECRET not in text
        assert "between us" not in text
        assert row.client_secret not in text
    assert CLIENT_SECRET not in str(list(AuditEvent.objects.values()))
    assert CLIENT_SECRET not in row.client_secret


def test_an_empty_secret_keeps_the_old_one_but_not_for_another_provider(ada, provider, browse):
    client = browse(ada)
    assert page(client.post(SETTINGS, form(provider, client_secret=""))).errors == {
        "client_secret": ["This field is required."]
    }
    client.post(SETTINGS, form(provider))
    assert client.post(SETTINGS, form(provider, client_secret="", client_id="other")).status_code == 302
    row = SingleSignOn.objects.get()
    assert (row.client_id, row.secret) == ("other", CLIENT_SECRET)
    event = AuditEvent.objects.filter(kind=AuditKind.SINGLE_SIGN_ON_CHANGED).latest("pk")
    assert (event.detail["before"], event.detail["after"]) == ({"client_id": CLIENT_ID}, {"client_id": "other"})
    assert event.detail["secret_changed"] is False
    # The new provider would be sent the old one's secret.
    with serving() as thief:
        assert list(page(client.post(SETTINGS, form(thief, client_secret=""))).errors) == ["client_secret"]
    assert SingleSignOn.objects.get().issuer == provider.issuer


def test_the_same_again_is_no_change(ada, provider, browse):
    client = browse(ada)
    client.post(SETTINGS, form(provider))
    client.post(SETTINGS, form(provider, client_secret=""))
    assert AuditEvent.objects.filter(kind=AuditKind.SINGLE_SIGN_ON_CHANGED).count() == 1


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"issuer": ""}, "issuer"),
        ({"issuer": "x" * 501}, "issuer"),
        ({"issuer": "https://é.example"}, "issuer"),
        ({"client_id": ""}, "client_id"),
        ({"client_id": "a\0"}, "client_id"),
        ({"client_secret": "geheim—"}, "client_secret"),
        ({"default_roles": []}, "default_roles"),
        ({"default_roles": ["Admin"]}, "default_roles"),
        ({"editor_groups": "x" * 501}, "editor_groups"),
        ({"editor_groups": "\n".join(map(str, range(201)))}, "editor_groups"),
        ({"editor_groups": "a\0"}, "editor_groups"),
    ],
)
def test_what_cannot_be_is_told_beside_the_field(typed, field, ada, browse):
    response = browse(ada).post(SETTINGS, form(**typed))
    assert list(page(response).errors) == [field]
    assert not SingleSignOn.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"issuer": "http://127.0.0.1:9/"}, "calls itself “http://127.0.0.1:9/”"),
        ({"issuer": 7}, "describes no OpenID provider"),
        ({"token_endpoint": None}, "doesn’t tell its token_endpoint"),
        ({"jwks_uri": ["x"]}, "doesn’t tell its jwks_uri"),
        ({"jwks_uri": "http://keys.example/"}, "jwks_uri is no address that begins with https://"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "authorization_endpoint is no address"),
        ({"authorization_endpoint": "https://a.example/\r\nX: y"}, "authorization_endpoint is no address"),
        ({"userinfo_endpoint": "ftp://a.example/"}, "userinfo_endpoint is no address"),
        ({"id_token_signing_alg_values_supported": ["HS256", "none"]}, "by no method that is safe"),
        ({"id_token_signing_alg_values_supported": "RS256"}, "by no method that is safe"),
        ({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}, "takes no client secret"),
    ],
)
def test_saving_asks_the_provider_and_says_what_is_wrong(wrong, told, ada, provider, browse):
    provider.description = wrong
    response = browse(ada).post(SETTINGS, form(provider))
    [error] = page(response).errors["issuer"]
    assert told in error
    assert not SingleSignOn.objects.exists()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((404, {}, b""), "answers 404."),
        ((200, {}, b"<html>"), "doesn’t answer with JSON."),
        ((302, {"Location": "https://example.com/"}, b""), "answers with a redirect, which isn’t followed."),
        ((200, {}, b" " * 600_000), "answers with more than anybody needs."),
    ],
)
def test_a_provider_that_answers_nonsense_is_named(answer, told, ada, provider, browse):
    provider.answers[DISCOVERY] = answer
    response = browse(ada).post(SETTINGS, form(provider))
    assert page(response).errors == {"issuer": [f"The provider at {provider.issuer}{DISCOVERY} {told}"]}


def test_the_address_of_the_description_is_taken_for_the_providers(ada, provider, browse):
    browse(ada).post(SETTINGS, form(provider, issuer=provider.issuer + DISCOVERY))
    assert SingleSignOn.objects.get().issuer == provider.issuer


def test_what_is_off_is_saved_whether_or_not_the_provider_answers(ada, provider, browse):
    set_up(ada.organization, ada, provider)
    provider.answers[DISCOVERY] = (500, {}, b"")
    typed = form(provider)
    del typed["is_enabled"]
    response = browse(ada).post(SETTINGS, typed, follow=True)
    assert "Single sign-on is saved. It is off." in sentence(response)


def test_nobody_maps_a_group_to_more_than_they_may(provider, ada, member):

    bo = member("bo", Role.EDITOR)
    bo.user_permissions.add(Permission.objects.get(codename="change_organization"))
    with pytest.raises(NotAllowed):
        set_up(bo.organization, User.objects.get(pk=bo.pk), provider, group_roles={"Admin": ["me"]})


def test_looking_at_providers_is_throttled(ada, provider, browse, settings):
    settings.THROTTLE_SIGN_IN = (2, 60)
    client = browse(ada)
    assert [client.post(SETTINGS, form(provider)).status_code for _turn in range(3)] == [302, 302, 429]


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_set_it_up_at_once_leave_one_provider(ada, acme, provider):
    results = race([lambda: set_up(acme, ada, provider), lambda: set_up(acme, ada, provider, client_id="other")])
    assert all(isinstance(each, SingleSignOn) for each in results), results
    assert SingleSignOn.objects.count() == 1


# Trying it


def test_trying_it_connects_the_admin_whom_no_address_connects(ada, provider, browse):
    set_up(ada.organization, ada, provider, is_enabled=False)
    client = browse(ada)
    way = client.post(f"{SETTINGS}try/")["Refresh"].removeprefix("0; url=")
    response = come_back(client, provider.sign_in(way, "ada-1"))
    assert (response.status_code, response["Location"]) == (302, SETTINGS)
    text = sentence(client.get(SETTINGS))
    assert "It works: the provider knows you (ada@acme.example, verified; groups: none)." in text
    assert "You are connected" in text
    assert ExternalIdentity.objects.get().user == ada
    set_up(ada.organization, ada, provider)
    assert who(come_in(provider, "ada-1")) == ada


def test_who_administers_the_installation_may_try_it_and_goes_on_by_password(ada, provider, browse):
    set_up(ada.organization, ada, provider)
    User.objects.filter(pk=ada.pk).update(is_superuser=True)
    client = browse(User.objects.get(pk=ada.pk))
    way = client.post(f"{SETTINGS}try/")["Refresh"].removeprefix("0; url=")
    assert come_back(client, provider.sign_in(way, "ada-1")).status_code == 302
    assert "goes on by password" in sentence(client.get(SETTINGS))
    assert not ExternalIdentity.objects.exists()


def test_what_an_admin_begins_to_try_nobody_else_ends(ada, ed, provider, browse):
    set_up(ada.organization, ada, provider)
    client = browse(ada)
    back = provider.sign_in(client.post(f"{SETTINGS}try/")["Refresh"].removeprefix("0; url="), "ada-1")
    session = client.session
    session["_auth_user_id"] = str(ed.pk)
    session["_auth_user_hash"] = ed.get_session_auth_hash()
    session.save()
    response = come_back(client, back)
    assert (response.status_code, failures()) == (403, ["signed_out_meanwhile"])
    assert not ExternalIdentity.objects.exists()


def test_an_account_of_a_colleague_is_not_taken_over(ada, provider, browse):
    set_up(ada.organization, ada, provider)
    provider.people["bo-1"] = {"email": "bo@acme.example"}
    bo = who(come_in(provider, "bo-1"))
    client = browse(ada)
    response = come_back(
        client, provider.sign_in(client.post(f"{SETTINGS}try/")["Refresh"].removeprefix("0; url="), "bo-1")
    )
    assert (response.status_code, failures()) == (403, ["account_of_another_member"])
    assert ExternalIdentity.objects.get().user == bo


def test_there_is_nothing_to_try_before_it_is_saved(ada, browse):
    response = browse(ada).post(f"{SETTINGS}try/", follow=True)
    assert "Save the provider first." in sentence(response)


def test_what_is_known_of_a_provider_is_kept_for_some_minutes(ada, provider):
    set_up(ada.organization, ada, provider)
    cache.clear()
    before = provider.asked.count(DISCOVERY)
    for _person in range(3):
        come_in(provider, "ada-1")
    assert provider.asked.count(DISCOVERY) == before + 1


def test_an_organization_that_goes_takes_its_provider_along(ada, provider):
    set_up(ada.organization, ada, provider)
    Organization.objects.filter(pk=ada.organization_id).delete()
    assert not SingleSignOn.objects.exists()
