"""What the roles may do with epics and sprints: Creators add, Editors change and plan, Admins do everything."""

from importlib import import_module

from django.db import migrations

ROLES = {
    "Creator": ["tasks.view_epic", "tasks.add_epic", "tasks.view_sprint", "tasks.add_sprint"],
    "Editor": ["tasks.view_epic", "tasks.change_epic", "tasks.view_sprint", "tasks.change_sprint"],
    "Admin": [
        "tasks.view_epic",
        "tasks.add_epic",
        "tasks.change_epic",
        "tasks.delete_epic",
        "tasks.view_sprint",
        "tasks.add_sprint",
        "tasks.change_sprint",
        "tasks.delete_sprint",
    ],
}


def give_permissions(apps, schema_editor):
    import_module("taskmanager.tasks.migrations.0002_roles").make_roles(apps, schema_editor, ROLES)


def take_permissions(apps, schema_editor):
    """Take the permissions away from the groups; the permissions themselves belong to Django."""
    group_model = apps.get_model("auth", "Group")
    permission_model = apps.get_model("auth", "Permission")
    using = schema_editor.connection.alias
    for name, codes in ROLES.items():
        codenames = [code.partition(".")[2] for code in codes]
        permissions = permission_model.objects.using(using).filter(
            content_type__app_label="tasks", codename__in=codenames
        )
        for group in group_model.objects.using(using).filter(name=name):
            group.permissions.remove(*permissions)


class Migration(migrations.Migration):
    dependencies = [("tasks", "0006_epics_and_sprints")]

    operations = [migrations.RunPython(give_permissions, take_permissions, elidable=False)]
