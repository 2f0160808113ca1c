"""What the audit tells is never changed: the database itself refuses it."""

from django.db import migrations

# Everything but the two links, which are emptied when the person's account is deleted.
FIXED = ["organization_id", "kind", "actor_name", "subject_name", "address", "detail", "created_at"]
SQLITE = f"""
CREATE TRIGGER accounts_auditevent_is_never_changed BEFORE UPDATE OF id, {", ".join(FIXED)} ON accounts_auditevent
BEGIN SELECT RAISE(ABORT, 'accounts_auditevent_is_never_changed'); END
"""
# By statement and not by row: an UPDATE that finds nothing is refused, too.
POSTGRESQL = f"""
CREATE FUNCTION accounts_auditevent_is_never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'accounts_auditevent_is_never_changed' USING ERRCODE = 'integrity_constraint_violation'; END $$;
CREATE TRIGGER accounts_auditevent_is_never_changed BEFORE UPDATE OF id, {", ".join(FIXED)} ON accounts_auditevent
EXECUTE FUNCTION accounts_auditevent_is_never_changed()
"""


def make_trigger(apps, schema_editor):
    schema_editor.execute(POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE)


def drop_trigger(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION accounts_auditevent_is_never_changed() CASCADE")
    else:
        schema_editor.execute("DROP TRIGGER accounts_auditevent_is_never_changed")


class Migration(migrations.Migration):
    replaces = [("accounts", "0008_audit_events")]
    dependencies = [("accounts", "0001_first_release")]

    operations = [migrations.RunPython(make_trigger, drop_trigger)]
