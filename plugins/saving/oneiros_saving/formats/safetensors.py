"""Weights in safetensors files: one tensor `<layer>/<weight>` per weight, with their
order in the metadata."""

from importlib import import_module
from pathlib import Path

from oneiros import config
from oneiros.errors import (
    ArgumentError,
    CapabilityError,
    ConfigError,
    FileFormatError,
    UnsafeFileError,
)
from oneiros.typing import Array
from oneiros_safe_files import json_text
from oneiros_safe_files.budget import Budget
from oneiros_safe_files.model_state import Format, LayerWeights, ModelState

LENGTH_BYTES = 8
TEXT = frozenset(b"\t\n\r") | frozenset(range(32, 127))
"""Bytes of texts, which begin with no length."""
ORIGIN = "oneiros-format-safetensors"
"""The metadata's `format` in files of Oneiros."""


class SafetensorsFormat(Format):
    """A format for weights only.

    The metadata, which can only hold texts, has `format`, `keras_version` and `layers`:
    a JSON list of `[layer, [weight, …]]` in the order of `get_weights()`.
    """

    name = "safetensors"
    suffixes = (".safetensors",)

    def recognises(self, head: bytes) -> bool:
        """Returns whether a file that begins with `head` has a safetensors header."""
        length, begin = head[:LENGTH_BYTES], head[LENGTH_BYTES : LENGTH_BYTES + 1]
        return begin == b"{" and not TEXT.issuperset(length)

    def write(self, path: Path, state: ModelState) -> None:
        """Writes weights; it refuses a whole model.

        # Raises
            ArgumentError: if the state is a whole model.
        """
        if state.model_config is not None:
            raise ArgumentError(
                "A safetensors file holds only weights: "
                "model.save_weights('….safetensors'), and the configuration with "
                "model.to_json(); or save the whole model: model.save('….h5')."
            )
        layers = [
            [layer, [name for name, _ in arrays]] for layer, arrays in state.weights
        ]
        tensors = {
            f"{layer}/{name}": value
            for layer, arrays in state.weights
            for name, value in arrays
        }
        metadata = {
            "format": ORIGIN,
            "keras_version": config.KERAS_VERSION,
            "layers": json_text.dumps(layers),
        }
        _files().write_safetensors(path, tensors, metadata)

    def read(self, path: Path, budget: Budget) -> ModelState:
        """Reads weights that `write` wrote.

        # Raises
            FileFormatError: if another program wrote the file, or tensors in its
                metadata are missing.
        """
        tensors, metadata = _files().read_safetensors(path, budget)
        if metadata.get("format") != ORIGIN:
            raise FileFormatError(
                f"{path} wasn't written by Oneiros: it doesn't say which tensors "
                "belong to which layer. Read it with safetensors.numpy.load_file and "
                "set them with layer.set_weights([...])."
            )
        version = metadata.get("keras_version")
        return ModelState(
            weights=_weights(path, tensors, metadata), keras_version=version
        )


def _files():
    """Returns the module that reads and writes such files.

    # Raises
        CapabilityError: if their package isn't installed.
    """
    try:
        return import_module("oneiros_safe_files.safetensors_file")
    except ModuleNotFoundError as error:
        raise CapabilityError(
            "Files of safetensors need a package that is not installed. Type: "
            "pip install 'oneiros-saving[safetensors]'"
        ) from error


def _weights(
    path: Path, tensors: dict[str, Array], metadata: dict[str, str]
) -> LayerWeights:
    weights: LayerWeights = []
    try:
        for layer, names in json_text.loads(metadata.get("layers", "")):
            named = [(str(name), tensors.pop(f"{layer}/{name}")) for name in names]
            weights.append((str(layer), named))
    except UnsafeFileError:
        raise
    except (ConfigError, KeyError, TypeError, ValueError) as error:
        raise FileFormatError(
            f"{path} is damaged: its `layers` don't match its tensors ({error!s:.300})."
        ) from None
    if tensors:
        raise FileFormatError(
            f"{path} holds tensors without a layer: {', '.join(tensors):.200}."
        )
    return weights
