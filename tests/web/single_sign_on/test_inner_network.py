"""What the server asks of a provider that somebody names: nothing of its own network, and not for ever."""

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from taskmanager.accounts import guarded_http
from tests.provider import DISCOVERY, serving
from tests.web.pages import page, sentence
from tests.web.single_sign_on.conftest import come_in, set_up
from tests.web.test_organization_page import LOOPBACK, SETTINGS, form


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.0.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0",
        "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::",
        "2001:db8::1",
    ],
)  # fmt: skip
def test_inner_addresses_are_not_reached(address, settings):
    settings.OIDC_ALLOWED_CIDRS = []
    assert not guarded_http.may_be_reached(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e"])
def test_addresses_of_the_internet_are(address, settings):
    settings.OIDC_ALLOWED_CIDRS = []
    assert guarded_http.may_be_reached(address)


def test_networks_that_are_allowed_are_too(settings):
    settings.OIDC_ALLOWED_CIDRS = [ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fd00::/8")]
    reached = ["10.1.2.3", "::ffff:10.1.2.3", "fd00::9"]
    assert [guarded_http.may_be_reached(each) for each in [*reached, "10.2.0.1", "127.0.0.1"]] == [True] * 3 + [
        False
    ] * 2


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "127.1", "2130706433", "0x7f000001", "[::ffff:7f00:1]"]
)
def test_an_admin_reaches_nothing_on_the_servers_own_network(host, ada, provider, browse, settings):
    settings.OIDC_ALLOWED_CIDRS = []
    before = list(provider.asked)
    for scheme in ("http", "https"):
        response = browse(ada).post(SETTINGS, form(provider, issuer=f"{scheme}://{host}:{provider.port}"))
        [error] = page(response).errors["issuer"]
        assert "inner network" in error or "must begin with https" in error or "no such name" in error
    assert provider.asked == before


@pytest.mark.parametrize("name", ["jwks_uri", "token_endpoint", "userinfo_endpoint"])
def test_nor_by_what_a_provider_tells_later(name, ada, provider, browse, settings):
    with serving() as inner:
        provider.thin = True
        provider.description = {name: f"{inner.issuer.replace('127.0.0.1', '127.0.0.2')}/secret"}
        settings.OIDC_ALLOWED_CIDRS = [ipaddress.ip_network("127.0.0.1/32")]
        set_up(ada.organization, ada, provider)
        response = come_in(provider)
        assert response.status_code == 503
        assert "inner network" in sentence(response)
        assert inner.asked == []


def test_a_name_that_means_another_address_a_moment_later_gets_nowhere(ada, provider, settings, monkeypatch):
    """DNS rebinding: the answer that was judged is the one that is connected to."""
    answers = iter(["93.184.215.14", "127.0.0.1"])
    asked = []
    real = socket.getaddrinfo

    def lie(host, port, *arguments, **options):
        if host != "rebind.example":
            return real(host, port, *arguments, **options)
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    connected = []

    def connect(place, *_arguments, **_options):
        connected.append(place[0])
        raise OSError

    settings.OIDC_ALLOWED_CIDRS = []
    monkeypatch.setattr(socket, "getaddrinfo", lie)
    monkeypatch.setattr(guarded_http, "create_connection", connect)
    for told in ("can’t be reached", "inner network"):
        with pytest.raises(guarded_http.Unreachable, match=told):
            guarded_http.fetch_json("https://rebind.example/x")
    assert connected == ["93.184.215.14"]
    assert len(asked) == 2


def test_no_proxy_connects_for_us(provider, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert guarded_http.fetch_json(provider.issuer + DISCOVERY)["issuer"] == provider.issuer


@contextmanager
def dripping(first: bytes, drop: bytes) -> Iterator[int]:
    """Serve one connection that sends a little again and again, and never ends."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            line, _address = server.accept()
            with line:
                try:
                    line.sendall(first)
                    while not done.wait(0.1):
                        line.sendall(drop)
                except OSError:
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        done.set()
        thread.join()


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 400000\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\n\r\n", b" "),
    ],
    ids=["headers", "body", "endless"],
)
def test_an_answer_that_drips_is_cut_off(first, drop, settings, monkeypatch):
    settings.OIDC_ALLOWED_CIDRS = LOOPBACK
    monkeypatch.setattr(guarded_http, "ALL_SECONDS", 1)
    with dripping(first, drop) as port:
        began = time.monotonic()
        with pytest.raises(guarded_http.Unreachable, match="in time"):
            guarded_http.fetch_json(f"http://127.0.0.1:{port}/")
        assert time.monotonic() - began < 4


def test_a_certificate_that_nobody_trusts_is_told(provider, settings):
    with pytest.raises(guarded_http.Unreachable):
        guarded_http.fetch_json(provider.issuer.replace("http:", "https:"))
