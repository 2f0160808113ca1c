"""A wrong variable stops the start with one sentence that names it; a right one is obeyed."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests import preloaded

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]
KEY = "k" * 50
KEYS = {"SECRET_KEY": KEY, "JWT_SECRET_KEY": KEY}
HTTPS = {"PUBLIC_URL": "https://tasks.example.com"}
S3 = {
    "AWS_ACCESS_KEY_ID": "someone",
    "AWS_SECRET_ACCESS_KEY": "hidden",
    "AWS_STORAGE_BUCKET_NAME": "acme-files",
    "AWS_S3_REGION_NAME": "eu-central-1",
}
# What is read at every start; those of a bucket and of a database in parts are read where they are used.
SECRETS = ["SECRET_KEY", "JWT_SECRET_KEY", "DATABASE_URL", "REDIS_URL", "EMAIL_URL"]
WRONG_NETS = ["here", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/8,", "fd00::/129", "[fd00::]/8", "010.0.0.0/8", "*"]
WRONG_HOSTS = [
    "cdn.example.com", "http://cdn.example.com", "https://", "https://cdn.example.com/files", "https://cdn.example.com?x",
    "https://cdn.example.com:99999", "https://me@cdn.example.com", "https://[", "https://cdn.example.com;script-src",
    "https://cdn example.com", "https://*",
]  # fmt: skip
SHOW = """
import json, sys
from django.conf import settings
names = sys.argv[1:]
print(json.dumps({name: getattr(settings, name, None) for name in names}, default=str))
"""


def run(folder: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python with these variables and no others of ours, in another folder than the product's."""
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATA_DIR": str(folder / "data"), **variables}
    return preloaded.run(command, env=env, cwd=folder)


