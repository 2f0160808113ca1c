"""Errors of the domain: what a rule refuses, in words for the person who asked."""

from http import HTTPStatus


class DomainError(Exception):
    """A rule said no. Web and API each render it in one place."""

    status: int = HTTPStatus.BAD_REQUEST
    message: str = "That is not possible."
    # The field of the input that it is about, where it is about one: the API names it.
    field: str = ""

    def __init__(self, message: str = "") -> None:
        """Take a sentence that is more exact than the class's own."""
        if message:
            self.message = message
        super().__init__(self.message)


class NotFound(DomainError):
    """It isn't there, or not for this user: another organization's objects don't exist."""

    status = HTTPStatus.NOT_FOUND
    message = "Object not found."


class NotAllowed(DomainError):
    """The user's roles don't permit it."""

    status = HTTPStatus.FORBIDDEN
    message = "Your role doesn't allow that."


class Conflict(DomainError):
    """Somebody else was quicker."""

    status = HTTPStatus.CONFLICT
    message = "This was changed meanwhile."


class TooManyRequests(DomainError):
    """A throttle is full; `retry_after` says for how many seconds, `is_first` whether it has just become so."""

    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, retry_after: int, *, is_first: bool = False) -> None:
        """Take the seconds to wait, and whether nobody was told to in this window before."""
        self.retry_after = retry_after
        self.is_first = is_first
        seconds = "1 second" if retry_after == 1 else f"{retry_after} seconds"
        super().__init__(f"Too many attempts. Try again in {seconds}.")
