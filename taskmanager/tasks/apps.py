"""The app of projects, tasks and their history."""

from django.apps import AppConfig


class TasksConfig(AppConfig):
    """Projects, tasks, activity; the board."""

    name = "taskmanager.tasks"
    label = "tasks"
