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
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import dj_database_url
import environs
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import EmailValidator
from environs import FileAwareEnv, validate

from taskmanager.settings.pool import PATIENCE, PatientConnection, check, expect_little

env = FileAwareEnv(strip_whitespace=True)

# Where a mail server listens, by how the connection is protected.
SMTP_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}

# Secrets that are made where they aren't set, and the files of DATA_DIR that keep them.
KEPT_SECRETS = {"SECRET_KEY": "secret-key", "JWT_SECRET_KEY": "jwt-secret-key"}

SIZE = re.compile(r"(?P<count>[1-9]\d{0,11})(?P<unit>|KiB|MiB|GiB)")
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
REGION = re.compile(r"[a-z0-9-]{2,40}")
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


def database(folder: Path) -> dict[str, Any]:
    """Return Django's settings of the one database: SQLite in `folder` unless told otherwise."""
    url = str(read("str", "DATABASE_URL", ""))
    name = str(read("str", "DB_NAME", ""))
    if url:
        try:
            config = dict(dj_database_url.parse(url))
        except ValueError as error:
            raise ImproperlyConfigured(f"DATABASE_URL can't be read: {error}") from error
    elif name:
        config = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": name,
            "USER": read("str", "DB_USER", ""),
            "PASSWORD": read("str", "DB_PASSWORD", ""),
            "HOST": read("str", "DB_HOST", "127.0.0.1"),
            "PORT": str(read("int", "DB_PORT", 5432, validate=validate.Range(1, 65535))),
        }
    else:
        config = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "taskmanager.sqlite3")}
    match config["ENGINE"]:
        case "django.db.backends.sqlite3":
            return _sqlite(config)
        case "django.db.backends.postgresql":
            return _postgresql(config)
    raise ImproperlyConfigured("DATABASE_URL must begin with postgres:// or sqlite://.")


def _sqlite(config: dict[str, Any]) -> dict[str, Any]:
    # WAL lets readers go on while one writes. IMMEDIATE takes the write lock at the start of each
    # transaction: one that reads first and writes later would fail at once when another wrote in between.
    options = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=30000;",
    }
    return {**config, "OPTIONS": {**config.get("OPTIONS", {}), **options}, "CONN_MAX_AGE": None}


def _postgresql(config: dict[str, Any]) -> dict[str, Any]:
    # A server that is gone without a word is noticed within seconds, and nobody waits for it any longer. An address may
    # say otherwise: postgres://…?connect_timeout=5.
    noticing = {
        "connect_timeout": 2,  # seconds
        "keepalives_idle": 10,  # seconds of silence, then three questions with 3 seconds between them
        "keepalives_interval": 3,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,  # milliseconds that what we sent may stay unacknowledged
    }
    # Opening a connection costs more than most pages do, so they are pooled. docs/operations.md tells of each number.
    pool = {
        "min_size": 1,
        "max_size": web_threads() + 1,  # one for each thread, and one for a management command
        "timeout": PATIENCE,
        "max_lifetime": 1800,
        "max_idle": 300,
        # The pool's own way is to try again after 1, 2, 4, … 64 seconds; here each request tries.
        "reconnect_timeout": 0,
        "reconnect_failed": expect_little,
        "check": check,
        "connection_class": PatientConnection,
    }
    return {**config, "OPTIONS": {**noticing, **config.get("OPTIONS", {}), "pool": pool}, "CONN_HEALTH_CHECKS": True}


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


def size(name: str, default: str) -> int:
    """Return a number of bytes like "10MiB"."""
    text = str(read("str", name, default))
    match = SIZE.fullmatch(text)
    if not match:
        raise ImproperlyConfigured(f"{name} must be a number of bytes, or look like 10MiB, not {text!r}.")
    return int(match["count"]) * {"": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}[match["unit"]]


def static_host() -> str:
    """Return STATIC_HOST, the origin of a CDN that fetches the static files from us; "" for none.

    Raises ImproperlyConfigured for one whose scripts somebody on the way could change.
    """
    text = str(read("str", "STATIC_HOST", "")).rstrip("/")
    try:
        url = urlsplit(text)
        valid = url.hostname and url.port != 0 and (url.scheme == "https" or is_loopback(url.hostname))
        rest = url.path or url.query or url.fragment or url.username
    except ValueError:
        valid, rest = False, ""
    # What is in it goes into a header: an origin has nothing that could end a directive there.
    if text and (not valid or rest or not ORIGIN.fullmatch(text)):
        raise ImproperlyConfigured(f"STATIC_HOST must look like https://cdn.example.com, without a path, not {text!r}.")
    return text


