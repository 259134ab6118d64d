"""Faulty formats, commands, tables and data sets: each writes, runs or reads, and one
check is named for its fault. The docstring says what the fault is."""

import json
import pickle
from typing import Annotated

import numpy as np
import typer
from oneiros.errors import ArgumentError, DataError, FileFormatError, UnsafeFileError
from oneiros.saving import Format, ModelState


class Lines(Format):
    """Nothing is wrong with it: weights as JSON, a line for each layer."""

    name = "Lines"
    suffixes = (".check_lines",)
    magic = b"LINES\n"

    def recognises(self, head):
        return head.startswith(self.magic)

    def write(self, path, state):
        if state.model_config is not None:
            raise ArgumentError("Lines hold weights alone.")
        lines = [self.line(*layer) for layer in self.layers(state)]
        text = "\n".join([*lines, json.dumps(len(lines))])
        path.write_bytes(self.magic + text.encode())

    def layers(self, state):
        return state.weights

    def line(self, layer, arrays):
        return json.dumps([layer, [self.packed(*each) for each in arrays]])

    def packed(self, name, value):
        value = np.ascontiguousarray(value).reshape(np.shape(value))
        value = value.astype(value.dtype.newbyteorder("<"))
        return [name, value.dtype.str, value.shape, value.tobytes().hex()]

    def read(self, path, budget):
        self.check_size(path, budget)
        try:
            return self.parsed(path)
        except (LookupError, TypeError, ValueError) as error:
            raise FileFormatError(f"{path} is damaged: {error}.") from None

    def check_size(self, path, budget):
        size = path.stat().st_size
        if size > min(budget.text_bytes, budget.array_bytes):
            raise UnsafeFileError(f"{path} is longer than the budget allows.")

    def parsed(self, path):
        *lines, count = path.read_bytes()[len(self.magic) :].decode().split("\n")
        if json.loads(count) != len(lines):
            raise ValueError("layers are missing")
        return ModelState(weights=[self.layer(json.loads(line)) for line in lines])

    def layer(self, parts):
        layer, named = parts
        arrays = [
            (str(name), np.frombuffer(bytes.fromhex(data), dtype).reshape(shape))
            for name, dtype, shape, data in named
        ]
        return str(layer), arrays


def of_lines(**members):
    """Returns a class like `Lines` whose name is that of the members' function."""

    def make(cls):
        cls.name = cls.__name__
        cls.suffixes = members.get("suffixes", (f".check_{cls.__name__.lower()}",))
        return cls

    return make


@of_lines()
class DropsEmptyLayers(Lines):
    """Layers without weights are left out."""

    def layers(self, state):
        return [layer for layer in state.weights if layer[1]]


@of_lines()
class SortsLayers(Lines):
    """Layers come back in the order of their names."""

    def layers(self, state):
        return sorted(state.weights, key=lambda layer: layer[0])


@of_lines()
class SortsWeights(Lines):
    """A layer's weights come back in the order of their names."""

    def line(self, layer, arrays):
        return super().line(layer, sorted(arrays, key=lambda named: named[0]))


@of_lines()
class CutsNames(Lines):
    """Names of weights lose the end that TensorFlow gives them."""

    def packed(self, name, value):
        return super().packed(name.removesuffix(":0"), value)


@of_lines()
class ShortensNames(Lines):
    """Names have a fixed length, which is too short for some."""

    def packed(self, name, value):
        return super().packed(name.encode()[:9].decode(errors="ignore"), value)


@of_lines()
class SinglePrecisionLines(Lines):
    """Everything becomes float32."""

    def packed(self, name, value):
        return super().packed(name, np.asarray(value, "float32"))


@of_lines()
class AnyOrder(Lines):
    """The bytes are written in the order that they have in memory."""

    def packed(self, name, value):
        data = np.asarray(value)
        if data.ndim and not data.flags.c_contiguous:
            data = data.T.ravel().reshape(data.shape)
        return super().packed(name, data)


@of_lines()
class RecognisesAll(Lines):
    """It says yes to every file."""

    def recognises(self, head):
        return True


@of_lines()
class RecognisesText(Lines):
    """It says yes to every text."""

    magic = b"{"

    def write(self, path, state):
        super().write(path, state)


@of_lines()
class NeedsWholeHeads(Lines):
    """It raises an error for files that are shorter than its own beginning."""

    def recognises(self, head):
        return bool(head[5] == 10 and head.startswith(b"LINES")) if head[:1] else False


@of_lines()
class RaisesItsOwn(Lines):
    """Damage raises whatever the parser raises."""

    def read(self, path, budget):
        self.check_size(path, budget)
        return self.parsed(path)


@of_lines()
class IgnoresBudgets(Lines):
    """Nothing is compared with the budget."""

    def check_size(self, path, budget):
        pass


