"""What happens to organizations and people."""

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group
from django.contrib.auth.tokens import default_token_generator
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.debug import sensitive_variables

from taskmanager.accounts import jobs, throttling
from taskmanager.accounts.models import Organization, Role, Session, User
from taskmanager.errors import Conflict, DomainError

# An attacker with many accounts or many addresses is slowed down too, but far later than one who
# guesses one password: colleagues often share an address, and nobody may lock out somebody else.
SHARED_LIMIT_FACTOR = 10
# How many reset mails one address may ask for to one account, and in how many seconds.
THROTTLE_RESET = (5, 3600)


class NameTaken(Conflict):
    """Another request registered the same slug, username or address at the same moment."""

    message = "That name has just been taken. Try again."


class LinkUsed(DomainError):
    """The link of the mail has just been used by another request, or time ran out while somebody typed."""

    message = "This link has been used or is too old. Ask for another."


def create_organization(name: str, *, is_demo: bool = False, slug: str = "") -> Organization:
    """Make an organization whose slug comes from its name: `acme`, or `acme-2` where that is taken."""
    base = (slug or slugify(name))[:50].strip("-") or "team"
    number = 1
    while True:
        candidate = base if number == 1 else f"{base}-{number}"
        try:
            with transaction.atomic():
                return Organization.objects.create(name=name, slug=candidate, is_demo=is_demo)
        except IntegrityError:
            # Taken, or being taken right now: the constraint decides, and the next number is tried.
            if not Organization.objects.filter(slug=candidate).exists():
                raise  # another rule refused it, which no number would help
            number += 1


@sensitive_variables("password")
def add_member(
    organization: Organization,
    *,
    username: str,
    email: str,
    password: str | None,
    roles: list[Role],
    full_name: str = "",
) -> User:
    """Make a user of the organization with these roles. Raises NameTaken."""
    first_name, _, last_name = full_name.partition(" ")
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                organization=organization,
                username=username,
                email=email,
                password=password,
                first_name=first_name,
                last_name=last_name,
            )
            user.groups.set(Group.objects.filter(name__in=roles))
    except IntegrityError as error:
        raise NameTaken from error
    return user


@sensitive_variables("password")
def sign_in(*, organization: str, username: str, password: str, address: str) -> User | None:
    """Return the user with these credentials or None; `address` is where the request came from.

    Raises TooManyRequests, before the password is looked at, for more tries than THROTTLE_SIGN_IN.
    """
    limit, seconds = settings.THROTTLE_SIGN_IN
    account = f"{organization.lower()}/{username.lower()}"
    throttling.count_try("sign-in", account, address, limit=limit, seconds=seconds)
    shared_limit = limit * SHARED_LIMIT_FACTOR
    throttling.count_try("sign-in-account", account, limit=shared_limit, seconds=seconds)
    throttling.count_try("sign-in-address", address, limit=shared_limit, seconds=seconds)
    user = authenticate(organization=organization, username=username, password=password)
    if user is None:
        return None
    throttling.forget("sign-in", account, address)
    return user


@sensitive_variables("password")
def is_own_password(user: User, password: str) -> bool:
    """Whether it is the password of somebody who is signed in: a stolen session must not find it out by guessing.

    Raises TooManyRequests, before the password is looked at, for more tries than THROTTLE_SIGN_IN.
    """
    limit, seconds = settings.THROTTLE_SIGN_IN
    throttling.count_try("password", str(user.pk), limit=limit, seconds=seconds)
    is_right: bool = user.check_password(password)
    if is_right:
        throttling.forget("password", str(user.pk))
    return is_right


@sensitive_variables("password")
@transaction.atomic
def change_password(user: User, *, password: str, keep: str = "") -> None:
    """Give the user another password. Their sessions end, but for the one to `keep`, and a mail tells them."""
    user.set_password(password)
    user.save(update_fields=["password"])
    end_sessions(user, keep=keep)
    jobs.mail_password_changed.enqueue(user.pk, timezone.now().isoformat())


@transaction.atomic
def end_sessions(user: User, *, keep: str = "", only: str = "") -> int:
    """Sign the user out everywhere, or only in one session, but never in the one to `keep`; return of how many.

    Sessions are named by the hashes of their keys.
    """
    sessions = Session.objects.filter(user=user).exclude(pk=keep)
    found = list((sessions.filter(pk=only) if only else sessions).values_list("pk", flat=True))
    Session.get_session_store_class().forget(found)
    return len(found)


def request_password_reset(*, organization: str, email: str, address: str) -> None:
    """Have a link mailed that chooses a new password, by a job; `address` is where the request came from.

    Nothing is looked up here, so that neither the answer nor its time tells who has an account. Raises
    TooManyRequests for more requests than THROTTLE_RESET, for accounts that don't exist, too.
    """
    organization, email = organization.lower(), email.lower()
    limit, seconds = THROTTLE_RESET
    throttling.count_try("reset", organization, email, address, limit=limit, seconds=seconds)
    shared_limit = limit * SHARED_LIMIT_FACTOR
    throttling.count_try("reset-account", organization, email, limit=shared_limit, seconds=seconds)
    throttling.count_try("reset-address", address, limit=shared_limit, seconds=seconds)
    with transaction.atomic():
        jobs.mail_password_reset.enqueue(organization, email)


@sensitive_variables("token", "password")
@transaction.atomic
def reset_password(user: User, *, token: str, password: str) -> None:
    """Give the user another password by the token of a mail, which works once. Raises LinkUsed."""
    # The row lock holds until commit: a second request with the same token waits here and then sees another password.
    user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if not (user.is_active and default_token_generator.check_token(user, token)):
        raise LinkUsed
    change_password(user, password=password)


def is_last_admin(user: User) -> bool:
    """Whether the organization would be without an Admin who can sign in, if it weren't for this one."""
    admins = User.objects.of(user.organization).active().filter(groups__name=Role.ADMIN)
    return user.is_active and admins.filter(pk=user.pk).exists() and not admins.exclude(pk=user.pk).exists()


def send_contact_message(*, from_email: str, subject: str, message: str, user: User | None) -> None:
    """Have a message sent to whoever runs this installation, by a job in the current transaction."""
    sender = f"Signed in as {user.username} of {user.organization.name}" if user else "Not signed in"
    jobs.mail_contact.enqueue(from_email, subject, message, sender)


def count_contact_message(address: str) -> None:
    """Count one message from the address that a request came from. Raises TooManyRequests over THROTTLE_CONTACT."""
    limit, seconds = settings.THROTTLE_CONTACT
    throttling.count_try("contact", address, limit=limit, seconds=seconds)


def edit_profile(user: User, *, phone: str, biography: str, time_zone: str, theme: str) -> None:
    """Change what somebody tells about themselves, and how pages look to them.

    The form has made ten digits of the phone, and knows the zones and themes.
    """
    user.phone, user.biography, user.time_zone, user.theme = phone, biography, time_zone, theme
    user.save(update_fields=["phone", "biography", "time_zone", "theme"])
