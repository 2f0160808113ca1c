"""An example of each thing that the API takes or gives; a test holds each against its schema."""

from typing import Any

ADA = {"id": 1, "username": "ada"}
ED = {"id": 2, "username": "ed"}
WEBSITE = {"id": 3, "key": "WEB"}
AUDIT = {"id": 4, "name": "Security audit"}
SPRINT_12 = {"id": 9, "name": "Sprint 12"}
MADE, CHANGED = "2026-11-20T09:30:00Z", "2026-11-22T16:05:12.481Z"

TASK = {
    "id": 12,
    "reference": "WEB-12",
    "title": "Rotate the signing keys",
    "description": "All of them, **also** those of staging.",
    "status": "IN_PROGRESS",
    "priority": "HIGH",
    "due_date": "2026-12-01",
    "project": WEBSITE,
    "epic": AUDIT,
    "sprints": [SPRINT_12],
    "creator": ADA,
    "owner": ED,
    "watchers": ["bo@example.com"],
    "created_at": MADE,
    "updated_at": CHANGED,
    "completed_at": None,
    "version": 3,
}
EPIC = {
    **AUDIT,
    "description": "What the auditors found in autumn.",
    "project": WEBSITE,
    "creator": ADA,
    "task_count": 8,
    "done_count": 5,
    "created_at": MADE,
    "updated_at": CHANGED,
    "version": 2,
}
SPRINT = {
    **SPRINT_12,
    "description": "No key is older than a year.",
    "start_date": "2026-11-16",
    "end_date": "2026-11-27",
    "project": WEBSITE,
    "epic": AUDIT,
    "creator": ADA,
    "task_count": 14,
    "done_count": 6,
    "created_at": MADE,
    "updated_at": CHANGED,
    "version": 2,
}
PROJECT = {**WEBSITE, "name": "Website", "created_at": MADE}
COMMENT = {
    "id": 31,
    "task": 12,
    "author": ED,
    "text": "Done on staging, @ada.",
    "created_at": CHANGED,
    "edited_at": None,
    "version": 1,
}
ATTACHMENT = {
    "id": 7,
    "task": 12,
    "name": "keys.png",
    "size": 48213,
    "content_type": "image/png",
    "uploader": ED,
    "preview": "READY",
    "created_at": CHANGED,
}
ACTIVITY = {
    "id": 101,
    "verb": "claimed",
    "actor": ED,
    "reference": "WEB-12",
    "comment": None,
    "changes": {"status": ["UNASSIGNED", "IN_PROGRESS"], "owner": [None, 2]},
    "version": 2,
    "created_at": CHANGED,
}
USER = {
    "id": 2,
    "username": "ed",
    "first_name": "Ed",
    "last_name": "Moreno",
    "email": "ed@acme.example",
    "is_active": True,
    "roles": ["Editor"],
}
ACME = {"id": 1, "name": "Acme", "slug": "acme"}
PROBLEM = {"loc": ["body", "title"], "msg": "Field required", "type": "missing"}
PAIR = {"access": "eyJhbGciOiJIUzI1NiJ9.…", "refresh": "eyJhbGciOiJIUzI1NiJ9.…"}
TITLES = {"field": "title", "yours": "Rotate all keys", "theirs": "Rotate the signing keys", "changed_by": ADA}
NAMES = {"field": "name", "yours": "Audit", "theirs": "Security audit", "changed_by": ADA}
SPRINT_NAMES = {"field": "name", "yours": "Sprint twelve", "theirs": "Sprint 12", "changed_by": ADA}
TEXTS = {"field": "text", "yours": "Done.", "theirs": "Done on staging, @ada.", "changed_by": ED}
SAME_FIELDS = "Somebody changed the same fields while you were editing."
OTHER_VERSION = "This was changed meanwhile: it has version 3 now."


CHANGE = {"id": 7, "priority": "URGENT", "version": 3}
RESULT = {"id": 7, "status": 200, "task": TASK, "message": None, "detail": None}


