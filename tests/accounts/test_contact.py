"""The contact form: a mail to whoever runs the installation, sent by a job."""

import email
import socket
from email.message import EmailMessage
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from tests.web.pages import page, sentence

FORM = {"from_email": "kim@example.com", "subject": "Hello", "message": "Is there\r\na mobile app?"}


class Inbox:
    """Keeps the mails that a real SMTP server is given."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, list[str], EmailMessage]] = []

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802
        mail = email.message_from_bytes(envelope.content, policy=default)
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, mail))
        return "250 Message accepted for delivery"


@pytest.fixture
def inbox(settings):
    inbox = Inbox()
    host = "127.0.0.1"
    with socket.create_server((host, 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(inbox, hostname=host, port=port)
    controller.start()
    options = {"host": host, "port": port, "timeout": 20}
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}
    settings.CONTACT_EMAIL = "Help desk <desk@example.org>"
    settings.DEFAULT_FROM_EMAIL = "Taskmanager <tasks@example.org>"
    yield inbox
    controller.stop()


def work() -> None:
    """Do the jobs that wait."""
    Worker(
        queue_names=["*"], interval=0.01, batch=True, backend_name="default", startup_delay=False, max_tasks=None,
        worker_id="tests", excluded_queue_names=[],
    ).run()  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_a_message_arrives_and_is_answered_to_who_wrote_it(inbox, browse):
    response = browse().post("/contact/", FORM)
    assert (response.status_code, response["Location"]) == (302, "/contact/thanks/")
    assert inbox.mails == []
    work()
    [(sender, receivers, mail)] = inbox.mails
    assert (sender, receivers) == ("tasks@example.org", ["desk@example.org"])
    assert (mail["From"], mail["To"]) == ("Taskmanager <tasks@example.org>", "Help desk <desk@example.org>")
    assert (mail["Reply-To"], mail["Subject"]) == ("kim@example.com", "Contact: Hello")
    body = mail.get_content().replace("\r\n", "\n")
    assert body.startswith("Is there\na mobile app?\n")
    assert "Not signed in" in body


@pytest.mark.django_db(transaction=True)
def test_a_members_message_says_whose_it_is(inbox, ada, browse):
    client = browse(ada)
    assert page(client.get("/contact/")).values["from_email"] == "ada@acme.example"
    client.post("/contact/", {**FORM, "subject": "Grüße – ½"})
    work()
    [(_sender, _receivers, mail)] = inbox.mails
    assert mail["Subject"] == "Contact: Grüße – ½"
    assert "Signed in as ada of Acme" in mail.get_content()


@pytest.mark.parametrize("backend", ["database", "cache"])
def test_a_message_that_is_sent_again_is_one_mail(backend, db, settings, browse):
    settings.FORM_SUBMISSION_BACKEND = backend
    client = browse()
    data = {**FORM, "uuid": page(client.get("/contact/")).values["uuid"]}
    first, again = client.post("/contact/", data), client.post("/contact/", data, follow=True)
    assert first["Location"] == "/contact/thanks/"
    assert "This form has already been submitted." in sentence(again)
    assert "Thank you" in sentence(again)
    assert DBTaskResult.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("from_email", "kim@example.com\nBcc: all@example.com", "Enter a valid email address."),
        ("from_email", "kim", "Enter a valid email address."),
        ("subject", "Hello\r\nBcc: all@example.com", "Write it in one line"),
        ("subject", "Hello\u2028Bcc: all@example.com", "Write it in one line"),
        ("subject", "Hello\x0bBcc", "Write it in one line"),
        ("subject", "x" * 151, "at most 150 characters"),
        ("message", "", "This field is required."),
        ("message", "x" * 10_001, "at most 10000 characters"),
        ("uuid", "nonsense", "This form was changed on its way."),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_sent(field, value, words, db, browse):
    response = browse().post("/contact/", {**FORM, field: value})
    assert response.status_code == 200
    assert words in sentence(response)
    assert not DBTaskResult.objects.exists()


def test_one_address_sends_so_many_messages_and_no_more(db, settings, browse):
    settings.THROTTLE_CONTACT = (2, 3600)
    for _turn in range(2):
        assert browse().post("/contact/", FORM).status_code == 302
    response = browse().post("/contact/", FORM)
    assert (response.status_code, 3590 < int(response["Retry-After"]) <= 3600) == (429, True)
    assert "Too many attempts." in sentence(response)
    assert page(response).values["subject"] == "Hello"
    assert browse().post("/contact/", FORM, REMOTE_ADDR="10.1.1.1").status_code == 302
    assert DBTaskResult.objects.count() == 3


def test_every_page_leads_there(ada, browse):
    for client in (browse(), browse(ada)):
        assert "/contact/" in page(client.get("/about/")).addresses()
