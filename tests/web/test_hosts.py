"""Whom the server takes itself for: names that are listed, and addresses in networks that are listed."""

import ipaddress

import pytest
from django.test import Client

from taskmanager.settings.environment import networks
from taskmanager.settings.hosts import Network
from tests.web.pages import page

pytestmark = pytest.mark.once

NETS = "10.0.0.0/8, 192.168.7.0/24,fd00:1::/64, 203.0.113.9"


@pytest.fixture(autouse=True)
def hosts(settings, monkeypatch):
    monkeypatch.setenv("ALLOWED_CIDR_NETS", NETS)
    settings.ALLOWED_HOSTS = ["tasks.example.com", *map(Network, networks("ALLOWED_CIDR_NETS"))]


def status(host: str, **headers: str) -> int:
    return Client().get("/help/", headers={"Host": host, **headers}).status_code


@pytest.mark.parametrize(
    "host",
    [
        "tasks.example.com",
        "TASKS.example.com:8443",
        "10.0.0.0",
        "10.255.255.255",
        "10.1.2.3:8000",
        "10.1.2.3.",  # the same host, for Django as for the name service
        "192.168.7.255",
        "203.0.113.9",
        "[fd00:1::1]",
        "[fd00:1::1]:8000",
        "[FD00:1:0:0::ffff]",
        "[fd00:0001:0000:0000:0000:0000:0000:0001]",
    ],
)
def test_a_listed_name_and_an_address_of_a_listed_network_are_hosts_of_ours(host, db):
    assert status(host) == 200


@pytest.mark.parametrize(
    "host",
    [
        "elsewhere.example",
        "testserver",
        "11.0.0.0",
        "9.255.255.255",
        "192.168.8.1",
        "203.0.113.8",
        "203.0.113.90",
        "[fd00:1:0:1::1]",
        "[::1]",
        "127.0.0.1",
        # Other ways to write 10.0.0.1, which some programs understand.
        "167772161",
        "0x0a000001",
        "0xa.0.0.1",
        "10.1",
        "10.0.1",
        "010.0.0.1",
        "012.0.0.1",
        "10.0.0.01",
        "10.0.0.1..",
        ".10.0.0.1",
        "[::ffff:10.0.0.1]",
        "[::10.0.0.1]",
        "[64:ff9b::10.0.0.1]",
        "10.0.0.\u0661",
        # Things around it.
        "10.0.0.1.elsewhere.example",
        "elsewhere.example.10.0.0.1",
        "10.0.0.1@elsewhere.example",
        "elsewhere.example@10.0.0.1",
        "someone:secret@10.0.0.1",
        "10.0.0.1:8000@elsewhere.example",
        "10.0.0.1:80:80",
        "10.0.0.1:http",
        "10.0.0.1:-1",
        "10.0.0.1,elsewhere.example",
        "10.0.0.1, 10.0.0.2",
        "10.0.0.1 elsewhere.example",
        "10.0.0.1/8",
        "10.0.0.0/8",
        "10.0.0.1/",
        "10.0.0.1#",
        "10.0.0.1?",
        "10.0.0.1\\@elsewhere.example",
        "10.0.0.1%00",
        "10.0.0.1\x00",
        "10.0.0.1\n",
        " 10.0.0.1",
        "10.0.0.1 ",
        "*",
        "10.*",
        "",
        # Brackets where they don't belong, and none where they do.
        "[10.0.0.1]",
        "[[fd00:1::1]]",
        "[fd00:1::1",
        "fd00:1::1]",
        "fd00:1::1",
        "fd00:1::1:8000",
        "[fd00:1::1%eth0]",
        "[fd00:1::1%25eth0]",
        "[fd00:1::1]8000",
        "[fd00:1::1].elsewhere.example",
        "[fd00:1::1/64]",
        "[fd00:1::g]",
    ],
)
def test_every_other_host_is_refused(host):
    # No fixture gives a database here: refusing needs none.
    response = Client().get("/help/", headers={"Host": host})
    assert response.status_code == 400
    assert page(response).has("main", class_="oops")


def test_what_a_proxy_says_of_the_host_is_not_believed():
    assert status("elsewhere.example", **{"X-Forwarded-Host": "10.0.0.1"}) == 400


def test_no_network_admits_names(settings):
    settings.ALLOWED_HOSTS = [Network(ipaddress.ip_network("0.0.0.0/0")), Network(ipaddress.ip_network("::/0"))]
    for host in ("localhost", "elsewhere.example", "a", "*", "."):
        assert status(host) == 400


def test_without_networks_no_address_is_a_host(settings):
    settings.ALLOWED_HOSTS = ["tasks.example.com"]
    assert status("10.0.0.1") == 400


def test_a_form_can_be_sent_by_address(db):
    client = Client(enforce_csrf_checks=True, headers={"Host": "10.0.0.1:8000"})
    token = page(client.get("/accounts/login/")).values["csrfmiddlewaretoken"]
    for origin, expected in (("http://10.0.0.1:8000", 200), ("http://10.0.0.2:8000", 403), ("http://10.0.0.1", 403)):
        form = {"csrfmiddlewaretoken": token, "organization": "acme", "username": "x", "password": "y"}
        assert client.post("/accounts/login/", form, headers={"Origin": origin}).status_code == expected


def test_a_network_equals_its_addresses_and_itself_alone():
    ours = Network(ipaddress.ip_network("10.0.0.0/8"))
    assert ours == "10.0.0.1"
    assert ours == Network(ipaddress.ip_network("10.0.0.0/8"))
    assert ours != Network(ipaddress.ip_network("10.0.0.0/9"))
    assert ours != "10.0.0.0/8"
    assert ours != 10
    assert f"{ours}" == "10.0.0.0/8"
