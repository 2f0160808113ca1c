"""Organizations and people in Django's admin. Superusers see all organizations, other staff their own."""

from taskmanager.accounts.admin import keys, records
from taskmanager.accounts.admin.organizations import OrganizationAdmin
from taskmanager.accounts.admin.people import UserAdmin
from taskmanager.accounts.admin.tenancy import ReadOnlyAdmin, TenantAdmin, TenantForm

__all__ = ["OrganizationAdmin", "ReadOnlyAdmin", "TenantAdmin", "TenantForm", "UserAdmin", "keys", "records"]
