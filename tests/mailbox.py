"""A real mail server for the tests, in a thread of this process."""

import email
import email.policy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller


class Mailbox:
    """Takes what is sent, unless it is told to refuse an address or to keep senders waiting."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.raw: list[bytes] = []  # as they came
        self.refused: set[str] = set()
        self.reached = threading.Event()  # a mail is here, and not yet taken
        self.open = threading.Event()
        self.open.set()
        self.port = 0

    async def handle_RCPT(  # noqa: N802 (the library calls it)
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.refused:
            return "550 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.reached.set()
        if not self.open.is_set():
            await server.loop.run_in_executor(None, self.open.wait)
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        assert envelope.rcpt_tos == [mail["To"]]
        self.raw.append(envelope.content)
        self.mails.append(mail)
        return "250 OK"

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def mailers(self) -> dict[str, Any]:
        options = {"host": "127.0.0.1", "port": self.port, "timeout": 20}
        return {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}

    def to(self, address: str) -> EmailMessage:
        """Return the only mail to the address."""
        [mail] = [mail for mail in self.mails if mail["To"] == address]
        return mail


class _Controller(Controller):
    def _trigger_server(self) -> None:
        # Port 0 was asked for, so that no other test can have it: see which one it became.
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def serving() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    controller = _Controller(mailbox, hostname="127.0.0.1", port=0)
    controller.start()
    mailbox.port = controller.port
    try:
        yield mailbox
    finally:
        mailbox.open.set()
        controller.stop()


def part(mail: EmailMessage, kind: str) -> str:
    """Return the mail's text as "plain" or as "html"."""
    found = mail.get_body((kind,))
    assert isinstance(found, EmailMessage)
    return found.get_content()
