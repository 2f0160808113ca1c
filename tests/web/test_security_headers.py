"""Every page under the strict policy: nothing inline, nothing from elsewhere, the headers of a careful site."""

import re
from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from taskmanager.accounts.models import Flag, User
from taskmanager.tasks import services
from tests.web.addresses import ADDRESSES, url_of
from tests.web.pages import HTMX, Page, body, page

pytestmark = pytest.mark.once

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
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
# What a page may ask the browser for.
OURS = {"clipboard-write", "publickey-credentials-create", "publickey-credentials-get"}
PAGES = [name for name, address in ADDRESSES.items() if address.get]
LINKS = {"href", "src", "srcset", "action", "formaction", "poster", "data", "hx-get", "hx-post", "hx-put", "hx-delete"}


def assert_is_careful(response, policy: dict[str, str] = POLICY) -> None:
    directives = [part.strip().partition(" ") for part in response["Content-Security-Policy"].split(";")]
    assert {name: sources for name, _, sources in directives} == policy
    assert "unsafe" not in response["Content-Security-Policy"]
    assert {name: response.get(name) for name in HEADERS} == HEADERS
    features = dict(feature.strip().split("=") for feature in response["Permissions-Policy"].split(","))
    assert {name for name, allowed in features.items() if allowed != "()"} == OURS
    assert {features[name] for name in OURS} == {"(self)"}
    assert {"camera", "microphone", "geolocation", "payment", "usb", "display-capture"} <= features.keys()
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
    assert_is_careful(Client().get("/static/nothing.css"))  # 404


def test_a_request_that_is_too_large_is_answered_carefully(settings, db):
    settings.BODY_MAX_SIZE = 10
    response = Client().post("/accounts/login/", {"organization": "x" * 20})
    assert response.status_code == 413
    assert_is_careful(response)


@pytest.mark.parametrize("to_https", [False, True])
def test_an_unknown_host_is_refused_carefully(to_https, settings):
    # Where https is wanted, it is Django's SecurityMiddleware that refuses.
    settings.SECURE_SSL_REDIRECT = to_https
    response = Client().get("/", headers={"Host": "elsewhere.example"})
    assert response.status_code == 400
    assert_is_careful(response)
    assert list(offences(page(response))) == []


def test_the_way_to_https_is_careful(settings):
    settings.SECURE_SSL_REDIRECT = True
    response = Client().get("/tasks/")
    assert (response.status_code, response["Location"]) == (301, "https://testserver/tasks/")
    assert_is_careful(response)


def test_every_cookie_of_a_library_is_as_careful_as_ours(settings, cleo, browse):
    settings.SESSION_COOKIE_SECURE = True
    client = browse(cleo)
    flag = Flag.objects.get(name="task_prioritization")
    flag.testing = True
    flag.save()
    client.get("/tasks/?dwft_task_prioritization=1", secure=True)
    flag.testing, flag.percent = False, 50
    flag.save()
    cache.clear()
    client.get("/tasks/", secure=True)
    client.post("/accounts/profile/", {"biography": "Hi", "time_zone": "UTC"}, secure=True)
    names = {"dwft_task_prioritization", "dwf_task_prioritization", "messages"}
    assert names <= client.cookies.keys()
    for name in names:
        cookie = client.cookies[name]
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax"), name


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model._meta.label)
def test_pages_of_the_admin_are_careful(model, task, ada, browse):
    User.objects.filter(pk=ada.pk).update(is_staff=True, is_superuser=True)
    ada.refresh_from_db()
    client = browse(ada)
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    row = model._default_manager.first()
    urls = ["/admin/", reverse(f"{name}_changelist"), reverse(f"{name}_add")]
    urls += [reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "history", "delete")] if row else []
    for url in urls:
        response = client.get(url)
        assert response.status_code in {200, 403}, url
        assert_is_careful(response)


@pytest.mark.parametrize("asset", ["css/app.css", "js/app.js", "js/board.js", "img/favicon.svg"])
def test_static_files_load_nothing_from_elsewhere(asset, db):
    response = Client().get(f"/static/{asset}")
    assert response.status_code == 200
    text = b"".join(response.streaming_content).decode() if response.streaming else response.content.decode()
    response.close()
    assert_is_careful(response)
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
