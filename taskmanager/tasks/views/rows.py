"""Pages that edit several things at once: each row is saved, refused or in conflict on its own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.forms import BaseFormSet, formset_factory
from django.http import HttpResponse
from django.shortcuts import redirect, render

from taskmanager.errors import DomainError
from taskmanager.tasks import services
from taskmanager.tasks.forms import Row, sent
from taskmanager.tasks.views import conflicts
from taskmanager.tasks.views.requests import MemberRequest, Toast, say

ROWS_PER_PAGE = 25
FIELD_OF: dict[type[DomainError], str] = {
    services.DueBeforeCreation: "due_date",
    services.UnassignedHasNoOwner: "owner",
    services.EndNotAfterStart: "end_date",
}


type Rows = BaseFormSet[Row]


INCOMPLETE = "This form arrived incomplete, so nothing was saved. Look the rows through, then save them again."


@dataclass
class Outcome:
    """What came of the rows that were sent."""

    rows: Rows
    saved: int = 0
    refused: int = 0
    has_conflict: bool = False

    @property
    def label(self) -> str:
        """What to say about it."""
        saved = f"{self.saved} saved." if self.saved else "Nothing was changed."
        if not self.refused:
            return saved
        return f"{self.saved} saved, {self.refused} not: see the rows marked below."


def edit_page(
    request: MemberRequest,
    template: str,
    make: Callable[[Any], Rows],
    *,
    edit: Callable[..., Any],
    context: dict[str, Any],
) -> HttpResponse:
    """Show the rows, save what was sent, and say what came of it; `context` has the page's address as "here"."""
    if request.method != "POST":
        return render(request, template, {**context, "rows": make(None)})
    if not make(request.POST).management_form.is_valid():
        return render(request, template, {**context, "rows": make(_counted(request.POST)), "message": INCOMPLETE})
    outcome = save_rows(make(request.POST), edit=edit, again=make)
    if not outcome.refused:
        say(request, Toast(outcome.label))
        return redirect(context["here"])
    status = 409 if outcome.has_conflict else 200
    return render(request, template, {**context, "rows": outcome.rows, "message": outcome.label}, status=status)


def _counted(data: Any) -> dict[str, Any]:
    """Return what was sent with the number of its rows, which Django's formsets can't do without."""
    count = sum(f"rows-{index}-id" in data for index in range(ROWS_PER_PAGE))
    return {**data.dict(), "rows-TOTAL_FORMS": str(count), "rows-INITIAL_FORMS": str(count)}


def sent_ids(data: Any) -> set[int]:
    """Return the ids of the rows that a form sends."""
    typed = [data.get(f"rows-{index}-id", "") for index in range(ROWS_PER_PAGE)]
    return {int(value) for value in typed if value.isascii() and value.isdigit() and len(value) < 19}


def rows_of(
    form_class: type[Row],
    items: Iterable[Any],
    *,
    choices: dict[str, Any],
    data: Any = None,
    may_change: Callable[[Any], bool],
) -> Rows:
    """Return a form for each item, or for each row of `data`.

    `choices` are the rows that a field offers: read once, and not once for each row.
    """
    by_pk = {item.pk: item for item in items}
    factory = formset_factory(form_class, extra=0, max_num=ROWS_PER_PAGE, absolute_max=ROWS_PER_PAGE)
    rows = factory(data, prefix="rows", initial=None if data is not None else [{"id": pk} for pk in by_pk])
    for row in rows.forms:
        typed = str(row["id"].value() or "")
        row.item = by_pk.get(int(typed)) if typed.isascii() and typed.isdigit() else None
        for name, offered in choices.items():
            field: Any = row.fields[name]
            field.queryset = offered
            field.choices = [("", field.empty_label), *((each.pk, str(each)) for each in offered)]
        if row.item is None:
            continue
        row.initial = {"id": row.item.pk, "version": row.item.version}
        row.initial |= {name: getattr(row.item, name) for name in form_class.FIELDS}
        row.is_locked = not may_change(row.item)
        for name in form_class.FIELDS:
            row.fields[name].disabled = row.is_locked
    return rows


def save_rows(
    rows: Rows,
    *,
    edit: Callable[..., Any],
    again: Callable[[Any], Rows],
) -> Outcome:
    """Save each row that can be, and return the rows anew: what was typed in the others, with what is wrong there.

    `edit` is the service that saves one; `again` makes the rows from data.
    """
    data: dict[str, Any] = dict(rows.data.items())
    outcome = Outcome(rows)
    sentences: list[tuple[int, str | None, str]] = []
    for index, row in enumerate(rows.forms):
        if row.item is None:
            sentences.append((index, None, "This isn’t here any more: somebody deleted it, or took it away."))
        elif row.is_locked or not row.has_changed():
            continue
        elif not row.is_valid():
            outcome.refused += 1
        else:
            try:
                version = row.cleaned_data["version"] or row.item.version
                saved = edit(row.item, version=version, **sent(row, row.FIELDS))
            except services.EditConflict as conflict:
                outcome.has_conflict = True
                data.update(conflicts.as_now(row, conflict.item, fields=row.FIELDS, taken=conflict.kept))
                sentences += [(index, each["name"], _both(each)) for each in conflicts.in_words(conflict)]
            except DomainError as error:
                sentences.append((index, FIELD_OF.get(type(error)), str(error)))
            else:
                outcome.saved += saved.version != row.item.version
                data.update(conflicts.as_now(row, saved, fields=row.FIELDS, taken=row.FIELDS))
    outcome.refused += len({index for index, _name, _sentence in sentences})
    if outcome.refused:
        # What is typed already was read as text; what is read from the database has still to become it.
        outcome.rows = again({key: "" if value is None else value for key, value in data.items()})
        outcome.rows.is_valid()
        for index, name, sentence in sentences:
            outcome.rows.forms[index].add_error(name, sentence)
    return outcome


def _both(conflict: dict[str, Any]) -> str:
    return f"{conflict['who']} changed this to “{conflict['theirs']}” meanwhile. Save again to keep yours."
