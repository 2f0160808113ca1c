"""Forms of tasks. They check the shape of what was typed; the services check the rules."""

import datetime
import re
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from taskmanager.accounts.models import Organization, User
from taskmanager.accounts.submissions import UuidField
from taskmanager.tasks import search
from taskmanager.tasks.models import COMMENT_LENGTH, MOST_WATCHERS, Epic, Project, Sprint, Task, size_label
from taskmanager.tasks.search import Query
from taskmanager.tasks.services import UnknownVersion

TEXT = {"class": "form-control"}
SELECT = {"class": "form-select"}
MIN_YEAR, MAX_YEAR = 1970, 9998  # what can be told in every time zone, and calendars of browsers show
FIELDS = ("title", "description", "status", "priority", "owner", "epic", "due_date", "watchers")


def whole_text(value: str) -> None:
    """Refuse text that was cut or recoded on its way: Python marks what wasn't UTF-8 with U+FFFD."""
    if "\N{REPLACEMENT CHARACTER}" in value:
        raise ValidationError("Some characters did not arrive as valid UTF-8. Please type them again.")


def tell_errors_of_hidden_fields(form: forms.Form) -> None:
    """Say what is wrong with a field that nobody sees above the form, where everybody does."""
    for hidden in form.hidden_fields():
        for sentence in hidden.errors:
            form.add_error(None, sentence)


class TypedChoice(forms.ChoiceField):
    """A choice whose error names what may be chosen."""

    def __init__(self, *, choices: Any, **kwargs: Any) -> None:
        """Take the choices; what people read is in the error message."""
        labels = ", ".join(str(label) for value, label in choices if value)
        kwargs.setdefault("error_messages", {})["invalid_choice"] = f"Choose one of these: {labels}."
        super().__init__(choices=choices, widget=forms.Select(attrs=SELECT), **kwargs)


class MemberChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of the organization's people, or nobody."""

    def __init__(self, **kwargs: Any) -> None:
        """Wait for the organization, which the form knows."""
        super().__init__(
            queryset=User.objects.none(),
            required=False,
            empty_label="Nobody",
            widget=forms.Select(attrs=SELECT),
            error_messages={"invalid_choice": "Choose a member of your organization, or nobody."},
            **kwargs,
        )

    def label_from_instance(self, obj: Any) -> str:
        """Return the name to choose."""
        return str(obj.display_name)


class EpicChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of the organization's epics, or none."""

    def __init__(self, **kwargs: Any) -> None:
        """Wait for the organization, which the form knows."""
        super().__init__(
            queryset=Epic.objects.none(),
            required=False,
            empty_label="No epic",
            widget=forms.Select(attrs=SELECT),
            error_messages={"invalid_choice": "Choose one of your organization's epics, or none."},
            **kwargs,
        )


class VersionField(forms.IntegerField):
    """The version that an edit started from."""

    def __init__(self) -> None:
        """Take nothing; it is hidden."""
        super().__init__(
            required=False,
            min_value=1,
            max_value=2**31 - 1,
            error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), UnknownVersion.message),
            widget=forms.HiddenInput,
        )


def day_field(**kwargs: Any) -> forms.DateField:
    """Return a field for a day."""
    return forms.DateField(
        widget=forms.DateInput(attrs={**TEXT, "type": "date"}, format="%Y-%m-%d"),
        **{
            **kwargs,
            "error_messages": {
                "invalid": "Give a date as year-month-day, like 2026-12-24.",
                **kwargs.get("error_messages", {}),
            },
        },
    )


def project_field() -> Any:
    """Return a field for the project of something new."""
    return forms.ModelChoiceField(
        queryset=Project.objects.none(),
        required=False,
        empty_label=None,
        widget=forms.Select(attrs=SELECT),
        error_messages={"invalid_choice": "Choose one of your organization's projects."},
    )


def offer_projects(field: Any, organization: Organization, projects: list[Project]) -> None:
    """Let the organization's projects be chosen; a team with one never needs to notice."""
    field.queryset = Project.objects.of(organization).oldest_first()
    if len(projects) == 1:
        field.widget = forms.HiddenInput()


def sent(form: forms.Form, names: tuple[str, ...]) -> dict[str, Any]:
    """Return the fields that were sent, cleaned: what a request leaves out stays as it is."""
    return {
        name: form.cleaned_data[name]
        for name in names
        if form.add_prefix(name) in form.data and (form.cleaned_data[name] != "" or name == "description")
    }


