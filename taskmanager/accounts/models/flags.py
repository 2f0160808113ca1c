"""Features that some people have already."""

from typing import Any

from waffle.models import AbstractBaseFlag, AbstractUserFlag


class Flag(AbstractUserFlag):
    """A feature that some people have already: those of certain groups, for the most part.

    What a flag says is cached for all, and whom it is for is asked of the user of each request anew.
    """

    class Meta(AbstractUserFlag.Meta):
        db_table_comment = "Features that are turned on for some groups or people"

    def is_active_for_user(self, user: Any) -> bool | None:
        """Return True where it is on for the user, else None. The user's groups come with their permissions."""
        if AbstractBaseFlag.is_active_for_user(self, user):
            return True
        if user.is_authenticated and (user.pk in self._get_user_ids() or self._get_group_ids() & user.rights.groups):
            return True
        return None
