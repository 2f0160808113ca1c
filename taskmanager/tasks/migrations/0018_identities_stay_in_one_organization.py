"""An account of a provider carries the organization of its member: the database itself refuses another."""

from importlib import import_module

from django.db import migrations

rules = import_module("taskmanager.tasks.migrations.0003_links_stay_in_one_organization")

LINKS = [("accounts_externalidentity", "user_id", "accounts_user")]


def make_rules(apps, schema_editor):
    rules.make_rules(apps, schema_editor, LINKS, [])


def drop_rules(apps, schema_editor):
    rules.drop_rules(apps, schema_editor, LINKS, [])


class Migration(migrations.Migration):
    dependencies = [
        ("tasks", "0017_tokens_stay_in_one_organization"),
        ("accounts", "0012_single_sign_on"),
    ]

    operations = [migrations.RunPython(make_rules, drop_rules)]
