"""Every address of the product, with an example and with what each role gets there."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from taskmanager.accounts import jobs as account_jobs
from taskmanager.accounts import photos
from taskmanager.accounts import services as accounts
from taskmanager.accounts.models import Role, Scope, User
from taskmanager.tasks import jobs, services
from taskmanager.tasks.models import Project
from tests.conftest import PASSWORD
from tests.devices import passkey_of

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c636000000002000148afa4710000000049454e44ae426082"
)
ROLES = ("Admin", "Editor", "Creator", "")


class Sheet(SimpleUploadedFile):
    """A file that can be sent again and again."""

    def read(self, *size: int) -> bytes:
        self.seek(0)
        return super().read(*size)


@dataclass(frozen=True)
class Address:
    """An address: the statuses of GET and POST for Admin, Editor, Creator and a member without a role.

    The object was written by somebody else. A method without statuses is a wrong one: 405.
    """

    get: tuple[int, int, int, int] | None = None
    post: tuple[int, int, int, int] | None = None
    # The object in the address: a "free", "taken" or "watched" task, its "reference", a "comment" on it, a file of it
    # ("attachment"), an "epic", a "sprint", a "planned" task in a sprint, a "member", an "invitation", a "token", a
    # "passkey", a "person" or their "photo".
    example: str = ""
    arguments: tuple[Any, ...] = ()  # what else is in the address
    data: dict[str, Any] = field(default_factory=dict)
    public: bool = False
    stranger: int = 200  # the status of GET for who isn't signed in, where the page is public
    downloads: bool = False  # whether the answer of POST is a file, and no page
    writes: bool = True  # whether the example of POST changes anything


SPRINT = {"name": "Autumn", "start_date": "2026-11-23", "end_date": "2026-12-04"}
NO_ROWS = {"rows-TOTAL_FORMS": "0", "rows-INITIAL_FORMS": "0"}

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
    "tasks:task-plan": Address(
        # Without a sprint the page says what is missing.
        get=(200, 200, 403, 403),
        post=(200, 200, 403, 403),
        example="free",
    ),
    "tasks:task-watch": Address(post=(302, 302, 302, 302), example="free"),
    "tasks:task-unwatch": Address(post=(302, 302, 302, 302), example="watched"),
    # A token of ours, for a task that is gone.
    "tasks:unsubscribe": Address(
        get=(200, 200, 200, 200),
        post=(200, 200, 200, 200),
        public=True,
        arguments=(jobs.unsubscribe_token(0, "bo@acme.example"),),
    ),
    "tasks:task-prioritize": Address(post=(302, 403, 403, 403), example="free", data={"priority": "HIGH"}),
    "tasks:task-search": Address(get=(200, 200, 200, 200)),
    "tasks:comment-create": Address(post=(302, 302, 302, 302), example="free", data={"text": "Seen on staging too."}),
    "tasks:comment-edit": Address(
        get=(403, 403, 403, 403), post=(403, 403, 403, 403), example="comment", data={"text": "Never said that."}
    ),
    "tasks:comment-delete": Address(get=(200, 403, 403, 403), post=(302, 403, 403, 403), example="comment"),
    "tasks:attachment-create": Address(
        post=(302, 403, 302, 403),
        example="free",
        data={"attachments": Sheet("notes.txt", b"Staging too.")},
    ),
    "tasks:attachment-download": Address(get=(200, 200, 200, 200), example="attachment"),
    "tasks:attachment-preview": Address(get=(200, 200, 200, 200), example="attachment"),
    "tasks:attachment-delete": Address(get=(200, 403, 403, 403), post=(302, 403, 403, 403), example="attachment"),
    "tasks:tasks-of-day": Address(get=(200, 200, 200, 200), arguments=(datetime.date(2026, 11, 22),)),
    "tasks:tasks-archived": Address(get=(200, 200, 200, 200), arguments=(2026,)),
    "tasks:task-by-reference": Address(get=(302, 302, 302, 302), example="reference"),
    "tasks:epic-list": Address(get=(200, 200, 200, 200)),
    "tasks:epic-create": Address(get=(200, 403, 200, 403), post=(302, 403, 302, 403), data={"name": "Audit"}),
    "tasks:epic-detail": Address(get=(200, 200, 200, 200), example="epic"),
    "tasks:epic-edit": Address(
        get=(200, 200, 403, 403), post=(302, 302, 403, 403), example="epic", data={"name": "Restore"}
    ),
    "tasks:epic-delete": Address(get=(200, 403, 403, 403), post=(302, 403, 403, 403), example="epic"),
    "tasks:epic-tasks": Address(
        get=(200, 200, 403, 403), post=(302, 302, 403, 403), example="epic", data=NO_ROWS, writes=False
    ),
    "tasks:sprint-list": Address(get=(200, 200, 200, 200)),
    "tasks:sprint-create": Address(get=(200, 403, 200, 403), post=(302, 403, 302, 403), data=SPRINT),
    "tasks:sprint-manage": Address(get=(200, 200, 403, 403), post=(302, 302, 403, 403), data=NO_ROWS, writes=False),
    "tasks:sprint-detail": Address(get=(200, 200, 200, 200), example="sprint"),
    "tasks:sprint-edit": Address(get=(200, 200, 403, 403), post=(302, 302, 403, 403), example="sprint", data=SPRINT),
    "tasks:sprint-delete": Address(get=(200, 403, 403, 403), post=(302, 403, 403, 403), example="sprint"),
    "tasks:sprint-task-create": Address(
        get=(200, 403, 200, 403), post=(302, 403, 302, 403), example="sprint", data={"title": "Try the restore"}
    ),
    "tasks:sprint-task-remove": Address(post=(302, 302, 403, 403), example="planned"),
    "tasks:sprint-burndown": Address(get=(200, 200, 200, 200), example="sprint"),
    "tasks:sprint-burndown-csv": Address(get=(200, 200, 200, 200), example="sprint"),
    "tasks:reports": Address(get=(200, 200, 200, 200)),
    "tasks:report-csv": Address(get=(200, 200, 200, 200), arguments=("members",)),
    "tasks:backlog": Address(get=(200, 200, 200, 200), post=(200, 200, 403, 403)),  # nothing is ticked
    "accounts:register": Address(get=(302, 302, 302, 302), post=(302, 302, 302, 302), public=True),
    "accounts:login": Address(get=(302, 302, 302, 302), post=(302, 302, 302, 302), public=True),
    "accounts:logout": Address(post=(302, 302, 302, 302), public=True),
    "accounts:profile": Address(
        get=(200, 200, 200, 200), post=(302, 302, 302, 302), data={"phone": "(555) 123-4567", "biography": "Hi"}
    ),
    "accounts:photo": Address(get=(200, 200, 200, 200), example="photo"),
    "accounts:person": Address(get=(200, 200, 200, 200), example="person"),
    "accounts:export": Address(post=(200, 200, 200, 200), downloads=True),
    "accounts:close": Address(get=(200, 200, 200, 200), post=(302, 302, 302, 302), data={"password": PASSWORD}),
    "accounts:closed": Address(get=(200, 200, 200, 200), public=True),
    "accounts:member-list": Address(get=(200, 403, 403, 403)),
    "accounts:member-edit": Address(
        get=(200, 403, 403, 403), post=(302, 403, 403, 403), example="member", data={"roles": ["Editor"]}
    ),
    "accounts:member-deactivate": Address(get=(200, 403, 403, 403), post=(302, 403, 403, 403), example="member"),
    "accounts:member-reactivate": Address(post=(302, 403, 403, 403), example="member", writes=False),
    "accounts:invitation-list": Address(
        get=(200, 403, 403, 403), post=(302, 403, 403, 403), data={"emails": "new@acme.example"}
    ),
    "accounts:invitation-resend": Address(post=(302, 403, 403, 403), example="invitation"),
    "accounts:invitation-revoke": Address(post=(302, 403, 403, 403), example="invitation"),
    # A token of ours, for an invitation that is gone.
    "accounts:invitation-accept": Address(
        get=(404, 404, 404, 404),
        post=(404, 404, 404, 404),
        public=True,
        stranger=404,
        arguments=(account_jobs.invitation_token("gone"),),
    ),
    "accounts:token-list": Address(
        get=(200, 200, 200, 200),
        post=(201, 201, 201, 201),
        data={"name": "Deployment", "scope": "read", "expires": "30"},
    ),
    "accounts:token-revoke": Address(post=(404, 404, 404, 404), example="token"),
    "accounts:token-revoke-all": Address(post=(302, 302, 302, 302), writes=False),
    "accounts:token-pair": Address(post=(201, 201, 201, 201)),
    "accounts:audit-list": Address(get=(200, 403, 403, 403)),
    "accounts:audit-csv": Address(get=(200, 403, 403, 403)),
    "accounts:member-disconnect": Address(post=(302, 403, 403, 403), example="member", writes=False),
    "accounts:organization": Address(get=(200, 403, 403, 403), post=(302, 403, 403, 403), data={"name": "Acme & Co."}),
    "accounts:single-sign-on": Address(
        get=(200, 403, 403, 403),
        post=(302, 403, 403, 403),
        data={
            "issuer": "https://id.example.com",
            "client_id": "taskmanager",
            "client_secret": "between us",
            "default_roles": ["Editor"],
        },
    ),
    # Nothing is set up to be tried.
    "accounts:single-sign-on-try": Address(post=(302, 403, 403, 403), writes=False),
    "accounts:sso": Address(get=(302, 302, 302, 302), post=(302, 302, 302, 302), public=True),
    "accounts:sso-start": Address(
        get=(302, 302, 302, 302), post=(302, 302, 302, 302), public=True, stranger=404, arguments=("nowhere",)
    ),
    # An answer to nothing.
    "accounts:sso-callback": Address(get=(400, 400, 400, 400), public=True, stranger=400),
    "accounts:session-list": Address(
        get=(200, 200, 200, 200), post=(302, 302, 302, 302), data={"end": "others"}, writes=False
    ),
    "accounts:password-change": Address(
        get=(200, 200, 200, 200),
        post=(302, 302, 302, 302),
        data={"old_password": PASSWORD, "new_password1": "a wholly new one 7", "new_password2": "a wholly new one 7"},
    ),
    "accounts:passkey-sign-in": Address(post=(302, 302, 302, 302), public=True),
    # Passkeys need https or localhost, which the tests' own host is not.
    "accounts:passkey-sign-in-options": Address(post=(400, 400, 400, 400), public=True),
    "accounts:second-factor": Address(
        get=(302, 302, 302, 302), post=(302, 302, 302, 302), public=True, stranger=302, data={"code": "123456"}
    ),
    "accounts:second-factor-options": Address(post=(400, 400, 400, 400), public=True),
    "accounts:second-factor-confirm": Address(
        get=(200, 200, 200, 200), post=(302, 302, 302, 302), data={"password": PASSWORD}, writes=False
    ),
    "accounts:second-factor-setup": Address(get=(200, 200, 200, 200)),
    "accounts:second-factor-settings": Address(get=(200, 200, 200, 200)),
    # Before anything changes, they have to prove once more that it is them.
    "accounts:authenticator-create": Address(
        get=(302, 302, 302, 302), post=(302, 302, 302, 302), data={"code": "123456"}, writes=False
    ),
    "accounts:authenticator-remove": Address(get=(302, 302, 302, 302), post=(302, 302, 302, 302), writes=False),
    "accounts:passkey-create": Address(
        get=(302, 302, 302, 302), post=(302, 302, 302, 302), data={"name": "x", "credential": "{}"}, writes=False
    ),
    "accounts:passkey-options": Address(post=(400, 400, 400, 400)),
    # Nobody has to do with another's, not even an Admin.
    "accounts:passkey-edit": Address(
        get=(404, 404, 404, 404), post=(404, 404, 404, 404), example="passkey", data={"name": "Mine"}
    ),
    "accounts:passkey-remove": Address(get=(404, 404, 404, 404), post=(404, 404, 404, 404), example="passkey"),
    "accounts:recovery-codes": Address(get=(302, 302, 302, 302), post=(302, 302, 302, 302), writes=False),
    "accounts:recovery-codes-create": Address(post=(302, 302, 302, 302), writes=False),
    "accounts:recovery-codes-download": Address(get=(404, 404, 404, 404)),
    "accounts:second-factor-reset": Address(get=(200, 403, 403, 403), post=(302, 403, 403, 403), example="member"),
    # Who has none would lock themselves out.
    "accounts:second-factor-requirement": Address(post=(302, 403, 403, 403), data={"required": "1"}, writes=False),
    "accounts:password-reset": Address(get=(200, 200, 200, 200), post=(200, 200, 200, 200), public=True),
    "accounts:password-reset-done": Address(get=(200, 200, 200, 200), public=True),
    # A forged link.
    "accounts:password-reset-confirm": Address(
        get=(200, 200, 200, 200), post=(200, 200, 200, 200), public=True, arguments=("MQ", "abc-def")
    ),
    "accounts:password-reset-complete": Address(get=(200, 200, 200, 200), public=True),
    # The tests' client is at home, which is where Prometheus may ask from.
    "metrics": Address(get=(200, 200, 200, 200), public=True),
    "health:liveness": Address(get=(200, 200, 200, 200), public=True),
    "health:readiness": Address(get=(200, 200, 200, 200), public=True),
    "help": Address(get=(200, 200, 200, 200), public=True),
    "about": Address(get=(200, 200, 200, 200), public=True),
    "contact": Address(get=(200, 200, 200, 200), post=(200, 200, 200, 200), public=True),
    "contact-thanks": Address(get=(200, 200, 200, 200), public=True),
}


def all_names(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """Give the name of every route there is, with its namespace; of one without a name, the route itself.

    Those of the admin follow from its registry, which test_admin_addresses.py goes through, and those of the API from
    its document, as tests/api/test_every_operation.py does.
    """
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver) and entry.namespace in {"admin", "api-v1"}:
            continue
        if isinstance(entry, URLResolver):
            yield from all_names(entry, f"{prefix}{entry.namespace}:" if entry.namespace else prefix)
        else:
            assert isinstance(entry, URLPattern)
            yield f"{prefix}{entry.name}" if entry.name else str(entry.pattern)


def url_of(name: str, board: Project, author: User) -> str:
    """Return the address filled in with a new object of the author's."""
    example = ADDRESSES[name].example
    if not example:
        return reverse(name, args=ADDRESSES[name].arguments)
    if example in {"photo", "person", "member", "invitation", "epic", "token", "passkey"}:
        return reverse(name, args=_without_a_task(example, board, author))
    watchers = ["bo@acme.example"] if example == "watched" else []
    task = services.create_task(board, actor=author, title="Rotate the signing keys", watchers=watchers)
    if example in {"sprint", "planned"}:
        today = timezone.localdate()
        sprint = services.create_sprint(
            board, actor=author, name="Autumn", start_date=today, end_date=today + datetime.timedelta(days=9)
        )
        services.plan_task(task, sprint=sprint, actor=author)
        return reverse(name, args=[sprint.pk, task.pk] if example == "planned" else [sprint.pk])
    if example == "taken":
        services.claim_task(task, actor=author)
    if example == "comment":
        return reverse(name, args=[services.create_comment(task, actor=author, text="Rotate them today.").pk])
    if example == "attachment":
        files = [SimpleUploadedFile("Rotate the signing keys.png", PIXEL)]
        [attachment] = services.add_attachments(task, files=files, actor=author)
        jobs.make_thumbnail.call(attachment.pk)
        return reverse(name, args=[attachment.pk])
    return reverse(name, args=[task.reference if example == "reference" else task.pk])


