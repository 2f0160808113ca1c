"""Requests that no browser of a person sends: each is answered by a designed page, and nothing is changed."""

import pytest
from django.test import Client

from taskmanager.tasks.models import Task
from tests.web.conftest import TOKEN
from tests.web.pages import HTMX, JSON, page, sentence

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=here"
TEN_MEGABYTES = 10 * 1024 * 1024


def post_raw(client: Client, url: str, body: bytes, content_type: str = FORM, **headers: str):
    return client.post(url, body, content_type=content_type, headers=headers)


POSTS = ["/tasks/new/", "/tasks/{}/edit/", "/tasks/{}/delete/", "/tasks/{}/claim/", "/tasks/{}/move/"]
PUBLIC_POSTS = ["/accounts/login/", "/accounts/register/"]


def assert_is_designed(response, status: int) -> None:
    assert response.status_code == status
    shown = page(response)
    assert shown.has("main", class_="oops")
    assert "/" in shown.addresses()


@pytest.mark.parametrize("url", [*POSTS, *PUBLIC_POSTS, "/accounts/logout/"])
@pytest.mark.parametrize("kind", ["form", "multipart"])
def test_a_body_of_ten_megabytes_is_refused_with_advice(url, kind, task, ada, browser, rows):
    before = rows()
    body, content_type = b"title=" + b"x" * TEN_MEGABYTES, FORM
    if kind == "multipart":
        head = b'--here\r\nContent-Disposition: form-data; name="title"\r\n\r\n'
        body, content_type = head + b"x" * TEN_MEGABYTES + b"\r\n--here--\r\n", MULTIPART
    client = browser(None if url in PUBLIC_POSTS else ada)
    response = post_raw(client, url.format(task.pk), body, content_type)
    assert_is_designed(response, 400)
    assert "larger than a form may be" in sentence(response)
    assert rows() == before


def test_a_large_body_is_refused_to_htmx_and_json_in_their_language(task, ada, browser):
    body = b"status=DONE&after=" + b"1" * TEN_MEGABYTES
    as_json = post_raw(browser(ada), f"/tasks/{task.pk}/move/", body, **JSON)
    assert (as_json.status_code, list(as_json.json())) == (400, ["message"])
    as_fragment = post_raw(browser(ada), f"/tasks/{task.pk}/move/", body, **HTMX)
    assert (as_fragment.status_code, as_fragment["HX-Retarget"]) == (400, "#toasts")
    assert "larger than a form may be" in sentence(as_fragment)


def test_more_fields_than_any_form_has_are_refused(task, ada, browser, rows):
    before = rows()
    response = post_raw(browser(ada), "/tasks/new/", b"&".join(b"f%d=1" % number for number in range(1001)))
    assert_is_designed(response, 400)
    assert rows() == before


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (MULTIPART, b"--elsewhere\r\n\r\n"),
        (MULTIPART, b""),
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=\xff", b"x"),
        (f"{FORM}; charset=latin-1", b"title=x"),
        (FORM, b"%"),
        (FORM, b"title=%ff%fe&%00=%00"),
        ("application/json", b'{"title": "x"}'),
        ("text/plain", b"title=x"),
        ("", b"title=x"),
    ],
)
@pytest.mark.parametrize("url", ["/tasks/new/", "/accounts/login/", "/accounts/register/"])
def test_a_body_that_is_no_form_changes_nothing(content_type, body, url, ada, browser, rows):
    before = rows()
    client = browser(ada if url == "/tasks/new/" else None)
    response = post_raw(client, url, body, content_type)
    # Either it can't be read at all, or it is a form in which everything is missing.
    if response.status_code == 200:
        assert page(response).errors
    else:
        assert_is_designed(response, 400)
    assert rows() == before


@pytest.mark.parametrize("body", [b"title=%ff%fe", b"title=a%c3", b"title=%ed%a0%80", b"title=x&description=%ff"])
def test_text_that_is_not_utf_8_is_refused_beside_the_field(body, ada, browser, rows):
    before = rows()
    response = post_raw(browser(ada), "/tasks/new/", body)
    assert list(page(response).errors) == ["description" if b"description" in body else "title"]
    assert rows() == before


def test_a_form_in_raw_latin_1_is_read_as_such(ada, browser):
    assert post_raw(browser(ada), "/tasks/new/", "title=Überfällig".encode("latin-1")).status_code == 302
    assert Task.objects.get().title == "Überfällig"


