"""PostgreSQL and Redis go away, hang and come back, under a server that runs on."""

import http.client
import json
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest
from django.db import connection
from django.urls import reverse

from taskmanager.operations import migrating
from tests import outages
from tests.api.conftest import document
from tests.api.operations import OPERATIONS
from tests.jobs.conftest import until
from tests.web.addresses import ADDRESSES

# One of each for all of them.
pytestmark = pytest.mark.once

JSON = {"Accept": "application/json"}
PASSWORD = "a wholly new one 7"
# Of the one web process: each request waits for the database, and there are many to be tried.
THREADS = 16


@dataclass
class Site:
    product: outages.Product
    database: outages.Server
    redis: outages.Server
    folder: Path
    cookie: str = ""
    token: str = ""
    refresh: str = ""

    @property
    def database_url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.database.port}/postgres"

    def api(self, method: str, path: str, body: str | None = None) -> outages.Answer:
        headers = {"Authorization": f"Bearer {self.token}", "Content_Type": "application/json"}
        return self.product.ask(f"/api/v1{path}", method=method, body=body, **headers)

    def sign_up(self) -> None:
        """Register an organization by the form, and keep the session and a token."""
        page = self.product.ask("/accounts/register/")
        fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', page.body))
        cookie = page.headers["Set-Cookie"].split(";")[0]
        person = {"organization": "Acme", "username": "ada", "email": "ada@acme.example"}
        body = urlencode({**fields, **person, "password1": PASSWORD, "password2": PASSWORD})
        headers = {"Cookie": cookie, "Content_Type": "application/x-www-form-urlencoded"}
        done = self.product.ask("/accounts/register/", method="POST", body=body, **headers)
        assert done.status == 302, done.body
        found = re.findall(r"((?:sessionid|csrftoken)=\w+)", " ".join(done.headers.get_all("Set-Cookie")))
        self.cookie = "; ".join(found)
        body = f'{{"organization": "acme", "username": "ada", "password": "{PASSWORD}"}}'
        pair = self.product.ask("/api/v1/token/pair", method="POST", body=body, Content_Type="application/json")
        self.token, self.refresh = pair.json()["access"], pair.json()["refresh"]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("outages")
    with outages.postgresql() as database, outages.redis() as redis:
        urls = {
            "DATABASE_URL": f"postgresql://postgres@127.0.0.1:{database.port}/postgres",
            "REDIS_URL": f"redis://127.0.0.1:{redis.port}/0",
        }
        limits = {"THROTTLE_DEFAULT": "100000/m", "THROTTLE_TASK_CREATE": "100000/m", "WEB_THREADS": str(THREADS)}
        with outages.product(folder, **limits, **urls) as product:
            site = Site(product, database, redis, folder)
            site.sign_up()
            yield site


@pytest.fixture
def site(running: Site) -> Iterator[Site]:
    """Everything runs; and again after the test."""
    yield running
    for server in (running.database, running.redis):
        if server.process is None:
            server.start()
        server.freeze(False)
    if running.product.process is None:
        running.product.start()
    until(lambda: running.product.ask("/health/readiness/").json()["status"] == "ok")


def test_without_the_database_pages_say_when_to_come_back_and_work_again_at_once(site):
    ask = site.product.ask
    assert ask("/", Cookie=site.cookie).status == 200
    site.database.stop()
    assert ask("/health/liveness/").status == 200
    ready = ask("/health/readiness/")
    assert (ready.status, ready.json()["status"]) == (503, "failed")
    assert {name: check["status"] for name, check in ready.json()["checks"].items()} == {
        "database": "failed", "migrations": "unknown", "cache": "ok",
    }  # fmt: skip
    for path in ("/", "/tasks/", "/accounts/login/", "/accounts/register/", "/search/", "/admin/"):
        for cookie in ("", site.cookie):
            answer = ask(path, Cookie=cookie)
            # A form that anybody may see needs nothing but itself.
            assert answer.status in ({503} if cookie else {302, 200, 503}), path
            if answer.status == 503:
                assert int(answer.headers["Retry-After"]) >= 1
                assert "Nothing that was saved is lost" in answer.body
                assert answer.seconds < 4
    told = ask("/tasks/", Cookie=site.cookie, **JSON)
    assert (told.status, list(told.json())) == (503, ["message"])
    toast = ask("/tasks/", Cookie=site.cookie, HX_Request="true")
    assert (toast.status, toast.headers["HX-Retarget"]) == (503, "#toasts")
    call = site.api("GET", "/tasks/")
    assert (call.status, call.headers["Content-Type"], list(call.json())) == (503, "application/json", ["message"])
    assert call.headers["Retry-After"]
    for path in ("/help/", "/about/", "/static/css/app.css"):
        assert ask(path, Cookie=site.cookie).status == (404 if "static" in path else 200), path
    assert ask("/nowhere/", Cookie=site.cookie).status == 404
    assert max(ask("/", Cookie=site.cookie).seconds for _ in range(3)) < 1.5  # by now nobody waits long
    site.database.start()
    begun = time.monotonic()
    until(lambda: ask("/", Cookie=site.cookie).status == 200)
    assert time.monotonic() - begun < 2
    assert site.api("GET", "/tasks/").status == 200
    assert ask("/health/readiness/").status == 200


