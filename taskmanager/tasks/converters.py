"""Parts of addresses."""


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
