"""How stored files are sent: by us, by a proxy in front of us, or by the storage; and never so that they could act."""

import re
from typing import IO, Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.cache import get_conditional_response
from django.utils.encoding import filepath_to_uri
from django.utils.http import content_disposition_header

# Whatever a file is, opened on our address it may run nothing, load nothing and stand in no frame.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}
# For what has another address as soon as it is another: a browser asks no second time.
FOREVER = "private, max-age=31536000, immutable"
RANGE = re.compile(r"bytes=(?P<first>\d{0,18})-(?P<last>\d{0,18})")


class Unsatisfiable(Exception):
    """The range begins behind the end of the file."""


class Part:
    """A part of an open file, for a server that reads until there is nothing more."""

    def __init__(self, file: IO[bytes], first: int, length: int) -> None:
        """Take the file, the place to start at, and how many bytes there are from there."""
        self.file = file
        self.left = length
        file.seek(first)

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes of what is left."""
        data = self.file.read(self.left if size < 0 else min(size, self.left))
        self.left -= len(data)
        return data

    def close(self) -> None:
        """Close the file."""
        self.file.close()


def send_to_storage(request: HttpRequest, place: str, *, name: str, content_type: str) -> HttpResponse | None:
    """Return an answer with which a proxy or the storage sends a file to be saved, None where we do that."""
    disposition = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    if settings.MEDIA_URL_STORAGE == "s3":
        storage: Any = default_storage
        url = storage.url(
            place,
            parameters={"ResponseContentDisposition": disposition, "ResponseContentType": content_type},
            expire=settings.SIGNED_URL_SECONDS,
            http_method=request.method,
        )
        response: HttpResponse = redirect(url)
        return _with(response, {"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer"})
    if settings.ACCEL_REDIRECT_PREFIX:
        inside = f"{settings.ACCEL_REDIRECT_PREFIX}{filepath_to_uri(place)}"
        headers = {**HEADERS, "Content-Disposition": disposition, "X-Accel-Redirect": inside}
        return HttpResponse(content_type=content_type, headers=headers)
    return None


def send(
    request: HttpRequest, place: str, *, name: str, content_type: str, is_inline: bool = False
) -> HttpResponseBase:
    """Return the file that lies there, or the part of it that is asked for. Raises Http404 where it is lost."""
    # What lies at a place never changes, so that its name tells one content from another.
    etag = f'"{place.rpartition("/")[2]}"'
    early = get_conditional_response(request, etag=etag)
    if early is not None:
        return _with(early, {**HEADERS, "ETag": etag})
    try:
        size, file = default_storage.size(place), default_storage.open(place)
    except FileNotFoundError as error:
        raise Http404("The file is gone.") from error
    common: dict[str, Any] = {"as_attachment": not is_inline, "filename": name, "content_type": content_type}
    response: HttpResponseBase
    try:
        part = _part(request, etag, size)
    except Unsatisfiable:
        file.close()
        response = HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    else:
        if part is None:
            response = FileResponse(file, **common)
        else:
            first, last = part
            response = FileResponse(Part(file, first, last - first + 1), status=206, **common)
            _with(response, {"Content-Range": f"bytes {first}-{last}/{size}", "Content-Length": f"{last - first + 1}"})
    return _with(response, {**HEADERS, "ETag": etag, "Accept-Ranges": "bytes"})


def _with[R: HttpResponseBase](response: R, headers: dict[str, str]) -> R:
    for name, value in headers.items():
        response.headers[name] = value
    return response


def _part(request: HttpRequest, etag: str, size: int) -> tuple[int, int] | None:
    """Return the first and the last byte that are asked for, None for all of them. Raises Unsatisfiable.

    What can't be understood, and several parts at once, are answered with the whole file, as RFC 9110 permits.
    """
    match = RANGE.fullmatch(request.headers.get("Range", ""))
    if request.method != "GET" or not match or request.headers.get("If-Range", etag) != etag:
        return None
    first, last = match["first"], match["last"]
    if not first:
        if not last:
            return None
        if int(last) == 0:
            raise Unsatisfiable
        return max(0, size - int(last)), size - 1
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise Unsatisfiable
    return int(first), min(int(last), size - 1) if last else size - 1
