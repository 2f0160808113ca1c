"""Who signs in: somebody of an organization, by username or e-mail address."""

from typing import Any

from django.contrib.auth import check_password_with_timing_attack_mitigation
from django.contrib.auth.backends import ModelBackend
from django.views.decorators.debug import sensitive_variables

from taskmanager.accounts.models import User


class OrganizationBackend(ModelBackend):
    """Django's own backend, with the organization as a part of the name."""

    @sensitive_variables("password")
    def authenticate(
        self,
        request: Any,
        username: str | None = None,
        password: str | None = None,
        organization: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """Return the user of the organization (its slug) with this name or address and password, or None.

        It costs one hash whether or not there is such a user or organization, so that the time tells nothing.
        """
        if not (username and password and organization):
            return None
        user = (
            User.objects.named(username)
            .filter(organization__slug=organization.lower())
            .select_related("organization")
            .first()
        )
        right = check_password_with_timing_attack_mitigation(user, password)
        return user if user and right and self.user_can_authenticate(user) else None

    def get_user(self, user_id: Any) -> User | None:
        """Return the user of a session, with the organization and the permissions, which every page needs."""
        users = User.objects.select_related("organization").with_rights()
        user = users.filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return the permissions by groups and by person: without a query for the user of a session."""
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        return set(user_obj.rights.permissions)
