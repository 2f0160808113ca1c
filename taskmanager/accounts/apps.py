"""The app of organizations and their people, and Django's admin with our site."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin


class AccountsConfig(AppConfig):
    """Organizations, users, roles, sign-in."""

    name = "taskmanager.accounts"
    label = "accounts"
    default = True


class OurAdminConfig(admin.AdminConfig):
    """Django's admin, entered by our own sign-in."""

    default = False
    default_site = "taskmanager.accounts.sites.AdminSite"