# What the addresses of tests/web/addresses.py name, whose examples can't be made without the database.
PARTS = {"planned": (1, 1), "reference": ("ACME-1",), "person": ("ada",), "photo": (1, "x")}

# What is answered without the database, but not by the page of an outage.
WITHOUT_DATABASE = {
    ("help", "get"): 200,
    ("about", "get"): 200,
    ("health:liveness", "get"): 200,
    ("health:readiness", "get"): 503,
    ("metrics", "get"): 200,
    # Passkeys need https or localhost, which this server is not, and so there is nothing to ask.
    ("accounts:passkey-sign-in-options", "post"): 400,
}


def pages() -> Iterator[tuple[str, str, str]]:
    """Give the name of each address, a method that it takes, and the address."""
    for name, address in ADDRESSES.items():
        parts = PARTS.get(address.example, (1,)) if address.example else address.arguments
        yield from ((name, method, reverse(name, args=parts)) for method in ("get", "post") if getattr(address, method))


def calls(site: Site) -> Iterator[tuple[str, str, str]]:
    """Give the method of each call of the API, its address, and a body."""
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            body = OPERATIONS[operation["operationId"]].body
            text = json.dumps(body or {}).replace("{refresh}", site.refresh)
            yield method.upper(), re.sub(r"\{[a-z_]+\}", "1", path.removeprefix("/api/v1")), text


def test_without_the_database_every_page_and_every_call_says_when_to_come_back(site):
    token = dict(each.split("=") for each in site.cookie.split("; "))["csrftoken"]
    headers = {"Content_Type": "application/x-www-form-urlencoded", "X_CSRFToken": token, "Cookie": site.cookie}

    def send(page: tuple[str, str, str]) -> outages.Answer:
        name, method, path = page
        body = urlencode(ADDRESSES[name].data) if method == "post" else None
        return site.product.ask(path, method=method.upper(), body=body, **headers)

    site.database.stop()
    with ThreadPoolExecutor(THREADS) as pool:
        told = zip(pages(), pool.map(send, pages()), strict=True)
        others = {page[:2]: answer.status for page, answer in told if not is_page_503(answer)}
        told = zip(calls(site), pool.map(lambda call: site.api(*call), calls(site)), strict=True)
        wrong = {call: (answer.status, answer.body) for call, answer in told if not is_problem_503(answer)}
    assert others == WITHOUT_DATABASE
    assert wrong == {}


def is_page_503(answer: outages.Answer) -> bool:
    """Whether it is the designed page."""
    return (
        (answer.status, answer.headers["Retry-After"]) == (503, "5")
        and answer.headers["Content-Type"].startswith("text/html")
        and "Nothing that was saved is lost" in answer.body
    )


def is_problem_503(answer: outages.Answer) -> bool:
    """Whether it is what the API tells of any problem."""
    return (
        (answer.status, answer.headers["Retry-After"]) == (503, "5")
        and answer.headers["Content-Type"] == "application/json"
        and list(answer.json()) == ["message"]
    )


def test_a_restarted_database_gives_no_request_a_broken_connection(site):
    with ThreadPoolExecutor(4) as pool:  # so that the pool holds several
        assert {each.status for each in pool.map(lambda _: site.api("GET", "/tasks/"), range(12))} == {200}
    site.database.stop()
    site.database.start()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: site.product.ask("/", Cookie=site.cookie), range(12)))
    assert {answer.status for answer in answers} == {200}
    assert max(answer.seconds for answer in answers) < 3


def test_a_database_that_hangs_makes_nobody_wait_long_and_no_threads_pile_up(site):
    site.product.ask("/", Cookie=site.cookie)
    site.database.freeze()
    with ThreadPoolExecutor(3) as pool:
        pages = [pool.submit(site.product.ask, "/", Cookie=site.cookie) for _ in range(2)]
        for _ in range(3):
            ready = site.product.ask("/health/readiness/")
            assert (ready.status, ready.json()["checks"]["database"]["status"]) == (503, "failed")
            assert ready.seconds < 1
        assert site.product.ask("/health/liveness/").seconds < 1
        for page in pages:
            assert page.result().status == 503
            assert page.result().seconds < 6
    site.database.freeze(False)
    begun = time.monotonic()
    until(lambda: site.product.ask("/", Cookie=site.cookie).status == 200)
    assert time.monotonic() - begun < 2