def check(folder: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return run(folder, "-m", "taskmanager", "check", *options, **variables)


def settings_of(folder: Path, *names: str, **variables: str) -> dict[str, object]:
    """Return the settings of a server with these variables."""
    variables = {"DJANGO_SETTINGS_MODULE": "taskmanager.settings.production", **KEYS, **variables}
    done = run(folder, "-c", SHOW, *names, **variables)
    assert not done.stderr
    result: dict[str, object] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"PORT": "abc"}, "PORT"),
        ({"PORT": "0"}, "PORT"),
        ({"PORT": "70000"}, "PORT"),
        ({"PORT": "-1"}, "PORT"),
        ({"PORT": "80.5"}, "PORT"),
        ({"WEB_CONCURRENCY": "0"}, "WEB_CONCURRENCY"),
        ({"WEB_CONCURRENCY": "many"}, "WEB_CONCURRENCY"),
        *(({"WEB_THREADS": text}, "WEB_THREADS") for text in ("0", "65", "few")),
        ({"DATABASE_URL": "mysql://root@localhost/tasks"}, "DATABASE_URL"),
        ({"DATABASE_URL": "garbage"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgres://user:hidden@host:port/tasks"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgres://[host/tasks"}, "DATABASE_URL"),
        ({"DB_NAME": "tasks", "DB_PORT": "first"}, "DB_PORT"),
        ({"REDIS_URL": "localhost:6379"}, "REDIS_URL"),
        ({"REDIS_URL": "http://localhost:6379"}, "REDIS_URL"),
        ({"EMAIL_URL": "mail.example.com"}, "EMAIL_URL"),
        ({"EMAIL_URL": "smtp://"}, "EMAIL_URL"),
        ({"EMAIL_URL": "smtp://host:port"}, "EMAIL_URL"),
        ({"EMAIL_URL": "file://"}, "EMAIL_URL"),
        ({"NOTIFICATION_DELAY": "soon"}, "NOTIFICATION_DELAY"),
        ({"NOTIFICATION_DELAY": "-1"}, "NOTIFICATION_DELAY"),
        ({"DEFAULT_FROM_EMAIL": "Taskmanager"}, "DEFAULT_FROM_EMAIL"),
        ({"CONTACT_EMAIL": "nobody"}, "CONTACT_EMAIL"),
        ({"OIDC_ALLOWED_CIDRS": "localhost"}, "OIDC_ALLOWED_CIDRS"),
        ({"OIDC_ALLOWED_CIDRS": "10.0.0.1/8"}, "OIDC_ALLOWED_CIDRS"),
        ({"OIDC_ALLOWED_CIDRS": "10.0.0.0/8,300.0.0.0/8"}, "OIDC_ALLOWED_CIDRS"),
        ({"PUBLIC_URL": "http://tasks.example.com"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "tasks.example.com"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "ftp://tasks.example.com"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://tasks.example.com/path"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://tasks.example.com:99999"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://["}, "PUBLIC_URL"),
        ({"HOST": "0.0.0.0"}, "ALLOW_PLAIN_HTTP"),
        ({"HOST": "192.168.1.7"}, "ALLOW_PLAIN_HTTP"),
        ({"HOST": "0.0.0.0", "ALLOW_PLAIN_HTTP": "perhaps"}, "ALLOW_PLAIN_HTTP"),
        ({"CLAIM_STRATEGY": "x"}, "CLAIM_STRATEGY"),
        *(({"ADMIN_URL": url}, "ADMIN_URL") for url in ("admin", "/admin/", "a b/", "tasks/", "accounts/staff/", "")),
        ({"FORM_SUBMISSION_BACKEND": "memory"}, "FORM_SUBMISSION_BACKEND"),
        ({"FORM_SUBMISSION_BACKEND": "cache"}, "FORM_SUBMISSION_BACKEND"),
        ({"THROTTLE_SIGN_IN": "often"}, "THROTTLE_SIGN_IN"),
        ({"THROTTLE_SIGN_IN": "0/m"}, "THROTTLE_SIGN_IN"),
        ({"THROTTLE_SIGN_IN": "10/w"}, "THROTTLE_SIGN_IN"),
        ({"THROTTLE_CONTACT": "seldom"}, "THROTTLE_CONTACT"),
        ({"THROTTLE_INVITATION": "-1/h"}, "THROTTLE_INVITATION"),
        ({"THROTTLE_REGISTRATION": "20"}, "THROTTLE_REGISTRATION"),
        *(({"AUDIT_DAYS": days}, "AUDIT_DAYS") for days in ("-1", "36501", "a year")),
        *(({"SESSION_COOKIE_AGE": age}, "SESSION_COOKIE_AGE") for age in ("0", "-1", "299", "two weeks", "34560001")),
        ({"SESSION_EXPIRE_AT_BROWSER_CLOSE": "perhaps"}, "SESSION_EXPIRE_AT_BROWSER_CLOSE"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL"),
        ({"METRICS_ALLOWED_CIDRS": "here"}, "METRICS_ALLOWED_CIDRS"),
        ({"METRICS_ALLOWED_CIDRS": "10.0.0.1/8"}, "METRICS_ALLOWED_CIDRS"),
        *(({"WORKER_PORT": port}, "WORKER_PORT") for port in ("0", "70000", "first")),
        *(
            ({"OTEL_EXPORTER_OTLP_ENDPOINT": url}, "OTEL_EXPORTER_OTLP_ENDPOINT")
            for url in ("collector:4318", "grpc://collector:4317", "http://", "http://collector:99999", "http://[")
        ),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT"),
        *(({"SLOW_REQUEST_SECONDS": text}, "SLOW_REQUEST_SECONDS") for text in ("0", "-1", "soon", "nan", "inf")),
        ({"MEDIA_URL_STORAGE": "ftp"}, "MEDIA_URL_STORAGE"),
        ({"STATIC_STORAGE": "cdn"}, "STATIC_STORAGE"),
        *(({"STATIC_HOST": text}, "STATIC_HOST") for text in WRONG_HOSTS),
        *(({**S3, "MEDIA_URL_STORAGE": "s3", name: ""}, name) for name in S3),
        *(({**S3, "STATIC_STORAGE": "s3", name: ""}, name) for name in S3),
        ({**S3, "MEDIA_URL_STORAGE": "s3", "AWS_STORAGE_BUCKET_NAME": "Acme/Files"}, "AWS_STORAGE_BUCKET_NAME"),
        ({**S3, "MEDIA_URL_STORAGE": "s3", "AWS_S3_REGION_NAME": "Frankfurt am Main"}, "AWS_S3_REGION_NAME"),
        ({**S3, "MEDIA_URL_STORAGE": "s3", "AWS_S3_ENDPOINT_URL": "s3.example.com"}, "AWS_S3_ENDPOINT_URL"),
        ({**S3, "MEDIA_URL_STORAGE": "s3", "AWS_S3_ENDPOINT_URL": "https://["}, "AWS_S3_ENDPOINT_URL"),
        ({**S3, "MEDIA_URL_STORAGE": "s3", "AWS_S3_ENDPOINT_URL": "https://s3.example.com/x"}, "AWS_S3_ENDPOINT_URL"),
        ({**S3, "MEDIA_URL_STORAGE": "s3", "AWS_SECRET_ACCESS_KEY_FILE": "/nowhere"}, "AWS_SECRET_ACCESS_KEY"),
        ({"ATTACHMENT_MAX_SIZE": "0"}, "ATTACHMENT_MAX_SIZE"),
        ({"ATTACHMENT_MAX_SIZE": "10 MB"}, "ATTACHMENT_MAX_SIZE"),
        ({"ACCEL_REDIRECT_PREFIX": "internal"}, "ACCEL_REDIRECT_PREFIX"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"JWT_SECRET_KEY": "k" * 31}, "JWT_SECRET_KEY"),
        ({"SECRET_KEY_FALLBACKS": f"{KEY},short"}, "SECRET_KEY_FALLBACKS"),
        ({"SECRET_KEY_FALLBACKS": f"{KEY},"}, "SECRET_KEY_FALLBACKS"),
        (HTTPS, "SECRET_KEY"),
        ({**HTTPS, "SECRET_KEY": KEY}, "JWT_SECRET_KEY"),
        *(({f"{name}_FILE": "/nowhere/secret"}, name) for name in SECRETS),
        ({"DB_NAME": "tasks", "DB_PASSWORD_FILE": "/nowhere/secret"}, "DB_PASSWORD"),
        *(({"ALLOWED_CIDR_NETS": nets}, "ALLOWED_CIDR_NETS") for nets in WRONG_NETS),
        ({"TRUSTED_PROXY_CIDRS": "proxy"}, "TRUSTED_PROXY_CIDRS"),
        ({"DATA_DIR": f"{__file__}/data"}, "DATA_DIR"),
        ({"DATA_DIR": __file__}, "DATA_DIR"),
        ({"DATA_DIR": "/proc/data"}, "DATA_DIR"),
    ],
    ids=str,
)
def test_a_wrong_value_stops_the_start_with_a_sentence_that_names_the_variable(variables, named, tmp_path):
    done = check(tmp_path, **variables)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("taskmanager: ")
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith(".\n")
    assert named in done.stderr
    assert "hidden" not in done.stderr


def test_without_any_variable_the_product_starts(tmp_path):
    done = check(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "no issues" in done.stdout


@pytest.mark.parametrize("name", ["secret-key", "jwt-secret-key"])
def test_a_secret_key_is_made_once_and_kept_for_the_owner_alone(name, tmp_path):
    file = tmp_path / "data" / name
    assert check(tmp_path).returncode == 0
    first = file.read_text()
    assert len(first) >= 50
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert check(tmp_path).returncode == 0
    assert file.read_text() == first


def test_a_secret_key_of_ones_own_is_not_written_down(tmp_path):
    assert check(tmp_path, **KEYS).returncode == 0
    assert list((tmp_path / "data").glob("*secret-key")) == []


def test_each_secret_key_is_made_for_itself(tmp_path):
    assert check(tmp_path).returncode == 0
    first, second = (tmp_path / "data").glob("*secret-key")
    assert first.read_text() != second.read_text()


def test_a_secret_key_is_kept_in_development_too(tmp_path):
    found = settings_of(
        tmp_path,
        *KEYS,
        DJANGO_SETTINGS_MODULE="taskmanager.settings.dev",
        SECRET_KEY="",
        JWT_SECRET_KEY="",
    )
    assert found["JWT_SECRET_KEY"] == (tmp_path / "data" / "jwt-secret-key").read_text()
    assert found["SECRET_KEY"] == (tmp_path / "data" / "secret-key").read_text()


def test_secrets_are_read_from_files(tmp_path):
    secrets = {
        "SECRET_KEY": "s" * 40,
        "JWT_SECRET_KEY": "j" * 40,
        "DATABASE_URL": "postgres://ann:p%40ss@db.example:6432/tasks",
        "REDIS_URL": "redis://:p%40ss@cache.example/1",
        "EMAIL_URL": "smtps://me:p%40ss@mail.example",
    }
    assert list(secrets) == SECRETS
    for name, secret in secrets.items():
        (tmp_path / name).write_text(f"{secret}\n")
    files = {f"{name}_FILE": str(tmp_path / name) for name in secrets}
    wanted = ("SECRET_KEY", "JWT_SECRET_KEY", "DATABASES", "REDIS_URL", "MAILERS")
    found = settings_of(tmp_path, *wanted, SECRET_KEY="", JWT_SECRET_KEY="", **files)
    for name in ("SECRET_KEY", "JWT_SECRET_KEY", "REDIS_URL"):
        assert found[name] == secrets[name]
    database = found["DATABASES"]["default"]  # type: ignore[index]
    assert (database["USER"], database["PASSWORD"], database["HOST"]) == ("ann", "p@ss", "db.example")
    assert (database["PORT"], database["NAME"]) == (6432, "tasks")
    assert found["MAILERS"]["default"]["OPTIONS"]["password"] == "p@ss"  # type: ignore[index]


def test_the_database_may_come_in_parts(tmp_path):
    (tmp_path / "password").write_text("p@ss\n")
    parts = {"DB_NAME": "tasks", "DB_USER": "ann", "DB_HOST": "db.example", "DB_PORT": "6432"}
    found = settings_of(tmp_path, "DATABASES", DB_PASSWORD_FILE=str(tmp_path / "password"), **parts)
    database = found["DATABASES"]["default"]  # type: ignore[index]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert [database[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")] == [
        "tasks", "ann", "p@ss", "db.example", "6432",
    ]  # fmt: skip
    # Connections are pooled, and checked before they are lent.
    assert database["OPTIONS"]["pool"]["max_size"] > 1
    assert database["CONN_HEALTH_CHECKS"]


def test_the_database_is_a_file_unless_told_otherwise(tmp_path):
    database = settings_of(tmp_path, "DATABASES")["DATABASES"]["default"]  # type: ignore[index]
    assert database["ENGINE"] == "django.db.backends.sqlite3"
    assert database["NAME"] == str(tmp_path / "data" / "taskmanager.sqlite3")


@pytest.mark.parametrize(
    "command", [("-m", "taskmanager"), (str(ROOT / "manage.py"),)], ids=["taskmanager", "manage.py"]
)
@pytest.mark.parametrize("static", ["local", "s3"])
def test_an_https_address_is_silent_under_the_check_for_deployment(command, static, tmp_path):
    keys = {name: os.urandom(40).hex() for name in KEYS}
    mails = {"EMAIL_URL": "smtp://mail.example.com", "DEFAULT_FROM_EMAIL": "tasks@example.com"}
    variables = {"DJANGO_SETTINGS_MODULE": "taskmanager.settings.production", "STATIC_STORAGE": static, **S3, **keys}
    variables |= mails
    done = run(tmp_path, *command, "check", "--deploy", "--fail-level", "WARNING", **variables, **HTTPS)
    assert (done.returncode, done.stderr) == (0, "")
    assert "System check identified no issues" in done.stdout


def test_no_check_of_security_is_silenced(tmp_path):
    silenced: list[str] = settings_of(tmp_path, "SILENCED_SYSTEM_CHECKS")["SILENCED_SYSTEM_CHECKS"]  # type: ignore[assignment]
    assert silenced
    assert [check for check in silenced if check.startswith("security")] == []


def test_an_https_address_turns_on_what_belongs_to_it(tmp_path):
    wanted = {
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 365 * 24 * 3600,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SESSION_COOKIE_NAME": "__Host-sessionid",
        "CSRF_COOKIE_NAME": "__Host-csrftoken",
        "SECURE_PROXY_SSL_HEADER": ["HTTP_X_FORWARDED_PROTO", "https"],
        "CSRF_TRUSTED_ORIGINS": ["https://tasks.example.com"],
        "DEBUG": False,
    }
    assert settings_of(tmp_path, *wanted, **HTTPS) == wanted
    assert "tasks.example.com" in settings_of(tmp_path, "ALLOWED_HOSTS", **HTTPS)["ALLOWED_HOSTS"]  # type: ignore[operator]


@pytest.mark.parametrize("variables", [{}, {"HOST": "0.0.0.0", "ALLOW_PLAIN_HTTP": "1"}, {"HOST": "::1"}], ids=str)
def test_plain_http_starts_where_it_is_safe_or_asked_for(variables, tmp_path):
    names = ("SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS", "DEBUG")
    assert list(settings_of(tmp_path, *names, **variables).values()) == [False, False, False, 0, False]


def test_values_are_obeyed(tmp_path):
    given = {
        "PORT": "8123",
        "ADMIN_URL": "internal/staff/",
        "THROTTLE_SIGN_IN": "3/h",
        "CLAIM_STRATEGY": "optimistic",
        "LOG_LEVEL": "ERROR",
        "SESSION_COOKIE_AGE": "3600",
        "SESSION_EXPIRE_AT_BROWSER_CLOSE": "1",
        "THROTTLE_REGISTRATION": "5/d",
        "AUDIT_DAYS": "0",
    }
    found = settings_of(tmp_path, *given, "PUBLIC_URL", "DATA_DIR", **given)
    assert found == {
        "PORT": 8123,
        "ADMIN_URL": "internal/staff/",
        "THROTTLE_SIGN_IN": [3, 3600],
        "CLAIM_STRATEGY": "optimistic",
        "LOG_LEVEL": "ERROR",
        "SESSION_COOKIE_AGE": 3600,
        "SESSION_EXPIRE_AT_BROWSER_CLOSE": True,
        "THROTTLE_REGISTRATION": [5, 86400],
        "AUDIT_DAYS": 0,
        "PUBLIC_URL": "http://127.0.0.1:8123",
        "DATA_DIR": str(tmp_path / "data"),
    }


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("console:", None),
        ("file:///var/mails", {"file_path": "/var/mails"}),
        ("smtp://mail", {"host": "mail", "port": 25, "username": "", "use_tls": False, "use_ssl": False}),
        ("smtp+starttls://me:p%40ss@mail", {"port": 587, "username": "me", "password": "p@ss", "use_tls": True}),
        ("smtps://mail:4650", {"host": "mail", "port": 4650, "use_tls": False, "use_ssl": True}),
    ],
)
def test_mail_leaves_as_the_address_says(tmp_path, url, options):
    mailer = settings_of(tmp_path, "MAILERS", EMAIL_URL=url)["MAILERS"]["default"]
    assert (options or {}).items() <= mailer.get("OPTIONS", {}).items()


