"""What an edit is told that others were quicker than: the present state, and both values of each field in question."""

import json
from typing import Any

from django.http import HttpResponse
from ninja import Field, Schema
from pydantic import create_model

from taskmanager.accounts.api.answers import json_answer
from taskmanager.errors import NotFound
from taskmanager.sqljson import text_of
from taskmanager.tasks import services
from taskmanager.tasks.api.documents import COMMENT, EPIC, SPRINT, TASK, document
from taskmanager.tasks.api.schemas import Person
from taskmanager.tasks.models import Comment, Epic, Sprint, Task

DOCUMENTS = {Task: TASK, Epic: EPIC, Sprint: SPRINT, Comment: COMMENT}


class Conflicting(Schema):
    """A field that was changed by others since the edit began, and by the edit to something else."""

    field: str = Field(description="The name of the field", examples=["title"])
    yours: Any = Field(description="What you sent, as it is sent: a member or an epic by the id")
    theirs: Any = Field(description="What is there now, in the same way")
    changed_by: Person | None = Field(description="Who changed it last; null for a former member")


def edit_refusals(noun: str, schema: type[Schema]) -> dict[int, Any]:
    """Return what the document says of an edit that came too late: 409 and 412, with the thing as it is now."""
    message = (str, Field(description="A sentence for people"))
    current = (schema, Field(description="As it is now"))
    return {
        409: create_model(
            f"{noun}Conflict",
            __base__=Schema,
            __doc__="Others changed the same fields since the version that the edit started from. Nothing was saved.",
            message=message,
            current=current,
            fields=(list[Conflicting], Field(description="The fields in question, with both values")),
        ),
        412: create_model(
            f"{noun}Stale",
            __base__=Schema,
            __doc__="It isn't the version any more that `If-Match` names. Nothing was saved.",
            message=message,
            current=current,
        ),
    }


def conflict(error: services.EditConflict | services.CommentConflict) -> HttpResponse:
    """Answer an edit that contradicts others' with both values."""
    fields = [
        {
            "field": each.field,
            "yours": services.comparable(each.yours),
            "theirs": services.comparable(each.theirs),
            "changed_by": {"id": each.actor.pk, "username": each.actor.username} if each.actor else None,
        }
        for each in error.fields
    ]
    return _answer(error.status, str(error), error.item, f',"fields":{json.dumps(fields)}')


def stale(error: services.OtherVersion) -> HttpResponse:
    """Answer an edit that started from another version."""
    return _answer(error.status, str(error), error.item, "")


def _answer(status: int, message: str, item: Any, more: str) -> HttpResponse:
    # The transaction of the edit is over, and its locks with it: what is there is read anew.
    rows = type(item).objects.filter(pk=item.pk)
    row = rows.values_list("version", text_of(rows.model, document(DOCUMENTS[type(item)]))).first()
    if row is None:
        raise NotFound
    version, current = row
    text = f'{{"message":{json.dumps(message)},"current":{current}{more}}}'
    return json_answer(text, status=status, headers={"ETag": f'"{version}"'})
