"""Forms of a task."""

from typing import Any

from django import forms
from django.conf import settings

from taskmanager.accounts.models import Organization, User
from taskmanager.accounts.submissions import UuidField
from taskmanager.files.sizes import size_label
from taskmanager.tasks.forms.fields import (
    TEXT,
    EmailListField,
    EpicChoice,
    FilesField,
    FilesInput,
    MemberChoice,
    TypedChoice,
    VersionField,
    day_field,
    offer_projects,
    project_field,
    sent,
    tell_errors_of_hidden_fields,
    whole_text,
)
from taskmanager.tasks.models import MOST_WATCHERS, Epic, Project, Task

FIELDS = ("title", "description", "status", "priority", "owner", "epic", "due_date", "watchers")


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


class MoveForm(forms.Form):
    """Where a card is put."""

    status = TypedChoice(choices=Task.Status.choices)
    after = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class PriorityForm(forms.Form):
    """How much a task matters from now on."""

    priority = TypedChoice(choices=Task.Priority.choices)
