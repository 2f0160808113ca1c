"""What counts tries."""

from django.db import models


class Throttle(models.Model):
    """How often something was tried in the current window of time."""

    key = models.CharField(
        max_length=64, primary_key=True, db_comment="SHA-256 of what is counted, so that nothing personal lies here"
    )
    count = models.PositiveIntegerField(default=0, db_comment="Tries in this window")
    ends_at = models.DateTimeField(db_index=True, db_comment="When the window ends and counting starts again")

    class Meta:
        db_table_comment = "Tries at signing in, by account and address; rows are short-lived"

    def __str__(self) -> str:
        return f"{self.count} until {self.ends_at:%H:%M:%S}"
