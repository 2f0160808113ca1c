"""The answers that many calls give, and how a refusal becomes one of them."""

from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from ninja import Field, Schema

from taskmanager.errors import DomainError


class Message(Schema):
    """Why a call was refused, in a sentence for people."""

    message: str = Field(examples=["Object not found."])


class Problem(Schema):
    """One thing that is wrong with the input."""

    loc: list[str | int] = Field(
        description="Where it is: body, query or path, and then the name", examples=[["body", "title"]]
    )
    msg: str = Field(description="What is wrong, with the permitted values", examples=["Field required"])
    type: str = Field("value_error", description="The kind of problem")


class Problems(Schema):
    """What is wrong with the input."""

    detail: list[Problem]


class InvalidInput(DomainError):
    """The input has the right shape, but doesn't fit what is there."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, place: str, name: str, message: str) -> None:
        """Take where it stands (body or query), the name of the field, and the sentence."""
        self.problems = [{"loc": [place, name], "msg": message, "type": "value_error"}]
        super().__init__(message)


def refusal(error: DomainError) -> tuple[int, dict[str, Any]]:
    """Return the status and the body that answer what a rule refused: about a field, as that field's problem."""
    if error.field and not isinstance(error, InvalidInput):
        error = InvalidInput("body", error.field, str(error))
    if isinstance(error, InvalidInput):
        return error.status, {"detail": error.problems}
    return error.status, {"message": str(error)}


ERRORS: dict[int, Any] = {
    400: Message,
    401: Message,
    403: Message,
    404: Message,
    409: Message,
    412: Message,
    413: Message,
    422: Problems,
    429: Message,
}


def answers(success: int, schema: Any, *errors: int) -> dict[int, Any]:
    """Return what the document says of a call's answers: beside these, every call may be 401, 422 or 429."""
    return {success: schema, **{status: ERRORS[status] for status in sorted({401, 422, 429, *errors})}}


def json_answer(text: str, *, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """Return an answer of JSON that is text already."""
    return HttpResponse(text, status=status, content_type="application/json", headers=headers)