def test_the_contact_form_writes_to_the_sender_of_mails_unless_told_otherwise(tmp_path):
    found = settings_of(tmp_path, "CONTACT_EMAIL", DEFAULT_FROM_EMAIL="Tasks <tasks@example.com>")
    assert found["CONTACT_EMAIL"] == "Tasks <tasks@example.com>"


def test_files_lie_on_the_disk_unless_told_otherwise(tmp_path):
    found = settings_of(tmp_path, "STORAGES", "ATTACHMENT_MAX_SIZE", "ACCEL_REDIRECT_PREFIX")
    storages: dict[str, dict[str, dict[str, str]]] = found["STORAGES"]  # type: ignore[assignment]
    assert storages["default"]["OPTIONS"]["location"] == str(tmp_path / "data" / "uploads")
    assert (found["ATTACHMENT_MAX_SIZE"], found["ACCEL_REDIRECT_PREFIX"]) == (10 * 1024**2, "")


def test_files_lie_in_a_bucket_where_that_is_said(tmp_path):
    (tmp_path / "secret").write_text("from a file\n")
    variables = {**S3, "MEDIA_URL_STORAGE": "s3", "AWS_SECRET_ACCESS_KEY_FILE": str(tmp_path / "secret")}
    del variables["AWS_SECRET_ACCESS_KEY"]
    found = settings_of(
        tmp_path, "STORAGES", "SECURE_CSP", "ATTACHMENT_MAX_SIZE", ATTACHMENT_MAX_SIZE="3KiB", **variables
    )
    default = found["STORAGES"]["default"]  # type: ignore[index]
    assert default["BACKEND"] == "storages.backends.s3.S3Storage"
    assert default["OPTIONS"]["secret_key"] == "from a file"
    assert default["OPTIONS"]["querystring_auth"]
    assert "amazonaws" not in str(found["SECURE_CSP"])
    assert found["ATTACHMENT_MAX_SIZE"] == 3072


