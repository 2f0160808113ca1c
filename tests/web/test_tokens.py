"""The page of one's API tokens: made, shown once, listed, revoked; and pairs to try the API by hand."""

import datetime
import re

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone

from taskmanager.accounts import services
from taskmanager.accounts.models import ApiToken, AuditEvent, FormSubmission, RefreshToken, Scope, Session, User
from tests.web.pages import page, sentence

TOKENS = "/accounts/tokens/"
FORM = {"name": "Deployment", "scope": "write", "expires": "30"}


def secret_in(response) -> str:
    [found] = re.findall(r"tm_\w{46}", response.content.decode())
    return found


def make(user, name="Deployment", days=90, scope=Scope.READ):
    expires_at = timezone.now() + datetime.timedelta(days=days)
    return services.create_token(user, name=name, scope=scope, expires_at=expires_at)


def test_a_token_is_made_and_shown_once(ada, browse):
    client = browse(ada)
    form = page(client.get(TOKENS)).values
    sent = {**FORM, "uuid": form["uuid"]}
    response = client.post(TOKENS, sent)
    assert response.status_code == 201
    assert "no-store" in response["Cache-Control"]
    secret = secret_in(response)
    assert services.user_of_token(secret, address="").user == ada
    assert page(response).has("input", value=secret, readonly="")
    # A reload sends the form again: it acts no second time, and tells no secret.
    again = client.post(TOKENS, sent, follow=True)
    assert "This form has already been submitted." in sentence(again)
    assert "Deployment" in sentence(again)
    assert secret not in again.content.decode()
    assert ApiToken.objects.count() == 1
    assert secret not in client.get(TOKENS).content.decode()


@pytest.mark.parametrize("backend", ["database", "cache"])
def test_the_secret_is_in_no_session_message_or_submission(backend, settings, ada, browse):
    settings.FORM_SUBMISSION_BACKEND = backend
    client = browse(ada)
    response = client.post(TOKENS, {**FORM, "uuid": page(client.get(TOKENS)).values["uuid"]})
    secret = secret_in(response)
    assert list(get_messages(response.wsgi_request)) == []
    kept = [Session, FormSubmission, AuditEvent]
    assert all(secret[7:] not in repr(list(model.objects.values())) for model in kept)
    assert secret[7:] not in repr(dict(client.session))


@pytest.mark.parametrize(("choice", "days"), [("7", 7), ("30", 30), ("90", 90), ("365", 365), ("", 90)])
def test_a_token_expires_when_it_was_chosen(choice, days, ada, browse):
    browse(ada).post(TOKENS, {**FORM, "expires": choice})
    lives = ApiToken.objects.get().expires_at - timezone.now()
    assert abs(lives - datetime.timedelta(days=days)) < datetime.timedelta(minutes=1)


def test_a_chosen_day_ends_at_midnight_where_the_user_is(ada, browse):
    User.objects.filter(pk=ada.pk).update(time_zone="Pacific/Auckland")
    with timezone.override("Pacific/Auckland"):
        day = timezone.localdate() + datetime.timedelta(days=3)
        midnight = timezone.make_aware(datetime.datetime.combine(day + datetime.timedelta(days=1), datetime.time()))
    browse(ada).post(TOKENS, {**FORM, "expires": "date", "last_day": str(day)})
    assert ApiToken.objects.get().expires_at == midnight


def test_the_last_day_of_a_year_can_be_chosen(ada, browse):
    day = timezone.localdate() + datetime.timedelta(days=365)
    assert browse(ada).post(TOKENS, {**FORM, "expires": "date", "last_day": str(day)}).status_code == 201
    assert ApiToken.objects.get().expires_at <= timezone.now() + datetime.timedelta(days=365)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"scope": "all"}, "scope"),
        ({"scope": ""}, "scope"),
        ({"expires": "never"}, "expires"),
        ({"expires": "date"}, "last_day"),
        ({"expires": "date", "last_day": "2020-01-01"}, "last_day"),
        ({"expires": "date", "last_day": "9999-12-31"}, "last_day"),
        ({"expires": "date", "last_day": "soon"}, "last_day"),
        ({"uuid": "x"}, ""),
    ],
)
def test_what_can_be_no_token_is_told_beside_the_field(typed, field, ada, browse):
    response = browse(ada).post(TOKENS, {**FORM, **typed})
    assert response.status_code == 200
    assert field in page(response).errors
    assert page(response).values["expires"] == typed.get("expires", "30") or field == "expires"
    assert not ApiToken.objects.exists()


