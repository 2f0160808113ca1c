from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """Commands only; it stands before Django's own, whose `migrate` it guards."""

    name = "taskmanager.operations"
