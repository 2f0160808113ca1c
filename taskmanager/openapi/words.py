"""What the document says in many places, in one: of tags, statuses, headers, parameters and fields."""

from http import HTTPStatus
from typing import Any

SUMMARY = "Everything that people can do in Taskmanager, for scripts, CI jobs, apps and agents."
DESCRIPTION = """Send a token with each call, as `Authorization: Bearer …`. People make theirs at `/accounts/tokens/`; a
program that has a password gets a pair of short-lived ones by `POST /api/v1/token/pair`.

- **Errors** are JSON: `{"message": …}`, a sentence for people; input that doesn't fit is 422 with
  `{"detail": [{"loc", "msg", "type"}]}`, one entry per problem, naming what is permitted. What belongs to another
  organization is 404, like what never was.
- **Safe to repeat**: a call that makes something takes an `Idempotency-Key`; sent again within a day with the same
  body it acts once and gets the first answer, with `Idempotent-Replayed: true`.
- **Editing together**: what has a `version` gives it as `ETag` too. An edit that names the `version` it started from
  is merged with what others changed meanwhile; where both changed the same field, it is 409 with both values and the
  present state. With `If-Match`, any change since is 412, with the present state.
- **Long lists** come in parts of `limit` (at most 500): by `offset`, or by `page`. The `Link` header leads to the
  others.
- **Asking again**: an answer to a GET has an `ETag`; sent as `If-None-Match`, it is 304 where nothing has changed. The
  ETag of one thing is its `version`: what it tells of others, such as the name of a task's epic, its watchers or its
  number of tasks, may have changed since.
- **Limits**: each answer says in `RateLimit-…` how many calls are left; beyond them it is 429 with `Retry-After`.
- Moments are RFC 3339 in UTC, days `YYYY-MM-DD`, ids whole numbers. Fields may be added to answers at any time; nothing
  is removed or changed within version 1.
"""
TAGS = {
    "Tasks": "Pieces of work: find, make, change, claim and release them, and see what happened to them.",
    "Comments": "What people say about a task, the oldest first.",
    "Attachments": "Files of a task.",
    "Epics": "Big pieces of work that are made of tasks.",
    "Sprints": "Periods with a start and an end, into which tasks are planned.",
    "Projects": "The boards of an organization; an organization has at least one.",
    "People": "Who I am, and who else works in my organization.",
    "Tokens": "Pairs of short-lived tokens (JWT), for programs that sign in by a password.",
}
SECURITY = (
    "An API token, or the access token of a pair. A token that may only read gets 403 from every call that writes."
)

# What a status means here, and an example of the sentence that comes with it.
ERRORS: dict[int, tuple[str, str]] = {
    400: (
        "The body can't be read, or a rule of the product refuses the call.",
        "The body is no JSON that can be read.",
    ),
    401: ("There is no token, or none that counts.", "Send a valid token as “Authorization: Bearer …”."),
    403: ("The user's roles don't permit it, or the token may only read.", "Your role doesn't allow that."),
    404: ("It isn't there, or it is another organization's.", "Object not found."),
    409: (
        "It contradicts what is there, or the Idempotency-Key was used for another call.",
        "This Idempotency-Key was used for another call. Choose a new one.",
    ),
    412: ("It isn't the version that `If-Match` names.", "This was changed meanwhile: it has version 4 now."),
    413: (
        "The body is larger than anything that is taken.",
        "That was larger than anything that can be sent here. Nothing was stored.",
    ),
    422: ("The input doesn't fit: each problem is named, with what is permitted.", ""),
    429: (
        "Too many calls, or too many tries: wait as long as `Retry-After` says.",
        "Too many attempts. Try again in 7 seconds.",
    ),
    500: ("Something went wrong on our side.", "Something went wrong on our side."),
    503: (
        "The database can't be reached: the same call, sent again after `Retry-After`, will do.",
        "The server can’t reach its database. Nothing that was saved is lost: try again in a few seconds.",
    ),
}
PROBLEMS = {
    "detail": [
        {"loc": ["body", "priority"], "msg": "Input should be 'LOW', 'MEDIUM', 'HIGH' or 'URGENT'", "type": "enum"}
    ]
}
# What the web server answers before the API hears of it.
TOO_LONG = {
    414: {"description": "The address is longer than 4,094 bytes; said in HTML."},
    431: {"description": "There are more than 100 headers, or one is longer than 8,190 bytes; said in HTML."},
}
UNCHANGED = "It is still what the answer with the ETag of `If-None-Match` said."
IF_NONE_MATCH: dict[str, Any] = {
    "in": "header",
    "name": "If-None-Match",
    "description": "The ETag of an answer that the caller still has: where nothing has changed since, this one is 304",
    "required": False,
    "schema": {"type": "string"},
}
NOTHING = "Done; there is nothing to say."
# Where a success or a refusal is a special one.
ANSWERS = {
    ("claim_next_task", HTTPStatus.NO_CONTENT): "There is no free task.",
    ("create_token_pair", HTTPStatus.UNAUTHORIZED): "Organization, username or password is not right.",
    ("create_token_pair", HTTPStatus.FORBIDDEN): "A password alone is not enough for this user.",
    ("refresh_token_pair", HTTPStatus.UNAUTHORIZED): "The refresh token doesn't count, or has been used before.",
}

