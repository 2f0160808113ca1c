"""Which pages may load our static files."""

from typing import Any


def let_others_embed(headers: Any, _path: str, _url: str) -> None:
    """Permit pages of another origin to load the file: what a CDN fetches and hands on is such a page's."""
    headers["Cross-Origin-Resource-Policy"] = "cross-origin"
