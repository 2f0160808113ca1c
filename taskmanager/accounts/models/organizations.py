"""The tenant."""

from typing import ClassVar

from django.db import models


class Organization(models.Model):
    """The tenant: everything belongs to exactly one, and nothing is seen across."""

    name = models.CharField(max_length=100, db_comment="What people call it")
    slug = models.SlugField(
        max_length=60, unique=True, db_comment="Its name in addresses and at sign-in, made from the name"
    )
    is_demo = models.BooleanField(
        default=False, db_comment="Made by the command demo, which leaves every other organization alone"
    )
    require_second_factor = models.BooleanField(
        default=False, db_comment="Whether its people get nowhere without a second factor"
    )
    created_at = models.DateTimeField(auto_now_add=True, db_comment="When it was registered")

    class Meta:
        db_table_comment = "The tenants: every other row of the product belongs to exactly one"
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(name=""), name="accounts_organization_has_a_name"),
            models.CheckConstraint(condition=~models.Q(slug=""), name="accounts_organization_has_a_slug"),
        ]

    def __str__(self) -> str:
        return self.name
