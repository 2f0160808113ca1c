"""Types of what comes in: what the database could not keep is refused with a sentence, and the document says so."""

import datetime
import re
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from ninja import Field
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, StringConstraints, WithJsonSchema

# Ids are 64 bits wide.
Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
# In JSON a number is a number: neither "3" nor true is one.
IdInBody = Annotated[int, Field(ge=1, le=2**63 - 1, strict=True)]
NUMBER = re.compile(r"\s*[+-]?[\d_]*\.?[\d_]*(e[+-]?\d+)?\s*", re.IGNORECASE)
WITHOUT_NUL = r"^[^\x00]*$"


def _address(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError as error:
        raise ValueError("This is not a valid email address.") from error
    return text.lower()


def _no_number(value: Any) -> Any:
    """Refuse a number where a day or a moment belongs: pydantic would count it as seconds since 1970."""
    if isinstance(value, int | float) or (isinstance(value, str) and NUMBER.fullmatch(value)):
        raise ValueError("Write it as RFC 3339 does: 2026-12-01, or 2026-12-01T09:30:00Z.")
    return value


def _in_utc(moment: datetime.datetime) -> datetime.datetime:
    try:
        # PostgreSQL knows no zone that is further away than 15:59, which Python does.
        return moment.astimezone(datetime.UTC)
    except OverflowError as error:
        raise ValueError("This is before or after all time.") from error


Day = Annotated[datetime.date, BeforeValidator(_no_number)]
Moment = Annotated[AwareDatetime, BeforeValidator(_no_number), AfterValidator(_in_utc)]


def line(length: int) -> type[str]:
    """Return the type of a line that people must give: white space around it is left out."""
    return Annotated[  # type: ignore[return-value]
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=length, pattern=WITHOUT_NUL),
        WithJsonSchema({"type": "string", "minLength": 1, "maxLength": length, "pattern": r"^[^\u0000]*\S[^\u0000]*$"}),
    ]


def text(length: int) -> type[str]:
    """Return the type of a longer text, which may be empty."""
    return Annotated[  # type: ignore[return-value]
        str,
        StringConstraints(max_length=length, pattern=WITHOUT_NUL),
        WithJsonSchema({"type": "string", "maxLength": length, "pattern": r"^[^\u0000]*$"}),
    ]


Address = Annotated[
    str,
    StringConstraints(max_length=254, pattern=WITHOUT_NUL),
    AfterValidator(_address),
    WithJsonSchema({"type": "string", "format": "email", "maxLength": 254}),
]


def without_defaults(schema: dict[str, Any]) -> None:
    """Leave defaults out of the document of a PATCH: what isn't sent stays as it is."""
    for each in schema["properties"].values():
        each.pop("default", None)
