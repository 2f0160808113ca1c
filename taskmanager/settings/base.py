"""What development and production share; everything that differs is read from the environment."""

import os
from pathlib import Path
from typing import Any

from django.utils.csp import CSP
from environs import validate

from taskmanager import logs
from taskmanager.serving.embedding import let_others_embed
from taskmanager.settings.databases import database
from taskmanager.settings.environment import (
    admin_url,
    choice,
    data_dir,
    email_address,
    form_submission_backend,
    former_secret_keys,
    mailer,
    networks,
    public_url,
    rate,
    read,
    redis_url,
    traces_endpoint,
    web_threads,
    worker_port,
)
from taskmanager.settings.files import S3, accel_redirect_prefix, size, static_host
from taskmanager.settings.hosts import Network

PACKAGE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = data_dir()

# What the SECRET_KEY was before: its sessions, links and encrypted secrets still work.
SECRET_KEY_FALLBACKS = former_secret_keys()

# Where the server listens, and the address that people use.
HOST = str(read("str", "HOST", "127.0.0.1"))
PORT = int(read("int", "PORT", 8000, validate=validate.Range(1, 65535)))
WEB_CONCURRENCY = int(read("int", "WEB_CONCURRENCY", os.cpu_count() or 1, validate=validate.Range(1, 512)))
WEB_THREADS = web_threads()
_public_url = public_url(host=HOST, port=PORT)
PUBLIC_URL = f"{_public_url.scheme}://{_public_url.netloc}"
IS_HTTPS = _public_url.scheme == "https"
ALLOWED_HOSTS = read("list", "ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
if _public_url.hostname and _public_url.hostname not in ALLOWED_HOSTS:
    ALLOWED_HOSTS = [*ALLOWED_HOSTS, _public_url.hostname]
# A pod is called by an address of its network: those are hosts, too.
ALLOWED_CIDR_NETS = networks("ALLOWED_CIDR_NETS")
ALLOWED_HOSTS = [*ALLOWED_HOSTS, *(Network(network) for network in ALLOWED_CIDR_NETS)]
# Whose word is taken for the address of the client.
TRUSTED_PROXY_CIDRS = networks("TRUSTED_PROXY_CIDRS")
CSRF_TRUSTED_ORIGINS = read("list", "CSRF_TRUSTED_ORIGINS", [PUBLIC_URL])

# Kubernetes and Prometheus ask the server itself, and not the proxy that ends TLS.
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]

ROOT_URLCONF = "taskmanager.urls"
WSGI_APPLICATION = "taskmanager.wsgi.application"
INSTALLED_APPS = [
    "taskmanager.operations",
    "taskmanager.accounts",
    "taskmanager.tasks",
    "taskmanager.jobs",
    "taskmanager.health",
    "taskmanager.accounts.apps.OurAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "waffle",
    "django_tasks_db",
]
MIDDLEWARE = [
    "taskmanager.measuring.MeasuringMiddleware",
    "taskmanager.middleware.ClientAddressMiddleware",
    "taskmanager.request_log.RequestLogMiddleware",
    "taskmanager.outages.PatienceMiddleware",
    # What writes headers comes first, so that redirects, static files and the refusal of a host have them too.
    "taskmanager.middleware.HeadersMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "taskmanager.middleware.GZipMiddleware",
    "taskmanager.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "taskmanager.middleware.BodyLimitMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "taskmanager.middleware.SignInMiddleware",
    "taskmanager.middleware.SecondFactorMiddleware",
    "taskmanager.middleware.TimeZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "waffle.middleware.WaffleMiddleware",
    "taskmanager.middleware.DomainErrorMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["waffle.templatetags.waffle_tags"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "taskmanager.tasks.context.navigation",
            ],
        },
    },
]

