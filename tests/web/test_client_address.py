"""Behind a proxy: whose address counts, and that nobody can make one up."""

import ipaddress

import pytest
from django.test import Client

from taskmanager.accounts.models import Session
from tests.conftest import PASSWORD

PROXY = "10.0.0.2"


@pytest.fixture(autouse=True)
def proxies(settings):
    settings.TRUSTED_PROXY_CIDRS = [ipaddress.ip_network(net) for net in ("10.0.0.0/8", "fd00::/8")]


def address_of(peer: str, forwarded: str | None) -> str:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    request = Client().get("/help/", REMOTE_ADDR=peer, headers=headers).wsgi_request
    return str(request.META["REMOTE_ADDR"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        # Nobody but a trusted proxy is believed.
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),
        ("127.0.0.1", "203.0.113.9", "127.0.0.1"),
        ("", "203.0.113.9", ""),
        (PROXY, "203.0.113.9", "203.0.113.9"),
        (PROXY, " 2001:DB8::9 ", "2001:db8::9"),
        (f"::ffff:{PROXY}", "203.0.113.9", "203.0.113.9"),
        ("fd00::2", "203.0.113.9", "203.0.113.9"),
        # What the client itself sent stands in front, and counts for nothing.
        (PROXY, "192.0.2.1, 203.0.113.9", "203.0.113.9"),
        (PROXY, "10.0.0.9, 203.0.113.9", "203.0.113.9"),
        (PROXY, "192.0.2.1, 203.0.113.9, 10.0.0.3, fd00::4", "203.0.113.9"),
        # Who comes from the proxies' own network.
        (PROXY, "10.0.0.9", "10.0.0.9"),
        # What can't be an address ends the search at the last that could be asked.
        (PROXY, None, PROXY),
        (PROXY, "", PROXY),
        (PROXY, "unknown", PROXY),
        (PROXY, "203.0.113.9:443", PROXY),
        (PROXY, "203.0.113.9, nonsense\x00", PROXY),
        (PROXY, "203.0.113.9, nonsense, 10.0.0.3", "10.0.0.3"),
        (PROXY, "," * 1000, PROXY),
    ],
)
def test_the_last_address_that_is_no_proxys_counts(peer, forwarded, client, db):
    assert address_of(peer, forwarded) == client


def test_without_trusted_proxies_nobody_is_believed(settings, db):
    settings.TRUSTED_PROXY_CIDRS = []
    assert address_of(PROXY, "203.0.113.9") == PROXY


def sign_in(password: str, *, forwarded: str) -> int:
    form = {"organization": "acme", "username": "ada", "password": password}
    headers = {"X-Forwarded-For": forwarded}
    return Client().post("/accounts/login/", form, REMOTE_ADDR=PROXY, headers=headers).status_code


def test_a_guesser_locks_nobody_else_out_and_finds_no_way_around_the_limit(ada, settings):
    settings.THROTTLE_SIGN_IN = (2, 60)
    # A new address in front, made up for each try, doesn't help.
    guesses = [sign_in("guess", forwarded=f"192.0.2.{number}, 203.0.113.9") for number in range(3)]
    assert guesses == [200, 200, 429]
    assert sign_in(PASSWORD, forwarded="198.51.100.7") == 302
    assert Session.objects.get(user=ada).address == "198.51.100.7"