def accel_redirect_prefix() -> str:
    """Return ACCEL_REDIRECT_PREFIX, the internal address under which nginx finds the uploads; "" for none."""
    text = str(read("str", "ACCEL_REDIRECT_PREFIX", ""))
    if text and not (text.startswith("/") and text.endswith("/") and text.isascii() and " " not in text):
        raise ImproperlyConfigured(f"ACCEL_REDIRECT_PREFIX must look like /internal/uploads/, not {text!r}.")
    return text


@dataclass(frozen=True)
class S3:
    """A bucket, as the AWS_ variables tell."""

    bucket: str
    address: str  # where the bucket's objects are found
    options: dict[str, Any]  # of the storages

    @classmethod
    def read(cls) -> "S3":
        """Read the variables. Raises ImproperlyConfigured naming the one that is wrong or missing."""
        values = {
            name: str(read("str", name, ""))
            for name in ("AWS_STORAGE_BUCKET_NAME", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        }
        for name, value in values.items():
            if not value:
                raise ImproperlyConfigured(f"{name} is not set. Storage on S3 needs it.")
        bucket = values["AWS_STORAGE_BUCKET_NAME"]
        if not BUCKET.fullmatch(bucket):
            raise ImproperlyConfigured(f"AWS_STORAGE_BUCKET_NAME must be the name of a bucket, not {bucket!r}.")
        endpoint = cls._endpoint()
        region = str(read("str", "AWS_S3_REGION_NAME", "us-east-1" if endpoint else ""))
        if not REGION.fullmatch(region):
            problem = f"must look like eu-central-1, not {region!r}" if region else "is not set. Storage on S3 needs it"
            raise ImproperlyConfigured(f"AWS_S3_REGION_NAME {problem}.")
        options = {
            "access_key": values["AWS_ACCESS_KEY_ID"],
            "secret_key": values["AWS_SECRET_ACCESS_KEY"],
            "bucket_name": bucket,
            "region_name": region,
            "endpoint_url": endpoint or None,
            "signature_version": "s3v4",
            # Servers other than Amazon's seldom know a host for each bucket.
            "addressing_style": "path" if endpoint else "auto",
        }
        return cls(bucket, f"{endpoint or f'https://s3.{region}.amazonaws.com'}/{bucket}/", options)

    @staticmethod
    def _endpoint() -> str:
        text = str(read("str", "AWS_S3_ENDPOINT_URL", "")).rstrip("/")
        try:
            url = urlsplit(text)
            valid = not text or (url.scheme in {"http", "https"} and url.hostname and url.port != 0)
        except ValueError:
            valid = False
        if not valid or url.path or url.query or url.fragment or url.username:
            raise ImproperlyConfigured(f"AWS_S3_ENDPOINT_URL must look like https://s3.example.com, not {text!r}.")
        return text

    def media(self) -> dict[str, Any]:
        """Return the storage of attachments: nobody reads it without a signature."""
        disposition = {"ContentDisposition": "attachment"}
        options = {**self.options, "location": "uploads", "querystring_auth": True, "object_parameters": disposition}
        return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}

    def static(self, host: str = "") -> dict[str, Any]:
        """Return the storage of static files, under names that change with their content; `host` is a CDN's origin.

        A bucket doesn't ask what its caller can read, so scripts and styles lie there compressed, and only so.
        """
        url = urlsplit(host or self.address)
        options = {
            **self.options,
            "location": "static",
            "custom_domain": f"{url.netloc}{url.path}".rstrip("/"),
            "url_protocol": f"{url.scheme}:",
            "querystring_auth": False,
            "gzip": True,
            "object_parameters": {"CacheControl": "public, max-age=31536000, immutable"},
        }
        return {"BACKEND": "storages.backends.s3.S3ManifestStaticStorage", "OPTIONS": options}
