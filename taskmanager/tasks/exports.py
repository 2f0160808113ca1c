"""Everything that the product holds about one person, for that person: JSON for programs, and files.

A new kind of data gets a section here: its name, what is in it, and its rows. `README.txt` in the archive is made of
these, so that each section is explained.
"""

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from django.core.files.storage import default_storage
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q, QuerySet
from django.utils import timezone

from taskmanager.accounts import photos
from taskmanager.accounts.models import (
    ApiToken,
    AuditEvent,
    Authenticator,
    ExternalIdentity,
    Flag,
    FormSubmission,
    Invitation,
    Passkey,
    Session,
    User,
)
from taskmanager.tasks.models import Activity, Attachment, Comment, Epic, Sprint, Task, Watcher

# The form of data.json; it counts up when a program that reads it has to be changed.
VERSION = 1
# Attached files are in the archive up to this size, the oldest first: a request shouldn't take for ever.
FILES_SIZE = 50 * 1024**2
AT_ONCE = 500
ADDRESS = re.compile(r"[^\s@,;<>\"']+@[^\s@,;<>\"']+")

Row = dict[str, Any]


@dataclass(frozen=True)
class Section:
    """A list in data.json."""

    name: str
    explanation: str
    rows: Callable[[User], Iterable[Row]]


