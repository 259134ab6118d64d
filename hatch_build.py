"""What the distributions of this repository share, added when one of them is built.

Each pyproject names this file as its hooks. A sdist holds copies of this file and of
LICENSE, and a README whose links are absolute, so that it builds alone.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

HERE = Path(__file__).resolve()
LICENSE = HERE.with_name("LICENSE")
REPOSITORY = "https://github.com/oneiros-keras/oneiros"
"""Where the source is published. No other file of the repository names it."""
PYTHONS = ("3.11", "3.12", "3.13")
"""What tests/workspace/test_pythons.py installs everything on."""
SHARED = {
    "license": "MIT",
    "authors": [{"name": "The Oneiros developers"}],
    "keywords": ["deep learning", "Keras", "neural networks", "plugins", "Theano"],
    "classifiers": [
        "Development Status :: 4 - Beta",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Programming Language :: Python :: 3",
        *(f"Programming Language :: Python :: {version}" for version in PYTHONS),
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Typing :: Typed",
    ],
}
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#]+)")
"""The part of a link of Markdown that names a file; code may look the same."""
PICTURES = (".png", ".svg", ".gif")
STUBS = "oneiros-stubs"
"""Package of the distribution `oneiros`, made from the plugins' manifests."""
WRITES_STUBS = HERE.with_name("tools") / "write_stubs.py"


def project_urls(version: str) -> dict[str, str]:
    """Returns the addresses that an index shows."""
    return {
        "Repository": REPOSITORY,
        "Documentation": f"{REPOSITORY}/tree/v{version}/docs",
        "Changelog": f"{REPOSITORY}/blob/v{version}/CHANGELOG.md",
        "Issues": f"{REPOSITORY}/issues",
    }


def readme(root: str, version: str) -> str:
    """Returns the README of a distribution, with links to the repository at the tag of
    its version; one that was made so before stays as it is.

    # Arguments
        root: str, the distribution's folder.
        version: str, its version.
    """
    folder = Path(root).resolve()

    def absolute(link: re.Match[str]) -> str:
        path = folder / link[1]
        if not path.exists():
            return link[0]
        place = path.resolve().relative_to(HERE.parent).as_posix()
        view = "raw" if path.suffix in PICTURES else "blob"
        return f"]({REPOSITORY}/{view}/v{version}/{place}"

    return LINK.sub(absolute, (folder / "README.md").read_text("utf-8"))


class SharedMetadata(MetadataHookInterface):
    """Adds the fields that are the same for all."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Adds them to the table `project`."""
        version = metadata["version"]
        text = readme(self.root, version)
        metadata.update(SHARED, urls=project_urls(version))
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


class SharedFiles(BuildHookInterface):
    """Adds LICENSE, to a sdist this file and the README, and to the distribution
    `oneiros` stubs."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Adds them to what the build includes."""
        self._folder = tempfile.TemporaryDirectory()
        if self.target_name == "sdist":
            build_data["force_include"] = self._in_sdist(build_data["force_include"])
        elif not Path(self.root, LICENSE.name).exists():
            folder = f"{self.build_config.builder.project_id}.dist-info/licenses"
            build_data["force_include"][str(LICENSE)] = f"{folder}/{LICENSE.name}"
        if self.metadata.core.name == "oneiros":
            stubs = self._stubs()
            build_data["force_include"][stubs] = STUBS
            build_data["force_include_editable"] = {stubs: STUBS}

    def finalize(self, *arguments: Any) -> None:
        """Removes the files that were written for the build."""
        self._folder.cleanup()

    def _stubs(self) -> str:
        """Returns the folder of the stubs: written now, or that of a sdist."""
        if not WRITES_STUBS.exists():
            return str(Path(self.root, STUBS))
        stubs = str(Path(self._folder.name, STUBS))
        subprocess.run([sys.executable, str(WRITES_STUBS), stubs], check=True)
        return stubs

    def _in_sdist(self, included: dict[str, str]) -> dict[str, str]:
        """Returns the files of a sdist: its pyproject's hooks lie beside it, and its
        README's links are absolute."""
        source = Path(self.root, "pyproject.toml").read_text("utf-8")
        texts = {
            "pyproject.toml": re.sub(r"(\.\./)+", "", source),
            "README.md": readme(self.root, self.metadata.version),
        }
        own = {str(path): path.name for path in (HERE, LICENSE)}
        for name, text in texts.items():
            path = Path(self._folder.name, name)
            path.write_text(text, encoding="utf-8")
            own[str(path)] = name
        others = {p: name for p, name in included.items() if name not in own.values()}
        return {**others, **own}
