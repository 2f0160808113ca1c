"""What is done after the answer was sent. A job takes ids, reads fresh rows, may run twice, never calls a service."""

from taskmanager.tasks.jobs.files import make_thumbnail, remove_unused_files
from taskmanager.tasks.jobs.mails import (
    forget_mails,
    mail_watchers,
    mail_watchers_of_all,
    message_of,
    read_unsubscribe_token,
    unsubscribe_token,
    unsubscribe_url,
)

__all__ = [
    "forget_mails",
    "mail_watchers",
    "mail_watchers_of_all",
    "make_thumbnail",
    "message_of",
    "read_unsubscribe_token",
    "remove_unused_files",
    "unsubscribe_token",
    "unsubscribe_url",
]
