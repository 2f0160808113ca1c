"""The settings of production, with the limit to measure against mounted and nobody refused for calling too often."""

from taskmanager.settings.production import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
THROTTLE_DEFAULT = (1_000_000_000, 60)
