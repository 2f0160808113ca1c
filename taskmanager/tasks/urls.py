"""Addresses of projects and tasks."""

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
    path("tasks/<id:pk>/priority/", views.task_prioritize, name="task-prioritize"),
    path("search/", views.task_search, name="task-search"),
    path("tasks/<id:pk>/comments/", views.comment_create, name="comment-create"),
    path("comments/<id:pk>/edit/", views.comment_edit, name="comment-edit"),
    path("comments/<id:pk>/delete/", views.comment_delete, name="comment-delete"),
    path("tasks/<day:day>/", views.tasks_of_day, name="tasks-of-day"),
    path("tasks/archive/<year:year>/", views.tasks_archived, name="tasks-archived"),
    path("t/<reference:reference>/", views.task_by_reference, name="task-by-reference"),
]
