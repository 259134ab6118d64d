"""Where a file comes from: the version of Keras, by its attributes, and the engine, by
the weights' names."""

from __future__ import annotations

from typing import Any

from oneiros.errors import ArgumentError, FileFormatError
from oneiros_old_files.base import Origin
from oneiros_old_files.configs import GRAPHS

from oneiros_saving.formats import ModelState

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
    named = state.keras_version, (state.model_config or {}).get("keras_version")
    version = next((text for text in named if isinstance(text, str)), "")
    return Origin(
        _generation(version, state.model_config), trained_on or _engine(state)
    )


def _generation(version: str, config: dict[str, Any] | None) -> int:
    first = version.partition(".")[0]
    if first.isascii() and first.isdigit() and first not in ("1", "2"):
        raise FileFormatError(
            f"It is of Keras {version:.20}; files of Keras 1.0 to 2.x can be read. Where the program that "
            f"wrote it runs, save its weights with NumPy: np.savez(path, *model.get_weights()); here, build "
            f"the model anew and model.set_weights(list(np.load(path).values()))."
        )
    later = config and (
        config.get("class_name") == GRAPHS[1]
        or (
            config.get("class_name") == "Sequential"
            and isinstance(config.get("config"), dict)
        )
    )
    return 2 if first == "2" or (later and not first) else 1


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
