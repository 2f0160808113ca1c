"""The roles: Django groups with their permissions."""

from django.db import migrations

# Group → permissions, as app.codename. Creators add, Editors change and plan, Admins do everything; everybody may comment.
ROLES = {
    "Creator": [
        "tasks.view_project",
        "tasks.view_task",
        "tasks.add_task",
        "tasks.view_epic",
        "tasks.add_epic",
        "tasks.view_sprint",
        "tasks.add_sprint",
        "tasks.view_comment",
        "tasks.add_comment",
        "tasks.view_attachment",
        "tasks.add_attachment",
    ],
    "Editor": [
        "tasks.view_project",
        "tasks.view_task",
        "tasks.change_task",
        "tasks.view_epic",
        "tasks.change_epic",
        "tasks.view_sprint",
        "tasks.change_sprint",
        "tasks.view_comment",
        "tasks.add_comment",
        "tasks.view_attachment",
    ],
    "Admin": [
        "accounts.view_user",
        "accounts.add_user",
        "accounts.change_user",
        "accounts.view_organization",
        "accounts.change_organization",
        "accounts.view_auditevent",
        "tasks.view_project",
        "tasks.add_project",
        "tasks.change_project",
        "tasks.delete_project",
        "tasks.view_task",
        "tasks.add_task",
        "tasks.change_task",
        "tasks.change_any_task",
        "tasks.delete_task",
        "tasks.view_epic",
        "tasks.add_epic",
        "tasks.change_epic",
        "tasks.delete_epic",
        "tasks.view_sprint",
        "tasks.add_sprint",
        "tasks.change_sprint",
        "tasks.delete_sprint",
        "tasks.view_comment",
        "tasks.add_comment",
        "tasks.delete_comment",
        "tasks.view_attachment",
        "tasks.add_attachment",
        "tasks.delete_attachment",
    ],
}


def make_roles(apps, schema_editor, roles=ROLES):
    """Make the groups, or give them more permissions. Django makes permissions only after all migrations, so those needed are made here."""
    group_model = apps.get_model("auth", "Group")
    permission_model = apps.get_model("auth", "Permission")
    content_type_model = apps.get_model("contenttypes", "ContentType")
    using = schema_editor.connection.alias
    for name, codes in roles.items():
        group, _ = group_model.objects.using(using).get_or_create(name=name)
        for code in codes:
            app_label, codename = code.split(".")
            model = codename.rpartition("_")[2]
            content_type, _ = content_type_model.objects.using(using).get_or_create(app_label=app_label, model=model)
            permission, _ = permission_model.objects.using(using).get_or_create(
                content_type=content_type,
                codename=codename,
                defaults={"name": PERMISSION_NAMES.get(codename, f"Can {codename.replace('_', ' ')}")},
            )
            group.permissions.add(permission)


PERMISSION_NAMES = {"change_any_task": "Can change tasks of others"}


def drop_roles(apps, schema_editor):
    """Delete the groups; their permissions belong to Django."""
    group_model = apps.get_model("auth", "Group")
    group_model.objects.using(schema_editor.connection.alias).filter(name__in=ROLES).delete()


class Migration(migrations.Migration):
    replaces = [
        ("tasks", "0002_roles"),
        ("tasks", "0007_roles_plan"),
    ]
    dependencies = [
        ("tasks", "0001_first_release"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_roles, drop_roles, elidable=False)]
