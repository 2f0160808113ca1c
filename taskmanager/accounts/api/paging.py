"""Parts of long lists: from a place on, or by the number of a page."""

from urllib.parse import urlencode

from django.http import HttpRequest
from ninja import Field, Schema

MOST = 500
# Farther in nobody turns pages: filters and `updated_since` lead there.
FARTHEST = 10_000_000


class Paging(Schema):
    """Which part of the list: `limit` and `offset`, or the number of a `page` of `limit` rows."""

    limit: int = Field(100, ge=1, le=MOST, description="How many rows at most")
    offset: int = Field(0, ge=0, le=FARTHEST, description="How many rows to leave out at the beginning")
    page: int | None = Field(
        None, ge=1, le=FARTHEST, description="The number of a page, from 1 on, instead of `offset`"
    )

    @property
    def first(self) -> int:
        """The place of the first row."""
        return (self.page - 1) * self.limit if self.page else self.offset

    @property
    def part(self) -> slice:
        """The rows themselves."""
        return slice(self.first, self.first + self.limit)


def links(request: HttpRequest, paging: Paging, count: int) -> str:
    """Return the `Link` header (RFC 8288) that leads to the first, previous, next and last part."""
    last = (max(count - 1, 0) // paging.limit) * paging.limit
    places = {"first": 0, "last": last}
    if paging.first > 0:
        places["prev"] = max(0, paging.first - paging.limit)
    if paging.first + paging.limit < count:
        places["next"] = paging.first + paging.limit
    given = [(key, value) for key, value in request.GET.items() if key not in {"limit", "offset", "page"}]
    root = request.build_absolute_uri(request.path)

    def address(place: int) -> str:
        at = ("page", place // paging.limit + 1) if paging.page else ("offset", place)
        return f"{root}?{urlencode([*given, ('limit', paging.limit), at])}"

    return ", ".join(f'<{address(place)}>; rel="{rel}"' for rel, place in places.items())