@pytest.mark.parametrize(
    ("endpoint", "place"),
    [
        ("", "https://s3.eu-central-1.amazonaws.com/acme-files/static/"),
        ("http://minio:9000", "http://minio:9000/acme-files/static/"),
    ],
)
def test_pages_may_load_from_the_bucket_of_static_files_and_from_no_other(tmp_path, endpoint, place):
    variables = {**S3, "STATIC_STORAGE": "s3", "AWS_S3_ENDPOINT_URL": endpoint}
    found = settings_of(tmp_path, "SECURE_CSP", "MIDDLEWARE", "STORAGES", "CROSS_ORIGIN_HEADERS", **variables)
    policy: dict[str, list[str]] = found["SECURE_CSP"]  # type: ignore[assignment]
    for directive in ("script-src", "style-src", "img-src", "font-src"):
        assert place in policy[directive]
    assert place not in policy["connect-src"]
    assert "whitenoise" not in str(found["MIDDLEWARE"])
    # What a bucket sends doesn't say that it may be embedded.
    assert found["CROSS_ORIGIN_HEADERS"] == {"Cross-Origin-Resource-Policy": "same-origin"}
    options = found["STORAGES"]["staticfiles"]["OPTIONS"]  # type: ignore[index]
    assert f"{options['url_protocol']}//{options['custom_domain']}/{options['location']}/" == place


