"""The settings of production, on a database of the tests' own: PostgreSQL and Redis where they were started.

`TEST_ON=sqlite` chooses SQLite without Redis although there are servers.
"""

import os
import tempfile
from urllib.parse import urlsplit

OURS = (
    "DATABASE_URL REDIS_URL PUBLIC_URL HOST PORT DEMO THROTTLE_SIGN_IN CLAIM_STRATEGY EMAIL_URL DEFAULT_FROM_EMAIL "
    "CONTACT_EMAIL NOTIFICATION_DELAY MEDIA_URL_STORAGE STATIC_STORAGE ATTACHMENT_MAX_SIZE ACCEL_REDIRECT_PREFIX "
    "FORM_SUBMISSION_BACKEND ADMIN_URL THROTTLE_CONTACT THROTTLE_INVITATION SESSION_COOKIE_AGE "
    "SESSION_EXPIRE_AT_BROWSER_CLOSE ALLOWED_HOSTS ALLOWED_CIDR_NETS TRUSTED_PROXY_CIDRS THROTTLE_REGISTRATION "
    "AUDIT_DAYS OIDC_ALLOWED_CIDRS THROTTLE_DEFAULT THROTTLE_TASK_CREATE METRICS_ALLOWED_CIDRS WORKER_PORT "
    "OTEL_EXPORTER_OTLP_ENDPOINT PROMETHEUS_MULTIPROC_DIR LOG_LEVEL LOG_FORMAT SLOW_REQUEST_SECONDS STATIC_HOST "
    "WEB_THREADS STATIC_ROOT SECRET_KEY_FALLBACKS"
)
for name in OURS.split():
    os.environ.pop(name, None)
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="taskmanager-tests-")
os.environ["SECRET_KEY"] = os.environ["JWT_SECRET_KEY"] = "only-for-tests-" * 4
if os.environ.get("TEST_ON") != "sqlite" and "TEST_DATABASE_URL" in os.environ:
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]
    if "TEST_REDIS_URL" in os.environ:
        os.environ["REDIS_URL"] = os.environ["TEST_REDIS_URL"]

from taskmanager.settings.production import *  # noqa: E402, F403
from taskmanager.settings.production import CACHES, DATA_DIR, DATABASES, REDIS_URL, STORAGES  # noqa: E402

# Hashing costs time on purpose; test_passwords.py puts the real one back.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Static files come from where they lie: tests need no collectstatic.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
# Threads of one test share a database file; one in memory would be each thread's own.
DATABASES["default"].setdefault("TEST", {})
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"]["NAME"] = str(DATA_DIR / "test.sqlite3")
if REDIS_URL:
    # Test processes side by side must not share a cache. A prefix would not do: clearing the cache empties a whole
    # database of Redis, which has 16 of them.
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 16
    for cache in CACHES.values():
        cache["LOCATION"] = urlsplit(REDIS_URL)._replace(path=f"/{number}").geturl()
