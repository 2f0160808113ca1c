"""How log lines look, as text or as JSON, and which request or job each of them belongs to.

Nothing personal or secret is in them: a request is known by its route and by numbers.
"""

import copy
import logging
from contextvars import ContextVar
from typing import Any

from pythonjsonlogger.json import JsonFormatter as LibraryFormatter

# What the lines written now belong to; "" outside of any request, or job.
request_id: ContextVar[str] = ContextVar("request_id", default="")
job_id: ContextVar[str] = ContextVar("job_id", default="")
trace_id: ContextVar[str] = ContextVar("trace_id", default="")  # "" as well where nothing is traced

# What the line of a request tells, in this order.
REQUEST_FIELDS = (
    "method", "route", "status", "duration_ms", "queries", "database_ms", "bytes", "user", "organization",
)  # fmt: skip
FIELDS = (
    "time",
    "level",
    "logger",
    "message",
    "request_id",
    "job_id",
    "trace_id",
    *REQUEST_FIELDS,
    "exception",
    "stack",
)


class ContextFilter(logging.Filter):
    """Marks each line with its request and its job, and takes out of Django's lines what nobody should read.

    Django names a request by its path, which may hold the token of an invitation or of a password reset.
    """

    def filter(self, record: logging.LogRecord) -> logging.LogRecord | bool:
        """Return the line as it is to be written, False for none."""
        if record.name.startswith("django.") and hasattr(record, "request"):
            status = getattr(record, "status_code", 500)
            if record.name == "django.request" and not record.exc_info:
                return False  # the line of the request tells that already
            record = copy.copy(record)  # other handlers have their own wishes
            if status < 500:
                record.exc_info = record.exc_text = None  # whoever sent nonsense caused no error of ours
                record.levelno, record.levelname = logging.WARNING, "WARNING"
            match = getattr(record.request, "resolver_match", None)
            if isinstance(record.args, tuple) and record.msg.endswith(": %s"):
                record.args = (*record.args[:-1], f"/{match.route}" if match else "-")
        record.request_id = request_id.get()
        record.job_id = job_id.get()
        record.trace_id = trace_id.get()
        return record


class TextFormatter(logging.Formatter):
    """A line for people: when, how bad, who says it, what it belongs to, what is said."""

    def __init__(self) -> None:
        """Take nothing: there is one form."""
        super().__init__("{asctime} {levelname} {name}{belongs} {message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (its name)
        """Return the line without a traceback."""
        identity = getattr(record, "request_id", "") or getattr(record, "job_id", "")
        record.belongs = f" [{identity}]" if identity else ""
        numbers = [f"{name}={value}" for name in REQUEST_FIELDS if (value := getattr(record, name, None)) is not None]
        # One entry is one line, whatever somebody has sent; the traceback that may follow is our own.
        record.message = " ".join([*record.message.splitlines(), *numbers])
        return super().formatMessage(record)


class JsonFormatter(LibraryFormatter):
    """A line for programs: an object with the FIELDS that are known."""

    def __init__(self) -> None:
        """Take nothing: there is one form."""
        names = {"levelname": "level", "name": "logger", "exc_info": "exception", "stack_info": "stack"}
        super().__init__(["levelname", "name", "message"], rename_fields=names, timestamp="time")

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """Keep what is known and ours: libraries add whole requests."""
        return {name: log_data[name] for name in FIELDS if log_data.get(name) not in {None, ""}}


def configuration(*, level: str, form: str) -> dict[str, Any]:
    """Return Django's LOGGING: everything to the error channel, as "text" or as "json"."""
    formatter = "JsonFormatter" if form == "json" else "TextFormatter"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"context": {"()": "taskmanager.logs.ContextFilter"}},
        "formatters": {"line": {"()": f"taskmanager.logs.{formatter}"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["context"]}},
        "root": {"handlers": ["stderr"], "level": level},
        # Django's own handlers would mail every error and show debug output on the console only.
        "loggers": {"django": {"handlers": [], "level": level, "propagate": True}},
    }
