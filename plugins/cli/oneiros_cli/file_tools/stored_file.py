"""Reads any file as plain data: a model, weights, or the text of a configuration."""

from dataclasses import dataclass
from pathlib import Path

from oneiros.errors import FileFormatError
from oneiros_safe_files import json_text, yaml_text
from oneiros_safe_files.budget import Budget, checked
from oneiros_safe_files.config_extent import check_extent
from oneiros_safe_files.file_access import read_text
from oneiros_safe_files.model_state import ModelState
from oneiros_saving import model_files
from oneiros_saving.model_files import PathLike
from oneiros_saving.provenance import KEY

KEPT = ("class_name", "config", "module", "registered_name")
"""What is kept of a text; the last two are in those of Keras 3 alone."""


@dataclass(frozen=True)
class StoredFile:
    """A file's contents, and the name of its format."""

    format: str
    state: ModelState
    is_text: bool = False


def read(filepath: PathLike, budget: Budget | None = None) -> StoredFile:
    """Reads a file under the rules of loading.

    # Raises
        FileMissingError, FileFormatError, UnsafeFileError, ConfigError: as loading
        does.
    """
    path = model_files.existing(filepath)
    head = model_files.read_head(path)
    is_json = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b'"'))
    is_text = is_json or path.suffix in model_files.YAML_SUFFIXES
    known_format, _ = model_files.recognising(head)
    if known_format is not None or not is_text:
        form, state = model_files.read(path, budget)
        return StoredFile(form.name, state)
    name = "json" if is_json else "yaml"
    text = read_text(path, checked(budget))
    with model_files.naming(path):
        parsed = json_text.loads_config if is_json else yaml_text.loads
        config = parsed(text)
    state = _state(config, path)
    check_extent(state, budget, path)
    return StoredFile(name, state, is_text=True)


def _state(config, path: Path) -> ModelState:
    model_files.check_generation(config, path)
    if not isinstance(config, dict) or "class_name" not in config:
        raise FileFormatError(
            f"{path} isn't a model's configuration, which looks like "
            f'{{"class_name": "Sequential", "config": […]}}; it begins with '
            f"{config!r:.80}."
        )
    version = config.get("keras_version")
    recorded = config.get(KEY)
    return ModelState(
        model_config={key: config[key] for key in KEPT if key in config},
        keras_version=version if isinstance(version, str) else None,
        provenance=recorded if isinstance(recorded, dict) else {},
    )
