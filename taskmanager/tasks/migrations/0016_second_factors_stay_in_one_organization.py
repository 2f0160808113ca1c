"""A second factor carries the organization of its user: the database itself refuses another."""

from importlib import import_module

from django.db import migrations

rules = import_module("taskmanager.tasks.migrations.0003_links_stay_in_one_organization")

LINKS = [
    ("accounts_authenticator", "user_id", "accounts_user"),
    ("accounts_passkey", "user_id", "accounts_user"),
    ("accounts_recoverycode", "user_id", "accounts_user"),
]


def make_rules(apps, schema_editor):
    rules.make_rules(apps, schema_editor, LINKS, [])


def drop_rules(apps, schema_editor):
    rules.drop_rules(apps, schema_editor, LINKS, [])


class Migration(migrations.Migration):
    dependencies = [
        ("tasks", "0015_audit_stays_in_one_organization"),
        ("accounts", "0010_second_factor"),
    ]

    operations = [migrations.RunPython(make_rules, drop_rules)]
