"""PostgreSQL and Redis go away, hang and come back, under a server that runs on."""

import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest

from tests import outages
from tests.jobs.conftest import until

# One of each for all of them.
pytestmark = [pytest.mark.once, pytest.mark.xdist_group("outages")]

JSON = {"Accept": "application/json"}
PASSWORD = "a wholly new one 7"


@dataclass
class Site:
    product: outages.Product
    database: outages.Server
    redis: outages.Server
    folder: Path
    cookie: str = ""
    token: str = ""

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
        self.token = pair.json()["access"]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("outages")
    with outages.postgresql() as database, outages.redis() as redis:
        urls = {
            "DATABASE_URL": f"postgresql://postgres@127.0.0.1:{database.port}/postgres",
            "REDIS_URL": f"redis://127.0.0.1:{redis.port}/0",
        }
        with outages.product(folder, THROTTLE_DEFAULT="100000/m", THROTTLE_TASK_CREATE="100000/m", **urls) as product:
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
