"""A form that was sent carries the organization of who sent it: the database itself refuses another."""

from importlib import import_module

from django.db import migrations

rules = import_module("taskmanager.tasks.migrations.0003_links_stay_in_one_organization")

LINKS = [("accounts_formsubmission", "user_id", "accounts_user")]


def make_rules(apps, schema_editor):
    rules.make_rules(apps, schema_editor, LINKS, [])


def drop_rules(apps, schema_editor):
    rules.drop_rules(apps, schema_editor, LINKS, [])


class Migration(migrations.Migration):
    dependencies = [
        ("tasks", "0011_flags"),
        ("accounts", "0004_phone_and_biography"),
    ]

    operations = [migrations.RunPython(make_rules, drop_rules)]