def _of_a_person(example: str, board: Project) -> list[Any]:
    """Return what names a new colleague's page, or their photo."""
    names = {"username": "Rotate", "email": "mo@acme.example", "full_name": "Rotate the signing keys"}
    person = accounts.add_member(board.organization, password=None, roles=[Role.CREATOR], **names)
    if example == "person":
        return [person.username]
    told = {"phone": "", "biography": "", "time_zone": "UTC", "theme": "system"}
    accounts.edit_profile(person, **told, photo=photos.make(SimpleUploadedFile("me.png", PIXEL)))
    return [person.pk, person.photo]


def _without_a_task(example: str, board: Project, author: User) -> list[Any]:
    """Return what names a new epic, invitation, token or passkey of the author's, member, person or photo."""
    organization = board.organization
    if example == "token":
        ends = timezone.now() + datetime.timedelta(days=1)
        token, _secret = accounts.create_token(
            author, name="Rotate the signing keys", scope=Scope.READ, expires_at=ends
        )
        return [token.pk]
    if example in {"photo", "person"}:
        return _of_a_person(example, board)
    if example == "epic":
        return [services.create_epic(board, actor=author, name="Audit").pk]
    if example == "passkey":
        return [passkey_of(author, name="Rotate the signing keys").pk]
    if example == "invitation":
        return [accounts.invite(organization, actor=author, emails=["in@acme.example"])[0].pk]
    member = accounts.add_member(
        organization, username="mo", email="mo@acme.example", password=None, roles=[Role.CREATOR]
    )
    return [member.pk]
