from importlib import import_module

from django.db import migrations, models

# SQLite makes the table anew, which loses its triggers.
before = import_module("taskmanager.accounts.migrations.0004_phone_and_biography")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_audit_events"),
    ]

    operations = [
        migrations.RunPython(before.set_triggers_aside, before.put_triggers_back),
        migrations.AddField(
            model_name="user",
            name="photo",
            field=models.CharField(
                blank=True,
                db_comment="The random name of the photo, in its address and in the storage; empty for none",
                default="",
                editable=False,
                max_length=32,
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("photo__regex", "^[A-Za-z0-9_-]*\\Z")), name="accounts_user_photo_is_a_name"
            ),
        ),
        migrations.RunPython(before.put_triggers_back, before.set_triggers_aside),
    ]
