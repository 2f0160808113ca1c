"""A token carries the organization of its user: the database itself refuses another. And Admins read the audit."""

from importlib import import_module

from django.db import migrations

rules = import_module("taskmanager.tasks.migrations.0003_links_stay_in_one_organization")
roles = import_module("taskmanager.tasks.migrations.0002_roles")

LINKS = [
    ("accounts_apitoken", "user_id", "accounts_user"),
    ("accounts_refreshtoken", "user_id", "accounts_user"),
]
ROLES = {"Admin": ["accounts.view_auditevent"]}


def make_rules(apps, schema_editor):
    rules.make_rules(apps, schema_editor, LINKS, [])


def drop_rules(apps, schema_editor):
    rules.drop_rules(apps, schema_editor, LINKS, [])


def give_permissions(apps, schema_editor):
    roles.make_roles(apps, schema_editor, ROLES)


def take_permissions(apps, schema_editor):
    """Take the permission away from the group; the permission itself belongs to Django."""
    using = schema_editor.connection.alias
    permissions = apps.get_model("auth", "Permission").objects.using(using)
    found = permissions.filter(content_type__app_label="accounts", codename="view_auditevent")
    for group in apps.get_model("auth", "Group").objects.using(using).filter(name__in=ROLES):
        group.permissions.remove(*found)


class Migration(migrations.Migration):
    dependencies = [
        ("tasks", "0016_second_factors_stay_in_one_organization"),
        ("accounts", "0011_tokens"),
    ]

    operations = [
        migrations.RunPython(make_rules, drop_rules),
        migrations.RunPython(give_permissions, take_permissions, elidable=False),
    ]
