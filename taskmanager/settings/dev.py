"""Settings of a developer's machine: errors in the browser, tools where they are installed."""

from importlib.util import find_spec

from taskmanager.settings.base import *  # noqa: F403
from taskmanager.settings.base import DATA_DIR, INSTALLED_APPS, MIDDLEWARE, STATIC_STORAGE, STORAGES
from taskmanager.settings.environment import secret_key

DEBUG = True
SECRET_KEY = secret_key("SECRET_KEY", required=False, folder=DATA_DIR)
JWT_SECRET_KEY = secret_key("JWT_SECRET_KEY", required=False, folder=DATA_DIR)
INTERNAL_IPS = ["127.0.0.1", "::1"]

if STATIC_STORAGE == "local":
    # From where they lie, without collecting them first.
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}

# `make run` installs what runs the product and no more, and `manage.py` has to work there too.
if find_spec("django_extensions"):
    INSTALLED_APPS = [*INSTALLED_APPS, "django_extensions"]
if find_spec("debug_toolbar"):
    INSTALLED_APPS = [*INSTALLED_APPS, "debug_toolbar"]
    # It has to stand behind what compresses the answer, or it would find no page to write into.
    behind_gzip = MIDDLEWARE.index("taskmanager.middleware.GZipMiddleware") + 1
    MIDDLEWARE = [
        *MIDDLEWARE[:behind_gzip],
        "debug_toolbar.middleware.DebugToolbarMiddleware",
        *MIDDLEWARE[behind_gzip:],
    ]
    DEBUG_TOOLBAR_CONFIG = {"SHOW_COLLAPSED": True}
