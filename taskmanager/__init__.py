"""Taskmanager: the self-hosted agile task manager."""

__version__ = "0.1.0"
