"""What the environment may say, and the sentences for what it may not.

Each function reads one variable, or a few that belong together. A wrong value raises
`ImproperlyConfigured` with a sentence that names the variable: `taskmanager` prints it and stops.
"""

import ipaddress
import os
import re
import secrets
import tempfile
from contextlib import suppress
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import environs
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import EmailValidator
from environs import FileAwareEnv, validate

env = FileAwareEnv(strip_whitespace=True)

# Where a mail server listens, by how the connection is protected.
SMTP_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}

# Secrets that are made where they aren't set, and the files of DATA_DIR that keep them.
KEPT_SECRETS = {"SECRET_KEY": "secret-key", "JWT_SECRET_KEY": "jwt-secret-key"}

# What addresses of the product begin with: the admin can't be there.
TAKEN_ADDRESSES = frozenset({
    "__debug__", "about", "accounts", "api", "attachments", "backlog", "comments", "contact", "epics", "health",
    "help", "live", "media", "metrics", "reports", "search", "sprints", "static", "t", "tasks", "unsubscribe",
})  # fmt: skip
ADMIN_URL = re.compile(r"([A-Za-z0-9_-]+/)+")
ORIGIN = re.compile(r"https?://[A-Za-z0-9.\[\]:-]+")
RATE = re.compile(r"(?P<count>[1-9]\d*)/(?P<period>[smhd])")


def read(kind: str, name: str, *args: Any, **kwargs: Any) -> Any:
    """Return the variable `name`, read by environs' parser `kind` ("str", "int", "bool", …).

    Raises ImproperlyConfigured naming the variable where its value doesn't fit.
    """
    try:
        return getattr(env, kind)(name, *args, **kwargs)
    except environs.EnvValidationError as error:
        reasons = error.error_messages
        detail = " ".join(reasons) if isinstance(reasons, list) else str(reasons)
        raise ImproperlyConfigured(f"{name} is set to a value that can't be used. {detail}") from error
    except (environs.EnvError, ValueError) as error:
        raise ImproperlyConfigured(f"{name} is not right: {error}") from error


def choice(name: str, *values: str) -> str:
    """Return the variable, one of `values`, the first of which is the default."""
    return str(read("str", name, values[0], validate=validate.OneOf(values)))


def web_threads() -> int:
    """Return WEB_THREADS, how many requests one web process answers at the same time."""
    return int(read("int", "WEB_THREADS", 4, validate=validate.Range(1, 64)))


def data_dir() -> Path:
    """Return the folder for everything that this installation writes; make it where it is missing."""
    path = Path(read("str", "DATA_DIR", "var")).expanduser().absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"DATA_DIR: {path} can't be made: {error.strerror}.") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise ImproperlyConfigured(f"DATA_DIR: {path} can't be written to.")
    return path


def kept_secret(path: Path, *, random_bytes: int = 50) -> str:
    """Return the secret in `path`, made on the first call; two first calls at once agree on one."""
    if not path.exists():
        with suppress(FileExistsError):
            keep_secret(path, secrets.token_urlsafe(random_bytes))
    return path.read_text(encoding="utf-8")


def keep_secret(path: Path, secret: str) -> None:
    """Write the secret into a new file that only its owner can read. Raises FileExistsError."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent)  # readable by its owner alone
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(secret)
        # A link appears at once and whole, or not at all: nobody ever reads half a secret.
        os.link(draft, path)
    finally:
        Path(draft).unlink()


def secret_key(name: str, *, required: bool, folder: Path) -> str:
    """Return the secret variable; where it isn't set and not required, one that is made once and kept."""
    value = str(read("str", name, ""))
    if value:
        if len(value.encode()) < 32:
            raise ImproperlyConfigured(f"{name} is too short: give at least 32 random characters.")
        return value
    if required:
        raise ImproperlyConfigured(
            f"{name} is not set. A production server needs one: 50 random characters that stay the same."
        )
    return kept_secret(folder / KEPT_SECRETS[name])


def former_secret_keys() -> list[str]:
    """Return SECRET_KEY_FALLBACKS, former secret keys with commas between them, the latest first."""
    keys = [str(key).strip() for key in read("list", "SECRET_KEY_FALLBACKS", [])]
    if any(len(key.encode()) < 32 for key in keys):
        raise ImproperlyConfigured(
            "SECRET_KEY_FALLBACKS must be former values of SECRET_KEY, each of at least 32 characters, with commas "
            "between them."
        )
    return keys