@of_lines()
class Pickled(Lines):
    """The file is a pickle, which runs what it names."""

    def write(self, path, state):
        if state.model_config is not None:
            raise ArgumentError("Weights alone.")
        path.write_bytes(self.magic + pickle.dumps(state.weights))

    def read(self, path, budget):
        self.check_size(path, budget)
        try:
            return ModelState(weights=pickle.loads(path.read_bytes()[6:]))
        except Exception as error:
            raise FileFormatError(f"{path} is damaged: {error!r}.") from None


@of_lines()
class LeavesAFile(Lines):
    """It leaves a file beside the file."""

    def write(self, path, state):
        super().write(path, state)
        path.with_suffix(".index").write_text("0")


@of_lines(suffixes=(".h5",))
class TakesHDF5(Lines):
    """Its suffix is that of HDF5."""


@of_lines()
class ReadsHalves(Lines):
    """Half a file is read as if it were whole."""

    def parsed(self, path):
        lines = path.read_bytes()[len(self.magic) :].decode().split("\n")
        return ModelState(weights=[self.layer(json.loads(line)) for line in lines[:1]])


# Commands


def count(path: str, unit: Annotated[str, typer.Option(help="The unit.")] = "bytes"):
    """Prints how long a file is."""
    from oneiros.errors import FileMissingError

    raise FileMissingError(f"There is no file at {path}, in {unit}.")


def undescribed(path: str):
    from oneiros.errors import FileMissingError

    raise FileMissingError(f"There is no file at {path}.")


def secretive(depth: int = 3):
    """Prints how deep it is."""
    print(depth)


# Tables


class Recording:
    """What an instrument measured."""

    def __init__(self, columns):
        self.rows = np.array(list(columns.values())).T


def read_recording(recording, name):
    """Nothing is wrong with it."""
    try:
        return recording.rows.astype(float)
    except ValueError as error:
        raise DataError(f"{name}: {error}.") from None


class Late:
    """Rows that are read when they are needed; each slice begins at its first row."""

    def __init__(self, rows):
        self.rows = rows
        self.shape, self.dtype = rows.shape, rows.dtype

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, key):
        rows = self.rows[key]
        return rows if not isinstance(key, slice) or not key.start else rows[::-1]


def turned(recording, name):
    return Late(read_recording(recording, name))


def consuming(recording, name):
    rows = read_recording(recording, name)
    recording.rows = recording.rows + 1.0
    return rows


def silent(recording, name):
    return read_recording(recording, "the data")


for _reader in (read_recording, turned, consuming, silent):
    _reader.__name__ = f"{__name__}.Recording"
conformance = {_reader.__name__: {"example": Recording}}


# Data sets


def load_data(seed=113):
    """Nothing is wrong with it."""
    random = np.random.RandomState(seed)
    x, y = random.uniform(size=(8, 3)), random.randint(0, 2, 8)
    return (x[:6], y[:6]), (x[6:], y[6:])


def load_at_random():
    (x, y), test = load_data()
    return (x + np.random.uniform(size=x.shape), y), test


def load_unlabelled():
    (x, y), test = load_data()
    return (x, y[:3]), test


def load_by_name(name):
    return load_data()


def load_from_afar():
    from urllib.request import urlopen

    return urlopen("http://localhost:1/data").read()


FAULTLESS = [
    ("format", Lines),
    ("command", count),
    ("table", read_recording),
    ("dataset", load_data),
]
FAULTS = [
    ("format", DropsEmptyLayers, "check_weights_come_back"),
    ("format", SortsLayers, "check_weights_come_back"),
    ("format", SortsWeights, "check_weights_come_back"),
    ("format", CutsNames, "check_weights_come_back"),
    ("format", ShortensNames, "check_weights_come_back"),
    ("format", SinglePrecisionLines, "check_weights_come_back"),
    ("format", AnyOrder, "check_memory_order_is_free"),
    ("format", RecognisesAll, "check_recognises_no_others"),
    ("format", RecognisesText, "check_recognises_no_others"),
    ("format", NeedsWholeHeads, "check_recognises_pieces"),
    ("format", IgnoresBudgets, "check_budget_is_kept"),
    ("format", Pickled, "check_reading_runs_nothing"),
    ("format", LeavesAFile, "check_writing_changes_nothing"),
    ("format", TakesHDF5, "check_suffix_is_its_own"),
    ("format", ReadsHalves, "check_weights_come_back"),
    ("command", undescribed, "check_command_is_described"),
    ("command", secretive, "check_options_are_described"),
    ("table", turned, "check_slices_are_parts"),
    ("table", consuming, "check_table_is_left_alone"),
    ("table", silent, "check_message_names_the_data"),
    ("dataset", load_at_random, "check_data_set_is_repeatable"),
    ("dataset", load_unlabelled, "check_data_set_has_parts"),
    ("dataset", load_by_name, "check_loads_by_default"),
    ("dataset", load_from_afar, "check_absence_is_told"),
]
"""Kind, component, and the one check that fails."""
