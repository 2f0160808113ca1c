"""The first feature flag: one click raises or lowers a task's priority."""

from django.db import migrations

FLAG = "task_prioritization"
GROUPS = ["Editor", "Admin"]
NOTE = "Task prioritization: the list of tasks has buttons that raise and lower a task's priority."


def make_flags(apps, schema_editor):
    using = schema_editor.connection.alias
    flag, _ = apps.get_model("accounts", "Flag").objects.using(using).get_or_create(name=FLAG, defaults={"note": NOTE})
    flag.groups.set(apps.get_model("auth", "Group").objects.using(using).filter(name__in=GROUPS))


def drop_flags(apps, schema_editor):
    apps.get_model("accounts", "Flag").objects.using(schema_editor.connection.alias).filter(name=FLAG).delete()


def links(apps):
    flag_model = apps.get_model("waffle", "Flag")
    return [flag_model.groups.through, flag_model.users.through]


def drop_links(apps, schema_editor):
    for model in links(apps):
        schema_editor.delete_model(model)


def make_links(apps, schema_editor):
    for model in links(apps):
        schema_editor.create_model(model)


class Migration(migrations.Migration):
    replaces = [("tasks", "0011_flags")]
    dependencies = [
        ("tasks", "0005_index_of_history"),
        ("waffle", "0004_update_everyone_nullbooleanfield"),
    ]

    operations = [
        migrations.RunPython(make_flags, drop_flags),
        # Links of waffle's own flags, in whose place ours stand: empty tables that Django doesn't know, and that
        # would keep it from emptying those of groups and people.
        migrations.RunPython(drop_links, make_links),
    ]
