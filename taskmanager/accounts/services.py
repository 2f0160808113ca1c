"""What happens to organizations and people."""

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.views.decorators.debug import sensitive_variables

from taskmanager.accounts import jobs, throttling
from taskmanager.accounts.models import Organization, Role, User
from taskmanager.errors import Conflict

# An attacker with many accounts or many addresses is slowed down too, but far later than one who
# guesses one password: colleagues often share an address, and nobody may lock out somebody else.
SHARED_LIMIT_FACTOR = 10


class NameTaken(Conflict):
    """Another request registered the same slug, username or address at the same moment."""

    message = "That name has just been taken. Try again."


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


def edit_profile(user: User, *, phone: str, biography: str) -> None:
    """Change what somebody tells about themselves; the form has made ten digits of the phone."""
    user.phone, user.biography = phone, biography
    user.save(update_fields=["phone", "biography"])
