"""Parts of addresses."""

import datetime


class ReferenceConverter:
    """A task's reference as people type it: WEB-12, also in small letters."""

    regex = r"[A-Za-z0-9]{2,10}-[1-9][0-9]{0,8}"

    def to_python(self, value: str) -> str:
        """Return the reference in capitals."""
        return value.upper()

    def to_url(self, value: str) -> str:
        """Return the reference as it is."""
        return value


class IdConverter:
    """The id of a row: as many digits as the database can hold, so that a longer number is a 404."""

    regex = r"[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        """Return the number."""
        return int(value)

    def to_url(self, value: int) -> str:
        """Return the number's digits."""
        return str(value)


class DayConverter:
    """A day as ISO 8601 has it, 2026-12-24; an impossible one is a 404."""

    regex = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> datetime.date:
        """Return the day. Raises ValueError where there is no such day."""
        return datetime.date.fromisoformat(value)

    def to_url(self, value: datetime.date) -> str:
        """Return the day's digits."""
        return value.isoformat()


class YearConverter:
    """A year of four digits, from 0001 on."""

    regex = r"[0-9]{4}"

    def to_python(self, value: str) -> int:
        """Return the year. Raises ValueError for 0000, which calendars don't have."""
        return datetime.date(int(value), 1, 1).year

    def to_url(self, value: int) -> str:
        """Return the year's four digits."""
        return f"{value:04}"
