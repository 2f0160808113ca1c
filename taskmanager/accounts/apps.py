"""The app of organizations and their people."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Organizations, users, roles, sign-in."""

    name = "taskmanager.accounts"
    label = "accounts"
