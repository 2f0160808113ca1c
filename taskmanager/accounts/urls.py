"""Addresses of signing in and out, passwords, sessions, one's own profile, the organization, members, invitations."""

from django.urls import path

from taskmanager.accounts import views

app_name = "accounts"
urlpatterns = [
    path("login/", views.SignInView.as_view(), name="login"),
    path("logout/", views.SignOutView.as_view(), name="logout"),
    path("profile/", views.profile, name="profile"),
    path("members/", views.member_list, name="member-list"),
    path("members/<int:pk>/", views.member_edit, name="member-edit"),
    path("members/<int:pk>/deactivate/", views.member_deactivate, name="member-deactivate"),
    path("members/<int:pk>/reactivate/", views.member_reactivate, name="member-reactivate"),
    path("members/<int:pk>/disconnect/", views.member_disconnect, name="member-disconnect"),
    path("organization/", views.organization_edit, name="organization"),
    path("organization/single-sign-on/", views.single_sign_on_edit, name="single-sign-on"),
    path("organization/single-sign-on/try/", views.single_sign_on_try, name="single-sign-on-try"),
    path("sso/", views.sso, name="sso"),
    path("sso/callback/", views.sso_callback, name="sso-callback"),
    path("sso/<slug:slug>/", views.sso_start, name="sso-start"),
    path("invitations/", views.invitation_list, name="invitation-list"),
    path("invitations/<int:pk>/resend/", views.invitation_resend, name="invitation-resend"),
    path("invitations/<int:pk>/revoke/", views.invitation_revoke, name="invitation-revoke"),
    path("invitations/<str:token>/", views.invitation_accept, name="invitation-accept"),
    path("sessions/", views.session_list, name="session-list"),
    path("password_change/", views.password_change, name="password-change"),
    path("password_reset/", views.password_reset, name="password-reset"),
    path("password_reset/done/", views.password_reset_done, name="password-reset-done"),
    path("reset/done/", views.password_reset_complete, name="password-reset-complete"),
    path("reset/<str:uidb64>/<str:token>/", views.NewPasswordView.as_view(), name="password-reset-confirm"),
]
