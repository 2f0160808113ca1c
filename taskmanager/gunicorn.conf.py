"""How Gunicorn serves: `gunicorn -c taskmanager/gunicorn.conf.py`, and the same for `taskmanager serve`."""

import gc
import os
import sys
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from taskmanager.serving import reloading
from taskmanager.settings.environment import metrics_folder

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taskmanager.settings.production")
try:
    _ = settings.DEBUG  # reads the environment
    metrics_folder()
except ImproperlyConfigured as error:
    sys.exit(f"taskmanager: {error}")

wsgi_app = "taskmanager.wsgi:application"
bind = f"{settings.HOST}:{settings.PORT}"
workers = settings.WEB_CONCURRENCY
# Pages wait for the database most of the time: threads let a worker answer others meanwhile.
worker_class = "taskmanager.serving.worker.Worker"
threads = settings.WEB_THREADS
# A worker that doesn't even beat its heart for so long is killed. It is no limit of a request, which has a thread.
timeout = 30
# How long requests may take that are being answered when a worker stops.
graceful_timeout = 20
# Longer than proxies keep a connection that is idle (nginx and most others: 60 s). Else we close one in the moment
# in which they send the next request on it, and somebody gets an error.
keepalive = 75
# Renew workers now and then, not all at once, so that no slow leak ever matters.
max_requests = 10_000
max_requests_jitter = 1_000
# Where hearts beat: a disk that is busy would let a healthy worker look dead.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK | os.X_OK) else None  # noqa: S108 (it opens nobody's file)
# No access log: taskmanager.request_log writes a line for each request.
logger_class = "taskmanager.serving.logger.Logger"
loglevel = settings.LOG_LEVEL.lower()
# What comes before the body of a request is read into memory: bytes of its first line, headers, bytes of each.
limit_request_line = 4094
limit_request_fields = 100
limit_request_field_size = 8190
# Nobody manages this server through a socket in the home folder, which a container may not even have.
control_socket_disable = True

_former_workers = reloading.former_workers()


def on_starting(_server: Any) -> None:
    """Begin counting at 0, unless this server takes over from one that still serves (SIGHUP); share memory."""
    from taskmanager import metrics  # noqa: PLC0415 (its folder has to be there first)

    if "GUNICORN_PID" not in os.environ:
        metrics.empty_folder()
    # What is loaded now is shared with the workers, as long as nobody writes into it: collecting garbage would.
    gc.collect()
    gc.freeze()


def pre_fork(server: Any, worker: Any) -> None:
    """After a reload, say whom the worker is to relieve."""
    reloading.place(_former_workers, server, worker)


def post_fork(_server: Any, _worker: Any) -> None:
    """Tell that one more process serves, and start its traces: a thread that sends them would not outlive a fork."""
    from taskmanager import metrics, tracing  # noqa: PLC0415 (its folder has to be there first)

    metrics.note_process("web")
    tracing.start()


def worker_exit(_server: Any, _worker: Any) -> None:
    """Send what is left of its traces, and keep what it counted: a master that came after it by SIGHUP doesn't."""
    from taskmanager import metrics, tracing  # noqa: PLC0415 (as above)

    tracing.stop()
    metrics.absorb(os.getpid())


def child_exit(_server: Any, worker: Any) -> None:
    """Keep what a process counted that was killed."""
    from taskmanager import metrics  # noqa: PLC0415 (its folder has to be there first)

    metrics.absorb(worker.pid)


def on_exit(server: Any) -> None:
    """Leave nothing behind, unless another server has taken over."""
    from taskmanager import metrics  # noqa: PLC0415 (its folder has to be there first)

    if not server.reexec_pid:
        metrics.remove_folder()


def when_ready(server: Any) -> None:
    """Let SIGHUP take new code."""
    server.handle_hup = partial(reloading.become_new, server, preparation=["-c", "import taskmanager.wsgi"])
    server.handle_usr2 = partial(reloading.refuse_second_master, server)


def post_worker_init(worker: Any) -> None:
    """After a reload, stop the worker in whose place this one is ready now."""
    reloading.relieve(worker)
