"""API tokens: what is kept of them, whom they let in, and how they end."""

import base64
import datetime
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from taskmanager.accounts import services
from taskmanager.accounts.models import ApiToken, AuditEvent, AuditKind, Role, Scope, User
from taskmanager.accounts.services.tokens import new_secret
from taskmanager.errors import NotAllowed, NotFound
from tests.racing import race

HOME, CAFE = "192.0.2.1", "2001:db8::7"


def make(user, *, name="Deployment", scope=Scope.WRITE, days=90):
    return services.create_token(user, name=name, scope=scope, expires_at=in_days(days), address=HOME)


def in_days(days):
    return timezone.now() + datetime.timedelta(days=days)


def enter(secret, address=HOME, **needs):
    return services.user_of_token(secret, address=address, **needs)


def events(kind):
    return AuditEvent.objects.filter(kind=kind)


def refused(secret):
    with pytest.raises(services.InvalidToken, match=r"^This token is not valid\.$") as caught:
        enter(secret)
    return caught.value.status == 401


# Making


def test_a_token_lets_its_user_in(ada):
    token, secret = make(ada)
    bearer = enter(secret)
    assert (bearer.user, bearer.scope) == (ada, Scope.WRITE)
    assert bearer.user.has_perm("accounts.change_user")
    assert (token.organization, token.name, secret[:7]) == (ada.organization, "Deployment", token.prefix)


def test_a_token_is_known_by_its_form_and_has_enough_chance_in_it(ada):
    secrets = {new_secret() for _number in range(200)}
    assert len(secrets) == 200
    assert all(re.fullmatch(r"tm_[0-9A-Za-z]{46}", secret) for secret in secrets)
    assert 62**36 > 2**192


def test_only_a_hash_is_kept(ada):
    _token, secret = make(ada)
    [row] = ApiToken.objects.values()
    kept = repr(row) + repr(list(AuditEvent.objects.values()))
    assert secret not in kept
    assert secret[8:] not in kept
    assert base64.b64encode(secret.encode()).decode() not in kept
    assert refused(row["hash"])
    assert refused(row["prefix"])


def test_making_is_audited(ada):
    token, _secret = make(ada, scope=Scope.READ)
    event = events(AuditKind.TOKEN_CREATED).get()
    assert (event.actor, event.address) == (ada, HOME)
    assert event.detail["token"] == token.pk
    assert (event.detail["name"], event.detail["scope"], event.detail["prefix"]) == (
        "Deployment",
        "read",
        token.prefix,
    )


@pytest.mark.parametrize("days", [-1, 0, 365.1, 10_000])
def test_a_token_lives_for_a_year_at_most(ada, days):
    with pytest.raises(services.TokenLivesTooLong):
        make(ada, days=days)
    assert not ApiToken.objects.exists()


def test_fifty_tokens_that_work_are_enough(ada):
    tokens = [make(ada)[0] for _number in range(services.MOST_TOKENS)]
    with pytest.raises(services.TooManyTokens, match="50 tokens"):
        make(ada)
    services.revoke_token(tokens[0], actor=ada)
    make(ada)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_no_fifty_first(ada):
    for _number in range(services.MOST_TOKENS - 1):
        make(ada)
    answers = race([lambda: make(ada)] * 2)
    assert sorted(type(answer).__name__ for answer in answers) == ["TooManyTokens", "tuple"]
    assert ApiToken.objects.of(ada).live().count() == services.MOST_TOKENS


