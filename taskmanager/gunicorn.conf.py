"""How Gunicorn serves: `gunicorn -c taskmanager/gunicorn.conf.py`, and the same for `taskmanager serve`."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from taskmanager.settings.environment import WEB_THREADS, metrics_folder

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
worker_class = "gthread"
threads = WEB_THREADS
timeout = 30
graceful_timeout = 20
keepalive = 5
# Renew workers now and then, not all at once, so that no slow leak ever matters.
max_requests = 10_000
max_requests_jitter = 1_000
loglevel = settings.LOG_LEVEL.lower()
# What comes before the body of a request is read into memory: bytes of its first line, headers, bytes of each.
limit_request_line = 4094
limit_request_fields = 100
limit_request_field_size = 8190
# Nobody manages this server through a socket in the home folder, which a container may not even have.
control_socket_disable = True


def on_starting(_server: Any) -> None:
    """Begin counting at 0, unless this server takes over from one that still serves (USR2)."""
    from taskmanager import metrics  # noqa: PLC0415 (its folder has to be there first)

    if "GUNICORN_PID" not in os.environ:
        metrics.empty_folder()


def post_fork(_server: Any, _worker: Any) -> None:
    """Tell that one more process serves, and start its traces: a thread that sends them would not outlive a fork."""
    from taskmanager import metrics, tracing  # noqa: PLC0415 (its folder has to be there first)

    metrics.note_process("web")
    tracing.start()


def worker_exit(_server: Any, _worker: Any) -> None:
    """Send what is left of its traces."""
    from taskmanager import tracing  # noqa: PLC0415 (as above)

    tracing.stop()


def child_exit(_server: Any, worker: Any) -> None:
    """Keep what a process counted that has ended."""
    from taskmanager import metrics  # noqa: PLC0415 (its folder has to be there first)

    metrics.absorb(worker.pid)


def on_exit(server: Any) -> None:
    """Leave nothing behind, unless another server has taken over."""
    from taskmanager import metrics  # noqa: PLC0415 (its folder has to be there first)

    if not server.reexec_pid:
        metrics.remove_folder()
