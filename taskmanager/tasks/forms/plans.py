"""Forms of epics, sprints and the backlog."""

from typing import Any

from django import forms

from taskmanager.accounts.models import Organization
from taskmanager.accounts.submissions import UuidField
from taskmanager.tasks.forms.fields import (
    SELECT,
    TEXT,
    EpicChoice,
    VersionField,
    day_field,
    offer_projects,
    project_field,
    sent,
    tell_errors_of_hidden_fields,
    whole_text,
)
from taskmanager.tasks.models import Epic, Project, Sprint, Task


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
