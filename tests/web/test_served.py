"""The server as it is in production, spoken to over HTTP as the proxy in front of it does: what it sends, and takes."""

import gzip
import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import brotli
import pytest

from tests.static import static_root
from tests.test_newcomer import bare_environment, free_port
from tests.web.test_security_headers import assert_is_careful

ROOT = Path(__file__).parents[2]
PATIENCE = 60
# What makes a form acceptable that no page has made.
TOKEN = {"Cookie": f"__Host-csrftoken={'t' * 32}", "X_CSRFToken": "t" * 32, "Origin": "https://tasks.example.com"}
HOST = "tasks.example.com"

pytestmark = pytest.mark.once


class Answer(dict[str, str]):
    """The headers of an answer, with its status, its body and its cookies."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        super().__init__(response.getheaders())
        self.status = response.status
        self.body = response.read()
        self.cookies: SimpleCookie = SimpleCookie()
        for line in response.msg.get_all("Set-Cookie", []):
            self.cookies.load(line)


Ask = Callable[..., Answer]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Return a function that asks a running server, over what it takes for https unless told otherwise."""
    folder = tmp_path_factory.mktemp("served")
    port = free_port()
    environment = bare_environment(
        PORT=port,
        DATA_DIR=str(folder / "var"),
        STATIC_ROOT=static_root(),
        DEMO="0",
        PUBLIC_URL=f"https://{HOST}",
        SECRET_KEY="s" * 50,
        JWT_SECRET_KEY="j" * 50,
        ALLOWED_CIDR_NETS="10.0.0.0/8",
        ATTACHMENT_MAX_SIZE="1KiB",
    )
    command = [sys.executable, "-m", "taskmanager", "serve"]

    def send(
        path: str,
        *,
        method: str = "GET",
        body: str | None = None,
        https: bool = True,
        hosts: Sequence[str] = (HOST,),
        **headers: str,
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=PATIENCE)
        try:
            connection.putrequest(method, path, skip_host=True)
            for host in hosts:
                connection.putheader("Host", host)
            connection.putheader("X-Forwarded-Proto", "https" if https else "http")
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            connection.endheaders(body.encode() if body is not None else None)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            deadline = time.monotonic() + PATIENCE
            while b"Address: " not in (folder / "log").read_bytes():
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < deadline, (folder / "log").read_text()
                time.sleep(0.05)
            yield send
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(PATIENCE)


