"""Every page under the strict policy: nothing inline, nothing from elsewhere, the headers of a careful site."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client

from taskmanager.tasks import services
from tests.web.addresses import ADDRESSES, url_of
from tests.web.pages import HTMX, Page, body, page

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
# What is stored may be anything, and may do nothing.
POLICY_OF_FILES = {"default-src": "'none'", "frame-ancestors": "'none'", "sandbox": ""}
PAGES = [name for name, address in ADDRESSES.items() if address.get]
LINKS = {"href", "src", "srcset", "action", "formaction", "poster", "data", "hx-get", "hx-post", "hx-put", "hx-delete"}


def assert_is_careful(response, policy: dict[str, str] = POLICY) -> None:
    directives = [part.strip().partition(" ") for part in response["Content-Security-Policy"].split(";")]
    assert {name: sources for name, _, sources in directives} == policy
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Server" not in response


def offences(shown: Page) -> Iterator[str]:
    """Give what the policy would block, or what would leave for another host."""
    for tag, values in shown.elements:
        if (
            tag == "style"
            or (tag == "script" and not values.get("src"))
            or tag in {"base", "iframe", "object", "embed"}
        ):
            yield f"<{tag}>"
        for name, value in values.items():
            if name.startswith(("on", "hx-on")) or name == "style":
                yield f"<{tag} {name}={value!r}>"
            if (
                name in LINKS
                and not re.match(r"(/(?!/)|\?|#|$|mailto:|tel:)", value)
                and (tag, name) != ("details", "data")
            ):
                yield f"<{tag} {name}={value!r}>"
            if name.startswith("hx-") and value.startswith(("js:", "javascript:")):
                yield f"<{tag} {name}={value!r}>"


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_every_page_is_careful(name, headers, board, ada, browse):
    # Something of everything, so that all of a page's parts are there.
    task = services.create_task(
        board, actor=ada, title="<b>", description="# A\n* b\n\n`c` ACME-1 @ada http://x.example"
    )
    services.claim_task(task, actor=ada)
    services.create_project(board.organization, name="Website", key="WEB")
    client = browse(ada)
    client.post(f"/tasks/{task.pk}/release/")
    response = client.get(url_of(name, board, ada), headers=headers)
    if response.streaming:
        assert_is_careful(response, POLICY_OF_FILES)
        body(response)
        return
    assert_is_careful(response)
    assert list(offences(page(response))) == []


def test_a_description_is_careful_but_may_link_elsewhere(task, ada, browse):
    services.edit_task(task, actor=ada, version=1, description="http://x.example <i onclick=x style=y>")
    response = browse(ada).get(f"/tasks/{task.pk}/")
    assert_is_careful(response)
    assert list(offences(page(response))) == ["<a href='http://x.example'>"]
    assert page(response).has("a", href="http://x.example", rel="noopener noreferrer nofollow")


@pytest.mark.parametrize("name", ["accounts:login", "accounts:register", "help", "about"])
def test_pages_for_visitors_are_careful(name, db):
    response = Client().get(url_of(name, None, None))  # type: ignore[arg-type]
    assert response.status_code == 200
    assert_is_careful(response)
    assert list(offences(page(response))) == []


@pytest.mark.parametrize("url", ["/tasks/new/", "/accounts/login/", "/accounts/register/"])
def test_forms_with_errors_are_careful(url, ada, browse):
    client = browse(ada) if url == "/tasks/new/" else Client()
    response = client.post(url, {"title": "", "due_date": "soon", "password1": "x", "password2": "y"})
    assert response.status_code == 200
    assert_is_careful(response)
    assert list(offences(page(response))) == []


@pytest.mark.parametrize("verb", ["claim", "release", "move"])
def test_fragments_are_careful(verb, task, ada, browse):
    client = browse(ada)
    if verb == "release":
        services.claim_task(task, actor=ada)
    for target in (f"card-{task.pk}", "task"):
        response = client.post(f"/tasks/{task.pk}/{verb}/", {"status": "DONE"}, headers={**HTMX, "HX-Target": target})
        assert_is_careful(response)
        assert list(offences(page(response))) == []


@pytest.mark.urls("tests.web.failing_urls")
@pytest.mark.parametrize("error", ["400", "403", "404", "500", "conflict", "too-many"])
def test_error_pages_are_careful(error):
    response = Client(raise_request_exception=False).get(f"/fail/{error}/")
    assert response.status_code >= 400
    assert_is_careful(response)
    assert list(offences(page(response))) == []


def test_answers_without_a_page_are_careful_too(task, ada, browse):
    client = browse(ada)
    assert_is_careful(client.get(f"/tasks/{task.pk}/claim/"))  # 405
    assert_is_careful(client.post(f"/tasks/{task.pk}/claim/", headers={"Accept": "application/json"}))
    assert_is_careful(Client().get("/"))  # 302
    assert_is_careful(Client(enforce_csrf_checks=True).post("/accounts/login/"))  # 403


@pytest.mark.parametrize("asset", ["css/app.css", "js/app.js", "js/board.js", "img/favicon.svg"])
def test_static_files_load_nothing_from_elsewhere(asset, db):
    response = Client().get(f"/static/{asset}")
    assert response.status_code == 200
    text = b"".join(response.streaming_content).decode() if response.streaming else response.content.decode()
    response.close()
    assert response["X-Content-Type-Options"] == "nosniff"
    addresses = set(re.findall(r"https?://[\w.-]+", text))
    assert addresses <= {"http://www.w3.org"}  # the name of SVG, which nobody loads
    assert not re.search(r"@import|url\(['\"]?(https?:)?//", text)


def test_every_static_file_that_a_page_names_is_there(task, ada, browse):
    client = browse(ada)
    wanted = {
        values[key]
        for url in ("/", "/tasks/", f"/tasks/{task.pk}/", "/tasks/new/", "/help/", "/nowhere/")
        for tag, values in page(client.get(url)).elements
        for key in ("href", "src")
        if tag in {"link", "script", "img"} and key in values
    }
    assert len(wanted) > 5
    for url in wanted:
        response = client.get(url)
        assert response.status_code == 200, url
        response.close()
