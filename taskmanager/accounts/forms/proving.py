"""That it is the user who sits there: their own password, once more."""

from typing import Any

from django.core.exceptions import ValidationError
from django.views.decorators.debug import sensitive_variables

from taskmanager.accounts import services
from taskmanager.errors import TooManyRequests


@sensitive_variables("password")
def prove(form: Any, password: str) -> str:
    """Return the password where it is that of the form's user. Raises ValidationError.

    Too many tries are kept as the form's `throttled`, so that the page can answer with 429.
    """
    try:
        is_right = services.is_own_password(form.user, password)
    except TooManyRequests as error:
        form.throttled = error
        raise ValidationError(str(error)) from error
    if not is_right:
        raise ValidationError("That is not your password.")
    return password
