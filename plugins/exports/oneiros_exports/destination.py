"""`Export`: the base class of ways to write a model for another library."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oneiros.arguments import label
from oneiros.errors import OneirosError


class ExportError(OneirosError, ValueError):
    """A model can't be written for another library, or computes something else
    there."""


@dataclass(frozen=True)
class Refusal:
    """A part of a model that the destination can't represent exactly.

    # Properties
        layer: the layer, or the model if the reason concerns all of it.
        reason: str, a sentence; it follows the layer's class and name.
        way_out: str, a sentence: what to do instead.
    """

    layer: Any
    reason: str
    way_out: str

    def __str__(self) -> str:
        return f"{label(self.layer)}: {self.reason} {self.way_out}"


@dataclass(frozen=True)
class Port:
    """An input or output of a file.

    # Properties
        name: str, its name there.
        dtype: str, such as `"float32"`.
        shape: tuple of the sizes: ints, and names for open sizes.
    """

    name: str
    dtype: str
    shape: tuple[int | str, ...]

    def __str__(self) -> str:
        return f"{self.dtype} ({', '.join(map(str, self.shape))})"


@dataclass(frozen=True)
class State:
    """A state that a stateful layer keeps from one batch to the next.

    # Properties
        before: `Port`, the input that takes it.
        after: `Port`, the output that has its new value.
    """

    before: Port
    after: Port


@dataclass(frozen=True)
class Written:
    """What a destination has written.

    # Properties
        summary: str, what the file consists of, such as `"opset 18, 64 nodes"`.
        inputs, outputs: lists of `Port`.
        left_out: list of str, the parts of the model that predictions don't need.
        states: list of `State`. A replay begins with zeros and passes each new state to
            the next batch.
        notes: list of str, what else a user should know.
    """

    summary: str
    inputs: list[Port]
    outputs: list[Port]
    left_out: list[str] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Export:
    """A way to write models for another library.

    A plugin registers a subclass with the hook `oneiros_exports`, under the suffix of
    its files without the dot, such as `"onnx"`. A folder may have that name, too. The
    keyword arguments of the class are options of `oneiros.export`.

    # Properties
        title: str, what messages call the destination, such as `"ONNX"`.
        backend: str, the backend on which `write` needs the model; None for the
            model's own.
        runtime: str, `"package.module:function"`, which computes a file's outputs. It
            runs in a process of its own that need not import Oneiros: `function(path,
            cases)` gets the path of the file and a list of cases. A case is a dict with
            an array for each input, by the names of `Written.inputs`. It returns the
            name and version of the library, and a list with a dict of outputs for each
            case.
        trains: bool, whether the library can go on training. Then `write` gets the
            user's own model, as it is compiled, and says what it leaves out of that.
        main_file: str, if it writes a folder, the name of a file that each such folder
            has; no other folder is ever replaced, unless it is empty.
        companions: tuple of str, the suffixes of files that `write` may put beside its
            file, such as `".data"` for `model.onnx.data`.
    """

    title = ""
    backend: str | None = None
    runtime = ""
    trains = False
    companions: tuple[str, ...] = ()
    main_file = ""

    def beside(self, path: Path) -> list[Path]:
        """Returns where the companions of a file are, if it has any."""
        return [path.with_name(path.name + suffix) for suffix in self.companions]

    def refusals(self, model) -> list[Refusal]:
        """Returns every part of a model that has no exact counterpart.

        # Arguments
            model: the model, on its own backend.
        """
        return []

    def write(self, model, path: Path) -> Written:
        """Writes a model. If the outputs differ, it is called again with a `Model`
        whose outputs are those of all layers.

        # Arguments
            model: the model, on `backend`; nothing in it is shared with the user's. If
                the library `trains`, the user's own, which must stay as it is.
            path: where to write; nothing is there yet.

        # Raises
            ExportError: if it can't be written.
        """
        raise NotImplementedError(f"{type(self).__name__} doesn't define write.")
