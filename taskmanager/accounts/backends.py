"""Who signs in: somebody of an organization, by username or e-mail address."""

from typing import Any

from django.contrib.auth import check_password_with_timing_attack_mitigation
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db.models import OuterRef, Q, StringAgg, Subquery, Value
from django.db.models.functions import Concat
from django.views.decorators.debug import sensitive_variables

from taskmanager.accounts.models import User

CODE = Concat("content_type__app_label", Value("."), "codename")


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
        users = User.objects.select_related("organization").annotate(granted=_granted())
        user = users.filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return the permissions by groups and by person: without a query for the user of a session."""
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if not hasattr(user_obj, "_all_permissions"):
            if user_obj.is_superuser:
                granted = " ".join(Permission.objects.order_by().values_list(CODE, flat=True))
            elif hasattr(user_obj, "granted"):
                granted = user_obj.granted
            else:
                granted = User.objects.filter(pk=user_obj.pk).values_list(_granted(), flat=True).get()
            user_obj._all_permissions = set((granted or "").split())  # noqa: SLF001
        return set(user_obj._all_permissions)  # noqa: SLF001


def _granted() -> Subquery:
    """Return the user's permissions, by groups and by person, as the database joins them: "tasks.add_task …"."""
    mine = Permission.objects.filter(Q(group__user=OuterRef("pk")) | Q(user=OuterRef("pk")))
    # Grouped by nothing, so that all rows become one.
    joined = mine.order_by().annotate(all=Value(1)).values("all").annotate(codes=StringAgg(CODE, Value(" ")))
    return Subquery(joined.values("codes"))