@pytest.mark.parametrize("storage", ["local", "s3"])
def test_pages_may_load_from_the_host_of_static_files(storage, tmp_path):
    variables = {**S3, "STATIC_STORAGE": storage, "STATIC_HOST": "https://cdn.example.com"}
    found = settings_of(tmp_path, "STATIC_URL", "SECURE_CSP", "STORAGES", "CROSS_ORIGIN_HEADERS", **variables)
    policy: dict[str, list[str]] = found["SECURE_CSP"]  # type: ignore[assignment]
    for directive in ("script-src", "style-src", "img-src", "font-src"):
        assert policy[directive][-1] == "https://cdn.example.com/static/" == found["STATIC_URL"]
    assert "cdn" not in str(policy["connect-src"]) + str(policy["form-action"])
    options = found["STORAGES"]["staticfiles"].get("OPTIONS", {})  # type: ignore[index]
    if storage == "s3":
        assert f"{options['url_protocol']}//{options['custom_domain']}/{options['location']}/" == found["STATIC_URL"]
        assert "amazonaws" not in str(policy)
    # What a bucket sends doesn't say that it may be embedded; what we send does.
    assert ("Cross-Origin-Embedder-Policy" in found["CROSS_ORIGIN_HEADERS"]) == (storage == "local")  # type: ignore[operator]


