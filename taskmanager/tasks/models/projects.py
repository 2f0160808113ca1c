"""Boards."""

from typing import ClassVar, Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from taskmanager.accounts.models import Organization

PROJECT_KEY = r"[A-Z0-9]{2,10}"


class ProjectQuerySet(models.QuerySet["Project"]):
    """How boards are reached: through their organization."""

    def of(self, organization: Organization) -> Self:
        """Keep the organization's projects."""
        return self.filter(organization=organization)

    def oldest_first(self) -> Self:
        """Order so that the organization's first project leads."""
        return self.order_by("pk")


class Project(models.Model):
    """A board of an organization, and the prefix of its tasks' references."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="projects", db_comment="Whose board it is"
    )
    name = models.CharField(max_length=100, db_comment="What people call it")
    key = models.CharField(
        max_length=10,
        validators=[RegexValidator(rf"^{PROJECT_KEY}\Z", "A key is 2 to 10 letters A–Z or digits.")],
        db_comment="The first part of its tasks' references, as in WEB-12",
    )
    last_number = models.PositiveIntegerField(
        default=0, db_comment="The number given to a task last; numbers are never reused"
    )
    created_at = models.DateTimeField(auto_now_add=True, db_comment="When it was made")

    objects = ProjectQuerySet.as_manager()

    class Meta:
        db_table_comment = "Boards of an organization"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "key"], name="tasks_project_key_once_per_organization"),
            models.CheckConstraint(
                condition=Q(key__regex=rf"^{PROJECT_KEY}\Z"), name="tasks_project_key_is_short_capitals"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="tasks_project_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
