"""Pairs of short-lived tokens: what is signed, how a pair is renewed, and what ends it."""

import datetime
import time
import uuid

import jwt
import pytest
from django.conf import settings as ours
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from taskmanager.accounts import services
from taskmanager.accounts.models import AuditEvent, AuditKind, RefreshToken, Scope, User
from taskmanager.errors import NotAllowed
from tests.conftest import PASSWORD
from tests.racing import race


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


def forge(token, *, key=None, algorithm="HS256", drop=(), **changes):
    """Sign the token's claims again, changed."""
    claims = {name: value for name, value in {**claims_of(token), **changes}.items() if name not in drop}
    return jwt.encode(claims, ours.JWT_SECRET_KEY if key is None else key, algorithm=algorithm)


def opens(access):
    try:
        services.user_of_access_token(access)
    except services.InvalidToken:
        return False
    return True


def renews(refresh):
    try:
        services.refresh_pair(refresh)
    except services.InvalidToken:
        return False
    return True


def test_an_access_token_lets_its_user_in_by_one_query(ada):
    pair = services.issue_pair(ada)
    with CaptureQueriesContext(connection) as queries:
        bearer = services.user_of_access_token(pair.access)
        assert bearer.user.organization.name == "Acme"
    assert (bearer.user, bearer.scope, len(queries)) == (ada, Scope.WRITE, 1)


def test_what_is_signed_says_for_how_long_and_for_whom(ada):
    pair = services.issue_pair(ada)
    access, refresh = claims_of(pair.access), claims_of(pair.refresh)
    assert access["exp"] - access["iat"] == 15 * 60
    assert refresh["exp"] - refresh["iat"] == 7 * 86_400
    for claims in (access, refresh):
        assert (claims["iss"], claims["aud"], claims["sub"]) == (ours.PUBLIC_URL, "taskmanager-api", str(ada.pk))
    assert jwt.get_unverified_header(pair.access)["alg"] == "HS256"
    assert "ada" not in str(access)
    assert ada.password not in str(access)


def test_the_two_do_not_stand_in_for_each_other(ada):
    pair = services.issue_pair(ada)
    assert not opens(pair.refresh)
    assert not renews(pair.access)
    assert opens(pair.access)
    assert renews(pair.refresh)


@pytest.mark.parametrize("token", ["", "a.b.c", "\0", "é.é.é", "x" * 100_000, "..", "eyJhbGciOiJub25lIn0.e30."])
def test_what_is_no_token_of_ours_opens_nothing(ada, token):
    assert not opens(token)
    assert not renews(token)


@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
def test_a_forged_token_opens_nothing(ada, ed):
    access = services.issue_pair(ada).access
    head, payload, signature = access.split(".")
    forged = [
        forge(access, key="another key of enough characters, and more of them"),
        forge(access, key=ours.JWT_SECRET_KEY * 3, algorithm="HS512"),
        forge(access, algorithm="HS384"),
        forge(access, algorithm="HS512"),
        forge(access, key="", algorithm="none"),
        f"{head}.{payload}.",
        f"{head}.{payload}.{signature[:-4]}AAAA",
        forge(access, iss="https://elsewhere.example"),
        forge(access, aud="another"),
        forge(access, aud=["x"]),
        forge(access, sub=str(ed.pk)),
        forge(access, family=str(uuid.uuid4())),
        forge(access, password="x" * 32),
        forge(access, exp=int(time.time()) - 31),
        forge(access, iat=int(time.time()) + 100),
        *(forge(access, drop=[name]) for name in ("exp", "iat", "iss", "aud", "sub", "jti", "token_type", "family")),
    ]
    assert [token for token in forged if opens(token)] == []
    assert opens(forge(access))


def test_clocks_may_differ_by_half_a_minute(ada):
    access = services.issue_pair(ada).access
    assert opens(forge(access, exp=int(time.time()) - 20))
    assert opens(forge(access, iat=int(time.time()) + 20))


def test_tokens_are_signed_with_a_key_of_their_own(ada, settings):
    pair = services.issue_pair(ada)
    settings.SECRET_KEY = "rotated" * 10
    assert opens(pair.access)
    settings.JWT_SECRET_KEY = "rotated" * 10
    assert not opens(pair.access)
    assert not renews(pair.refresh)


def test_a_refresh_token_is_spent_for_the_next_pair(ada):
    first = services.issue_pair(ada)
    second = services.refresh_pair(first.refresh)
    assert opens(second.access)
    assert opens(first.access)
    assert RefreshToken.objects.of(ada).live().count() == 1
    assert len(set(RefreshToken.objects.values_list("family", flat=True))) == 1
    assert renews(second.refresh)


def test_a_token_that_is_spent_twice_ends_all_of_its_family(ada):
    first, other = services.issue_pair(ada), services.issue_pair(ada)
    second = services.refresh_pair(first.refresh)
    with pytest.raises(services.InvalidToken):
        services.refresh_pair(first.refresh, address="192.0.2.9")
    assert not opens(second.access)
    assert not renews(second.refresh)
    assert not renews(first.refresh)
    event = AuditEvent.objects.get(kind=AuditKind.TOKEN_REUSED)
    assert (event.actor, event.address) == (ada, "192.0.2.9")
    # Another sign-in goes on.
    assert opens(other.access)
    assert renews(other.refresh)


