"""The work in Django's admin. Whatever changes there goes through the services, and into history."""

from taskmanager.tasks.admin import organizations, plans, records, tasks

__all__ = ["organizations", "plans", "records", "tasks"]
