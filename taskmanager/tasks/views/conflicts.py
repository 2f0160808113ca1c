"""What a form shows when somebody else was quicker: both values, with nothing lost."""

from typing import Any

from django import forms

from taskmanager.tasks import history, queries, services


def in_words(conflict: services.EditConflict) -> list[dict[str, Any]]:
    """Return the fields in question, each with both values and who made the one that is saved."""
    names: history.Names = {"owner": {}, "epic": {}}
    for field in conflict.fields:
        for value in (field.yours, field.theirs):
            if field.field in names and value:
                names[field.field][value.pk] = str(value)
    return [
        {
            "name": field.field,
            "label": history.LABELS[field.field],
            "yours": history.in_words(field.field, services.comparable(field.yours), names),
            "theirs": history.in_words(field.field, services.comparable(field.theirs), names),
            "who": field.actor.display_name if field.actor else history.FORMER_MEMBER,
        }
        for field in conflict.fields
    ]


def as_now(form: forms.Form, item: Any, *, fields: tuple[str, ...], taken: Any) -> dict[str, Any]:
    """Return the form's data with the item's version of now, and its values in the fields `taken` or not sent."""
    data: dict[str, Any] = {}
    for name in fields:
        key = form.add_prefix(name)
        data[key] = form.data.get(key)
        if name in taken or key not in form.data:
            data[key] = form.fields[name].prepare_value(queries.field_of(item, name))
    return {**data, form.add_prefix("version"): item.version}
