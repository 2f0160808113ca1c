"""Puts the browser's libraries, which npm installs, into the wheel: an installed package has no node_modules."""

import json
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class NodeModulesHook(BuildHookInterface):
    """Adds the files that taskmanager/vendor.json names, as static files."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Install the pinned libraries where they are missing, and include them in a wheel."""
        root = Path(self.root)
        if version == "editable":
            return
        if not (root / "node_modules").is_dir():
            try:
                subprocess.run(["npm", "ci", "--omit=dev", "--ignore-scripts"], cwd=root, check=True)  # noqa: S607 (npm is where PATH says)
            except (OSError, subprocess.CalledProcessError) as error:
                raise RuntimeError("Building the package needs npm, for the browser's libraries.") from error
        files = json.loads((root / "taskmanager" / "vendor.json").read_text())
        for path, module_file in files.items():
            build_data["force_include"][str(root / "node_modules" / module_file)] = f"taskmanager/static/{path}"
