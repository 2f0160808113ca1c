"""The browser's libraries: taken from node_modules in a checkout, shipped inside an installed package."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

NODE_MODULES = Path(__file__).resolve().parent.parent / "node_modules"

# Static path → file in node_modules. Nothing else there is served; the package's build reads the same list.
FILES: dict[str, str] = json.loads((Path(__file__).parent / "vendor.json").read_text())


class _NodeModulesStorage(FileSystemStorage):
    """The files of FILES under their static paths."""

    def path(self, name: str) -> str:
        """Return where the static file `name` lies."""
        return str(NODE_MODULES / FILES[name])


class NodeModulesFinder(BaseFinder):
    """Finds the files of FILES, and only those, in node_modules."""

    def find(self, path: str, find_all: bool = False) -> Any:  # noqa: FBT001, FBT002 (Django's signature)
        """Return the file's path, [] where there is none; a list where all are asked for."""
        found = NODE_MODULES / FILES[path] if path in FILES else None
        if found is None or not found.is_file():
            return []
        return [str(found)] if find_all else str(found)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        """Yield each static path with the storage that holds it."""
        storage = _NodeModulesStorage(location=NODE_MODULES)
        for path, source in FILES.items():
            if (NODE_MODULES / source).is_file():
                yield path, storage
