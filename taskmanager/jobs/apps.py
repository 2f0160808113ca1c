from django.apps import AppConfig


class JobsConfig(AppConfig):
    """The worker; the queue itself is django_tasks_db's."""

    name = "taskmanager.jobs"
