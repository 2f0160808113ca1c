"""Forms. They check the shape of what was typed; the services check the rules."""

from taskmanager.tasks.forms.comments import CommentEditForm, CommentForm
from taskmanager.tasks.forms.fields import EmailListField, sent
from taskmanager.tasks.forms.plans import EpicForm, PlanForm, SprintForm
from taskmanager.tasks.forms.reports import ReportForm
from taskmanager.tasks.forms.rows import Row, RowForm, SprintRowForm
from taskmanager.tasks.forms.search import BoardForm, ListForm, SearchForm
from taskmanager.tasks.forms.tasks import FIELDS, MoveForm, PriorityForm, TaskForm

__all__ = [
    "FIELDS",
    "BoardForm",
    "CommentEditForm",
    "CommentForm",
    "EmailListField",
    "EpicForm",
    "ListForm",
    "MoveForm",
    "PlanForm",
    "PriorityForm",
    "ReportForm",
    "Row",
    "RowForm",
    "SearchForm",
    "SprintForm",
    "SprintRowForm",
    "TaskForm",
    "sent",
]
