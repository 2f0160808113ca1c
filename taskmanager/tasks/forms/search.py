"""Forms of search and of filters."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from taskmanager.accounts.models import User
from taskmanager.tasks import search
from taskmanager.tasks.forms.fields import (
    SELECT,
    TEXT,
    TypedChoice,
    tell_errors_of_hidden_fields,
)
from taskmanager.tasks.models import Project, Task
from taskmanager.tasks.search import Query


class QueryField(forms.Field):
    """Words and terms in the language of search, which takes any text; `tasks/search/` reads it."""

    def __init__(self, *, label: str, placeholder: str) -> None:
        """Take the words beside the field and in it."""
        attrs = {**TEXT, "type": "search", "placeholder": placeholder, "autocomplete": "off", "spellcheck": "false"}
        super().__init__(required=False, label=label, widget=forms.TextInput(attrs=attrs))


def read_query(form: forms.Form, **names: Any) -> Query:
    """Return what the form's field `q` asks for; what can't be understood is said there, and the rest applies."""
    query = search.read(form.data.get("q", ""), **names)
    for problem in query.problems:
        form.add_error("q", problem.sentence)
    return query


class SearchForm(forms.Form):
    """What is searched for, or what a board is filtered by."""

    q = QueryField(label="Search tasks", placeholder="Words, or terms such as is:open")

    def __init__(self, data: Any, *, actor: User, projects: list[Project]) -> None:
        """Take who asks, for whom "me" stands, and the organization's projects: a query if somebody is named."""
        super().__init__(data)
        self.full_clean()
        self.query = read_query(self, actor=actor, projects=projects)


class BoardForm(forms.Form):
    """Which part of which board is asked for."""

    project = forms.CharField(required=False, max_length=10)
    column = forms.ChoiceField(required=False, choices=Task.Status.choices)
    after = forms.RegexField(r"^\d{1,250}\Z", required=False)


class ListForm(forms.Form):
    """Which tasks a list shows, and in which order."""

    SORTS = {  # noqa: RUF012 (what a header sorts by → the ordering)
        "created": ["pk"],
        "reference": ["project__key", "number"],
        "title": ["title", "pk"],
        "status": ["status", "pk"],
        "priority": ["priority_rank", "pk"],
        "owner": ["owner__username", "pk"],
        "due": ["due_date", "pk"],
        "updated": ["updated_at", "pk"],
    }

    q = QueryField(label="Words", placeholder="Words, or terms such as is:open")
    project = forms.ChoiceField(required=False, widget=forms.Select(attrs=SELECT))
    status = TypedChoice(choices=[("", "Not archived"), *Task.Status.choices], required=False)
    priority = TypedChoice(choices=[("", "Any priority"), *Task.Priority.choices], required=False)
    owner = forms.CharField(required=False, max_length=50, widget=forms.Select(attrs=SELECT))
    sort = forms.ChoiceField(
        required=False,
        choices=[(f"{sign}{name}", name) for name in SORTS for sign in ("", "-")],
        widget=forms.HiddenInput,
        error_messages={"invalid_choice": f"Sort by one of these: {', '.join(SORTS)}."},
    )

    def __init__(self, data: Any, *, actor: User, projects: list[Project]) -> None:
        """Take who asks, and whose colleagues may be chosen: one query."""
        super().__init__(data)
        self.owners = list(User.objects.of(actor.organization).by_name())
        project = self.fields["project"]
        if isinstance(project, forms.ChoiceField):
            keys = [(row.key, row.name) for row in projects]
            project.choices = [("", "All projects"), *keys]
            project.error_messages["invalid_choice"] = f"Choose one of these: {', '.join(key for key, _name in keys)}."
        self.fields["owner"].widget.choices = [
            ("", "Anybody"),
            ("me", "Me"),
            ("none", "Nobody"),
            *((user.username, user.display_name) for user in self.owners),
        ]
        self.full_clean()
        self.query = read_query(self, actor=actor, projects=projects, people=self.owners)

    def clean(self) -> dict[str, Any]:
        """Tell an error of the order, too."""
        tell_errors_of_hidden_fields(self)
        return super().clean() or {}

    def clean_owner(self) -> str:
        """Take `me`, `none` or a username, without regard to case."""
        typed: str = self.cleaned_data["owner"].lower()
        if typed and typed not in {"me", "none", *(user.username.lower() for user in self.owners)}:
            raise ValidationError("Give me, none, or the username of somebody in your organization.")
        return typed
