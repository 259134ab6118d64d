"""What the distributions of this repository share, added when one of them is built.

Each pyproject names this file as its hooks. A sdist holds copies of this file and of
LICENSE, so that it builds alone.
"""

import re
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

HERE = Path(__file__).resolve()
LICENSE = HERE.with_name("LICENSE")
SHARED = {"license": "MIT", "readme": "README.md"}


class SharedMetadata(MetadataHookInterface):
    """Adds the fields that are the same for all."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Adds them to the table `project`."""
        metadata.update(SHARED)


class SharedFiles(BuildHookInterface):
    """Adds LICENSE, and to a sdist this file."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Adds them to what the build includes."""
        if self.target_name == "sdist":
            build_data["force_include"] = self._in_sdist(build_data["force_include"])
        elif not Path(self.root, LICENSE.name).exists():
            folder = f"{self.build_config.builder.project_id}.dist-info/licenses"
            build_data["force_include"][str(LICENSE)] = f"{folder}/{LICENSE.name}"

    def finalize(self, *arguments: Any) -> None:
        """Removes the pyproject that was written for a sdist."""
        if self.target_name == "sdist":
            self._folder.cleanup()

    def _in_sdist(self, included: dict[str, str]) -> dict[str, str]:
        """Returns the files of a sdist, with a pyproject whose hooks lie beside it."""
        source = Path(self.root, "pyproject.toml")
        self._folder = tempfile.TemporaryDirectory()
        alone = Path(self._folder.name, source.name)
        text = source.read_text(encoding="utf-8")
        alone.write_text(re.sub(r"(\.\./)+", "", text), encoding="utf-8")
        own = {str(path): path.name for path in (alone, HERE, LICENSE)}
        others = {p: name for p, name in included.items() if name not in own.values()}
        return {**others, **own}