def form(ask: Ask, path: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the hidden fields of the form there, and the headers that a browser sends along with it."""
    answer = ask(path)
    fields = dict(re.findall(rb'type="hidden" name="(\w+)" value="([^"]+)"', answer.body))
    return (
        {name.decode(): value.decode() for name, value in fields.items()},
        {
            "Cookie": "; ".join(f"{name}={morsel.value}" for name, morsel in answer.cookies.items()),
            "Origin": f"https://{HOST}",
            "Content_Type": "application/x-www-form-urlencoded",
        },
    )


@pytest.fixture(scope="module")
def registered(ask: Ask) -> Answer:
    """Return the answer to the registration of an organization, whose user is signed in by it."""
    fields, headers = form(ask, "/accounts/register/")
    person = {"organization": "Acme", "username": "ada", "email": "ada@acme.example"}
    passwords = {"password1": "a wholly new one 7", "password2": "a wholly new one 7"}
    answer = ask("/accounts/register/", method="POST", body=urlencode({**fields, **person, **passwords}), **headers)
    assert answer.status == 302
    return answer


@pytest.mark.parametrize(
    ("status", "path", "options"),
    [
        (200, "/accounts/login/", {}),
        (200, "/help/", {"method": "HEAD"}),
        (302, "/", {}),
        (302, "/admin/", {}),
        (301, "/help/", {"https": False}),
        (301, "/help", {}),
        (400, "/", {"hosts": ["elsewhere.example"]}),
        (400, "/", {"hosts": ["elsewhere.example"], "https": False}),
        (401, "/tasks/", {"Accept": "application/json"}),
        (403, "/accounts/login/", {"method": "POST"}),
        (404, "/nowhere/", {}),
        (404, "/static/nothing.css", {}),
        (405, "/help/", {"method": "POST", **TOKEN}),
        (413, "/accounts/login/", {"method": "POST", "body": "x" * 5 * 1024**2, **TOKEN}),
    ],
    ids=lambda value: str(value)[:40],
)
def test_every_answer_is_careful(status, path, options, ask):
    answer = ask(path, **options)
    assert answer.status == status
    assert answer.pop("Server") == "gunicorn"  # and no version
    assert_is_careful(answer)
    assert ("Strict-Transport-Security" in answer) == options.get("https", True)


def test_static_files_are_careful(ask):
    [style] = re.findall(rb'href="(/static/css/app\.[^"]+)"', ask("/accounts/login/").body)
    for headers in ({}, {"Accept_Encoding": "gzip"}, {"If_Modified_Since": "Sun, 22 Nov 2099 12:00:00 GMT"}):
        answer = ask(style.decode(), **headers)
        assert answer.status == (304 if "If_Modified_Since" in headers else 200)
        assert "immutable" in answer["Cache-Control"]
        answer.pop("Server")
        assert_is_careful(answer)


@pytest.mark.parametrize(
    ("accepted", "encoding", "decoded"),
    [
        ("gzip, deflate, br, zstd", "br", brotli.decompress),
        ("br", "br", brotli.decompress),
        ("gzip", "gzip", gzip.decompress),
        ("identity", None, bytes),
        ("", None, bytes),
    ],
)
@pytest.mark.parametrize("kind", ["css", "js"])
def test_static_files_are_compressed_and_kept_for_ever(kind, accepted, encoding, decoded, ask):
    page = ask("/accounts/login/").body.decode()
    path = re.findall(rf'"(/static/{kind}/app\.[0-9a-f]{{12}}\.{kind})"', page)[0]
    answer = ask(path, Accept_Encoding=accepted)
    assert answer.get("Content-Encoding") == encoding
    assert decoded(answer.body) == ask(path).body
    assert answer["Cache-Control"] == "max-age=315360000, public, immutable"
    assert answer["Vary"] == "Accept-Encoding"
    assert int(answer["Content-Length"]) == len(answer.body)
    # Under a name without its hash there is nothing that could be kept for too long.
    assert ask(f"/static/{kind}/app.{kind}").status == 404


def test_a_probe_calls_the_server_by_its_address(ask):
    assert ask("/help/", hosts=["10.1.2.3:8000"]).status == 200
    assert ask("/help/", hosts=["11.1.2.3:8000"]).status == 400
    # A part of the way that isn't encrypted is not for probes either.
    assert ask("/help/", hosts=["10.1.2.3:8000"], https=False)["Location"] == "https://10.1.2.3:8000/help/"


@pytest.mark.parametrize("target", ["/help/", "https://elsewhere.example/help/"])
@pytest.mark.parametrize(
    "hosts", [[HOST, "10.1.2.3"], [HOST, HOST], ["10.1.2.3", "elsewhere.example"], [f"{HOST},{HOST}"]]
)
def test_two_hosts_in_one_request_are_none(target, hosts, ask):
    assert ask(target, hosts=hosts).status == 400


def test_every_cookie_is_for_this_host_over_tls_and_no_script(ask, registered):
    cookies = {**ask("/accounts/login/").cookies, **registered.cookies}
    assert set(cookies) == {"__Host-sessionid", "__Host-csrftoken", "organization"}
    for name, cookie in cookies.items():
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax"), name
        assert (cookie["path"], cookie["domain"]) == ("/", ""), name


def test_the_session_is_known_by_its_cookie_alone(ask, registered):
    key = registered.cookies["__Host-sessionid"].value
    assert ask("/", Cookie=f"__Host-sessionid={key}").status == 200
    assert ask("/", Cookie=f"sessionid={key}").status == 302


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/help/?q=" + "x" * 4000, {}, 200),
        ("/help/?q=" + "x" * 5000, {}, 414),
        ("/help/", {"X_Long": "x" * 8000}, 200),
        ("/help/", {"X_Long": "x" * 9000}, 431),
        ("/help/", {f"X_{number}": "x" for number in range(90)}, 200),
        ("/help/", {f"X_{number}": "x" for number in range(101)}, 431),
        ("/help/", {"Content_Length": "9" * 5000}, 400),
        ("/help/", {"Content_Length": "-1"}, 400),
        ("/help/", {"Transfer_Encoding": "chunked", "Content_Length": "1"}, 400),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_comes_before_the_body_has_a_limit(path, headers, status, ask):
    answer = ask(path, **headers)
    assert answer.status == status
    # Such a request never reaches our pages: Gunicorn itself answers, in a sentence, and closes the connection.
    assert status == 200 or (len(answer.body) < 500 and answer["Connection"] == "close")
    assert "gunicorn/" not in f"{answer} {answer.body!r}"


def test_a_form_has_a_limit_of_fields(ask):
    fields, headers = form(ask, "/accounts/login/")
    for count, status in ((900, 200), (1001, 400)):
        body = urlencode({**fields, **{f"x{number}": "1" for number in range(count)}})
        assert ask("/accounts/login/", method="POST", body=body, **headers).status == status
