"""Which version a write starts from: named by the header `If-Match`, or by `version` in the body."""

import re
from typing import Annotated

from ninja import Header

from taskmanager.accounts.api.answers import InvalidInput

IfMatch = Annotated[
    str | None,
    Header(
        None,
        alias="If-Match",
        max_length=200,
        description='The ETag that the write starts from, `"3"` for example: any change since is refused with 412',
    ),
]


def version_asked_for(if_match: str | None, version: int | None) -> tuple[int | None, bool]:
    """Return the version that a write starts from, None for whichever it is now, and whether any change refuses it.

    Raises InvalidInput for a header that names no version of ours.
    """
    if if_match is None or if_match.strip() == "*":
        return version, False
    match = re.fullmatch(r'"(\d{1,9})"', if_match.strip())
    if match is None:
        raise InvalidInput("header", "If-Match", 'Name one version, as the ETag does: "3".')
    return int(match[1]), True