def test_the_fifty_first_token_is_refused_and_nothing_typed_is_lost(ada, browse):
    for _number in range(services.MOST_TOKENS):
        make(ada)
    response = browse(ada).post(TOKENS, {**FORM, "name": "One more"})
    assert response.status_code == 409
    assert page(response).values["name"] == "One more"
    assert "50 tokens" in page(response).errors[""][0]


def test_the_list_tells_what_there_is(ada, ed, browse):
    assert "No token works at present" in sentence(browse(ada).get(TOKENS))
    token, secret = make(ada, "Nightly export")
    make(ed, "Of Ed")
    old, _secret = make(ada, "Long ago")
    ApiToken.objects.filter(pk=old.pk).update(
        created_at=timezone.now() - datetime.timedelta(days=9), expires_at=timezone.now() - datetime.timedelta(days=1)
    )
    User.objects.filter(pk=ada.pk).update(time_zone="Asia/Tokyo")
    services.user_of_token(secret, address="192.0.2.1")
    text = sentence(browse(ada).get(TOKENS))
    assert f"Nightly export Read {token.prefix}…" in text
    token.refresh_from_db()
    with timezone.override("Asia/Tokyo"):
        assert f"Last used {timezone.localtime(token.last_used_at):%H:%M} from" in text.replace(
            f"{timezone.localtime(token.last_used_at):%-d %b %Y}, ", ""
        )
    assert "from 192.0.2.1" in text
    assert re.search(r"Long ago Read tm_\w{4}… Expired", text)
    assert "Never used" in text
    assert "Of Ed" not in text


@pytest.mark.parametrize("count", [3, 30])
def test_the_list_takes_the_same_queries_for_any_number(count, ada, browse, django_assert_max_num_queries):
    for _number in range(count):
        make(ada)
    client = browse(ada)
    client.get(TOKENS)
    with django_assert_max_num_queries(7):
        client.get(TOKENS)


def test_a_token_is_revoked_by_its_button(ada, browse):
    token, secret = make(ada)
    client = browse(ada)
    response = client.post(f"{TOKENS}{token.pk}/revoke/", follow=True)
    assert "Deployment is revoked: it opens nothing any more." in sentence(response)
    assert re.search(r"Deployment Read tm_\w{4}… Revoked", sentence(response))
    with pytest.raises(services.InvalidToken):
        services.user_of_token(secret, address="")
    assert "This token was revoked already." in sentence(client.post(f"{TOKENS}{token.pk}/revoke/", follow=True))


def test_another_persons_token_is_not_there(ada, ed, oscar, browse):
    token, secret = make(ed)
    for stranger in (ada, oscar):
        assert browse(stranger).post(f"{TOKENS}{token.pk}/revoke/").status_code == 404
    assert services.user_of_token(secret, address="").user == ed


def test_all_are_revoked_by_one_button(ada, ed, browse):
    make(ada), make(ada), make(ed)
    services.issue_pair(ada)
    client = browse(ada)
    assert "Revoke all, and 1 sign-in by JWT" in sentence(client.get(TOKENS))
    response = client.post(f"{TOKENS}revoke/", follow=True)
    assert "All your tokens are revoked" in sentence(response)
    assert (ApiToken.objects.live().count(), RefreshToken.objects.live().count()) == (1, 0)
    assert "There was nothing to revoke." in sentence(client.post(f"{TOKENS}revoke/", follow=True))


def test_a_pair_is_shown_once(ada, browse):
    client = browse(ada)
    uuid = page(client.get(TOKENS)).values["uuid"]
    response = client.post(f"{TOKENS}pair/", {"uuid": uuid})
    assert response.status_code == 201
    assert "no-store" in response["Cache-Control"]
    inputs = {
        values.get("id"): values["value"]
        for tag, values in page(response).elements
        if tag == "input" and "id" in values and "value" in values
    }
    assert services.user_of_access_token(inputs["access"]).user == ada
    again = client.post(f"{TOKENS}pair/", {"uuid": uuid}, follow=True)
    assert "This form has already been submitted." in sentence(again)
    assert "eyJ" not in again.content.decode()
    assert RefreshToken.objects.count() == 1
    assert services.refresh_pair(inputs["refresh"])


def test_signing_out_elsewhere_ends_pairs(ada, browse):
    client, _other = browse(ada), browse(ada)
    pair = services.issue_pair(ada)
    client.post("/accounts/sessions/", {"end": "others"})
    with pytest.raises(services.InvalidToken):
        services.user_of_access_token(pair.access)


def test_the_profile_leads_to_the_tokens(ada, browse):
    assert TOKENS in page(browse(ada).get("/accounts/profile/")).addresses()
