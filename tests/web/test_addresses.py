"""Every address, tried by everybody: a new one fails here until it has a row in addresses.py."""

import copy
import re
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from pytest_django import DjangoDbBlocker

from taskmanager.accounts import services as accounts
from taskmanager.accounts.models import User
from taskmanager.tasks import services
from tests.conftest import PASSWORD, lasting
from tests.web.addresses import ADDRESSES, ROLES, all_names, url_of
from tests.web.pages import HTMX, JSON, body, sentence

pytestmark = pytest.mark.once

METHODS = ("get", "post", "put", "patch", "delete")
PRIVATE = [name for name, address in ADDRESSES.items() if not address.public]
WITH_OBJECT = [name for name, address in ADDRESSES.items() if address.example]


def allowed(name: str) -> list[str]:
    return [method for method in ("get", "post") if getattr(ADDRESSES[name], method)]


CALLS = [(name, method) for name in ADDRESSES for method in allowed(name)]
PRIVATE_CALLS = [(name, method) for name, method in CALLS if name in PRIVATE]


# Over a thousand tests: who tries the addresses is made, and signed in, once for all of them.


@pytest.fixture(scope="module")
def lasting_world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[SimpleNamespace]:
    yield from lasting(django_db_blocker, make_world)


def make_world() -> SimpleNamespace:
    ada, oscar = (
        services.register_organization(name=name, username=user, email=f"{user}@{name}.example", password=PASSWORD)
        for name, user in (("Acme", "ada"), ("Globex", "oscar"))
    )
    bo = accounts.add_member(ada.organization, username="bo", email="bo@acme.example", password=PASSWORD, roles=[])
    cookies = {}
    for user in (ada, oscar, bo):
        client = Client()
        client.force_login(user)
        cookies[user] = client.cookies
    return SimpleNamespace(ada=ada, oscar=oscar, bo=bo, board=ada.organization.projects.get(), cookies=cookies)


@pytest.fixture
def world(lasting_world: SimpleNamespace, db: None) -> SimpleNamespace:
    return copy.deepcopy(lasting_world)


@pytest.fixture
def ada(world):
    return world.ada


@pytest.fixture
def acme(ada):
    return ada.organization


@pytest.fixture
def board(world):
    return world.board


@pytest.fixture
def oscar(world):
    return world.oscar


@pytest.fixture
def browse(world) -> Callable[[User], Client]:
    """Return a client with the cookies of who signed in before."""

    def make(user: User) -> Client:
        client = Client()
        client.cookies = copy.deepcopy(world.cookies[user])
        return client

    return make


def test_every_address_has_a_row():
    names = list(all_names())
    assert sorted(names) == sorted(ADDRESSES)


@pytest.mark.parametrize("name", PRIVATE)
def test_nobody_gets_in_without_a_sign_in(name, board, ada, rows):
    url = url_of(name, board, ada)
    before = rows()
    for method in METHODS:
        data = ADDRESSES[name].data if method == "post" else {}
        response = getattr(Client(), method)(url, data, headers={"Referer": "http://testserver/help/"})
        # What can't be opened later, a form's address for example, leads back to the page it was on.
        place = url if method == "get" else "/help/"
        assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={place}")
    assert rows() == before


@pytest.mark.parametrize("name", PRIVATE)
def test_programs_without_a_sign_in_are_told_so_in_json(name, board, ada, rows):
    url = url_of(name, board, ada)
    before = rows()
    for method in METHODS:
        response = getattr(Client(), method)(url, ADDRESSES[name].data, headers=JSON)
        assert (response.status_code, response.json()) == (401, {"message": "Sign in first."})
    assert rows() == before


@pytest.mark.parametrize("name", PRIVATE)
def test_fragments_without_a_sign_in_send_the_whole_page_to_it(name, board, ada, rows):
    url = url_of(name, board, ada)
    before = rows()
    here = {**HTMX, "HX-Current-URL": "http://testserver/tasks/?status=DONE"}
    for method in METHODS:
        response = getattr(Client(), method)(url, ADDRESSES[name].data, headers=here)
        assert response["HX-Redirect"] == "/accounts/login/?next=%2Ftasks%2F%3Fstatus%3DDONE"
        assert response.content == b""
    assert rows() == before


@pytest.mark.parametrize("current", ["http://[", "https://elsewhere.example/x", "//elsewhere.example", ""])
def test_a_strange_current_address_of_a_fragment_leads_to_the_board(current, db):
    response = Client().get("/tasks/", headers={**HTMX, "HX-Current-URL": current})
    assert response["HX-Redirect"] == "/accounts/login/?next=%2F"