def test_the_library_for_s3_is_loaded_for_s3_alone(tmp_path):
    code = "import sys, django; django.setup(); import taskmanager.urls; print('boto3' in sys.modules)"
    done = run(tmp_path, "-c", code, DJANGO_SETTINGS_MODULE="taskmanager.settings.production", **KEYS)
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_redis_may_remember_which_forms_were_sent(tmp_path):
    given = {"FORM_SUBMISSION_BACKEND": "cache", "REDIS_URL": "redis://127.0.0.1:1/0"}
    assert settings_of(tmp_path, *given, **given) == given


def test_former_secret_keys_are_read_from_a_file_too(tmp_path):
    (tmp_path / "keys").write_text(f"{KEY}1, {KEY}2\n")
    found = settings_of(tmp_path, "SECRET_KEY_FALLBACKS", SECRET_KEY_FALLBACKS_FILE=str(tmp_path / "keys"))
    assert found == {"SECRET_KEY_FALLBACKS": [f"{KEY}1", f"{KEY}2"]}


def test_static_files_are_collected_beside_the_data_or_where_the_variable_says(tmp_path):
    found = settings_of(tmp_path, "STATIC_ROOT", "DATA_DIR")
    assert found["STATIC_ROOT"] == f"{found['DATA_DIR']}/static"
    assert settings_of(tmp_path, "STATIC_ROOT", STATIC_ROOT="/opt/x/static") == {"STATIC_ROOT": "/opt/x/static"}
