"""Addresses of projects and tasks."""

from django.urls import path, register_converter

from taskmanager.tasks import views
from taskmanager.tasks.converters import IdConverter, ReferenceConverter

register_converter(IdConverter, "id")
register_converter(ReferenceConverter, "reference")

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
    path("search/", views.task_search, name="task-search"),
    path("t/<reference:reference>/", views.task_by_reference, name="task-by-reference"),
]
