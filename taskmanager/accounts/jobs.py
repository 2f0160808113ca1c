"""What is done after the answer was sent."""

import datetime
import hashlib
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.core.files.storage import default_storage
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.tasks import task
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlencode, urlsafe_base64_encode

from taskmanager import metrics
from taskmanager.accounts import photos
from taskmanager.accounts.models import Invitation, User

INVITATION_SALT = "taskmanager.accounts.invitation"


@task()
def mail_contact(from_email: str, subject: str, message: str, sender: str) -> None:
    """Mail what somebody wrote by the contact form to CONTACT_EMAIL; `sender` says who was signed in, if anybody.

    The mail is ours: in From, their address would be a forgery that mail servers refuse. An answer goes to them.
    """
    mail = EmailMessage(
        subject=f"Contact: {subject}",
        body=f"{message}\n\n-- \n{from_email}\n{sender}\n",
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[settings.CONTACT_EMAIL],
        reply_to=[from_email],
    )
    with metrics.counted_mail():
        mail.send()


@task()
def mail_password_reset(organization: str, email: str) -> None:
    """Mail a link that chooses a new password to the member with this address; do nothing where there is none.

    The link is made here and not when it is asked for, so that it is nowhere but in the mail.
    """
    members = User.objects.active().filter(organization__slug=organization, email=email)
    user = members.select_related("organization").first()
    if user is None or not user.has_usable_password():
        return
    arguments = [urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)]
    context = {
        "url": f"{settings.PUBLIC_URL}{reverse('accounts:password-reset-confirm', args=arguments)}",
        "hours": settings.PASSWORD_RESET_TIMEOUT // 3600,
    }
    _mail(user, "password_reset", f"A new password for {user.organization.name}", context)


@task()
def mail_password_changed(user_id: int, changed_at: str) -> None:
    """Tell somebody that their password was changed, at that time (ISO 8601), and what to do if it wasn't by them."""
    user = User.objects.select_related("organization").filter(pk=user_id).first()
    if user is None:
        return
    query = urlencode({"org": user.organization.slug})
    context = {
        "changed_at": datetime.datetime.fromisoformat(changed_at),
        "url": f"{settings.PUBLIC_URL}{reverse('accounts:password-reset')}?{query}",
    }
    with timezone.override(user.zone):
        _mail(user, "password_changed", f"Your password for {user.organization.name} was changed", context)


@task()
def mail_account_closed(email: str, username: str, organization: str, closed_at: str) -> None:
    """Tell a former member that their account is closed, since that time (ISO 8601), and what to do if not by them.

    Nothing of them is left to be looked up, so that the job brings it along; its row goes when it is done.
    """
    context = {
        "username": username,
        "organization": organization,
        "closed_at": datetime.datetime.fromisoformat(closed_at),
        "url": f"{settings.PUBLIC_URL}{reverse('contact')}",
    }
    message = EmailMultiAlternatives(
        subject=" ".join(f"Your account at {organization} is closed".split()),
        body=render_to_string("accounts/mail/account_closed.txt", context),
        to=[email],
        headers={"Auto-Submitted": "auto-generated"},  # RFC 3834
    )
    message.attach_alternative(render_to_string("accounts/mail/account_closed.html", context), "text/html")
    with metrics.counted_mail():
        message.send()


@task()
def remove_unused_photos(bases: list[str]) -> None:
    """Remove photos from the storage that nobody has: replaced, of people who are gone, or never finished."""
    names = {base: base.rpartition("/")[2] for base in bases}
    used = set(User.objects.filter(photo__in=names.values()).values_list("photo", flat=True))
    for base, name in names.items():
        if name not in used:
            for place in photos.places_of(base):
                default_storage.delete(place)


