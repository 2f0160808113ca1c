"""Addresses of tasks, epics and sprints."""

from django.urls import path, register_converter

from taskmanager.tasks import views
from taskmanager.tasks.converters import DayConverter, IdConverter, ReferenceConverter, YearConverter

register_converter(IdConverter, "id")
register_converter(ReferenceConverter, "reference")
register_converter(DayConverter, "day")
register_converter(YearConverter, "year")

app_name = "tasks"
urlpatterns = [
    path("", views.board, name="board"),
    path("tasks/", views.task_list, name="task-list"),
    path("tasks/new/", views.task_create, name="task-create"),
    path("tasks/<id:pk>/", views.task_detail, name="task-detail"),
    path("tasks/<id:pk>/edit/", views.task_edit, name="task-edit"),
    path("tasks/<id:pk>/delete/", views.task_delete, name="task-delete"),
    path("tasks/<id:pk>/claim/", views.task_claim, name="task-claim"),
    path("tasks/<id:pk>/release/", views.task_release, name="task-release"),
    path("tasks/<id:pk>/move/", views.task_move, name="task-move"),
    path("tasks/<id:pk>/plan/", views.task_plan, name="task-plan"),
    path("tasks/<id:pk>/watch/", views.task_watch, name="task-watch"),
    path("tasks/<id:pk>/unwatch/", views.task_unwatch, name="task-unwatch"),
    path("tasks/<id:pk>/priority/", views.task_prioritize, name="task-prioritize"),
    path("search/", views.task_search, name="task-search"),
    path("tasks/<id:pk>/comments/", views.comment_create, name="comment-create"),
    path("comments/<id:pk>/edit/", views.comment_edit, name="comment-edit"),
    path("comments/<id:pk>/delete/", views.comment_delete, name="comment-delete"),
    path("tasks/<id:pk>/attachments/", views.attachment_create, name="attachment-create"),
    path("attachments/<id:pk>/", views.attachment_download, name="attachment-download"),
    path("attachments/<id:pk>/preview/", views.attachment_preview, name="attachment-preview"),
    path("attachments/<id:pk>/delete/", views.attachment_delete, name="attachment-delete"),
    path("tasks/<day:day>/", views.tasks_of_day, name="tasks-of-day"),
    path("tasks/archive/<year:year>/", views.tasks_archived, name="tasks-archived"),
    path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("t/<reference:reference>/", views.task_by_reference, name="task-by-reference"),
    path("epics/", views.epic_list, name="epic-list"),
    path("epics/new/", views.epic_create, name="epic-create"),
    path("epics/<id:pk>/", views.epic_detail, name="epic-detail"),
    path("epics/<id:pk>/edit/", views.epic_edit, name="epic-edit"),
    path("epics/<id:pk>/delete/", views.epic_delete, name="epic-delete"),
    path("epics/<id:pk>/tasks/", views.epic_tasks, name="epic-tasks"),
    path("sprints/", views.sprint_list, name="sprint-list"),
    path("sprints/new/", views.sprint_create, name="sprint-create"),
    path("sprints/manage/", views.sprint_manage, name="sprint-manage"),
    path("sprints/<id:pk>/", views.sprint_detail, name="sprint-detail"),
    path("sprints/<id:pk>/edit/", views.sprint_edit, name="sprint-edit"),
    path("sprints/<id:pk>/delete/", views.sprint_delete, name="sprint-delete"),
    path("sprints/<id:pk>/tasks/new/", views.sprint_task_create, name="sprint-task-create"),
    path("sprints/<id:pk>/tasks/<id:task_pk>/remove/", views.sprint_task_remove, name="sprint-task-remove"),
    path("sprints/<id:pk>/burndown/", views.sprint_burndown, name="sprint-burndown"),
    path("sprints/<id:pk>/burndown.csv", views.sprint_burndown_csv, name="sprint-burndown-csv"),
    path("reports/", views.report, name="reports"),
    path("reports/<slug:figure>.csv", views.report_csv, name="report-csv"),
    path("backlog/", views.backlog, name="backlog"),
]
