"""Addresses for those who look after processes."""

from django.urls import path

from taskmanager.health import views

app_name = "health"
urlpatterns = [
    path("liveness/", views.liveness, name="liveness"),
    path("readiness/", views.readiness, name="readiness"),
]