def networks(name: str, *default: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Return the variable, networks with commas between them: `10.0.0.0/8,fd00::/8`."""
    found = []
    for text in read("list", name, list(default)):
        try:
            found.append(ipaddress.ip_network(text.strip()))
        except ValueError as error:
            raise ImproperlyConfigured(
                f"{name} must be networks like 10.0.0.0/8 or fd00::/8, with commas between them: {error}."
            ) from error
    return found


def redis_url() -> str:
    """Return REDIS_URL, or "" where there is no Redis."""
    value = str(read("str", "REDIS_URL", ""))
    if value and urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
        raise ImproperlyConfigured("REDIS_URL must begin with redis://, rediss:// or unix://.")
    return value


def form_submission_backend(*, redis_url: str) -> str:
    """Return FORM_SUBMISSION_BACKEND. Raises ImproperlyConfigured for a cache that each process has to itself."""
    backend = choice("FORM_SUBMISSION_BACKEND", "database", "cache")
    if backend == "cache" and not redis_url:
        raise ImproperlyConfigured(
            "FORM_SUBMISSION_BACKEND=cache needs REDIS_URL: without Redis each process would remember its own forms "
            "alone."
        )
    return backend


def admin_url() -> str:
    """Return ADMIN_URL, the address of Django's admin below the product's own."""
    text = str(read("str", "ADMIN_URL", "admin/"))
    if not ADMIN_URL.fullmatch(text):
        raise ImproperlyConfigured(
            f"ADMIN_URL must be letters, digits, - and _ with a slash after them, like staff/, not {text!r}."
        )
    if text.partition("/")[0] in TAKEN_ADDRESSES:
        raise ImproperlyConfigured(f"ADMIN_URL can't be {text!r}: pages of the product are there.")
    return text


def mailer() -> dict[str, Any]:
    """Return how mail leaves by EMAIL_URL, as an entry of Django's MAILERS.

    console:, file:///folder, smtp://user:password@host:port, smtp+starttls:// (RFC 3207) or smtps:// (TLS from the
    first byte, RFC 8314).
    """
    text = str(read("str", "EMAIL_URL", "console:"))
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError as error:
        raise ImproperlyConfigured(f"EMAIL_URL can't be read: {error}.") from error
    if url.scheme == "console":
        return {"BACKEND": "django.core.mail.backends.console.EmailBackend"}
    if url.scheme == "file" and url.path.strip("/") and not url.netloc:
        return {
            "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "OPTIONS": {"file_path": unquote(url.path)},
        }
    if url.scheme in SMTP_PORTS and url.hostname and not url.path.strip("/"):
        return {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {
                "host": url.hostname,
                "port": port or SMTP_PORTS[url.scheme],
                "username": unquote(url.username or ""),
                "password": unquote(url.password or ""),
                "use_tls": url.scheme == "smtp+starttls",
                "use_ssl": url.scheme == "smtps",
                "timeout": 20,
            },
        }
    raise ImproperlyConfigured(
        "EMAIL_URL must be console:, file:///folder, smtp://host:25, smtp+starttls://user:password@host:587 or "
        "smtps://user:password@host:465."
    )


def email_address(name: str, default: str) -> str:
    """Return the variable, an e-mail address with or without a name: `Taskmanager <tasks@example.com>`."""
    text = str(read("str", name, default))
    _, address = parseaddr(text)
    try:
        EmailValidator(allowlist=["localhost"])(address)
    except ValidationError as error:
        raise ImproperlyConfigured(f"{name} must be an e-mail address, not {text!r}.") from error
    return text


def worker_port() -> int | None:
    """Return WORKER_PORT, where a worker tells of itself; None for nowhere."""
    port: int | None = read("int", "WORKER_PORT", None, validate=validate.Range(1, 65535))
    return port


def traces_endpoint() -> str:
    """Return OTEL_EXPORTER_OTLP_ENDPOINT, to which traces are sent; "" for nobody."""
    text = str(read("str", "OTEL_EXPORTER_OTLP_ENDPOINT", ""))
    try:
        url = urlsplit(text)
        valid = not text or (url.scheme in {"http", "https"} and url.hostname and url.port != 0)
    except ValueError:
        valid = False
    if not valid or url.query or url.fragment:
        raise ImproperlyConfigured(
            f"OTEL_EXPORTER_OTLP_ENDPOINT must look like http://collector.example.com:4318, not {text!r}."
        )
    return text


def metrics_folder() -> None:
    """Make the folder in which the processes of this server keep their numbers: PROMETHEUS_MULTIPROC_DIR, by default a
    new one among the temporary files.

    The processes find it by the variable, which Prometheus' client reads at its import.
    """
    name = str(read("str", "PROMETHEUS_MULTIPROC_DIR", ""))
    try:
        if name:
            Path(name).mkdir(mode=0o700, parents=True, exist_ok=True)
        else:
            name = os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="taskmanager-metrics-")
    except OSError as error:
        raise ImproperlyConfigured(f"PROMETHEUS_MULTIPROC_DIR: {name} can't be made: {error.strerror}.") from error
    if not os.access(name, os.W_OK | os.X_OK):
        raise ImproperlyConfigured(f"PROMETHEUS_MULTIPROC_DIR: {name} can't be written to.")


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine reach the host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def public_url(*, host: str, port: int) -> SplitResult:
    """Return PUBLIC_URL, the address that people use: by default, the one that the server listens on.

    Raises ImproperlyConfigured where passwords would cross a network in the clear unasked.
    """
    shown_host = f"[{host}]" if ":" in host else host
    text = str(read("str", "PUBLIC_URL", f"http://{shown_host}:{port}"))
    try:
        url = urlsplit(text)
        valid = url.scheme in {"http", "https"} and url.hostname and url.port != 0
    except ValueError:
        valid = False
    if not valid or url.path.strip("/") or url.query or url.fragment:
        raise ImproperlyConfigured(
            f"PUBLIC_URL must look like https://tasks.example.com, without a path, not {text!r}."
        )
    plain_http_allowed = read("bool", "ALLOW_PLAIN_HTTP", default=False)
    if url.scheme == "http" and not is_loopback(url.hostname or "") and not plain_http_allowed:
        raise ImproperlyConfigured(
            f"PUBLIC_URL: {text} would send passwords unencrypted over the network. Set PUBLIC_URL to an "
            "https:// address, or ALLOW_PLAIN_HTTP=1 where the network itself is trusted."
        )
    return url


def rate(name: str, default: str) -> tuple[int, int]:
    """Return a throttle like "10/m" as how many, and in how many seconds."""
    text = str(read("str", name, default))
    match = RATE.fullmatch(text)
    if not match:
        raise ImproperlyConfigured(f"{name} must look like 10/m (a number per s, m, h or d), not {text!r}.")
    return int(match["count"]), {"s": 1, "m": 60, "h": 3600, "d": 86400}[match["period"]]
