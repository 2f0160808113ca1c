"""Numbers for Prometheus: what is counted, and how the processes of one server tell of all of them.

Every app may count, so this knows none. Each process of a server writes into files of its own in the folder
PROMETHEUS_MULTIPROC_DIR, and whichever answers `/metrics` adds them up. Prometheus' client reads that variable at its
import: `settings.environment.metrics_folder` has to be called before. Without it, a process tells of itself alone.

Where django-prometheus counts the same, the name is its own, so that dashboards made for it work here.
"""

import fcntl
import ipaddress
import os
import time
from collections import Counter as Tally
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# Seconds. A page takes some ten milliseconds; what takes longer than ten seconds is broken, however much longer.
PAGE_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
JOB_BUCKETS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0)

REQUEST_SECONDS = Histogram(
    "django_http_requests_latency_seconds_by_view_method",
    "Seconds until the answer, by the name of the view and method",
    ["view", "method"],
    buckets=PAGE_BUCKETS,
)
RESPONSES = Counter(
    "django_http_responses_total_by_status_view_method",
    "Answers, by status, the name of the view and method",
    ["status", "view", "method"],
)
QUERIES = Counter("django_db_execute", "Queries that were sent to the database", ["vendor"])
QUERY_SECONDS = Counter("taskmanager_db_seconds", "Seconds that were spent waiting for the database", ["vendor"])
CLAIMS = Counter(
    "taskmanager_claims",
    "Claims of tasks: won, after commit, or lost to somebody who was quicker",
    ["strategy", "outcome"],
)
JOB_SECONDS = Histogram(
    "taskmanager_job_duration_seconds",
    "Seconds that an attempt at a job took: succeeded, failed and to be tried again, or dead after its last attempt",
    ["name", "outcome"],  # "job" is Prometheus' own word
    buckets=JOB_BUCKETS,
)
MAILS = Counter("taskmanager_mails", "Mails: sent, or refused by a mail server or by its absence", ["outcome"])
THROTTLED = Counter("taskmanager_throttled", "Requests that were refused because there were too many", ["throttle"])
SIGN_INS = Counter(
    "taskmanager_sign_ins", "Tries to sign in: succeeded, failed, throttled or second_factor_failed", ["outcome"]
)
PROCESSES = "taskmanager_processes"
RESIDENT_MEMORY = "taskmanager_resident_memory_bytes"
# Tells who lives and as what; what is told of it is how many there are and their memory.
STARTED = "taskmanager_process_started"
_STARTED = Gauge(STARTED, "When the process started", ["role"], multiprocess_mode="liveall")
# What ended processes counted lies in files of this name, and not in ever more of their own.
_ENDED = "ended"


def note_process(role: str) -> None:
    """Note that this process lives, as a `web` process or a `worker`, and has counted nothing yet.

    Prometheus sees an increase from 0 to 1, but none from nothing to 1.
    """
    _STARTED.labels(role).set(time.time())
    for outcome in ("sent", "refused"):
        MAILS.labels(outcome)
    for outcome in ("succeeded", "failed", "throttled", "second_factor_failed"):
        SIGN_INS.labels(outcome)
    for strategy in ("pessimistic", "optimistic", "next", "move"):
        CLAIMS.labels(strategy, "won")
    for strategy in ("pessimistic", "optimistic", "move"):  # who takes the next one takes another instead
        CLAIMS.labels(strategy, "lost")


@contextmanager
def counted_mail() -> Iterator[None]:
    """Count the mail that is sent inside: as sent, or where that raises, as refused."""
    try:
        yield
    except Exception:
        MAILS.labels("refused").inc()
        raise
    MAILS.labels("sent").inc()


def empty_folder() -> None:
    """Forget what an earlier server counted. To be called before the processes of this one start."""
    if folder := _folder():
        for path in folder.glob("*.db"):
            path.unlink(missing_ok=True)


def remove_folder() -> None:
    """Remove the folder of a server that ends, where it was made for it."""
    folder = _folder()
    if folder and folder.name.startswith("taskmanager-metrics-"):
        for path in [*folder.glob("*.db"), folder / ".lock"]:
            path.unlink(missing_ok=True)
        with suppress(OSError):  # somebody still writes there
            folder.rmdir()


def absorb(pid: int) -> None:
    """Keep what an ended process counted, and forget the process.

    Its files are added to those of all that ended before: web processes are renewed for ever, and each scrape reads
    every file that there is.
    """
    folder = _folder()
    if not folder:
        return
    with _locked(folder, fcntl.LOCK_EX):
        mark_process_dead(pid)
        for kind in ("counter", "histogram"):
            path = folder / f"{kind}_{pid}.db"
            if not path.exists():
                continue
            total = MmapedDict(str(folder / f"{kind}_{_ENDED}.db"))
            for key, value, timestamp, _position in MmapedDict.read_all_values_from_file(str(path)):
                total.write_value(key, total.read_value(key)[0] + value, timestamp)
            total.close()
            path.unlink()


def may_read(address: str) -> bool:
    """Whether Prometheus may ask from this address, that is METRICS_ALLOWED_CIDRS."""
    with suppress(ValueError):
        ip = ipaddress.ip_address(address)
        # A server that listens on IPv6 sees IPv4 in this disguise.
        ip = getattr(ip, "ipv4_mapped", None) or ip
        return any(ip in network for network in settings.METRICS_ALLOWED_CIDRS)
    return False


def exposition(families: Iterable[Metric] = ()) -> bytes:
    """Return all numbers of this server, and the given ones, as Prometheus reads them."""
    folder = _folder()
    if folder:
        # A process that ends meanwhile would be counted twice, or not at all.
        with _locked(folder, fcntl.LOCK_SH):
            counted = list(MultiProcessCollector(None, str(folder)).collect())
    else:
        counted = list(REGISTRY.collect())
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Given([*counted, *families]))
    text: bytes = generate_latest(registry)
    return text


class _Given:
    """Tells what it was given."""

    def __init__(self, families: list[Metric]) -> None:
        self.families = families

    def collect(self) -> Iterator[Metric]:
        for family in self.families:
            if family.name == STARTED:
                yield from _processes(family)
            else:
                yield family


def _processes(started: Metric) -> Iterator[Metric]:
    """Tell how many processes live in which role, and how much memory they take together."""
    found: Tally[str] = Tally()
    memory: Tally[str] = Tally()
    for sample in started.samples:
        size = _resident_memory(sample.labels.get("pid", "self"))
        if size is not None:
            found[sample.labels["role"]] += 1
            memory[sample.labels["role"]] += size
    count = GaugeMetricFamily(PROCESSES, "Processes that live, by role", labels=["role"])
    resident = GaugeMetricFamily(RESIDENT_MEMORY, "Resident memory of the processes of a role", labels=["role"])
    for role in found:
        count.add_metric([role], found[role])
        resident.add_metric([role], memory[role])
    yield count
    yield resident


def _resident_memory(pid: str) -> int | None:
    """Return the bytes; None where there is no such process, or no /proc to ask."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def _folder() -> Path | None:
    name = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    return Path(name) if name else None


@contextmanager
def _locked(folder: Path, mode: int) -> Iterator[None]:
    with (folder / ".lock").open("a") as file:
        fcntl.flock(file, mode)
        yield