@pytest.mark.django_db(transaction=True)
def test_of_two_that_renew_at_once_one_does_and_the_family_ends(ada):
    refresh = services.issue_pair(ada).refresh
    answers = race([lambda: services.refresh_pair(refresh)] * 2)
    assert sorted(type(answer).__name__ for answer in answers) == ["InvalidToken", "Pair"]
    [pair] = [answer for answer in answers if isinstance(answer, services.Pair)]
    assert not opens(pair.access)
    assert not renews(pair.refresh)
    assert AuditEvent.objects.filter(kind=AuditKind.TOKEN_REUSED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_family_that_ends_while_it_is_renewed_has_no_survivor(ada):
    first = services.issue_pair(ada)
    second = services.refresh_pair(first.refresh)
    race([lambda: services.refresh_pair(first.refresh), lambda: services.refresh_pair(second.refresh)])
    assert not RefreshToken.objects.of(ada).live().exists()


@pytest.mark.parametrize(
    "end",
    [
        lambda ada, ed: services.deactivate_member(ed, actor=ada),
        lambda ada, ed: services.change_password(ed, password="a wholly new one 7"),
        lambda ada, ed: services.end_sessions(ed),
        lambda ada, ed: services.revoke_tokens_of(ed),
        lambda ada, ed: services.revoke_pairs_of(ed),
        lambda ada, ed: User.objects.filter(pk=ed.pk).update(is_active=False),
        lambda ada, ed: User.objects.filter(pk=ed.pk).update(password="md5$x$y"),
        lambda ada, ed: ed.delete(),
        lambda ada, ed: RefreshToken.objects.all().delete(),
    ],
    ids=["deactivated", "password", "signed out", "tokens", "pairs", "flag", "password elsewhere", "gone", "rows"],
)
def test_a_pair_ends_at_once(ada, ed, end):
    pair = services.issue_pair(ed)
    end(ada, ed)
    assert not opens(pair.access)
    assert not renews(pair.refresh)


def test_who_comes_back_finds_their_pairs_dead(ada, ed):
    pair = services.issue_pair(ed)
    services.deactivate_member(ed, actor=ada)
    services.reactivate_member(ed, actor=ada)
    assert not opens(pair.access)
    assert not renews(pair.refresh)


def test_who_is_deactivated_gets_no_pair_and_no_token(ed):
    User.objects.filter(pk=ed.pk).update(is_active=False)
    with pytest.raises(NotAllowed):
        services.issue_pair(ed)
    with pytest.raises(NotAllowed):
        services.create_token(ed, name="x", scope=Scope.READ, expires_at=timezone.now() + datetime.timedelta(days=1))


def test_ending_one_session_leaves_pairs(ada, browse):
    pair = services.issue_pair(ada)
    services.end_sessions(ada, only="f" * 64)
    assert opens(pair.access)


def test_an_expired_refresh_token_renews_nothing(ada):
    refresh = services.issue_pair(ada).refresh
    assert not renews(forge(refresh, exp=int(time.time()) - 31))


def test_both_kinds_of_bearer_are_told_apart(ada):
    pair = services.issue_pair(ada)
    _token, secret = services.create_token(
        ada, name="x", scope=Scope.READ, expires_at=timezone.now() + datetime.timedelta(days=1)
    )
    assert services.user_of_bearer(pair.access, address="").user == ada
    assert services.user_of_bearer(secret, address="").scope == Scope.READ
    services.user_of_bearer(pair.access, address="", needs=Scope.WRITE)
    with pytest.raises(NotAllowed):
        services.user_of_bearer(secret, address="", needs=Scope.WRITE)
    for wrong in (pair.refresh, "", PASSWORD, "tm_"):
        with pytest.raises(services.InvalidToken):
            services.user_of_bearer(wrong, address="")


def test_what_is_kept_of_a_pair_signs_nothing(ada):
    pair = services.issue_pair(ada)
    [row] = RefreshToken.objects.values()
    kept = repr(row) + repr(list(AuditEvent.objects.values()))
    assert claims_of(pair.refresh)["jti"] not in kept
    assert claims_of(pair.access)["jti"] not in kept
    assert pair.refresh.split(".")[2] not in kept


def test_expired_refresh_tokens_are_forgotten_after_a_day(ada):
    services.issue_pair(ada)
    services.issue_pair(ada)
    ids = list(RefreshToken.objects.values_list("pk", flat=True))
    now = timezone.now()
    for pk, hours in zip(ids, (25, 23), strict=True):
        RefreshToken.objects.filter(pk=pk).update(
            created_at=now - datetime.timedelta(days=9), expires_at=now - datetime.timedelta(hours=hours)
        )
    assert services.forget_ended_tokens() == 1
    assert list(RefreshToken.objects.values_list("pk", flat=True)) == ids[1:]
