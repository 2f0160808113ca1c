"""Every address of the product, with an example and with what each role gets there."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from taskmanager.accounts.models import User
from taskmanager.tasks import services
from taskmanager.tasks.models import Project

ROLES = ("Admin", "Editor", "Creator", "")


@dataclass(frozen=True)
class Address:
    """An address: the statuses of GET and POST for Admin, Editor, Creator and a member without a role.

    The object is a task, or a comment, that somebody else wrote. A method without statuses is a wrong one: 405.
    """

    get: tuple[int, int, int, int] | None = None
    post: tuple[int, int, int, int] | None = None
    example: str = ""  # the object in the address: "free" or "taken" task, its "reference", or a "comment" on it
    arguments: tuple[Any, ...] = ()  # what else is in the address
    data: dict[str, str] = field(default_factory=dict)
    public: bool = False


ADDRESSES = {
    "tasks:board": Address(get=(200, 200, 200, 200)),
    "tasks:task-list": Address(get=(200, 200, 200, 200)),
    "tasks:task-create": Address(
        get=(200, 403, 200, 403), post=(302, 403, 302, 403), data={"title": "Try the restore"}
    ),
    "tasks:task-detail": Address(get=(200, 200, 200, 200), example="free"),
    "tasks:task-edit": Address(
        get=(200, 403, 403, 403), post=(302, 403, 403, 403), example="free", data={"title": "Mine now"}
    ),
    "tasks:task-delete": Address(get=(200, 403, 403, 403), post=(302, 403, 403, 403), example="free"),
    "tasks:task-claim": Address(post=(302, 302, 403, 403), example="free"),
    "tasks:task-release": Address(post=(302, 403, 403, 403), example="taken"),
    "tasks:task-move": Address(post=(302, 403, 403, 403), example="free", data={"status": "DONE"}),
    "tasks:task-prioritize": Address(post=(302, 403, 403, 403), example="free", data={"priority": "HIGH"}),
    "tasks:task-search": Address(get=(200, 200, 200, 200)),
    "tasks:comment-create": Address(post=(302, 302, 302, 302), example="free", data={"text": "Seen on staging too."}),
    "tasks:comment-edit": Address(
        get=(403, 403, 403, 403), post=(403, 403, 403, 403), example="comment", data={"text": "Never said that."}
    ),
    "tasks:comment-delete": Address(get=(200, 403, 403, 403), post=(302, 403, 403, 403), example="comment"),
    "tasks:tasks-of-day": Address(get=(200, 200, 200, 200), arguments=(datetime.date(2026, 11, 22),)),
    "tasks:tasks-archived": Address(get=(200, 200, 200, 200), arguments=(2026,)),
    "tasks:task-by-reference": Address(get=(302, 302, 302, 302), example="reference"),
    "accounts:register": Address(get=(302, 302, 302, 302), post=(302, 302, 302, 302), public=True),
    "accounts:login": Address(get=(302, 302, 302, 302), post=(302, 302, 302, 302), public=True),
    "accounts:logout": Address(post=(302, 302, 302, 302), public=True),
    "accounts:profile": Address(
        get=(200, 200, 200, 200), post=(302, 302, 302, 302), data={"phone": "(555) 123-4567", "biography": "Hi"}
    ),
    "help": Address(get=(200, 200, 200, 200), public=True),
    "about": Address(get=(200, 200, 200, 200), public=True),
    "contact": Address(get=(200, 200, 200, 200), post=(200, 200, 200, 200), public=True),
    "contact-thanks": Address(get=(200, 200, 200, 200), public=True),
}


def all_names(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """Give the name of every route there is, with its namespace; of one without a name, the route itself.

    Those of the admin follow from its registry, which test_admin_addresses.py goes through.
    """
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver) and entry.namespace == "admin":
            continue
        if isinstance(entry, URLResolver):
            yield from all_names(entry, f"{prefix}{entry.namespace}:" if entry.namespace else prefix)
        else:
            assert isinstance(entry, URLPattern)
            yield f"{prefix}{entry.name}" if entry.name else str(entry.pattern)


def url_of(name: str, board: Project, author: User) -> str:
    """Return the address filled in with a new object of the author's."""
    arguments: dict[str, list[Any]] = {"": list(ADDRESSES[name].arguments)}
    if example := ADDRESSES[name].example:
        task = services.create_task(board, actor=author, title="Rotate the signing keys")
        if example == "taken":
            services.claim_task(task, actor=author)
        comment = services.create_comment(task, actor=author, text="Rotate the signing keys today.")
        arguments = {
            "free": [task.pk],
            "taken": [task.pk],
            "reference": [task.reference],
            "comment": [comment.pk],
        }
    return reverse(name, args=arguments[example])