# Using


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "tm_",
        "tm_\0",
        "x" * 100_000,
        "tm_" + "é" * 46,
        "tm_" + "a" * 46,
        "Bearer tm_x",
        "tm_" + "0" * 46 + "\n",
    ],
)
def test_what_is_no_token_costs_no_query(ada, secret, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert refused(secret)


def test_a_slip_of_the_pen_is_found_by_the_checksum(ada, django_assert_num_queries):
    _token, secret = make(ada)
    with django_assert_num_queries(0):
        assert refused(secret[:10] + ("a" if secret[10] != "a" else "b") + secret[11:])


def test_every_token_that_opens_nothing_gets_one_sentence(ada, ed):
    unknown = new_secret()
    old, old_secret = make(ada)
    ApiToken.objects.filter(pk=old.pk).update(created_at=in_days(-100), expires_at=in_days(-1))
    revoked, revoked_secret = make(ada)
    services.revoke_token(revoked, actor=ada)
    _token, of_gone = make(ed)
    User.objects.filter(pk=ed.pk).update(is_active=False)
    assert all(refused(secret) for secret in (unknown, old_secret, revoked_secret, of_gone))


def test_a_token_that_may_read_does_not_write(ada):
    _token, secret = make(ada, scope=Scope.READ)
    assert enter(secret).scope == Scope.READ
    with pytest.raises(NotAllowed, match="may only read"):
        enter(secret, needs=Scope.WRITE)


def test_a_use_costs_one_query_and_its_first_in_a_minute_one_more(ada, ed):
    for user in (ada, ed):
        make(user)
    _token, secret = make(ada)
    enter(secret)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        user = enter(secret).user
        assert user.organization.name == "Acme"
    assert len(queries) == 1
    with CaptureQueriesContext(connection) as queries:
        assert user.has_perm("tasks.add_task")
        assert user.has_perm("tasks.delete_task")
    assert len(queries) == 1  # what only reads asks for no rights
    ApiToken.objects.update(last_used_at=timezone.now() - datetime.timedelta(seconds=61))
    with CaptureQueriesContext(connection) as queries:
        enter(secret)
    assert [query["sql"].split()[0] for query in queries] == ["SELECT", "UPDATE"]


def test_the_last_use_is_written_once_a_minute(ada):
    token, secret = make(ada)
    enter(secret)
    token.refresh_from_db()
    first = token.last_used_at
    assert token.last_used_address == HOME
    enter(secret)
    token.refresh_from_db()
    assert token.last_used_at == first
    ApiToken.objects.update(last_used_at=first - datetime.timedelta(seconds=61))
    enter(secret)
    token.refresh_from_db()
    assert token.last_used_at > first


def test_another_address_is_written_at_once_and_audited(ada):
    token, secret = make(ada)
    enter(secret)
    enter(secret)
    assert events(AuditKind.TOKEN_USED).count() == 1
    enter(secret, CAFE)
    token.refresh_from_db()
    assert token.last_used_address == CAFE
    assert list(events(AuditKind.TOKEN_USED).order_by("pk").values_list("address", flat=True)) == [HOME, CAFE]
    # Back and forth within the hour: each was told.
    enter(secret)
    enter(secret, CAFE)
    assert events(AuditKind.TOKEN_USED).count() == 2


def test_a_client_without_an_address_is_let_in(ada):
    token, secret = make(ada)
    enter(secret, "")
    enter(secret, "/run/socket")
    token.refresh_from_db()
    assert token.last_used_address is None
    assert token.last_used_at is not None


@pytest.mark.django_db(transaction=True)
def test_uses_at_the_same_time_are_all_let_in_and_written_once(ada):
    _token, secret = make(ada)
    answers = race([lambda: enter(secret).user.pk] * 6)
    assert set(answers) == {ada.pk}
    assert events(AuditKind.TOKEN_USED).count() == 1


# Ending


def test_who_is_deactivated_loses_their_tokens_for_good(ada, ed):
    _token, secret = make(ed)
    services.deactivate_member(ed, actor=ada, address=HOME)
    assert refused(secret)
    services.reactivate_member(ed, actor=ada)
    assert refused(secret)
    event = events(AuditKind.TOKEN_REVOKED).get()
    assert (event.actor, event.subject, event.detail) == (ada, ed, {"tokens": 1, "pairs": 0})


def test_a_changed_password_leaves_tokens_and_a_reset_one_does_not(ada):
    from django.contrib.auth.tokens import default_token_generator

    _token, secret = make(ada)
    services.change_password(ada, password="a wholly new one 7")
    assert enter(secret).user == ada
    services.reset_password(ada, token=default_token_generator.make_token(ada), password="another new one 8")
    assert refused(secret)


def test_signing_out_everywhere_leaves_tokens(ada):
    _token, secret = make(ada)
    services.sign_out_elsewhere(ada, keep="")
    assert enter(secret).user == ada


def test_a_token_is_revoked_once(ada):
    token, secret = make(ada)
    services.revoke_token(token, actor=ada, address=HOME)
    assert refused(secret)
    with pytest.raises(services.TokenGone):
        services.revoke_token(token, actor=ada)
    event = events(AuditKind.TOKEN_REVOKED).get()
    assert (event.actor, event.subject, event.address, event.detail["name"]) == (ada, None, HOME, "Deployment")


def test_nobody_revokes_anothers_token(ada, ed, oscar):
    token, secret = make(ed)
    for stranger in (ada, oscar):
        with pytest.raises(NotFound):
            services.revoke_token(token, actor=stranger)
    assert enter(secret).user == ed


@pytest.mark.django_db(transaction=True)
def test_of_two_that_revoke_one_is_told_that_it_was_gone(ada):
    token, _secret = make(ada)
    answers = race([lambda: services.revoke_token(token, actor=ada)] * 2)
    assert sorted(type(answer).__name__ for answer in answers) == ["NoneType", "TokenGone"]
    assert events(AuditKind.TOKEN_REVOKED).count() == 1


def test_all_tokens_are_revoked_at_once(ada, ed):
    secrets = [make(ada)[1], make(ada)[1]]
    services.issue_pair(ada)
    _token, other = make(ed)
    assert services.revoke_tokens_of(ada, address=HOME) == 3
    assert all(refused(secret) for secret in secrets)
    assert enter(other).user == ed
    assert events(AuditKind.TOKEN_REVOKED).get().detail == {"tokens": 2, "pairs": 1}
    assert services.revoke_tokens_of(ada) == 0
    assert events(AuditKind.TOKEN_REVOKED).count() == 1


def test_what_the_user_may_not_the_token_does_not(member):
    bo = member("bo", Role.CREATOR)
    _token, secret = make(bo)
    services.user_of_token(secret, address=HOME)
    bo.groups.clear()
    assert not enter(secret).user.has_perm("tasks.add_task")


# Cleaning


def test_ended_tokens_are_forgotten_after_ninety_days(ada):
    kept, expired, revoked = make(ada)[0], make(ada)[0], make(ada)[0]
    barely = make(ada)[0]
    ApiToken.objects.filter(pk=expired.pk).update(created_at=in_days(-200), expires_at=in_days(-91))
    ApiToken.objects.filter(pk=barely.pk).update(created_at=in_days(-200), expires_at=in_days(-89))
    ApiToken.objects.filter(pk=revoked.pk).update(revoked_at=in_days(-91))
    assert services.forget_ended_tokens() == 2
    assert set(ApiToken.objects.all()) == {kept, barely}
