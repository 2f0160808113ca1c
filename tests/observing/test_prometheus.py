"""The alerts and the dashboard, on a real Prometheus that scrapes a real server."""

import json
import math
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from taskmanager.tasks import services
from tests import servers
from tests.jobs.conftest import ROOT, until
from tests.mailbox import serving as mail_server
from tests.observing.conftest import answers, fetch, served
from tests.test_newcomer import free_port

pytestmark = pytest.mark.once

RULES = ROOT / "deploy" / "prometheus" / "rules.yml"
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "taskmanager.json").read_text())
CONFIGURATION = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [{rules}]
scrape_configs:
  - job_name: taskmanager
    static_configs: [{{targets: ["{target}"]}}]
"""


@contextmanager
def prometheus(folder: Path, target: str) -> Iterator[str]:
    """Give the address of a Prometheus that scrapes the target each second."""
    (folder / "prometheus.yml").write_text(CONFIGURATION.format(rules=RULES, target=target))
    address = f"127.0.0.1:{free_port()}"
    command = [
        servers.prometheus(),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
    ]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            until(lambda: answers(f"http://{address}/-/ready"))
            yield f"http://{address}"
        finally:
            process.terminate()


def ask(address: str, expression: str) -> list[float]:
    """Return the values of the expression as of now. Fails where it is none."""
    status, body = fetch(f"{address}/api/v1/query?query={quote(expression)}")
    assert status == 200, (expression, body)
    return [float(series["value"][1]) for series in json.loads(body)["data"]["result"]]


def expressions() -> dict[str, str]:
    """Return what the dashboard asks, with its variables filled in, and the title of the panel that asks it."""
    asked = {}
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            asked[target["expr"].replace("$job", "taskmanager.*").replace("$__rate_interval", "30s")] = panel["title"]
    return asked


def names_in(text: str) -> set[str]:
    return set(re.findall(r"\b(?:taskmanager|django)_\w+", text))


def test_the_alerts_fire_when_they_should_and_only_then():
    command = [servers.prometheus("promtool"), "test", "rules", str(RULES.with_name("rules.test.yml"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    alerts = set(re.findall(r"alert: (\w+)", RULES.read_text()))
    fired = re.findall(r"(?s)alertname: (\w+)\s+exp_alerts", RULES.with_name("rules.test.yml").read_text())
    assert alerts == set(fired)


def test_the_dashboard_is_one_that_grafana_imports():
    assert DASHBOARD["schemaVersion"] >= 36
    variables = {variable["name"] for variable in DASHBOARD["templating"]["list"]}
    assert variables == {"datasource", "job"}
    panels: list[dict[str, Any]] = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert panel["title"]
        assert panel["type"] in {"timeseries", "stat"}
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
    cells = {
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    }
    assert len(cells) == sum(panel["gridPos"]["w"] * panel["gridPos"]["h"] for panel in panels), "Panels overlap."


def test_every_panel_and_every_alert_finds_its_numbers(token, board, ada, settings, tmp_path):
    settings.NOTIFICATION_DELAY = 0
    watched = services.create_task(board, actor=ada, title="Rotate the signing keys", watchers=["bo@example.com"])

    def traffic(address: str) -> None:
        bearer = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        comment = json.dumps({"text": "Rotate them today."})  # of which a job tells the watcher
        fetch(f"{address}/api/v1/tasks/{watched.pk}/comments", "POST", comment, **bearer)
        for _twice in range(2):
            fetch(f"{address}/api/v1/tasks/{watched.pk}/claim", "PATCH", **bearer)
            pair = {"organization": "acme", "username": "ada", "password": "a guess"}
            fetch(f"{address}/api/v1/token/pair", "POST", json.dumps(pair), **bearer)

    variables = {"NOTIFICATION_DELAY": "0", "THROTTLE_SIGN_IN": "1/m"}
    with (
        mail_server() as mailbox,
        served(tmp_path / "server.log", EMAIL_URL=mailbox.url, **variables) as (address, _process),
        prometheus(tmp_path, address.removeprefix("http://")) as monitor,
    ):
        unanswered = expressions()

        def all_answered() -> bool:
            traffic(address)
            for expression in list(unanswered):
                if any(not math.isnan(value) for value in ask(monitor, expression)):
                    del unanswered[expression]
            # Without Redis nothing is told of it.
            return not unanswered or (not settings.REDIS_URL and set(unanswered.values()) == {"Redis"})

        try:
            until(all_answered)
        except pytest.fail.Exception:
            pytest.fail(f"No numbers for {unanswered}")
        known = set(json.loads(fetch(f"{monitor}/api/v1/label/__name__/values")[1])["data"])
        asked = names_in(RULES.read_text())
        assert len(asked) > 6
        assert asked <= known | {"taskmanager_redis_up"}
        groups = json.loads(fetch(f"{monitor}/api/v1/rules")[1])["data"]["groups"]
        assert [rule["name"] for group in groups for rule in group["rules"] if rule["health"] == "err"] == []
        assert mailbox.mails
