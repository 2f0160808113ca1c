from importlib import import_module

from django.apps import AppConfig
from django.conf import settings


class HealthConfig(AppConfig):
    name = "taskmanager.health"

    def ready(self) -> None:
        """Register the checks."""
        from taskmanager.health import checks  # noqa: F401, PLC0415 (they ask for models of other apps)

        if settings.REDIS_URL:
            import_module("taskmanager.caching")  # now, and not while the first request waits
