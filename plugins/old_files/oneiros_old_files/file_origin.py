"""Determines a file's origin: the version of Keras from its attributes, and the engine
from the weights' names."""

from oneiros.arguments import check_choice
from oneiros.errors import FileFormatError
from oneiros_safe_files.model_state import ModelState

from oneiros_old_files.base import Config, Origin

ENGINES = ("tensorflow", "theano")
GENERATIONS = ("1", "2", "3")
"""The versions of Keras that have a layout of their own."""


def origin_of(state: ModelState, trained_on: str | None = None) -> Origin:
    """Returns the origin of a file.

    Names of TensorFlow's weights end in `:0`, those of Theano's don't; Keras 2 also
    names its engine. Oneiros saves the names of the engine whose convolution it
    computes, whatever the backend: `K.convolution()`.

    # Arguments
        state: the contents of the file.
        trained_on: `"tensorflow"` or `"theano"`; overrides the file.

    # Raises
        ArgumentError: if the engine is unknown. FileFormatError: if a later version of
            Keras wrote the file.
    """
    check_choice("load_model", "trained_on", trained_on, (*ENGINES, None))
    config = state.model_config or {}
    versions = (state.keras_version, config.get("keras_version"))
    texts = [version for version in versions if isinstance(version, str)]
    version = texts[0] if texts else ""
    generation = _generation(version, config)
    # The convolution of Keras 3 flips no kernels, on any of its engines.
    engine = trained_on or ("tensorflow" if generation > 2 else _engine(state))
    recorded = state.provenance or config.get("oneiros_provenance")
    return Origin(generation, engine, version, recorded=recorded)


def _generation(version: str, config: Config) -> int:
    """Returns 1, 2 or 3, the Keras version of a file's layout."""
    major = version.partition(".")[0]
    if major.isascii() and major.isdigit() and major not in GENERATIONS:
        raise FileFormatError(
            f"It is from Keras {version!r:.20}, but only Keras 1.0 to 3.x can be read. "
            f"In the program that wrote it, save the weights with NumPy: "
            f"np.savez(path, *model.get_weights()); here, build the model and call "
            f"model.set_weights(list(np.load(path).values()))."
        )
    if major:
        return int(major) if major in GENERATIONS else 1
    if {"module", "registered_name"} <= config.keys():
        return 3
    # Keras 1 wrote no Functional, and a list for a Sequential.
    class_name = config.get("class_name")
    if class_name == "Functional":
        return 2
    is_sequential = class_name == "Sequential"
    if is_sequential and isinstance(config.get("config"), dict):
        return 2
    return 1


def _engine(state: ModelState) -> str | None:
    marked: set[bool] = set()
    for _, arrays in state.weights:
        marked.update(name.endswith(":0") for name, _ in arrays)
    if not marked:
        return "tensorflow"
    is_odd = state.backend == "theano" and True in marked
    if len(marked) > 1 or is_odd:
        return None
    is_theanos = state.backend == "theano"
    if state.backend is None:
        is_theanos = False in marked
    if is_theanos:
        return "theano"
    return "tensorflow"
