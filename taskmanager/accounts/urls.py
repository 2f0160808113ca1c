"""Addresses of signing in and out, of passwords, and of one's own profile."""

from django.urls import path

from taskmanager.accounts import views

app_name = "accounts"
urlpatterns = [
    path("login/", views.SignInView.as_view(), name="login"),
    path("logout/", views.SignOutView.as_view(), name="logout"),
    path("profile/", views.profile, name="profile"),
    path("sessions/", views.session_list, name="session-list"),
    path("password_change/", views.password_change, name="password-change"),
    path("password_reset/", views.password_reset, name="password-reset"),
    path("password_reset/done/", views.password_reset_done, name="password-reset-done"),
    path("reset/done/", views.password_reset_complete, name="password-reset-complete"),
    path("reset/<str:uidb64>/<str:token>/", views.NewPasswordView.as_view(), name="password-reset-confirm"),
]