@pytest.mark.parametrize("name", [name for name, address in ADDRESSES.items() if address.public and address.get])
def test_public_pages_open_for_everybody(name, db):
    assert Client().get(url_of(name, None, None)).status_code == ADDRESSES[name].stranger  # type: ignore[arg-type]


@pytest.mark.parametrize("name", WITH_OBJECT)
@pytest.mark.parametrize("headers", [{}, HTMX, JSON], ids=["page", "htmx", "json"])
def test_another_organizations_objects_are_not_there(name, headers, board, ada, oscar, browse, rows):
    url = url_of(name, board, ada)
    before = rows()
    for method in allowed(name):
        response = getattr(browse(oscar), method)(url, ADDRESSES[name].data, headers=headers)
        assert response.status_code == 404
        assert "Rotate the signing keys" not in response.content.decode()
    assert rows() == before


@pytest.mark.parametrize("name", WITH_OBJECT)
def test_what_is_anothers_and_what_never_was_look_alike(name, board, ada, oscar, browse):
    url = url_of(name, board, ada)
    unknown_number = re.sub(r"/[0-9]+/", f"/{10**12}/", url, count=1)
    unknown = {"reference": "/t/NO-1/", "person": "/accounts/people/nobody/"}
    nowhere = unknown.get(ADDRESSES[name].example, unknown_number)
    for method in allowed(name):
        client = browse(oscar)
        foreign = getattr(client, method)(url, ADDRESSES[name].data)
        unknown = getattr(client, method)(nowhere, ADDRESSES[name].data)
        assert (foreign.status_code, foreign.content) == (unknown.status_code, unknown.content)


@pytest.mark.parametrize(("name", "method"), PRIVATE_CALLS)
@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_what_the_table_says(name, method, role, world, board, ada, browse, rows):
    url = url_of(name, board, ada)
    world.bo.groups.set(Group.objects.filter(name=role))
    before = rows()
    response = getattr(browse(world.bo), method)(url, ADDRESSES[name].data)
    assert response.status_code == getattr(ADDRESSES[name], method)[ROLES.index(role)]
    body(response)
    if response.status_code == 403:
        assert "Help" in sentence(response)
    done = response.status_code == (200 if ADDRESSES[name].downloads else 302) or response.status_code == 201
    changed = method == "post" and done and ADDRESSES[name].writes
    assert (rows() != before) == changed


@pytest.mark.parametrize("name", [name for name, address in ADDRESSES.items() if address.public])
def test_public_addresses_treat_every_member_alike(name, ada, browse):
    for method in allowed(name):
        response = getattr(browse(ada), method)(url_of(name, None, None))  # type: ignore[arg-type]
        assert response.status_code == getattr(ADDRESSES[name], method)[0]


@pytest.mark.parametrize("name", ADDRESSES)
def test_wrong_methods_are_refused(name, board, ada, browse, rows):
    url = url_of(name, board, ada)
    before = rows()
    for method in set(METHODS) - set(allowed(name)):
        # Signed in, sign-in and registration send you on to the board before they look at the method.
        response = getattr(Client() if ADDRESSES[name].public else browse(ada), method)(url)
        assert response.status_code == 405, method
        assert "GET" in response["Allow"] or "POST" in response["Allow"]
    assert rows() == before


@pytest.mark.parametrize("name", [name for name, address in ADDRESSES.items() if address.get])
def test_every_page_answers_head_without_a_body(name, board, ada, browse):
    client, url = browse(ada), url_of(name, board, ada)
    response, whole = client.head(url), client.get(url)
    assert (response.status_code, body(response)) == (whole.status_code, b"")
    body(whole)


@pytest.mark.parametrize(("name", "method"), PRIVATE_CALLS)
def test_a_deactivated_user_is_signed_out_everywhere(name, method, board, ada, browse, rows):
    url = url_of(name, board, ada)
    client = browse(ada)
    assert client.get("/accounts/close/").status_code == 200
    ada.is_active = False
    ada.save()
    before = rows()
    response = getattr(client, method)(url, ADDRESSES[name].data)
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/?next=/")
    assert rows() == before


def test_a_deleted_organization_takes_its_sessions_along(acme, ada, browse):
    client = browse(ada)
    acme.delete()
    response = client.get("/")
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/")


@pytest.mark.parametrize(
    "address", ["/nowhere/", "/tasks/abc/", "/tasks/1/nowhere/", "/t/x/", "/wp-admin/", "/tasks/-1/"]
)
def test_an_unknown_address_is_a_page_that_helps(address, ada, browse):
    response = browse(ada).get(address)
    assert response.status_code == 404
    assert "There is nothing here" in sentence(response)


def test_an_address_without_its_last_slash_is_found(ada, browse):
    response = browse(ada).get("/tasks?status=DONE")
    assert (response.status_code, response["Location"]) == (301, "/tasks/?status=DONE")
