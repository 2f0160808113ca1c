"""How Gunicorn serves: `gunicorn -c taskmanager/gunicorn.conf.py`, and the same for `taskmanager serve`."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from taskmanager.settings.environment import WEB_THREADS

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taskmanager.settings.production")
try:
    _ = settings.DEBUG  # reads the environment
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
