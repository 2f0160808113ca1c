"""Which rows a call is about, and how one is answered."""

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse

from taskmanager.accounts.api.access import ApiRequest
from taskmanager.accounts.api.answers import InvalidInput, json_answer
from taskmanager.accounts.api.paging import Paging, links
from taskmanager.accounts.models import User
from taskmanager.errors import NotFound
from taskmanager.sqljson import JsonObject, array_of, text_of


def find(found: Any, user: User, pk: int) -> Any:
    """Return the row of the user's organization. Raises NotFound, also for another organization's."""
    row = found.filter(organization=user.organization, pk=pk).first()
    if row is None:
        raise NotFound
    return row


def one(found: QuerySet[Any], document: JsonObject, *, status: int = 200) -> HttpResponse:
    """Answer with what is said of the one row there is; its version, where it has one, is the ETag. Raises NotFound."""
    has_version = hasattr(found.model, "version")
    row = found.values_list("version" if has_version else "pk", text_of(found.model, document)).first()
    if row is None:
        raise NotFound
    version, text = row
    return json_answer(text, status=status, headers={"ETag": f'"{version}"'} if has_version else {})


def listed(request: ApiRequest, found: QuerySet[Any], document: JsonObject, paging: Paging) -> HttpResponse:
    """Answer with a part of the rows, and how many there are; the `Link` header leads to the other parts."""
    items, _nothing = array_of(found[paging.part], document)
    return part(request, items, found.order_by().count(), paging)


def part(request: ApiRequest, items: str, count: int, paging: Paging) -> HttpResponse:
    """Answer with these rows of so many."""
    return json_answer(f'{{"items":{items},"count":{count}}}', headers={"Link": links(request, paging, count)})


def chosen(found: Any, name: str, pk: int, sentence: str) -> Any:
    """Return the row that the field of the body names by its id. Raises InvalidInput with the sentence."""
    row = found.filter(pk=pk).first()
    if row is None:
        raise InvalidInput("body", name, sentence)
    return row


def fields_of(document: Collection[str], text: str) -> Collection[str]:
    """Return the fields that are asked for, with commas between them; none for all. Raises InvalidInput."""
    asked = [name.strip() for name in text.split(",") if name.strip()]
    if unknown := [name for name in asked if name not in document]:
        raise InvalidInput("query", "fields", f"There is no {unknown[0]!r}; choose of {', '.join(document)}.")
    return asked