def write(user: User, file: IO[bytes]) -> None:
    """Write the archive about the user. Rows are read some at a time, and files one after the other."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", _readme(user))
        photo = _add_photo(archive, user)
        files = _add_files(archive, user)
        with archive.open("data.json", "w", force_zip64=True) as raw, io.TextIOWrapper(raw, "utf-8") as text:
            head = {
                "format": "taskmanager-export",
                "version": VERSION,
                "exported_at": timezone.now(),
                "organization": {"name": user.organization.name, "slug": user.organization.slug},
                "profile": {**_profile(user), "photo": photo},
            }
            text.write(_json(head)[:-1])
            for section in SECTIONS:
                text.write(f',\n"{section.name}": [')
                rows = _attachments(user, files) if section.name == "attachments" else section.rows(user)
                for index, row in enumerate(rows):
                    text.write(f"{',' if index else ''}\n  {_json(row)}")
                text.write("]")
            text.write("}\n")


def _json(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


def _profile(user: User) -> Row:
    flags = Flag.objects.filter(users=user)  # type: ignore[misc]  # waffle makes the link
    return {
        "username": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "phone": user.phone,
        "biography": user.biography,
        "time_zone": user.time_zone,
        "theme": user.theme,
        "roles": [role.value for role in user.roles],
        "is_staff": user.is_staff,
        "is_superuser": user.is_superuser,
        "feature_flags": list(flags.order_by("name").values_list("name", flat=True)),
        "joined_at": user.date_joined,
        "last_signed_in_at": user.last_login,
    }


def _sessions(user: User) -> Iterator[Row]:
    for session in _some(Session.objects.filter(user=user).order_by("begun_at", "pk")):
        yield {
            "browser": session.agent,
            "address": session.address,
            "begun_at": session.begun_at,
            "last_used_at": session.seen_at,
            "ends_at": session.expire_date,
        }


def _invitations(user: User) -> Iterator[Row]:
    mine = Q(accepted_by=user) | Q(invited_by=user)
    for invitation in _some(Invitation.objects.of(user.organization).filter(mine).order_by("pk")):
        received = invitation.accepted_by_id == user.pk
        yield {
            "direction": "received" if received else "sent",
            "email": invitation.email if received else None,
            "roles": [role.value for role in invitation.role_list],
            "created_at": invitation.created_at,
            "expires_at": invitation.expires_at,
            "accepted_at": invitation.accepted_at,
            "revoked_at": invitation.revoked_at,
        }


def _api_tokens(user: User) -> Iterator[Row]:
    for token in _some(ApiToken.objects.of(user).order_by("pk")):
        yield {
            "name": token.name,
            "scope": token.scope,
            "begins_with": token.prefix,
            "created_at": token.created_at,
            "expires_at": token.expires_at,
            "last_used_at": token.last_used_at,
            "last_used_address": token.last_used_address,
            "revoked_at": token.revoked_at,
        }


def _second_factors(user: User) -> Iterator[Row]:
    for app in Authenticator.objects.filter(user=user):
        yield {"kind": "app", "name": None, "created_at": app.created_at, "last_used_at": app.last_used_at}
    for passkey in Passkey.objects.filter(user=user).order_by("pk"):
        times = {"created_at": passkey.created_at, "last_used_at": passkey.last_used_at}
        yield {"kind": "passkey", "name": passkey.name, **times}


def _identities(user: User) -> Iterator[Row]:
    for identity in ExternalIdentity.objects.filter(user=user).order_by("pk"):
        times = {"created_at": identity.created_at, "last_used_at": identity.used_at}
        yield {"issuer": identity.issuer, "subject": identity.subject, **times}


def _submissions(user: User) -> Iterator[Row]:
    for sent in _some(FormSubmission.objects.filter(user=user).order_by("pk")):
        yield {"form": sent.form, "made": sent.made, "sent_at": sent.created_at}


def _audit_events(user: User) -> Iterator[Row]:
    about = Q(actor=user) | Q(subject=user)
    for event in _some(AuditEvent.objects.of(user.organization).filter(about).order_by("pk")):
        by_other = event.actor_id not in {user.pk, None}
        yield {
            "kind": event.kind,
            "by": event.actor_name,
            "to": event.subject_name,
            # A colleague's whereabouts are theirs.
            "address": None if by_other else event.address,
            "detail": _without_addresses_of_others(event.detail, user),
            "at": event.created_at,
        }


def _created_tasks(user: User) -> Iterator[Row]:
    for task in _tasks(user, creator=user):
        yield {**_task(task), "description": task.description}


def _owned_tasks(user: User) -> Iterator[Row]:
    return (_task(task) for task in _tasks(user, owner=user))


def _tasks(user: User, **wanted: User) -> Iterator[Task]:
    return _some(Task.objects.of(user.organization).filter(**wanted).select_related("project").order_by("pk"))


def _task(task: Task) -> Row:
    return {
        "id": task.pk,
        "reference": task.reference,
        "title": task.title,
        "status": task.status,
        "priority": task.priority,
        "due_date": task.due_date,
        "created_at": task.created_at,
        "updated_at": task.updated_at,
        "completed_at": task.completed_at,
        "archived_at": task.archived_at,
    }


def _watched_tasks(user: User) -> Iterator[Row]:
    watching = Watcher.objects.filter(organization=user.organization, email=user.email.lower())
    for watcher in _some(watching.select_related("task__project").order_by("pk")):
        yield {
            "id": watcher.task_id,
            "reference": watcher.task.reference,
            "title": watcher.task.title,
            "since": watcher.created_at,
        }


def _comments(user: User) -> Iterator[Row]:
    own = Comment.objects.of(user.organization).filter(author=user)
    for comment in _some(own.select_related("task__project").order_by("pk")):
        yield {
            "id": comment.pk,
            "task": comment.task.reference,
            "text": comment.text,
            "created_at": comment.created_at,
            "edited_at": comment.edited_at,
        }


def _attachments(user: User, files: dict[int, str] | None = None) -> Iterator[Row]:
    for attachment in _some(_uploads(user).select_related("task__project")):
        yield {
            "id": attachment.pk,
            "task": attachment.task.reference,
            "name": attachment.name,
            "size": attachment.size,
            "content_type": attachment.content_type,
            "created_at": attachment.created_at,
            "file": (files or {}).get(attachment.pk),
        }


def _epics(user: User) -> Iterator[Row]:
    for epic in _some(Epic.objects.of(user.organization).filter(creator=user).select_related("project").order_by("pk")):
        yield {
            "id": epic.pk,
            "project": epic.project.key,
            "name": epic.name,
            "description": epic.description,
            "created_at": epic.created_at,
        }


def _sprints(user: User) -> Iterator[Row]:
    own = Sprint.objects.of(user.organization).filter(creator=user)
    for sprint in _some(own.select_related("project").order_by("pk")):
        yield {
            "id": sprint.pk,
            "project": sprint.project.key,
            "name": sprint.name,
            "description": sprint.description,
            "start_date": sprint.start_date,
            "end_date": sprint.end_date,
            "created_at": sprint.created_at,
        }


def _activity(user: User) -> Iterator[Row]:
    for line in _some(Activity.objects.of(user.organization).filter(actor=user).order_by("pk")):
        # What stood there before may be somebody else's words.
        new = {name: values[-1] for name, values in line.changes.items() if values}
        yield {
            "item": line.reference,
            "verb": line.verb,
            "changes": _without_addresses_of_others(new, user),
            "at": line.created_at,
        }


SECTIONS = [
    Section("sessions", "Where you are signed in. What opens a session is kept nowhere.", _sessions),
    Section("api_tokens", "Your API tokens. What opens the API is kept nowhere.", _api_tokens),
    Section("second_factors", "Your authenticator app and passkeys, without their keys.", _second_factors),
    Section("external_identities", "Your accounts at your organization's sign-in provider.", _identities),
    Section(
        "invitations",
        'The invitation that made you a member ("received"), and those that you sent, without the addresses.',
        _invitations,
    ),
    Section("form_submissions", "Forms that you sent in the last day, kept so that none acts twice.", _submissions),
    Section("created_tasks", "Tasks that you created.", _created_tasks),
    Section("owned_tasks", "Tasks that you own now.", _owned_tasks),
    Section("watched_tasks", "Tasks about which you get mails, by your e-mail address.", _watched_tasks),
    Section("created_epics", "Epics that you created.", _epics),
    Section("created_sprints", "Sprints that you created.", _sprints),
    Section("comments", "Comments that you wrote, as Markdown.", _comments),
    Section(
        "attachments",
        'Files that you attached. "file" is the place in this archive; null for those that had no room.',
        _attachments,
    ),
    Section(
        "activity",
        "History: what you did to which item, with the new values. People and epics are named by their ids.",
        _activity,
    ),
    Section(
        "audit_events",
        "Sign-ins and changes of rights, by you and to you. Addresses of others are left out.",
        _audit_events,
    ),
]


def _some[T: Any](rows: QuerySet[T]) -> Iterator[T]:
    return rows.iterator(chunk_size=AT_ONCE)


def _uploads(user: User) -> QuerySet[Attachment]:
    return Attachment.objects.of(user.organization).filter(uploader=user).order_by("pk")


def _without_addresses_of_others(value: Any, user: User) -> Any:
    """Return what JSON holds without the e-mail addresses of other people."""
    if isinstance(value, dict):
        return {key: _without_addresses_of_others(each, user) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_addresses_of_others(each, user) for each in value]
    if isinstance(value, str):
        return ADDRESS.sub(lambda found: found[0] if found[0].lower() == user.email.lower() else "(another)", value)
    return value


def _add_photo(archive: zipfile.ZipFile, user: User) -> str | None:
    if not user.photo:
        return None
    place = photos.place_of(photos.base_of(user.organization_id, user.photo), photos.LARGE)
    return "photo.webp" if _add(archive, place, "photo.webp") else None


def _add_files(archive: zipfile.ZipFile, user: User) -> dict[int, str]:
    """Put the files that the user attached into the archive, as many as have room; return their places by id."""
    places: dict[int, str] = {}
    room = FILES_SIZE
    for attachment in _some(_uploads(user)):
        inside = f"files/{attachment.pk}-{attachment.name}"
        if attachment.size <= room and _add(archive, str(attachment.file.name), inside):
            places[attachment.pk] = inside
            room -= attachment.size
    return places


def _add(archive: zipfile.ZipFile, place: str, inside: str) -> bool:
    """Copy a stored file into the archive; return whether the storage still had it."""
    try:
        with default_storage.open(place) as stored:
            chunks = stored.chunks()
            first = next(chunks, b"")
            with archive.open(inside, "w") as copy:
                copy.write(first)
                for chunk in chunks:
                    copy.write(chunk)
    except FileNotFoundError:
        return False
    return True


def _readme(user: User) -> str:
    listed = "\n".join(f"{section.name}\n    {section.explanation}" for section in SECTIONS)
    return f"""What Taskmanager holds about {user.username} at {user.organization.name}

data.json is for programs: UTF-8, moments in UTC by ISO 8601, lists with the oldest row first. Its "version" counts up
when its form changes.

profile
    What you told about yourself, and your roles. "photo" is its place in this archive.
{listed}

files/
    Files that you attached to tasks, up to {FILES_SIZE // 1024**2} MiB in all. Download larger ones from their tasks.

The words and e-mail addresses of other people are left out. Passwords are kept only as hashes, which are no use to you.
"""
