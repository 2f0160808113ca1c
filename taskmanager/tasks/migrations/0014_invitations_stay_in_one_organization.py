"""An invitation carries the organization of who asked and of who accepted: the database itself refuses another."""

from importlib import import_module

from django.db import migrations

rules = import_module("taskmanager.tasks.migrations.0003_links_stay_in_one_organization")

LINKS = [
    ("accounts_invitation", "invited_by_id", "accounts_user"),
    ("accounts_invitation", "accepted_by_id", "accounts_user"),
]


def make_rules(apps, schema_editor):
    rules.make_rules(apps, schema_editor, LINKS, [])


def drop_rules(apps, schema_editor):
    rules.drop_rules(apps, schema_editor, LINKS, [])


class Migration(migrations.Migration):
    dependencies = [
        ("tasks", "0013_history_by_time"),
        ("accounts", "0005_invitations"),
    ]

    operations = [migrations.RunPython(make_rules, drop_rules)]