class FilesInput(forms.FileInput):
    """A control for several files."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return all files that were sent under the name."""
        return files.getlist(name) if hasattr(files, "getlist") else files.get(name, [])


class FilesField(forms.Field):
    """Any number of files; what may be attached, the service knows."""

    widget = FilesInput

    def to_python(self, value: Any) -> list[Any]:
        """Return the files as a list."""
        return list(value or [])


class EmailListField(forms.CharField):
    """E-mail addresses, with commas between them; line ends and semicolons will do. Each once, in lower case."""

    default_error_messages = {  # noqa: RUF012 (Django's own name for it)
        "invalid": "One or more email addresses are not valid: %(addresses)s.",
        "too_many": f"Give at most {MOST_WATCHERS} addresses.",
    }

    def __init__(self, **kwargs: Any) -> None:
        """Take what a field takes."""
        widget = forms.Textarea(
            attrs={**TEXT, "rows": 2, "spellcheck": "false", "autocapitalize": "off", "autocomplete": "off"}
        )
        super().__init__(widget=widget, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Return the addresses as they are typed."""
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        """Return the addresses. Raises ValidationError, which names those that are none."""
        text = str(super().clean(value) or "")
        typed = list(dict.fromkeys(part.strip().lower() for part in re.split(r"[,;\r\n]", text) if part.strip()))
        if bad := [address for address in typed if not _is_address(address)]:
            # What is named is shown again on the page: not a book of it.
            named = ", ".join(address[:80] for address in bad[:5]) + (" …" if len(bad) > 5 else "")
            raise ValidationError(self.error_messages["invalid"], code="invalid", params={"addresses": named})
        if len(typed) > MOST_WATCHERS:
            raise ValidationError(self.error_messages["too_many"], code="too_many")
        return typed


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    # In quotes, an address may hold what no header of a mail can.
    return len(text) <= 254 and text.isprintable() and '"' not in text


class TaskForm(forms.Form):
    """What a person writes about a task."""

    title = forms.CharField(
        max_length=200,
        validators=[whole_text],
        error_messages={"required": "Give the task a title."},
        widget=forms.TextInput(attrs={**TEXT, "autocomplete": "off"}),
    )
    description = forms.CharField(
        required=False,
        max_length=50_000,
        validators=[whole_text],
        help_text="Markdown. Name another task (WEB-12) or a colleague (@ada) to link them.",
        widget=forms.Textarea(attrs={**TEXT, "rows": 10}),
    )
    project = project_field()
    status = TypedChoice(choices=Task.Status.choices, required=False)
    priority = TypedChoice(choices=Task.Priority.choices, required=False)
    owner = MemberChoice()
    epic = EpicChoice()
    due_date = day_field(required=False)
    watchers = EmailListField(
        required=False,
        max_length=MOST_WATCHERS * 260,
        help_text="Email addresses, with commas between them. They get a mail when something happens here.",
    )
    attachments = FilesField(required=False, widget=FilesInput(attrs={**TEXT, "multiple": True}))
    uuid = UuidField()
    version = VersionField()

    def __init__(
        self,
        *args: Any,
        organization: Organization,
        projects: list[Project],
        task: Task | None = None,
        may_attach: bool = False,
        **kwargs: Any,
    ) -> None:
        """Take the organization whose people and projects may be chosen, and the task that is edited.

        With `may_attach`, a new task can have files from the start.
        """
        super().__init__(*args, **kwargs)
        if may_attach:
            limit = f"up to {size_label(settings.ATTACHMENT_MAX_SIZE)} each"
            self.fields["attachments"].help_text = f"Any files, {limit}. You can drop them here, or paste an image."
        else:
            del self.fields["attachments"]
        people = User.objects.of(organization).active()
        if task and task.owner_id:
            people |= User.objects.of(organization).filter(pk=task.owner_id)
        self._field("owner", MemberChoice).queryset = people.by_name()
        self._field("epic", EpicChoice).queryset = Epic.objects.of(organization).by_name()
        if task:
            del self.fields["project"], self.fields["uuid"]
        else:
            del self.fields["version"]
            offer_projects(self.fields["project"], organization, projects)

    def clean_description(self) -> str:
        """Take line ends as they are kept: browsers send CRLF, which would look like a change of every line."""
        text: str = self.cleaned_data["description"]
        return text.replace("\r\n", "\n")

    def _field[F: forms.Field](self, name: str, kind: type[F]) -> F:
        field = self.fields[name]
        if not isinstance(field, kind):
            raise TypeError(name)
        return field

    def clean(self) -> dict[str, Any]:
        """Tell the errors of version and project, too."""
        tell_errors_of_hidden_fields(self)
        return super().clean() or {}

    def ask_for_files_again(self) -> None:
        """Say which files a form that comes back has lost: no browser keeps them."""
        names = [str(file.name) for file in self.files.getlist("attachments")] if "attachments" in self.fields else []
        if names:
            self.add_error("attachments", f"Choose these files again, which a browser can't keep: {', '.join(names)}.")

    def sent(self) -> dict[str, Any]:
        """Return the fields of the task that were sent."""
        return sent(self, FIELDS)


class Row(forms.Form):
    """A task or a sprint as one row of a page with several."""

    FIELDS: tuple[str, ...] = ()
    item: Any = None  # the task or sprint that the row edits; None where it isn't there any more
    is_locked = False  # whether the user may only read it


class RowForm(Row):
    """A task as one row."""

    FIELDS = ("title", "status", "priority", "owner", "due_date")

    id = forms.IntegerField(min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)
    version = VersionField()
    title = forms.CharField(
        max_length=200,
        validators=[whole_text],
        error_messages={"required": "Give the task a title."},
        widget=forms.TextInput(attrs={**TEXT, "autocomplete": "off"}),
    )
    status = TypedChoice(choices=Task.Status.choices)
    priority = TypedChoice(choices=Task.Priority.choices)
    owner = MemberChoice()
    due_date = day_field(required=False)


class SprintRowForm(Row):
    """A sprint as one row."""

    FIELDS = ("name", "start_date", "end_date", "epic")

    id = forms.IntegerField(min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)
    version = VersionField()
    name = forms.CharField(
        max_length=100,
        validators=[whole_text],
        error_messages={"required": "Give the sprint a name."},
        widget=forms.TextInput(attrs={**TEXT, "autocomplete": "off"}),
    )
    start_date = day_field(label="First day", error_messages={"required": "Give its first day."})
    end_date = day_field(label="Last day", error_messages={"required": "Give its last day."})
    epic = EpicChoice()


class EpicForm(forms.Form):
    """What a person writes about an epic."""

    FIELDS: tuple[str, ...] = ("name", "description")

    name = forms.CharField(
        max_length=100,
        validators=[whole_text],
        error_messages={"required": "Give it a name."},
        widget=forms.TextInput(attrs={**TEXT, "autocomplete": "off"}),
    )
    description = forms.CharField(
        required=False,
        max_length=50_000,
        validators=[whole_text],
        help_text="Markdown. Name a task (WEB-12) or a colleague (@ada) to link them.",
        widget=forms.Textarea(attrs={**TEXT, "rows": 6}),
    )
    project = project_field()
    uuid = UuidField()
    version = VersionField()

    def __init__(
        self,
        *args: Any,
        organization: Organization,
        projects: list[Project],
        item: Epic | Sprint | None = None,
        **kwargs: Any,
    ) -> None:
        """Take the organization whose epics and projects may be chosen, and the epic or sprint that is edited."""
        super().__init__(*args, **kwargs)
        if item is None:
            del self.fields["version"]
            offer_projects(self.fields["project"], organization, projects)
        else:
            del self.fields["project"], self.fields["uuid"]
        choice = self.fields.get("epic")
        if isinstance(choice, EpicChoice):
            choice.queryset = Epic.objects.of(organization).by_name()

    def clean_description(self) -> str:
        """Take line ends as they are kept."""
        text: str = self.cleaned_data["description"]
        return text.replace("\r\n", "\n")

    def clean(self) -> dict[str, Any]:
        """Tell an error of the version, too."""
        tell_errors_of_hidden_fields(self)
        return super().clean() or {}

    def sent(self) -> dict[str, Any]:
        """Return the fields that were sent."""
        return sent(self, self.FIELDS)


class SprintForm(EpicForm):
    """What a person writes about a sprint."""

    FIELDS = ("name", "description", "start_date", "end_date", "epic")

    start_date = day_field(label="First day", error_messages={"required": "Give its first day."})
    end_date = day_field(label="Last day", error_messages={"required": "Give its last day."})
    epic = EpicChoice()


class PlanForm(forms.Form):
    """Which tasks are to be planned into which sprint."""

    tasks = forms.ModelMultipleChoiceField(
        queryset=Task.objects.none(),
        error_messages={
            "required": "Tick the tasks that you want to plan.",
            "invalid_choice": "One of these tasks isn't there any more. Reload the page.",
            "invalid_pk_value": "One of these tasks isn't there any more. Reload the page.",
            "invalid_list": "Tick the tasks that you want to plan.",
        },
    )
    sprint = forms.ModelChoiceField(
        queryset=Sprint.objects.none(),
        empty_label=None,
        widget=forms.Select(attrs=SELECT),
        error_messages={
            "required": "Choose the sprint that they are planned into.",
            "invalid_choice": "Choose one of your organization's sprints.",
        },
    )

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        """Take the organization whose tasks and sprints may be chosen."""
        super().__init__(*args, **kwargs)
        for name, queryset in (("tasks", Task.objects.of(organization)), ("sprint", Sprint.objects.of(organization))):
            field = self.fields[name]
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = queryset


class MarkdownField(forms.CharField):
    """A long text, with line ends as they are kept: browsers send CRLF, which would count twice."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        """Return the text without white space around it."""
        return str(super().to_python(value)).replace("\r\n", "\n")


class CommentForm(forms.Form):
    """What somebody says about a task."""

    text = MarkdownField(
        label="Comment",
        max_length=COMMENT_LENGTH,
        validators=[whole_text],
        error_messages={
            "required": "Write something first.",
            "max_length": f"A comment has at most {COMMENT_LENGTH:,} characters. This one has %(show_value)d.",
        },
        widget=forms.Textarea(attrs={**TEXT, "rows": 1, "placeholder": "Write a comment…"}),
    )
    uuid = UuidField()

    def __init__(self, *args: Any, is_kept: bool = False, **kwargs: Any) -> None:
        """With `is_kept`, what is typed outlives a change of the task around it, a claim for example."""
        super().__init__(*args, **kwargs)
        if is_kept:
            self.fields["text"].widget.attrs["hx-preserve"] = "true"

    def clean(self) -> dict[str, Any]:
        """Tell the errors of hidden fields, too."""
        tell_errors_of_hidden_fields(self)
        return super().clean() or {}


class CommentEditForm(CommentForm):
    """What somebody makes of their comment."""

    uuid = None  # type: ignore[assignment]  # no field: saving the same text twice changes nothing
    version = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"),
            "This form names a version of the comment that doesn't exist. Reload the page.",
        ),
        widget=forms.HiddenInput,
    )


class ReportForm(forms.Form):
    """The days that reports are about, both included; `from` and `to` in the address."""

    USUAL_DAYS = 90
    MOST_DAYS = 731

    first = day_field(label="From", required=False, input_formats=["%Y-%m-%d"])
    last = day_field(label="To", required=False, input_formats=["%Y-%m-%d"])

    def __init__(self, *args: Any, today: datetime.date, **kwargs: Any) -> None:
        """Take the day on which a period ends where nothing else is asked for."""
        super().__init__(*args, **kwargs)
        self.today = today

    def add_prefix(self, field_name: str) -> str:
        """Return what the address calls the field: `from` can't be the name of an attribute."""
        return {"first": "from", "last": "to"}.get(field_name, field_name)

    def clean(self) -> dict[str, Any]:
        """Fill in what wasn't asked for. Refuse an end before the start, and a longer time than can be shown."""
        usual = datetime.timedelta(days=self.USUAL_DAYS - 1)
        for name in ("first", "last"):
            day = self.cleaned_data.get(name)
            if day and not MIN_YEAR <= day.year <= MAX_YEAR:
                self.add_error(name, f"Choose a day in the years {MIN_YEAR} to {MAX_YEAR}.")
        if self.errors:
            return self.cleaned_data
        last = self.cleaned_data["last"] or self.today
        first = self.cleaned_data["first"] or last - usual
        if last < first:
            self.add_error("last", "The last day can't be before the first one.")
        elif (last - first).days >= self.MOST_DAYS:
            self.add_error("first", "Choose at most two years.")
        return {"first": first, "last": last}


class MoveForm(forms.Form):
    """Where a card is put."""

    status = TypedChoice(choices=Task.Status.choices)
    after = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class PriorityForm(forms.Form):
    """How much a task matters from now on."""

    priority = TypedChoice(choices=Task.Priority.choices)


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
