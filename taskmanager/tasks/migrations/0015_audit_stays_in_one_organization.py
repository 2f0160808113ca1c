"""An event carries the organization of who acted and of whom it is about: the database itself refuses another."""

from importlib import import_module

from django.db import migrations

rules = import_module("taskmanager.tasks.migrations.0003_links_stay_in_one_organization")

LINKS = [
    ("accounts_auditevent", "actor_id", "accounts_user"),
    ("accounts_auditevent", "subject_id", "accounts_user"),
]


def make_rules(apps, schema_editor):
    rules.make_rules(apps, schema_editor, LINKS, [])


def drop_rules(apps, schema_editor):
    rules.drop_rules(apps, schema_editor, LINKS, [])


class Migration(migrations.Migration):
    dependencies = [
        ("tasks", "0014_invitations_stay_in_one_organization"),
        ("accounts", "0008_audit_events"),
    ]

    operations = [migrations.RunPython(make_rules, drop_rules)]