def _listed(item: Any) -> dict[str, Any]:
    return {"items": [item], "count": 1}


EXAMPLES: dict[str, Any] = {
    "ActivityList": _listed(ACTIVITY),
    "ActivityOut": ACTIVITY,
    "AttachmentList": _listed(ATTACHMENT),
    "AttachmentOut": ATTACHMENT,
    "ClaimNext": {"project": 3, "priority_at_least": "MEDIUM", "lease_seconds": 300},
    "CommentConflict": {"message": "This comment was edited meanwhile.", "current": COMMENT, "fields": [TEXTS]},
    "CommentIn": {"text": "Done on staging, @ada."},
    "CommentList": _listed(COMMENT),
    "CommentOut": COMMENT,
    "CommentPatch": {"text": "Done on staging and in production.", "version": 1},
    "CommentStale": {"message": OTHER_VERSION, "current": COMMENT},
    "Conflicting": TITLES,
    "Credentials": {"organization": "acme", "username": "ada", "password": "correct horse battery staple"},
    "EpicConflict": {"message": SAME_FIELDS, "current": EPIC, "fields": [NAMES]},
    "EpicIn": {"name": "Security audit", "description": "What the auditors found in autumn."},
    "EpicList": _listed(EPIC),
    "EpicOut": EPIC,
    "EpicPatch": {"name": "Audit", "version": 2},
    "EpicPut": {"name": "Audit", "version": 2},
    "EpicStale": {"message": OTHER_VERSION, "current": EPIC},
    "Heartbeat": {"lease_seconds": 60},
    "Me": {
        "id": 1,
        "username": "ada",
        "name": "Ada Lovelace",
        "email": "ada@acme.example",
        "organization": ACME,
        "roles": ["Admin"],
        "permissions": ["tasks.add_task", "tasks.change_task"],
    },
    "Message": {"message": "Object not found."},
    "Named": AUDIT,
    "OrganizationOut": ACME,
    "PairOut": PAIR,
    "Person": ADA,
    "Problem": PROBLEM,
    "Problems": {"detail": [PROBLEM]},
    "ProjectIn": {"name": "Website", "key": "WEB"},
    "ProjectList": _listed(PROJECT),
    "ProjectOut": PROJECT,
    "ProjectPut": {"name": "The website"},
    "ProjectRef": WEBSITE,
    "Refresh": {"refresh": PAIR["refresh"]},
    "Role": "Editor",
    "SprintConflict": {"message": SAME_FIELDS, "current": SPRINT, "fields": [SPRINT_NAMES]},
    "SprintEpic": {"epic": 4},
    "SprintIn": {"name": "Sprint 12", "start_date": "2026-11-16", "end_date": "2026-11-27", "epic": 4},
    "SprintList": _listed(SPRINT),
    "SprintOut": SPRINT,
    "SprintPatch": {"end_date": "2026-11-30", "version": 2},
    "SprintPut": {"name": "Sprint 12", "start_date": "2026-11-16", "end_date": "2026-11-30", "version": 2},
    "SprintStale": {"message": OTHER_VERSION, "current": SPRINT},
    "TaskConflict": {"message": SAME_FIELDS, "current": TASK, "fields": [TITLES]},
    "TaskIn": {"title": "Rotate the signing keys", "priority": "HIGH", "due_date": "2026-12-01", "epic": 4},
    "TaskList": _listed(TASK),
    "TaskOut": TASK,
    "TaskPatch": {"priority": "URGENT", "version": 3},
    "TaskPatchOf": CHANGE,
    "TaskPatches": {"items": [CHANGE]},
    "TaskPut": {"title": "Rotate the signing keys", "status": "DONE", "owner": 2, "version": 3},
    "TaskResult": RESULT,
    "TaskResults": {"results": [RESULT]},
    "TaskStale": {"message": OTHER_VERSION, "current": TASK},
    "UserList": _listed(USER),
    "UserOut": USER,
}
