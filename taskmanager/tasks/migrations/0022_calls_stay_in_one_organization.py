"""A call that may be repeated carries the organization of who made it: the database itself refuses another."""

from importlib import import_module

from django.db import migrations

rules = import_module("taskmanager.tasks.migrations.0003_links_stay_in_one_organization")

LINKS = [("accounts_idempotentcall", "user_id", "accounts_user")]


def make_rules(apps, schema_editor):
    rules.make_rules(apps, schema_editor, LINKS, [])


def drop_rules(apps, schema_editor):
    rules.drop_rules(apps, schema_editor, LINKS, [])


class Migration(migrations.Migration):
    dependencies = [
        ("tasks", "0021_leases"),
        ("accounts", "0013_idempotent_calls"),
    ]

    operations = [migrations.RunPython(make_rules, drop_rules)]
