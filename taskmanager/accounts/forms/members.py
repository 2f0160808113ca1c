"""Members and their roles."""

from typing import Any

from django import forms
from django.utils.html import format_html

from taskmanager.accounts.models import (
    Role,
)

WHAT_ROLES_MAY = {
    Role.CREATOR: "adds tasks, epics, sprints and files",
    Role.EDITOR: "claims tasks, changes their own, plans sprints",
    Role.ADMIN: "may do everything, and manages members",
}


class RolesForm(forms.Form):
    """Which roles somebody has."""

    roles = forms.TypedMultipleChoiceField(
        coerce=Role,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Choose roles that you can give."},
    )

    def __init__(self, *args: Any, offered: list[Role], **kwargs: Any) -> None:
        """Take the roles that there are to choose from."""
        super().__init__(*args, **kwargs)
        self.fields["roles"].choices = [  # type: ignore[attr-defined]
            (role.value, format_html("<b>{}</b> {}", role.label, WHAT_ROLES_MAY[role])) for role in offered
        ]