NASTY = ["%00", "%00%00", "a%00b", "%ff%fe", "%ed%a0%80", "%F0%9F%92%A9", "%27%22%3E%3Cb%3E", "-1", "0", "9" * 400]
PARAMETERS = {
    "/": ["project", "column", "after"],
    "/tasks/": ["q", "project", "status", "priority", "owner", "sort", "page"],
    "/tasks/new/": ["status", "project"],
    "/tasks/{}/": ["before"],
    "/tasks/{}/edit/": ["x"],
    "/help/": ["x"],
}
QUERIES = [(path, name) for path, names in PARAMETERS.items() for name in names]


@pytest.mark.parametrize(("path", "name"), QUERIES)
@pytest.mark.parametrize("value", NASTY, ids=range(len(NASTY)))
def test_no_query_breaks_a_page(path, name, value, task, ada, browser, rows):
    before = rows()
    extra = "&column=DONE" if name == "after" else "&after=5" if name == "column" else ""
    url = f"{path.format(task.pk)}?{name}={value}{extra}"
    for headers in ({}, HTMX):
        response = browser(ada).get(url, headers=headers)
        # Of a board there has to be one; everything else that is unknown is left out.
        assert response.status_code == (404 if (path, name) == ("/", "project") else 200)
        page(response)
    assert rows() == before


@pytest.mark.parametrize("value", NASTY, ids=range(len(NASTY)))
@pytest.mark.parametrize("name", ["org", "next"])
def test_no_query_breaks_the_sign_in(name, value, browser):
    response = browser().get(f"/accounts/login/?{name}={value}")
    assert response.status_code == 200
    page(response)


@pytest.mark.parametrize("path", ["/%ff%fe/", "/tasks/%ff/", "/t/%00/", "/%00/", "/t/acme%ff-1/", "/%c3/%28/"])
def test_a_path_that_is_not_utf_8_is_not_found(path, ada, browser):
    assert_is_designed(browser(ada).get(path), 404)


@pytest.mark.parametrize(
    "value", ["\xff\xfe", '"\\000"', '"\\000' + "a" * 31 + '"', "a" * 5000, "a b;c", "=;=", "ï" * 32]
)
@pytest.mark.parametrize("name", ["sessionid", "csrftoken", "organization", "messages"])
def test_no_cookie_breaks_a_page(name, value, db):
    for url in ("/", "/accounts/login/", "/about/"):
        response = Client().get(url, headers={"Cookie": f"{name}={value}"})
        assert response.status_code == (302 if url == "/" else 200)


@pytest.mark.parametrize("header", ["Referer", "HX-Target", "HX-Current-URL", "Accept", "Accept-Language", "Origin"])
@pytest.mark.parametrize("value", ["\xff\xfe", "", "http://[", "%00", "*/*;q=x", "a" * 5000])
def test_no_header_breaks_an_answer(header, value, task, ada, browse):
    response = browse(ada).post(f"/tasks/{task.pk}/claim/", headers={**HTMX, header: value})
    assert response.status_code == 200
    response = browse(ada).post(f"/tasks/{task.pk}/claim/", headers={header: value})
    assert response.status_code == 302
    assert response["Location"] == "/"


def test_a_host_that_is_not_ours_is_refused(ada, browser):
    assert_is_designed(browser(ada).get("/", headers={"Host": "elsewhere.example"}), 400)
    assert_is_designed(browser(ada).get("/", headers={"Host": "[half"}), 400)


@pytest.mark.parametrize("url", [*POSTS, *PUBLIC_POSTS, "/accounts/logout/"])
@pytest.mark.parametrize("cookie", ["", TOKEN, "short"])
def test_a_form_without_its_token_is_refused_with_a_designed_page(url, cookie, task, ada, rows):
    client = Client(enforce_csrf_checks=True)
    if url not in PUBLIC_POSTS:
        client.force_login(ada)
    if cookie:
        client.cookies["csrftoken"] = cookie
    before = rows()
    for token in ("", "x" * 32, "short", "\0"):
        response = client.post(url.format(task.pk), {"title": "x", "csrfmiddlewaretoken": token})
        assert_is_designed(response, 403)
        assert "This form is too old" in sentence(response)
    assert rows() == before


def test_a_form_from_another_site_is_refused(task, ada, browser, rows):
    before = rows()
    response = browser(ada).post(f"/tasks/{task.pk}/claim/", headers={"Origin": "https://elsewhere.example"})
    assert_is_designed(response, 403)
    assert rows() == before


def test_a_missing_token_is_told_to_htmx_and_json_in_their_language(task, ada):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    as_json = client.post(f"/tasks/{task.pk}/claim/", headers=JSON)
    assert (as_json.status_code, list(as_json.json())) == (403, ["message"])
    as_fragment = client.post(f"/tasks/{task.pk}/claim/", headers=HTMX)
    assert (as_fragment.status_code, as_fragment["HX-Retarget"]) == (403, "#toasts")
