"""Puts the SQL together before a package is built from a checkout; a source package holds it already."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildSql(BuildHookInterface):  # type: ignore[type-arg]
    """Hatch calls this by the name of its file."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Runs scripts/build-extension where there is one.

        Args:
            version: of the build, not of the package.
            build_data: what hatch knows of it; left as it is.

        Raises:
            subprocess.CalledProcessError: the sources do not make a script.
        """
        script = Path(self.root).parent / "scripts" / "build-extension"
        if script.exists():
            subprocess.run([script], check=True)
