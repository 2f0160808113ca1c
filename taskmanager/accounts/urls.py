"""Addresses of signing in and out, of passwords, sessions, one's own profile, members and invitations."""

from django.urls import path

from taskmanager.accounts import views

app_name = "accounts"
urlpatterns = [
    path("login/", views.SignInView.as_view(), name="login"),
    path("logout/", views.SignOutView.as_view(), name="logout"),
    path("profile/", views.profile, name="profile"),
    path("photos/<int:pk>/<slug:name>/", views.photo, name="photo"),
    path("members/", views.member_list, name="member-list"),
    path("members/<int:pk>/", views.member_edit, name="member-edit"),
    path("members/<int:pk>/deactivate/", views.member_deactivate, name="member-deactivate"),
    path("members/<int:pk>/reactivate/", views.member_reactivate, name="member-reactivate"),
    path("invitations/", views.invitation_list, name="invitation-list"),
    path("invitations/<int:pk>/resend/", views.invitation_resend, name="invitation-resend"),
    path("invitations/<int:pk>/revoke/", views.invitation_revoke, name="invitation-revoke"),
    path("invitations/<str:token>/", views.invitation_accept, name="invitation-accept"),
    path("tokens/", views.token_list, name="token-list"),
    path("tokens/pair/", views.token_pair, name="token-pair"),
    path("tokens/revoke/", views.token_revoke_all, name="token-revoke-all"),
    path("tokens/<int:pk>/revoke/", views.token_revoke, name="token-revoke"),
    path("audit/", views.audit_list, name="audit-list"),
    path("audit/csv/", views.audit_csv, name="audit-csv"),
    path("sessions/", views.session_list, name="session-list"),
    path("password_change/", views.password_change, name="password-change"),
    path("password_reset/", views.password_reset, name="password-reset"),
    path("password_reset/done/", views.password_reset_done, name="password-reset-done"),
    path("reset/done/", views.password_reset_complete, name="password-reset-complete"),
    path("reset/<str:uidb64>/<str:token>/", views.NewPasswordView.as_view(), name="password-reset-confirm"),
]
