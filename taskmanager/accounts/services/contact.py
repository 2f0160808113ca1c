"""Messages to whoever runs this installation."""

from django.conf import settings

from taskmanager.accounts import jobs, throttling
from taskmanager.accounts.models import (
    User,
)


def send_contact_message(*, from_email: str, subject: str, message: str, user: User | None) -> None:
    """Have a message sent to whoever runs this installation, by a job in the current transaction."""
    sender = f"Signed in as {user.username} of {user.organization.name}" if user else "Not signed in"
    jobs.mail_contact.enqueue(from_email, subject, message, sender)


def count_contact_message(address: str) -> None:
    """Count one message from the address that a request came from. Raises TooManyRequests over THROTTLE_CONTACT."""
    limit, seconds = settings.THROTTLE_CONTACT
    throttling.count_try("contact", address, limit=limit, seconds=seconds)
