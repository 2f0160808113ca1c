"""Libraries of the browser, served as they come: of npm from node_modules in a checkout, shipped inside an installed
package; and those that a Python package brings.
"""

import json
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

NODE_MODULES = Path(__file__).resolve().parent.parent / "node_modules"

# Static path → file in node_modules. Nothing else there is served; the package's build reads the same list.
FILES: dict[str, str] = json.loads((Path(__file__).parent / "vendor.json").read_text())

# Swagger UI, which django-ninja brings along with more that nobody here needs.
_NINJA = Path(str(find_spec("ninja").origin)).parent / "static/ninja"  # type: ignore[union-attr]
SWAGGER_UI = {
    f"vendor/{name}": _NINJA / name
    for name in ("swagger-ui-bundle.js", "swagger-ui-bundle.js.map", "swagger-ui.css", "swagger-ui.css.map")
}


class _Storage(FileSystemStorage):
    """Files under their static paths, wherever they lie."""

    def path(self, name: str) -> str:
        """Return where the static file `name` lies."""
        return str(_place(name))


def _place(path: str) -> Path | None:
    """Return where the static file lies, None for none of ours, or one that isn't installed."""
    found = SWAGGER_UI.get(path) or (NODE_MODULES / FILES[path] if path in FILES else None)
    return found if found and found.is_file() else None


class VendorFinder(BaseFinder):
    """Finds the files of FILES and of SWAGGER_UI, and only those."""

    def find(self, path: str, find_all: bool = False) -> Any:  # noqa: FBT001, FBT002 (Django's signature)
        """Return the file's path, [] where there is none; a list where all are asked for."""
        found = _place(path)
        if found is None:
            return []
        return [str(found)] if find_all else str(found)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        """Yield each static path with the storage that holds it."""
        storage = _Storage(location=NODE_MODULES)
        for path in (*FILES, *SWAGGER_UI):
            if _place(path):
                yield path, storage
