"""What people tell about themselves."""

from taskmanager.accounts.models import (
    User,
)


def edit_profile(user: User, *, phone: str, biography: str, time_zone: str, theme: str) -> None:
    """Change what somebody tells about themselves, and how pages look to them.

    The form has made ten digits of the phone, and knows the zones and themes.
    """
    user.phone, user.biography, user.time_zone, user.theme = phone, biography, time_zone, theme
    user.save(update_fields=["phone", "biography", "time_zone", "theme"])