HEADERS: dict[str, dict[str, Any]] = {
    "ETag": {"description": "The version, for `If-Match`", "schema": {"type": "string"}, "example": '"3"'},
    "Link": {
        "description": "Where the `first`, `prev`, `next` and `last` part of the list is (RFC 8288)",
        "schema": {"type": "string"},
        "example": '<https://taskmanager.example.com/api/v1/tasks/?limit=100&offset=100>; rel="next"',
    },
    "Retry-After": {
        "description": "How many seconds to wait",
        "schema": {"type": "integer", "minimum": 1},
        "example": 7,
    },
    "RateLimit-Limit": {
        "description": "How many calls fit into the present window",
        "schema": {"type": "integer"},
        "example": 600,
    },
    "RateLimit-Remaining": {
        "description": "How many of them are left",
        "schema": {"type": "integer", "minimum": 0},
        "example": 599,
    },
    "RateLimit-Reset": {
        "description": "In how many seconds the window ends",
        "schema": {"type": "integer", "minimum": 0},
        "example": 42,
    },
    "Idempotent-Replayed": {
        "description": "That this is the answer of the first call with this Idempotency-Key",
        "schema": {"type": "string", "const": "true"},
        "example": "true",
    },
    "WWW-Authenticate": {
        "description": "What to send (RFC 6750)",
        "schema": {"type": "string"},
        "example": "Bearer",
    },
}

# Of parameters that don't say it themselves.
PARAMETERS = {
    "task_id": "The id of the task",
    "epic_id": "The id of the epic",
    "sprint_id": "The id of the sprint",
    "project_id": "The id of the project",
    "comment_id": "The id of the comment",
    "attachment_id": "The id of the attachment",
    "year": "The year, 2026 for example",
    "month": "The month, 1 to 12",
    "day": "The day of the month",
    "fields": "Only these fields, with commas between them, `id,title,status` for example; all without it",
    "project": "The id of a project",
    "status": "The status that they have",
    "priority": "The priority that they have",
}
# Of fields that don't say it themselves.
FIELDS = {
    "access": "The access token",
    "actor": "Who did it",
    "content_type": "What kind of file it is",
    "completed_at": "When it was done",
    "created_at": "When it was made",
    "creator": "Who wrote it",
    "attachments": "The files",
    "detail": "Each problem",
    "due_date": "The day on which it is to be done; null for none",
    "edited_at": "When it was changed last; null for never",
    "email": "The e-mail address",
    "end_date": "Its last day, which belongs to it",
    "epic": "The epic that it belongs to; null for none",
    "first_name": "The first name; may be empty",
    "id": "The id, by which other calls name it",
    "items": "This part of them",
    "key": "What the references of its tasks begin with",
    "last_name": "The last name; may be empty",
    "message": "A sentence for people",
    "name": "What it is called",
    "organization": "Where they work",
    "owner": "The id of a member; null for nobody",
    "password": "The password",
    "permissions": "What they may, as Django names it",
    "priority": "How urgent it is",
    "project": "The project that it belongs to",
    "refresh": "The refresh token",
    "roles": "The roles",
    "start_date": "Its first day",
    "status": "How far it is",
    "title": "What is to be done, in a line",
    "updated_at": "When it was changed last",
    "username": "The username, unique in the organization",
    "watchers": "E-mail addresses that hear of its changes",
}
