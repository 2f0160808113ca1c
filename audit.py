"""Ask for the known vulnerabilities of all packages that are pinned, Python's and the browser's: `make audit`.

A vulnerability fails. Where nobody answers, one line says so and the rest of `make lint` goes on, so that a machine
without a network can check everything else. Whatever else goes wrong fails as well: silence is never taken for safety.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
SECONDS = 45  # for both together, which ask at the same time
# Advisories that don't concern us, each with its reason: {"GHSA-…": "why"}.
ACCEPTED: dict[str, str] = {}

# OSV and not the package index: a mirror of the index knows no advisories, and pip-audit would find no fault in that.
# The files pin everything with hashes, so that nothing has to be installed to know what is meant.
PYTHON = [
    *(sys.executable, "-m", "pip_audit", "--vulnerability-service=osv", "--disable-pip", "--require-hashes"),
    *("--requirement=requirements.txt", "--requirement=requirements-dev.txt"),
    *("--format=json", "--progress-spinner=off", "--timeout=10"),
]
NPM = ["npm", "audit", "--json", "--fetch-retries=0", "--fetch-timeout=20000"]

# How the last line of a traceback begins when the service can't be reached, or answers with nonsense.
NO_SERVICE = re.compile(r"requests\.exceptions\.\w+|urllib3\.exceptions\.\w+|\S*\b(ServiceError|ConnectionError)\b")
# npm tells the address that it asked, and what became of it.
NO_ENDPOINT = re.compile(r"/-/npm/v1/security/")
ADDRESS = re.compile(r"https?://\S+|host='[^']*'")


class NoAnswer(Exception):
    """Nobody there to ask, or nobody who knows."""


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run the command in the project's folder. Raises NoAnswer where it takes too long."""
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=SECONDS)  # noqa: S603 (ours, from above)
    except subprocess.TimeoutExpired as error:
        raise NoAnswer from error


def report_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Return the JSON that was printed, {} where there is none."""
    try:
        report = json.loads(done.stdout)
    except ValueError:
        return {}
    return report if isinstance(report, dict) else {}


def failure_of(done: subprocess.CompletedProcess[str]) -> str:
    """Return what a program said of its failure, without the addresses of this machine's network."""
    return ADDRESS.sub("…", f"{done.stdout}\n{done.stderr}".strip()[-2000:])


def audit_python() -> Iterator[str]:
    """Give the vulnerabilities of what requirements*.txt pin. Raises NoAnswer."""
    done = run(PYTHON)
    packages = report_of(done).get("dependencies")
    if not packages:
        last_line = done.stderr.strip().rpartition("\n")[2]
        if NO_SERVICE.match(last_line) or "Could not connect to" in done.stderr:
            raise NoAnswer
        yield f"pip-audit failed: {failure_of(done)}"
        return
    for package in packages:
        if "skip_reason" in package:
            yield f"{package['name']} was not audited."
        for found in package.get("vulns", []):
            if not ACCEPTED.keys() & {found["id"], *found["aliases"]}:
                fixed = ", ".join(found["fix_versions"]) or "no version yet"
                yield f"{package['name']} {package['version']}: {found['id']}, fixed in {fixed}"


def audit_npm() -> Iterator[str]:
    """Give the vulnerabilities of what package-lock.json pins. Raises NoAnswer."""
    if not shutil.which("npm"):
        raise NoAnswer
    done = run(NPM)
    report = report_of(done)
    if "auditReportVersion" not in report:
        if NO_ENDPOINT.search(str(report.get("message", ""))):
            raise NoAnswer
        yield f"npm audit failed: {failure_of(done)}"
        return
    for name, package in report["vulnerabilities"].items():
        for found in package["via"]:
            # A name stands for a package further down, which has an entry of its own.
            if isinstance(found, dict) and found["url"].rpartition("/")[2] not in ACCEPTED:
                yield f"{name} {found['range']}: {found['url'].rpartition('/')[2]}, {found['title']}"


def main() -> int:
    """Print what is wrong, or where nobody could tell; return 1 where something is wrong."""
    audits: dict[str, Callable[[], Iterator[str]]] = {"Python": audit_python, "npm": audit_npm}
    wrong, unknown = [], []
    with ThreadPoolExecutor() as pool:
        # list: what a generator does is done in its thread.
        for name, answer in [(name, pool.submit(lambda ask: list(ask()), ask)) for name, ask in audits.items()]:
            try:
                wrong += answer.result()
            except NoAnswer:
                unknown.append(name)
    if unknown:
        what = " and ".join(unknown)
        sys.stdout.write(f"NOT AUDITED: nobody here tells the known vulnerabilities of the {what} packages.\n")
    for line in wrong:
        sys.stderr.write(f"audit: {line}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
