"""Where a file comes from: the version of Keras, by its attributes, and the engine, by
the weights' names."""

from __future__ import annotations

from typing import Any

from oneiros.errors import ArgumentError, FileFormatError
from oneiros_safe_files.model_state import ModelState

from oneiros_old_files.base import Origin

ENGINES = ("tensorflow", "theano")


def origin_of(state: ModelState, trained_on: str | None = None) -> Origin:
    """Returns what wrote a file.

    TensorFlow's weights have names that end in `:0`, Theano's don't; Keras 2 also names
    its engine. What is saved here has TensorFlow's names on every backend, since
    convolution here is TensorFlow's.

    # Arguments
        state: what the file holds.
        trained_on: `"tensorflow"` or `"theano"`, which counts more than the file does.

    # Raises
        ArgumentError: for another engine. FileFormatError: if a later version of Keras
            wrote the file.
    """
    if trained_on not in (None, *ENGINES):
        raise ArgumentError(
            f"trained_on={trained_on!r}: it takes 'tensorflow', 'theano' or None."
        )
    config = state.model_config or {}
    versions = (state.keras_version, config.get("keras_version"))
    version = next((text for text in versions if isinstance(text, str)), "")
    return Origin(_generation(version, config), trained_on or _engine(state))


def _generation(version: str, config: dict[str, Any]) -> int:
    """Returns 1 or 2: the version of Keras whose layout a file has."""
    major = version.partition(".")[0]
    if major.isascii() and major.isdigit() and major not in ("1", "2"):
        raise FileFormatError(
            f"It is of Keras {version:.20}; files of Keras 1.0 to 2.x can be read. "
            f"Where the program that wrote it runs, save its weights with NumPy: "
            f"np.savez(path, *model.get_weights()); here, build the model anew and "
            f"model.set_weights(list(np.load(path).values()))."
        )
    if major:
        return 2 if major == "2" else 1
    return 2 if _looks_like_keras_2(config) else 1


def _looks_like_keras_2(config: dict[str, Any]) -> bool:
    """Returns whether a configuration without a version has what Keras 1 never
    wrote."""
    if config.get("class_name") == "Sequential":
        return isinstance(config.get("config"), dict)
    return config.get("class_name") == "Functional"


def _engine(state: ModelState) -> str | None:
    names = [name for _, arrays in state.weights for name, _ in arrays]
    marked = {name.endswith(":0") for name in names}
    if state.provenance or not marked:
        return "tensorflow"
    if len(marked) > 1 or (state.backend == "theano" and True in marked):
        return None
    if state.backend is None:
        return "tensorflow" if True in marked else "theano"
    return "theano" if state.backend == "theano" else "tensorflow"
