"""What is done after the answer was sent."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.tasks import task


@task()
def mail_contact(from_email: str, subject: str, message: str, sender: str) -> None:
    """Mail what somebody wrote by the contact form to CONTACT_EMAIL; `sender` says who was signed in, if anybody.

    The mail is ours: in From, their address would be a forgery that mail servers refuse. An answer goes to them.
    """
    EmailMessage(
        subject=f"Contact: {subject}",
        body=f"{message}\n\n-- \n{from_email}\n{sender}\n",
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[settings.CONTACT_EMAIL],
        reply_to=[from_email],
    ).send()
