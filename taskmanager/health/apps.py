from django.apps import AppConfig


class HealthConfig(AppConfig):
    name = "taskmanager.health"

    def ready(self) -> None:
        """Register the checks."""
        from taskmanager.health import checks  # noqa: F401, PLC0415 (they ask for models of other apps)