@task()
def mail_second_factor(user_id: int, what: str, detail: str, changed_at: str) -> None:
    """Tell somebody what became of their second factors at that time (ISO 8601).

    `what` is "added" or "removed" with the factor's name as the detail, "recovery" with how many codes are left, or
    "reset".
    """
    user = User.objects.select_related("organization").filter(pk=user_id).first()
    if user is None:
        return
    where = user.organization.name
    subject = {
        "added": f"A second factor for {where} was added",
        "removed": f"A second factor for {where} was removed",
        "recovery": f"A recovery code for {where} was used",
        "reset": f"Your second factor for {where} was reset",
    }[what]
    context = {
        "what": what,
        "detail": detail,
        "subject": subject,
        "changed_at": datetime.datetime.fromisoformat(changed_at),
        "url": f"{settings.PUBLIC_URL}{reverse('accounts:second-factor-settings')}",
        "reset_url": f"{settings.PUBLIC_URL}{reverse('accounts:password-reset')}?"
        + urlencode({"org": user.organization.slug}),
    }
    with timezone.override(user.zone):
        _mail(user, "second_factor", subject, context)


def _mail(user: User, name: str, subject: str, context: dict[str, Any]) -> None:
    """Send the user the mail whose two templates have this name, as text and as HTML."""
    context = {**context, "user": user, "organization": user.organization}
    message = EmailMultiAlternatives(
        # A line end in an organization's name would begin another header.
        subject=" ".join(subject.split()),
        body=render_to_string(f"accounts/mail/{name}.txt", context),
        to=[user.email],
        headers={"Auto-Submitted": "auto-generated"},  # RFC 3834: nobody's out-of-office replies to it
    )
    message.attach_alternative(render_to_string(f"accounts/mail/{name}.html", context), "text/html")
    with metrics.counted_mail():
        message.send()


@task()
def mail_invitation(invitation_id: int) -> None:
    """Mail the link of an invitation, unless it was accepted, revoked or has expired meanwhile.

    The link is made here, out of the row: the queue is in the database, which never holds a link. So a job that runs
    twice sends the same link, in a mail with the same id, which servers and readers show once.
    """
    invitation = Invitation.objects.open().select_related("organization", "invited_by").filter(pk=invitation_id).first()
    if invitation is not None:
        mail = message_of(invitation)
        with metrics.counted_mail():
            mail.send()


def message_of(invitation: Invitation) -> EmailMultiAlternatives:
    """Return the mail that invites."""
    # A line end would begin another header.
    who = " ".join((invitation.invited_by.display_name if invitation.invited_by else "An Admin").split())
    where = " ".join(invitation.organization.name.split())
    context = {"invitation": invitation, "who": who, "where": where, "url": invitation_url(invitation)}
    sent = hashlib.sha256(invitation.nonce.encode()).hexdigest()[:20]
    message = EmailMultiAlternatives(
        subject=f"{who} invites you to {where}",
        body=render_to_string("accounts/mail/invitation.txt", context),
        to=[invitation.email],
        headers={
            "Message-ID": f"<invitation-{invitation.pk}.{sent}@{urlsplit(settings.PUBLIC_URL).hostname}>",
            "Auto-Submitted": "auto-generated",  # RFC 3834: nobody's out-of-office replies to it
        },
    )
    message.attach_alternative(render_to_string("accounts/mail/invitation.html", context), "text/html")
    return message


def invitation_url(invitation: Invitation) -> str:
    """Return the address that makes its bearer a member, once."""
    return f"{settings.PUBLIC_URL}{reverse('accounts:invitation-accept', args=[invitation_token(invitation.nonce)])}"


def invitation_token(nonce: str) -> str:
    """Return what proves that its bearer got the mail of the invitation with this nonce."""
    return _invitations().sign(nonce)


def read_invitation_token(token: str) -> str | None:
    """Return the nonce, None for a token that isn't ours."""
    try:
        return _invitations().unsign(token)
    except signing.BadSignature:
        return None


def _invitations() -> signing.Signer:
    # A colon would stand in the address; a nonce and its signature have no dot.
    return signing.Signer(salt=INVITATION_SALT, sep=".")
