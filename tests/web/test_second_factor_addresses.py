"""Every address, tried by who has given a password alone, and by who has no second factor where one is required."""

import pytest
from django.test import Client

from taskmanager.accounts.models import Organization, Passkey
from tests.conftest import PASSWORD
from tests.devices import app_of
from tests.web.addresses import ADDRESSES, url_of
from tests.web.pages import HTMX, JSON

pytestmark = pytest.mark.once

ASK, SETUP = "/accounts/second-factor/", "/accounts/second-factor/setup/"
PRIVATE = [name for name, address in ADDRESSES.items() if not address.public]


@pytest.mark.parametrize("name", PRIVATE)
def test_who_is_asked_for_a_second_factor_is_nobody_everywhere_else(name, board, ada, rows):
    app_of(ada)
    client = Client()
    given = {"organization": "acme", "username": "ada", "password": PASSWORD}
    assert client.post("/accounts/login/", given)["Location"] == ASK
    url = url_of(name, board, ada)
    before = rows()
    for method in ("get", "post"):
        response = getattr(client, method)(url, ADDRESSES[name].data)
        assert response.status_code == 302
        assert response["Location"].startswith("/accounts/login/?next=/")
        assert getattr(client, method)(url, ADDRESSES[name].data, headers=JSON).status_code == 401
    assert rows() == before


OPEN = {
    "accounts:second-factor-setup",
    "accounts:second-factor-confirm",
    "accounts:authenticator-create",
    "accounts:passkey-create",
    "accounts:passkey-options",
}


@pytest.mark.parametrize("name", PRIVATE)
def test_who_has_none_where_it_is_required_gets_nowhere_but_to_setting_it_up(name, board, ada, browse, rows):
    url = url_of(name, board, ada)
    Passkey.objects.all().delete()
    Organization.objects.update(require_second_factor=True)
    client = browse(ada)
    before = rows()
    for method in ("get", "post"):
        response = getattr(client, method)(url, ADDRESSES[name].data)
        if name in OPEN:
            assert response.status_code in {200, 302, 400, 405}
            assert response.get("Location") != SETUP
            continue
        assert (response.status_code, response["Location"]) == (302, SETUP)
        response = getattr(client, method)(url, ADDRESSES[name].data, headers=HTMX)
        assert response["HX-Redirect"] == SETUP
        response = getattr(client, method)(url, ADDRESSES[name].data, headers=JSON)
        assert response.status_code == 403
        assert "requires a second factor" in response.json()["message"]
    assert rows() == before
