"""Organizations, their people and all that lets these in: the tables of the first release."""

import django.core.serializers.json
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import taskmanager.accounts.models.invitations


class Migration(migrations.Migration):
    initial = True
    replaces = [
        ("accounts", "0001_initial"),
        ("accounts", "0002_form_submissions"),
        ("accounts", "0003_flag"),
        ("accounts", "0004_phone_and_biography"),
        ("accounts", "0005_invitations"),
        ("accounts", "0006_sessions"),
        ("accounts", "0007_time_zone_and_theme"),
        ("accounts", "0009_photo"),
        ("accounts", "0010_second_factor"),
        ("accounts", "0011_tokens"),
        ("accounts", "0012_single_sign_on"),
        ("accounts", "0013_idempotent_calls"),
    ]
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Throttle",
            fields=[
                (
                    "key",
                    models.CharField(
                        db_comment="SHA-256 of what is counted, so that nothing personal lies here",
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("count", models.PositiveIntegerField(db_comment="Tries in this window", default=0)),
                (
                    "ends_at",
                    models.DateTimeField(db_comment="When the window ends and counting starts again", db_index=True),
                ),
            ],
            options={
                "db_table_comment": "Tries at signing in, by account and address; rows are short-lived",
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                ("first_name", models.CharField(blank=True, max_length=150, verbose_name="first name")),
                ("last_name", models.CharField(blank=True, max_length=150, verbose_name="last name")),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                ("date_joined", models.DateTimeField(default=django.utils.timezone.now, verbose_name="date joined")),
                (
                    "username",
                    models.CharField(
                        db_comment="Unique inside the organization without regard to case",
                        max_length=50,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Za-z0-9_.+-]+\\Z",
                                "A username has letters a to z, digits and the characters _ . + - only.",
                            )
                        ],
                    ),
                ),
                (
                    "email",
                    models.EmailField(
                        db_comment="In lower case; unique inside the organization",
                        max_length=254,
                        verbose_name="e-mail address",
                    ),
                ),
                ("phone", models.CharField(blank=True, db_comment="Ten digits, or empty", default="", max_length=10)),
                (
                    "biography",
                    models.TextField(
                        blank=True,
                        db_comment="What they say about themselves, as Markdown",
                        default="",
                        max_length=5000,
                    ),
                ),
                (
                    "photo",
                    models.CharField(
                        blank=True,
                        db_comment="The random name of the photo, in its address and in the storage; empty for none",
                        default="",
                        editable=False,
                        max_length=32,
                    ),
                ),
                (
                    "time_zone",
                    models.CharField(
                        db_comment="The zone of every time and day that they see, as the IANA names it",
                        default="UTC",
                        max_length=64,
                    ),
                ),
                (
                    "theme",
                    models.CharField(
                        choices=[("system", "As the system has it"), ("light", "Light"), ("dark", "Dark")],
                        db_comment="The colours of their pages: system, light, dark",
                        default="system",
                        max_length=6,
                    ),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "db_table_comment": "People; each belongs to exactly one organization",
            },
        ),
        migrations.CreateModel(
            name="Flag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        help_text="The human/computer readable name.", max_length=100, unique=True, verbose_name="Name"
                    ),
                ),
                (
                    "everyone",
                    models.BooleanField(
                        blank=True,
                        help_text="Flip this flag on (Yes) or off (No) for everyone, overriding all other settings. Leave as Unknown to use normally.",
                        null=True,
                        verbose_name="Everyone",
                    ),
                ),
                (
                    "percent",
                    models.DecimalField(
                        blank=True,
                        decimal_places=1,
                        help_text="A number between 0.0 and 99.9 to indicate a percentage of users for whom this flag will be active.",
                        max_digits=3,
                        null=True,
                        verbose_name="Percent",
                    ),
                ),
                (
                    "testing",
                    models.BooleanField(
                        default=False,
                        help_text="Allow this flag to be set for a session for user testing",
                        verbose_name="Testing",
                    ),
                ),
                (
                    "superusers",
                    models.BooleanField(
                        default=True, help_text="Flag always active for superusers?", verbose_name="Superusers"
                    ),
                ),
                (
                    "staff",
                    models.BooleanField(default=False, help_text="Flag always active for staff?", verbose_name="Staff"),
                ),
                (
                    "authenticated",
                    models.BooleanField(
                        default=False,
                        help_text="Flag always active for authenticated users?",
                        verbose_name="Authenticated",
                    ),
                ),
                (
                    "languages",
                    models.TextField(
                        blank=True,
                        default="",
                        help_text="Activate this flag for users with one of these languages (comma-separated list)",
                        verbose_name="Languages",
                    ),
                ),
                (
                    "rollout",
                    models.BooleanField(default=False, help_text="Activate roll-out mode?", verbose_name="Rollout"),
                ),
                ("note", models.TextField(blank=True, help_text="Note where this Flag is used.", verbose_name="Note")),
                (
                    "created",
                    models.DateTimeField(
                        db_index=True,
                        default=django.utils.timezone.now,
                        help_text="Date when this Flag was created.",
                        verbose_name="Created",
                    ),
                ),
                (
                    "modified",
                    models.DateTimeField(
                        default=django.utils.timezone.now,
                        help_text="Date when this Flag was last modified.",
                        verbose_name="Modified",
                    ),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Activate this flag for these user groups.",
                        to="auth.group",
                        verbose_name="Groups",
                    ),
                ),
                (
                    "users",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Activate this flag for these users.",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="Users",
                    ),
                ),
            ],
            options={
                "verbose_name": "Flag",
                "verbose_name_plural": "Flags",
                "db_table_comment": "Features that are turned on for some groups or people",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Organization",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(db_comment="What people call it", max_length=100)),
                (
                    "slug",
                    models.SlugField(
                        db_comment="Its name in addresses and at sign-in, made from the name",
                        max_length=60,
                        unique=True,
                    ),
                ),
                (
                    "is_demo",
                    models.BooleanField(
                        db_comment="Made by the command demo, which leaves every other organization alone",
                        default=False,
                    ),
                ),
                (
                    "require_second_factor",
                    models.BooleanField(
                        db_comment="Whether its people get nowhere without a second factor", default=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, db_comment="When it was registered")),
            ],
            options={
                "db_table_comment": "The tenants: every other row of the product belongs to exactly one",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="accounts_organization_has_a_name"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("slug", ""), _negated=True), name="accounts_organization_has_a_slug"
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="user",
            name="organization",
            field=models.ForeignKey(
                db_comment="Where the person works",
                on_delete=django.db.models.deletion.CASCADE,
                related_name="users",
                to="accounts.organization",
            ),
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
            },
        ),
        migrations.CreateModel(
            name="RefreshToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "family",
                    models.UUIDField(
                        db_comment="The same for all that were refreshed from one sign-in, and in their access tokens",
                        db_index=True,
                    ),
                ),
                (
                    "hash",
                    models.CharField(
                        db_comment="SHA-256 of the id (jti) in the signed token",
                        editable=False,
                        max_length=64,
                        unique=True,
                    ),
                ),
                ("created_at", models.DateTimeField(db_comment="When it was made", default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField(db_comment="Until when it gives another pair", db_index=True)),
                ("spent_at", models.DateTimeField(db_comment="When it was exchanged for the next one", null=True)),
                ("revoked_at", models.DateTimeField(db_comment="When its family was ended before its time", null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        db_comment="Where the token's user works",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_comment="As whom a program acts with it",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="refresh_tokens",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table_comment": "Refresh tokens, each of which works once; only hashes of their ids",
            },
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(
                        db_comment="SHA-256 of the key in the cookie, which is kept nowhere",
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("session_data", models.TextField(db_comment="What the session holds, signed")),
                (
                    "expire_date",
                    models.DateTimeField(db_comment="When it ends, unless it is used before", db_index=True),
                ),
                ("address", models.GenericIPAddressField(db_comment="Where it was last used from", null=True)),
                (
                    "agent",
                    models.CharField(
                        blank=True, db_comment="What the browser calls itself", default="", max_length=300
                    ),
                ),
                (
                    "begun_at",
                    models.DateTimeField(db_comment="When somebody signed in", default=django.utils.timezone.now),
                ),
                (
                    "seen_at",
                    models.DateTimeField(
                        db_comment="When it was last used, give or take five minutes", default=django.utils.timezone.now
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_comment="Who is signed in; empty before a sign-in",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "db_table_comment": "Sessions; a signed cookie's worth of data each",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="SingleSignOn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_enabled", models.BooleanField(db_comment="Whether it lets people in", default=False)),
                (
                    "issuer",
                    models.CharField(
                        db_comment="The provider, by the address that it calls itself in its tokens", max_length=500
                    ),
                ),
                ("client_id", models.CharField(db_comment="What the provider calls us", max_length=255)),
                (
                    "client_secret",
                    models.TextField(
                        db_comment="What proves to the provider that it is us, encrypted with a key that comes of the SECRET_KEY"
                    ),
                ),
                (
                    "default_roles",
                    models.CharField(
                        db_comment="The roles of who is in none of the groups, with a space between them",
                        default="Creator Editor",
                        max_length=40,
                    ),
                ),
                (
                    "groups_claim",
                    models.CharField(
                        db_comment="Under which name a token holds somebody's groups", default="groups", max_length=100
                    ),
                ),
                (
                    "group_roles",
                    models.JSONField(
                        blank=True,
                        db_comment="Which groups of the provider give a role: lists of their names, by role",
                        default=dict,
                    ),
                ),
                ("changed_at", models.DateTimeField(auto_now=True, db_comment="When an Admin last saved it")),
                (
                    "organization",
                    models.OneToOneField(
                        db_comment="Whose people come by it",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="single_sign_on",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "verbose_name": "single sign-on",
                "verbose_name_plural": "single sign-on",
                "db_table_comment": "The OpenID providers of organizations, one each",
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "email",
                    models.EmailField(
                        db_comment="Where the link is sent, in lower case",
                        max_length=254,
                        verbose_name="e-mail address",
                    ),
                ),
                (
                    "roles",
                    models.CharField(
                        db_comment="The roles that the person will have, with spaces between them", max_length=40
                    ),
                ),
                (
                    "nonce",
                    models.CharField(
                        db_comment="What the link signs: without the SECRET_KEY no link comes of it. Sending again draws another",
                        default=taskmanager.accounts.models.invitations.new_nonce,
                        editable=False,
                        max_length=32,
                        unique=True,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_comment="When the person was asked", default=django.utils.timezone.now, editable=False
                    ),
                ),
                (
                    "expires_at",
                    models.DateTimeField(
                        db_comment="Until when the link works",
                        default=taskmanager.accounts.models.invitations.end_of_invitation,
                    ),
                ),
                ("accepted_at", models.DateTimeField(db_comment="When the person became a member", null=True)),
                ("revoked_at", models.DateTimeField(db_comment="When it was taken back", null=True)),
                (
                    "accepted_by",
                    models.ForeignKey(
                        db_comment="Whom the invitation made",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "invited_by",
                    models.ForeignKey(
                        db_comment="Who asked; empty for a former member",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_comment="Where the person is to work",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitations",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "db_table_comment": "Invitations to become a member, by a link that works once and for a week",
                "constraints": [
                    models.UniqueConstraint(
                        models.F("organization"),
                        django.db.models.functions.text.Lower("email"),
                        condition=models.Q(("accepted_at", None), ("revoked_at", None)),
                        name="accounts_invitation_waits_once_per_address",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("email__contains", "@")), name="accounts_invitation_has_an_address"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "roles__in",
                                [
                                    "Creator",
                                    "Editor",
                                    "Admin",
                                    "Creator Editor",
                                    "Creator Admin",
                                    "Editor Admin",
                                    "Creator Editor Admin",
                                ],
                            )
                        ),
                        name="accounts_invitation_roles_check",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("created_at"))),
                        name="accounts_invitation_expires_later",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("accepted_at", None), ("revoked_at", None), _connector="OR"),
                        name="accounts_invitation_accepted_or_revoked",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("accepted_by", None), ("accepted_at__isnull", False), _connector="OR"),
                        name="accounts_invitation_accepted_by_only_when_accepted",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="IdempotentCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(db_comment="What the caller named it, in Idempotency-Key", max_length=255)),
                ("fingerprint", models.CharField(db_comment="SHA-256 of its method, address and body", max_length=64)),
                ("status", models.PositiveSmallIntegerField(db_comment="The status of the answer", default=0)),
                ("answer", models.TextField(blank=True, db_comment="The body of the answer", default="")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_comment="When it was made", db_index=True, default=django.utils.timezone.now
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_comment="Who made the call",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_comment="Whose call it was",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "db_table_comment": "Calls of the API that are safe to repeat, with their answers; rows are kept for a day",
                "constraints": [
                    models.UniqueConstraint(fields=("user", "key"), name="accounts_idempotent_call_once_per_key")
                ],
            },
        ),
        migrations.CreateModel(
            name="FormSubmission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("form", models.CharField(db_comment="The address that it was sent to", max_length=200)),
                ("uuid", models.UUIDField(db_comment="The one-time UUID in the form", verbose_name="UUID")),
                (
                    "made",
                    models.CharField(
                        blank=True, db_comment="What it made: the address of that, for most forms", max_length=200
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_comment="When it was sent", db_index=True, default=django.utils.timezone.now
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_comment="Who sent it; empty for a form sent without a sign-in",
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_comment="Whose it is; empty for a form sent without a sign-in",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "db_table_comment": "Forms that were sent, so that none acts twice; rows are kept for a day",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "form", "uuid"), name="accounts_form_submission_once_per_user"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("user", None)),
                        fields=("form", "uuid"),
                        name="accounts_form_submission_once_without_user",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("organization", None), ("user", None)),
                            models.Q(("organization__isnull", False), ("user__isnull", False)),
                            _connector="OR",
                        ),
                        name="accounts_form_submission_of_a_member_or_nobody",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExternalIdentity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("issuer", models.CharField(db_comment="The provider", max_length=500)),
                (
                    "subject",
                    models.CharField(
                        db_comment="What the provider calls the account, and no other ever", max_length=255
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_comment="When it first came", default=django.utils.timezone.now),
                ),
                ("used_at", models.DateTimeField(db_comment="When it last came", default=django.utils.timezone.now)),
                (
                    "user",
                    models.ForeignKey(
                        db_comment="Who comes by the account",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="identities",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_comment="Whose provider it is",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "external identities",
                "db_table_comment": "By which accounts of their organization's provider members come",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "issuer", "subject"), name="accounts_external_identity_is_one_members"
                    ),
                    models.UniqueConstraint(
                        fields=("user", "issuer"), name="accounts_external_identity_once_per_provider"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("issuer", ""), _negated=True), models.Q(("subject", ""), _negated=True)
                        ),
                        name="accounts_external_identity_has_a_name",
                    ),
                ],
            },
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
                    "user",
                    models.OneToOneField(
                        db_comment="Whose app it is",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="authenticator",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_comment="Where the user works",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
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
            name="AuditEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("signed_in", "Signed in"),
                            ("sign_in_failed", "Sign-in failed"),
                            ("second_factor_failed", "Second factor failed"),
                            ("second_factor_added", "Second factor added"),
                            ("second_factor_removed", "Second factor removed"),
                            ("second_factor_reset", "Second factor reset by an Admin"),
                            ("recovery_codes_made", "Recovery codes made"),
                            ("recovery_code_used", "Recovery code used"),
                            ("password_changed", "Password changed"),
                            ("password_reset", "Password reset by e-mail"),
                            ("sessions_ended", "Signed out elsewhere"),
                            ("organization_registered", "Organization registered"),
                            ("organization_changed", "Organization changed"),
                            ("single_sign_on_changed", "Single sign-on changed"),
                            ("member_invited", "Member invited"),
                            ("invitation_resent", "Invitation sent again"),
                            ("invitation_revoked", "Invitation revoked"),
                            ("member_joined", "Member joined"),
                            ("roles_changed", "Roles changed"),
                            ("member_deactivated", "Member deactivated"),
                            ("member_reactivated", "Member reactivated"),
                            ("data_exported", "Own data exported"),
                            ("account_closed", "Account closed"),
                            ("token_created", "API token created"),
                            ("token_revoked", "API token revoked"),
                            ("token_used", "API token used from a new address"),
                            ("token_reused", "Spent refresh token used again"),
                        ],
                        db_comment="What happened",
                        max_length=30,
                    ),
                ),
                (
                    "actor_name",
                    models.CharField(
                        blank=True,
                        db_comment="The actor's username at that time, which stays",
                        default="",
                        max_length=50,
                    ),
                ),
                (
                    "subject_name",
                    models.CharField(
                        blank=True,
                        db_comment="The subject's username at that time, which stays",
                        default="",
                        max_length=50,
                    ),
                ),
                (
                    "address",
                    models.GenericIPAddressField(
                        db_comment="Where the request came from, where that is known", null=True
                    ),
                ),
                (
                    "detail",
                    models.JSONField(
                        db_comment="More of it, by name: roles before and after, for example",
                        default=dict,
                        encoder=django.core.serializers.json.DjangoJSONEncoder,
                    ),
                ),
                ("created_at", models.DateTimeField(db_comment="When it happened", default=django.utils.timezone.now)),
                (
                    "actor",
                    models.ForeignKey(
                        db_comment="Who did it; empty for nobody known, for a former member, and for a superuser from elsewhere",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "subject",
                    models.ForeignKey(
                        db_comment="To whom it was done, where that is somebody else; empty for a former member",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_comment="Whose doors; empty where somebody named an organization that there isn't",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "db_table_comment": "What happened to the doors of organizations; rows are never changed",
                "indexes": [
                    models.Index(fields=["organization", "-created_at", "-id"], name="accounts_audit_newest"),
                    models.Index(fields=["created_at"], name="accounts_audit_oldest"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "signed_in",
                                    "sign_in_failed",
                                    "second_factor_failed",
                                    "second_factor_added",
                                    "second_factor_removed",
                                    "second_factor_reset",
                                    "recovery_codes_made",
                                    "recovery_code_used",
                                    "password_changed",
                                    "password_reset",
                                    "sessions_ended",
                                    "organization_registered",
                                    "organization_changed",
                                    "single_sign_on_changed",
                                    "member_invited",
                                    "invitation_resent",
                                    "invitation_revoked",
                                    "member_joined",
                                    "roles_changed",
                                    "member_deactivated",
                                    "member_reactivated",
                                    "data_exported",
                                    "account_closed",
                                    "token_created",
                                    "token_revoked",
                                    "token_used",
                                    "token_reused",
                                ],
                            )
                        ),
                        name="accounts_audit_event_kind_check",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(db_comment="What it is for, in its user's words", max_length=100)),
                (
                    "scope",
                    models.CharField(
                        choices=[("read", "Read"), ("write", "Read and write")],
                        db_comment="What it allows, of what its user may",
                        max_length=5,
                    ),
                ),
                (
                    "prefix",
                    models.CharField(db_comment="How it begins, to tell it from others; no secret", max_length=12),
                ),
                (
                    "hash",
                    models.CharField(
                        db_comment="SHA-256 of the token, of which 214 random bits are not in the prefix",
                        editable=False,
                        max_length=64,
                        unique=True,
                    ),
                ),
                ("created_at", models.DateTimeField(db_comment="When it was made", default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField(db_comment="Until when it opens something")),
                (
                    "last_used_at",
                    models.DateTimeField(db_comment="When it was last used, give or take a minute", null=True),
                ),
                (
                    "last_used_address",
                    models.GenericIPAddressField(db_comment="Where it was last used from", null=True),
                ),
                ("revoked_at", models.DateTimeField(db_comment="When it was ended before its time", null=True)),
                (
                    "user",
                    models.ForeignKey(
                        db_comment="As whom a program acts with it",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_tokens",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_comment="Where the token's user works",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "verbose_name": "API token",
                "db_table_comment": "API tokens: what programs come in by; only hashes of them",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="accounts_api_token_has_a_name"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("scope__in", ["read", "write"])), name="accounts_api_token_scope_check"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("created_at"))),
                        name="accounts_api_token_expires_later",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                models.F("organization"),
                django.db.models.functions.text.Lower("username"),
                name="accounts_user_username_once_per_organization",
                violation_error_message="That username is taken in this organization.",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                models.F("organization"),
                django.db.models.functions.text.Lower("email"),
                name="accounts_user_email_once_per_organization",
                violation_error_message="That e-mail address is taken in this organization.",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("username", ""), _negated=True), models.Q(("username__contains", "@"), _negated=True)
                ),
                name="accounts_user_username_is_no_address",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("phone", ""), ("phone__regex", "^[0-9]{10}\\Z"), _connector="OR"),
                name="accounts_user_phone_is_ten_digits",
                violation_error_message="A phone number has exactly 10 digits.",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.LessThanOrEqual(
                    django.db.models.functions.text.Length("biography"), 5000
                ),
                name="accounts_user_biography_is_not_too_long",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("photo__regex", "^[A-Za-z0-9_-]*\\Z")), name="accounts_user_photo_is_a_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("time_zone__regex", "^[A-Za-z0-9_+/-]+\\Z")),
                name="accounts_user_time_zone_is_a_name",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("theme__in", ["system", "light", "dark"])), name="accounts_user_theme_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="passkey",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="accounts_passkey_has_a_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="passkey",
            constraint=models.CheckConstraint(
                condition=models.Q(("credential_id", ""), _negated=True), name="accounts_passkey_has_an_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="passkey",
            constraint=models.CheckConstraint(
                condition=models.Q(("sign_count__gte", 0)), name="accounts_passkey_counts_up"
            ),
        ),
        migrations.AddConstraint(
            model_name="recoverycode",
            constraint=models.CheckConstraint(
                condition=models.Q(("used_at", None), ("used_at__gte", models.F("created_at")), _connector="OR"),
                name="accounts_recovery_code_used_after_it_was_made",
            ),
        ),
        migrations.AddConstraint(
            model_name="refreshtoken",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gt", models.F("created_at"))),
                name="accounts_refresh_token_expires_later",
            ),
        ),
        migrations.AddConstraint(
            model_name="session",
            constraint=models.CheckConstraint(
                condition=models.Q(("seen_at__gte", models.F("begun_at"))),
                name="accounts_session_is_seen_after_it_began",
            ),
        ),
        migrations.AddConstraint(
            model_name="singlesignon",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("issuer", ""), _negated=True),
                    models.Q(("client_id", ""), _negated=True),
                    models.Q(("client_secret", ""), _negated=True),
                ),
                name="accounts_single_sign_on_has_a_provider",
            ),
        ),
        migrations.AddConstraint(
            model_name="singlesignon",
            constraint=models.CheckConstraint(
                condition=models.Q(("default_roles__in", ["Creator", "Editor", "Creator Editor"])),
                name="accounts_single_sign_on_roles_check",
            ),
        ),
    ]
