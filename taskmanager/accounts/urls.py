"""Addresses of signing in and out, second factors, passwords, sessions, profiles, members and invitations."""

from django.urls import path

from taskmanager.accounts import views

app_name = "accounts"
urlpatterns = [
    path("login/", views.SignInView.as_view(), name="login"),
    path("login/passkey/", views.passkey_sign_in, name="passkey-sign-in"),
    path("login/passkey/options/", views.passkey_sign_in_options, name="passkey-sign-in-options"),
    path("second-factor/", views.second_factor, name="second-factor"),
    path("second-factor/options/", views.second_factor_options, name="second-factor-options"),
    path("second-factor/confirm/", views.second_factor_confirm, name="second-factor-confirm"),
    path("second-factor/setup/", views.second_factor_setup, name="second-factor-setup"),
    path("second-factor/settings/", views.second_factor_settings, name="second-factor-settings"),
    path("second-factor/app/", views.authenticator_create, name="authenticator-create"),
    path("second-factor/app/remove/", views.authenticator_remove, name="authenticator-remove"),
    path("second-factor/passkeys/", views.passkey_create, name="passkey-create"),
    path("second-factor/passkeys/options/", views.passkey_options, name="passkey-options"),
    path("second-factor/passkeys/<int:pk>/", views.passkey_edit, name="passkey-edit"),
    path("second-factor/passkeys/<int:pk>/remove/", views.passkey_remove, name="passkey-remove"),
    path("second-factor/recovery-codes/", views.recovery_codes, name="recovery-codes"),
    path("second-factor/recovery-codes/new/", views.recovery_codes_create, name="recovery-codes-create"),
    path("second-factor/recovery-codes/download/", views.recovery_codes_download, name="recovery-codes-download"),
    path("organization/second-factor/", views.second_factor_requirement, name="second-factor-requirement"),
    path("logout/", views.SignOutView.as_view(), name="logout"),
    path("profile/", views.profile, name="profile"),
    path("members/", views.member_list, name="member-list"),
    path("members/<int:pk>/", views.member_edit, name="member-edit"),
    path("members/<int:pk>/deactivate/", views.member_deactivate, name="member-deactivate"),
    path("members/<int:pk>/reactivate/", views.member_reactivate, name="member-reactivate"),
    path("members/<int:pk>/second-factor/reset/", views.second_factor_reset, name="second-factor-reset"),
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