DATABASES = {"default": database(DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = redis_url()
_PREFIX = {"KEY_PREFIX": "taskmanager"}
if REDIS_URL:
    CACHES = {
        # "strict" is the same one, for what must not go on without it.
        "default": {"BACKEND": "taskmanager.caching.ForgivingRedisCache", "LOCATION": REDIS_URL, **_PREFIX},
        "strict": {"BACKEND": "taskmanager.caching.StrictRedisCache", "LOCATION": REDIS_URL, **_PREFIX},
    }
    SESSION_ENGINE = "taskmanager.accounts.cached_sessions"
else:
    # What lies in the same place is the same cache.
    CACHES = {name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"} for name in ("default", "strict")}
    SESSION_ENGINE = "taskmanager.accounts.sessions"
# How many seconds a sign-in lasts without use, and whether it ends with the browser, too.
SESSION_COOKIE_AGE = int(read("int", "SESSION_COOKIE_AGE", 14 * 86_400, validate=validate.Range(300, 400 * 86_400)))
SESSION_EXPIRE_AT_BROWSER_CLOSE = bool(read("bool", "SESSION_EXPIRE_AT_BROWSER_CLOSE", default=False))
# Scripts send the token of the form in the page: no script reads this cookie, nor any other.
CSRF_COOKIE_HTTPONLY = True

# Jobs wait in the database, so that they are queued in the transaction of the change that asks for them.
TASKS = {"default": {"BACKEND": "taskmanager.jobs.backend.Backend"}}
# Where a worker answers who asks for its numbers and whether it lives.
WORKER_PORT = worker_port()
# Seconds from a change until its watchers get a mail, which tells of all changes in between.
NOTIFICATION_DELAY = int(read("int", "NOTIFICATION_DELAY", 300, validate=validate.Range(0, 86_400)))

MAILERS = {"default": mailer()}
DEFAULT_FROM_EMAIL = SERVER_EMAIL = email_address("DEFAULT_FROM_EMAIL", "Taskmanager <taskmanager@localhost>")
# Who reads what the contact form sends.
CONTACT_EMAIL = email_address("CONTACT_EMAIL", DEFAULT_FROM_EMAIL)

ADMIN_URL = admin_url()

# Feature flags, of a model that asks for no query where the user's permissions are known; our admin shows them.
WAFFLE_FLAG_MODEL = "accounts.Flag"
WAFFLE_ENABLE_ADMIN_PAGES = False

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["taskmanager.accounts.backends.OrganizationBackend"]
SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # a username is unique inside its organization, and our backend asks for both
    "fields.W163",  # SQLite keeps no comments on columns
    "mail.E001",  # a server without EMAIL_URL prints its mails, as the README says
    "models.W046",  # … nor on tables
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["username", "email"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
# How many seconds the link of a reset mail works.
PASSWORD_RESET_TIMEOUT = 3 * 3600
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "tasks:board"
LOGOUT_REDIRECT_URL = "accounts:login"
CSRF_FAILURE_VIEW = "taskmanager.views.csrf_failure"

LANGUAGE_CODE = "en"
USE_I18N = False
TIME_ZONE = "UTC"
USE_TZ = True

# A CDN in front of the static files, which fetches them from us, or from the bucket, and keeps them.
STATIC_HOST = static_host()
STATIC_URL = f"{STATIC_HOST}/static/"
# Where static files are collected: an image brings them along, outside of the volume that DATA_DIR is.
STATIC_ROOT = Path(read("str", "STATIC_ROOT", str(DATA_DIR / "static"))).expanduser().absolute()
STATICFILES_DIRS = [PACKAGE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "taskmanager.vendor.VendorFinder",
]

# Where files lie: on the disk, or in a bucket.
MEDIA_URL_STORAGE = choice("MEDIA_URL_STORAGE", "local", "s3")
STATIC_STORAGE = choice("STATIC_STORAGE", "local", "s3")
_bucket = S3.read() if "s3" in {MEDIA_URL_STORAGE, STATIC_STORAGE} else None
# Under no public address: attachments are served to members of their organization alone.
MEDIA_ROOT = DATA_DIR / "uploads"
STORAGES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        # A job that makes a file may run twice.
        "OPTIONS": {"location": MEDIA_ROOT, "allow_overwrite": True},
    },
    "staticfiles": {"BACKEND": "taskmanager.serving.static.Storage"},
}
if _bucket and MEDIA_URL_STORAGE == "s3":
    STORAGES["default"] = _bucket.media()
if _bucket and STATIC_STORAGE == "s3":
    STORAGES["staticfiles"] = _bucket.static(STATIC_HOST)
    MIDDLEWARE.remove("whitenoise.middleware.WhiteNoiseMiddleware")
# Where a proxy sends the files, it finds them under this internal address.
ACCEL_REDIRECT_PREFIX = accel_redirect_prefix()
SIGNED_URL_SECONDS = 300

ATTACHMENT_MAX_SIZE = size("ATTACHMENT_MAX_SIZE", "10MiB")
ATTACHMENTS_PER_UPLOAD = 20
# Above the limit of one upload, so that a few files too many get an answer with their number.
DATA_UPLOAD_MAX_NUMBER_FILES = 100
# No request is read that is larger than a full upload with its form.
BODY_MAX_SIZE = ATTACHMENTS_PER_UPLOAD * (ATTACHMENT_MAX_SIZE + 4096) + 4 * 1024**2

# One source for everything: ourselves. Bootstrap draws its form controls with data: images.
SECURE_CSP: dict[str, list[str]] = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
_static_source = f"{_bucket.address}static/" if _bucket and STATIC_STORAGE == "s3" else ""
if STATIC_HOST:
    _static_source = STATIC_URL
if _static_source:
    for directive in ("script-src", "style-src", "img-src", "font-src"):
        SECURE_CSP[directive] = [*SECURE_CSP[directive], _static_source]
X_FRAME_OPTIONS = "DENY"
# A page of another origin gets no hold of ours, and loads nothing of it. What a bucket sends says nothing of embedding,
# and pages that demand it would lose their scripts and styles.
CROSS_ORIGIN_HEADERS = {"Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}
if STATIC_STORAGE == "s3":
    del CROSS_ORIGIN_HEADERS["Cross-Origin-Embedder-Policy"]
elif STATIC_HOST:
    WHITENOISE_ADD_HEADERS_FUNCTION = let_others_embed
# What a script in one of our pages could ask the browser for: nothing but passkeys. Chromium writes an error into the
# console of each page for a name that it doesn't know on its system, such as bluetooth and web-share.
PERMISSIONS_POLICY: dict[str, list[str] | str] = {
    "accelerometer": [],
    "autoplay": [],
    "camera": [],
    "clipboard-read": [],
    "clipboard-write": "self",  # the buttons that copy a token and recovery codes
    "compute-pressure": [],
    "cross-origin-isolated": [],
    "display-capture": [],
    "encrypted-media": [],
    "fullscreen": [],
    "gamepad": [],
    "geolocation": [],
    "gyroscope": [],
    "hid": [],
    "identity-credentials-get": [],
    "idle-detection": [],
    "keyboard-map": [],
    "local-fonts": [],
    "magnetometer": [],
    "microphone": [],
    "midi": [],
    "otp-credentials": [],
    "payment": [],
    "picture-in-picture": [],
    "publickey-credentials-create": "self",
    "publickey-credentials-get": "self",
    "screen-wake-lock": [],
    "serial": [],
    "storage-access": [],
    "sync-xhr": [],
    "usb": [],
    "window-management": [],
    "xr-spatial-tracking": [],
}

# What one request may hold. The lines and headers before it are limited in gunicorn.conf.py.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440  # bytes of a form without its files
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

# How a claim is decided: "pessimistic" locks the row, "optimistic" compares versions.
CLAIM_STRATEGY = choice("CLAIM_STRATEGY", "pessimistic", "optimistic")
# Who remembers which forms were sent: "database", or "cache", which is Redis.
FORM_SUBMISSION_BACKEND = form_submission_backend(redis_url=REDIS_URL)
# How many sign-ins one account may try from one address, and in how many seconds.
THROTTLE_SIGN_IN = rate("THROTTLE_SIGN_IN", "10/m")
# How many calls of the API one user may make, and one address without a token that counts; and how many tasks.
THROTTLE_DEFAULT = rate("THROTTLE_DEFAULT", "600/m")
THROTTLE_TASK_CREATE = rate("THROTTLE_TASK_CREATE", "100/h")
# How many messages one address may send by the contact form.
THROTTLE_CONTACT = rate("THROTTLE_CONTACT", "10/h")
# How many invitations one organization may send.
THROTTLE_INVITATION = rate("THROTTLE_INVITATION", "50/h")
# How many organizations one address may register.
THROTTLE_REGISTRATION = rate("THROTTLE_REGISTRATION", "20/h")

# How many days the audit is kept; 0 keeps it for ever.
AUDIT_DAYS = int(read("int", "AUDIT_DAYS", 365, validate=validate.Range(0, 36_500)))
# Which inner networks organizations' OpenID providers may be in. Others' Admins must not reach what is inside.
OIDC_ALLOWED_CIDRS = networks("OIDC_ALLOWED_CIDRS")

# Who may read /metrics: Prometheus.
METRICS_ALLOWED_CIDRS = networks("METRICS_ALLOWED_CIDRS", "127.0.0.0/8", "::1/128")
# To whom traces are sent.
OTEL_EXPORTER_OTLP_ENDPOINT = traces_endpoint()

LOG_LEVEL = choice("LOG_LEVEL", "INFO", "DEBUG", "WARNING", "ERROR", "CRITICAL")
LOG_FORMAT = choice("LOG_FORMAT", "text", "json")
LOGGING = logs.configuration(level=LOG_LEVEL, form=LOG_FORMAT)
# From how many seconds on a request is logged as a warning.
SLOW_REQUEST_SECONDS = float(read("float", "SLOW_REQUEST_SECONDS", 1, validate=validate.Range(0.001, 3600)))
