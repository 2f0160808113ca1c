"""Settings of the servers: nothing is shown that helps an attacker, everything is cached."""

from taskmanager.settings.base import *  # noqa: F403
from taskmanager.settings.base import DATA_DIR, IS_HTTPS
from taskmanager.settings.environment import secret_key

DEBUG = False
SECRET_KEY = secret_key("SECRET_KEY", required=True, folder=DATA_DIR)
JWT_SECRET_KEY = secret_key("JWT_SECRET_KEY", required=True, folder=DATA_DIR)

WHITENOISE_KEEP_ONLY_HASHED_FILES = True

if IS_HTTPS:
    # TLS ends at a proxy in front of us, which says so in this header and must set it itself.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    # A browser takes a cookie of this prefix from this very host alone, over TLS: a neighbour, or whoever answers for
    # the host without TLS, can't plant one.
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