def test_a_database_without_a_free_connection_makes_readiness_degraded(site):
    assert site.product.ask("/health/readiness/").json()["checks"]["migrations"]["status"] == "ok"
    # The database may have been restarted since the last page: what the pool holds would be broken.
    assert site.product.ask("/", Cookie=site.cookie).status == 200
    with ExitStack() as taken:

        def take_the_rest() -> None:
            with pytest.raises(psycopg.OperationalError, match="too many clients"):  # noqa: PT012 (until there is none)
                while True:
                    taken.enter_context(closing(psycopg.connect(site.database_url)))

        def is_degraded() -> bool:
            take_the_rest()  # a test before may just have ended some
            return bool(site.product.ask("/health/readiness/").json()["status"] == "degraded")

        until(is_degraded)
        ready = site.product.ask("/health/readiness/")
        assert (ready.status, ready.json()["status"]) == (200, "degraded")
        assert {name: check["status"] for name, check in ready.json()["checks"].items()} == {
            "database": "degraded", "migrations": "ok", "cache": "ok",
        }  # fmt: skip
        assert site.product.ask("/", Cookie=site.cookie).status == 200


def test_a_server_of_a_version_that_is_not_migrated_yet_says_so(site, tmp_path):
    with psycopg.connect(site.database_url, autocommit=True) as database:
        database.execute("CREATE DATABASE fresh")
    url = site.database_url.removesuffix("/postgres") + "/fresh"
    with outages.product(tmp_path, migrated=False, DATABASE_URL=url) as early:
        ready = early.ask("/health/readiness/")
        assert (ready.status, ready.json()["checks"]["migrations"]["status"]) == (503, "failed")
        assert early.ask("/health/liveness/").status == 200
        assert is_page_503(early.ask("/accounts/login/", Cookie=f"sessionid={'a' * 32}"))
        assert "the database lacks migrations of this version" in early.log.read_text()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="a file is always there")
@pytest.mark.django_db
def test_migrate_waits_for_a_database_that_starts(site, monkeypatch):
    place = {"HOST": "127.0.0.1", "PORT": site.database.port, "USER": "postgres", "NAME": "postgres"}
    for name, value in place.items():
        monkeypatch.setitem(connection.settings_dict, name, value)
    site.database.stop()
    told: list[str] = []

    def tell(text: str) -> None:
        told.append(text)
        if not site.database.process:
            site.database.start()

    migrating.wait_for_database(tell=tell)
    assert [text.partition(".")[0] for text in told] == [
        "The database does not answer yet; waiting for it, 30 seconds at most",
        "The database answers",
    ]


def test_a_server_that_is_stopped_in_an_outage_answers_everybody_and_ends_soon(site):
    site.product.ask("/", Cookie=site.cookie)
    site.database.freeze()
    clients = [site.product.connect() for _ in range(3 * THREADS)]  # most of them wait for a thread, too
    for each in clients:
        each.request("GET", "/", headers={"Cookie": site.cookie})

    def finish(client: http.client.HTTPConnection) -> int:
        with closing(client):
            return outages.Answer(client.getresponse(), 0).status

    with ThreadPoolExecutor(len(clients)) as pool:
        statuses = pool.map(finish, clients)
        begun = time.monotonic()
        site.product.stop()
        assert time.monotonic() - begun < 8  # on a busy machine; else two or three
    assert list(statuses) == [503] * len(clients)


def test_no_acknowledged_claim_is_lost_over_a_restart_and_none_is_done_twice(site):
    ids = [site.api("POST", "/tasks/", f'{{"title": "Task {n}"}}').json()["id"] for n in range(60)]
    queue, lock, acknowledged = list(ids), threading.Lock(), []
    statuses = set()

    def work() -> None:
        while True:
            with lock:
                if not queue:
                    return
                task = queue.pop()
            answer = site.api("PATCH", f"/tasks/{task}/claim", "{}")
            with lock:
                statuses.add(answer.status)
                if answer.status == 200:
                    acknowledged.append(task)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    until(lambda: len(acknowledged) > 5)
    site.database.stop()
    site.database.start()
    for thread in threads:
        thread.join(30)
    assert statuses <= {200, 503}
    with psycopg.connect(site.database_url) as connection:
        owned = {row[0] for row in connection.execute("SELECT id FROM tasks_task WHERE owner_id IS NOT NULL")}
        claims = connection.execute(
            "SELECT task_id, count(*) FROM tasks_activity WHERE verb = 'claimed' GROUP BY task_id"
        ).fetchall()
    assert set(acknowledged) <= owned
    assert {count for _task, count in claims} == {1}
    assert {task for task, _count in claims} == owned


@pytest.mark.parametrize("hangs", [False, True], ids=["stopped", "hanging"])
def test_without_redis_everything_works_and_readiness_says_degraded(hangs, site):
    if hangs:
        site.redis.freeze()
    else:
        site.redis.stop()
    ready = site.product.ask("/health/readiness/")
    assert (ready.status, ready.json()["status"], ready.json()["checks"]["cache"]["status"]) == (
        200,
        "degraded",
        "failed",
    )
    assert ready.seconds < 1
    begun = time.monotonic()
    for path in ("/", "/tasks/", "/reports/", "/backlog/", "/accounts/profile/"):
        assert site.product.ask(path, Cookie=site.cookie).status == 200, path
    assert time.monotonic() - begun < 6
    assert site.api("POST", "/tasks/", '{"title": "Without Redis"}').status == 201
