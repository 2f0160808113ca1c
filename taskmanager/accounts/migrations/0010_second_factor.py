"""Second factors: authenticator apps, passkeys, recovery codes, and organizations that require one."""

from importlib import import_module

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

# SQLite makes the table of organizations anew, which loses triggers.
before = import_module("taskmanager.accounts.migrations.0004_phone_and_biography")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_photo"),
    ]

    operations = [
        migrations.RunPython(before.set_triggers_aside, before.put_triggers_back),
        migrations.AddField(
            model_name="organization",
            name="require_second_factor",
            field=models.BooleanField(
                db_comment="Whether its people get nowhere without a second factor", default=False
            ),
        ),
        migrations.CreateModel(
            name="Authenticator",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.TextField(
                        db_comment="The key that app and server share, encrypted: the SECRET_KEY isn't in here"
                    ),
                ),
                (
                    "last_step",
                    models.BigIntegerField(
                        db_comment="The time step, 30 seconds each since 1970, of the last code that was taken",
                        default=0,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_comment="When it was set up", default=django.utils.timezone.now),
                ),
                ("last_used_at", models.DateTimeField(db_comment="When it last signed somebody in", null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        db_comment="Where the user works",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        db_comment="Whose app it is",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="authenticator",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table_comment": "Authenticator apps, with their keys encrypted",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("key", ""), _negated=True), name="accounts_authenticator_has_a_key"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Passkey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(db_comment="What its owner calls it", max_length=50)),
                (
                    "credential_id",
                    models.CharField(db_comment="How the device names it, as base64url", max_length=1364, unique=True),
                ),
                ("public_key", models.BinaryField(db_comment="What verifies its signatures (COSE)")),
                (
                    "user_handle",
                    models.CharField(
                        db_comment="Random, the same for all of a user's passkeys: what the device knows the user by",
                        max_length=86,
                    ),
                ),
                (
                    "sign_count",
                    models.BigIntegerField(
                        db_comment="How often the device says it has signed; 0: it doesn't", default=0
                    ),
                ),
                (
                    "transports",
                    models.JSONField(db_comment="How browsers reach the device: usb, nfc, internal, …", default=list),
                ),
                ("aaguid", models.UUIDField(db_comment="The kind of device, where it tells; else zeros")),
                (
                    "is_syncable",
                    models.BooleanField(db_comment="Whether it may live on several devices", default=False),
                ),
                ("is_backed_up", models.BooleanField(db_comment="Whether it does, as of the last use", default=False)),
                ("created_at", models.DateTimeField(db_comment="When it was added", default=django.utils.timezone.now)),
                ("last_used_at", models.DateTimeField(db_comment="When it last signed somebody in", null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        db_comment="Where the user works",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_comment="Whose passkey it is",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="passkeys",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table_comment": "Passkeys: the public halves of key pairs",
                "ordering": ("created_at", "pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="accounts_passkey_has_a_name"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("credential_id", ""), _negated=True), name="accounts_passkey_has_an_id"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sign_count__gte", 0)), name="accounts_passkey_counts_up"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "digest",
                    models.CharField(
                        db_comment="HMAC-SHA-256 of user and code by a key that isn't in the database",
                        max_length=64,
                        unique=True,
                    ),
                ),
                ("created_at", models.DateTimeField(db_comment="When it was made", default=django.utils.timezone.now)),
                ("used_at", models.DateTimeField(db_comment="When it let somebody in, which it does once", null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        db_comment="Where the user works",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_comment="Whom it lets in",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recovery_codes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table_comment": "Codes for when every other factor is lost, kept as keyed hashes",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("used_at", None), ("used_at__gte", models.F("created_at")), _connector="OR"
                        ),
                        name="accounts_recovery_code_used_after_it_was_made",
                    )
                ],
            },
        ),
        migrations.RunPython(before.put_triggers_back, before.set_triggers_aside),
    ]
