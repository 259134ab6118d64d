"""Checks of file formats: what is written comes back, and what is damaged or hostile is
refused."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from oneiros import registry
from oneiros.errors import (
    ArgumentError,
    CapabilityError,
    ConfigError,
    FileFormatError,
    UnsafeFileError,
)
from oneiros.layers import Activation, Dense
from oneiros.models import Sequential, load_model
from oneiros.typing import Array
from oneiros_safe_files.budget import Budget
from oneiros_safe_files.model_state import Format, LayerWeights, ModelState

from oneiros_testing.checks import Subject, check, tags_of
from oneiros_testing.fixtures import folder
from oneiros_testing.probes import check_equal, made, numbers

HEAD = 512
"""How many bytes a format is shown to recognise a file."""
DTYPES = ("float32", "float64", "float16", "int32", "int64", "uint8")
SHAPES: tuple[tuple[int, ...], ...] = ((), (0,), (3,), (2, 0), (2, 1, 2, 2))
SPECIAL = (np.nan, np.inf, -np.inf, -0.0, 1e-45)
DAMAGES = 60
REFUSALS = (ConfigError, FileFormatError, UnsafeFileError)
"""What reading a damaged file may raise; a text in it may be no JSON."""
OTHERS = {
    "no bytes": b"",
    "one byte": b"\0",
    "zeros": bytes(HEAD),
    "text": b"Hello, this is a text.\n" * 8,
    "JSON": b'{"class_name": "Sequential", "config": []}',
    "YAML": b"class_name: Sequential\nconfig: []\n",
    "a pickle": b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00]\x94.",
    "a zip archive": b"PK\x03\x04" + bytes(40),
    "an empty zip archive": b"PK\x05\x06" + bytes(18),
    "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(88),
    "NumPy": b"\x93NUMPY\x01\x00v\x00{'descr': '<f4'}",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(30),
    "gzip": b"\x1f\x8b\x08\x00" + bytes(30),
    "ONNX": b"\x08\x08\x12\x07oneiros",
}
"""The first bytes of files of others."""
RUNS_CODE = (
    "builtins.exec",
    "ctypes.dlopen",
    "exec",
    "marshal.loads",
    "os.exec",
    "os.posix_spawn",
    "os.system",
    "pickle.find_class",
    "socket.connect",
    "socket.getaddrinfo",
    "subprocess.Popen",
)
"""Events of Python that a reader of data never causes."""


@tags_of("format")
def find_tags(component: Any) -> Iterator[str]:
    """Yields `models` for a format that writes whole models, `weights` for one that
    writes weights, and `reads` for one that reads what it writes."""
    for tag, state in (("models", whole_state()), ("weights", weight_state())):
        with folder() as here:
            try:
                component().write(here / f"x{_suffix(component)}", state)
            except ArgumentError:
                continue
            except Exception:
                pass
            yield from (tag, "writes")
    if component.read is not Format.read:
        yield "reads"


def _suffix(component: Any) -> str:
    return next(iter(component.suffixes), "")


def weight_state() -> ModelState:
    """Returns weights of every type and shape, of layers with and without any, with
    names from all over the world."""
    matrix = numbers(3, 2).astype("float32")
    by_type = [(f"{dtype}_W", (4 * matrix).astype(dtype)) for dtype in DTYPES]
    by_shape = []
    for number, shape in enumerate(SHAPES):
        full = np.full(shape, number + 0.5, "float32")
        by_shape.append((f"shape_{number}", full))
    special = np.array(SPECIAL, "float32")
    layers: LayerWeights = [
        ("dense_1", [("dense_1_W:0", matrix)]),
        ("empty", []),
        ("a_first_by_name", [("z", matrix), ("a", -matrix)]),
        ("types", by_type),
        ("shapes", by_shape),
        ("special", [("values", special)]),
        ("größe 大きさ", [("gewicht_ß", matrix)]),
        ("without_weights", []),
    ]
    return ModelState(weights=layers)


def whole_state() -> ModelState:
    """Returns a compiled and trained model as plain data."""
    model = Sequential()
    first = Dense(3, input_dim=4, W_regularizer="l2", name="größe")
    empty = Activation("tanh", name="empty")
    model.add(first)
    model.add(empty)
    model.add(Dense(1, name="a_last_one"))
    model.compile("adam", "mse", metrics=["mae"])
    state = _states(model)
    state.optimizer_weights = [
        ("iterations", np.array(3.0, "float32")),
        ("m", numbers(2, 3).astype("float32")),
    ]
    return state


def _states(model: Any) -> ModelState:
    """Returns what a model would save, as a format that is there for the moment gets
    it."""
    kept: list[ModelState] = []

    class Keeping(Format):
        name = "oneiros_check"
        suffixes = (".oneiros_check",)

        def write(self, path: Path, state: ModelState) -> None:
            kept.append(state)
            path.write_bytes(b"")

    registered = registry.register("format", Keeping.name, Keeping)
    with registered, folder() as here:
        model.save(here / f"model{Keeping.suffixes[0]}")
    return kept[0]


def state_of(subject: Subject) -> ModelState:
    """Returns what a format can write: a model, or else weights."""
    return whole_state() if "models" in subject.tags else weight_state()


@contextmanager
def written(subject: Subject, state: ModelState) -> Iterator[Path]:
    """Context manager for the path of a file that the format has written."""
    with folder() as here:
        path = here / f"model{_suffix(subject.component)}"
        made(subject).write(path, state)
        yield path


def read_back(subject: Subject, state: ModelState) -> ModelState:
    """Writes a state and reads it."""
    with written(subject, state) as path:
        found: ModelState = made(subject).read(path, Budget())
    return found


@check("format")
def check_format_is_declared(subject: Subject) -> None:
    """It has the name under which it is registered, and suffixes that begin with a
    dot."""
    form = made(subject)
    assert isinstance(form, Format), "It doesn't derive from oneiros.saving.Format."
    assert form.name == subject.name, (
        f"Its name is {form.name!r}, not {subject.name!r}."
    )
    suffixes = form.suffixes
    is_tuple = isinstance(suffixes, tuple)
    assert is_tuple and all(str(suffix).startswith(".") for suffix in suffixes), (
        f"Its suffixes are {suffixes!r}, expected a tuple, such as ('.lines',)."
    )


@check("format", after="check_format_is_declared")
def check_suffix_is_its_own(subject: Subject) -> None:
    """No other format has one of its suffixes."""
    for name, other in _others(subject):
        shared = set(other.suffixes) & set(subject.component.suffixes)
        assert not shared, f"{', '.join(shared)} belongs to the format {name!r}, too."


@check("format", tags="weights", after="check_format_is_declared")
def check_weights_come_back(subject: Subject) -> None:
    """Weights come back with their layers, names, order and values, whatever their
    type and shape; layers without weights included."""
    expected = weight_state().weights
    found = read_back(subject, weight_state())
    _check_weights(found.weights, expected)


@check("format", tags="models", after="check_format_is_declared")
def check_models_come_back(subject: Subject) -> None:
    """Each part of a model comes back: configuration, weights, the optimizer's state,
    and where they came from."""
    state = whole_state()
    found = read_back(subject, state)
    _check_weights(found.weights, state.weights)
    _check_named(
        found.optimizer_weights or [], state.optimizer_weights or [], "the optimizer"
    )
    kept = ("model_config", "training_config", "provenance", "keras_version")
    for field in fields(ModelState):
        if field.name in kept:
            value = _plain(found, field.name)
            expected = _plain(state, field.name)
            assert value == expected, (
                f"{field.name} comes back as {value!r:.200}, "
                f"expected {expected!r:.200}."
            )


@check("format", tags=["models", "reads"], after="check_models_come_back")
def check_models_predict_the_same(subject: Subject) -> None:
    """A saved model predicts the same after loading, from a path that says nothing."""
    layer = Dense(2, input_dim=3, activation="tanh")
    model = Sequential([layer])
    model.compile("rmsprop", "mse")
    with folder() as here:
        path = here / f"model{_suffix(subject.component)}"
        model.save(path)
        loaded = load_model(path.rename(here / "model"))
    x = numbers(4, 3)
    expected = model.predict(x)
    check_equal(loaded.predict(x), expected, "It predicts something else")


@check("format", tags=["weights", "reads"], after="check_weights_come_back")
def check_memory_order_is_free(subject: Subject) -> None:
    """Arrays in any order of memory and bytes come back with the same values:
    transposed ones, parts of others, and those of other processors."""
    matrix = numbers(3, 4).astype("float32")
    arrays = {
        "transposed": matrix.T,
        "part": matrix[::2, 1:3],
        "reversed": matrix[::-1],
        "of_others": matrix.astype(">f4"),
    }
    named = list(arrays.items())
    state = ModelState(weights=[("layer", named)])
    found = read_back(subject, state)
    _check_weights(found.weights, state.weights, has_types=False)


@check("format", tags="writes", after="check_format_is_declared")
def check_writing_changes_nothing(subject: Subject) -> None:
    """Writing leaves the state as it is, and puts nothing beside the file."""
    state, expected = state_of(subject), state_of(subject)
    with written(subject, state) as path:
        files = set(path.parent.iterdir())
        beside = [other.name for other in files - {path}]
    assert not beside, (
        f"It leaves {', '.join(beside)} beside the file. The saving plugin moves one "
        "file into place, so that a crash leaves the old one."
    )
    if "models" not in subject.tags:
        _check_weights(state.weights, expected.weights)


@check("format", tags=["writes", "reads"], after="check_format_is_declared")
def check_recognises_its_own(subject: Subject) -> None:
    """It recognises a file that it wrote by the first bytes."""
    with written(subject, state_of(subject)) as path:
        head = path.read_bytes()[:HEAD]
    assert made(subject).recognises(head) is True, (
        "It doesn't return True for a file of its own, which begins with "
        f"{head[:16]!r}."
    )


@check("format", after=["check_format_is_declared", "check_recognises_pieces"])
def check_recognises_no_others(subject: Subject) -> None:
    """It recognises neither files of other formats nor random bytes, nothing least of
    all."""
    own = set(subject.declared.get("recognises", ()))
    heads = dict(OTHERS)
    random = np.random.RandomState(0)
    for number in range(40):
        heads[f"random bytes {number}"] = random.bytes(HEAD)
    for name, head in heads.items():
        if name not in own:
            assert not made(subject).recognises(head), (
                f"It recognises {name}. If it reads all of these files, too: "
                f"conformance = {{'recognises': ({name!r},)}}."
            )
    for name, other in _others(subject):
        with folder() as here:
            path = here / f"other{_suffix(other)}"
            _write_what_it_can(other, path)
            head = path.read_bytes()[:HEAD]
        assert not made(subject).recognises(head), (
            f"It recognises a file of the format {name!r}: look for bytes at the "
            "beginning that only your files have."
        )


@check("format", tags=["writes", "reads"], after="check_recognises_its_own")
def check_recognises_pieces(subject: Subject) -> None:
    """It raises no error for the first few bytes of a file, as a full disk leaves
    them."""
    with written(subject, state_of(subject)) as path:
        head = path.read_bytes()[:HEAD]
    for length in range(min(len(head), 64)):
        try:
            made(subject).recognises(head[:length])
        except Exception as error:
            raise AssertionError(
                f"For {length} bytes it raises {type(error).__name__}: {error}"
            ) from error


@check("format", tags=["writes", "reads"], after="check_recognises_pieces")
def check_truncated_files(subject: Subject) -> None:
    """A file whose end is missing raises FileFormatError or UnsafeFileError."""
    with written(subject, state_of(subject)) as path:
        whole = path.read_bytes()
        last = len(whole) - 1
        evenly = np.linspace(0, last, 24)
        ends = {1, 2, 8, last, *map(int, evenly)}
        for end in sorted(ends):
            path.write_bytes(whole[:end])
            _read_damaged(subject, path, f"of {len(whole)} bytes, cut to {end}")


@check("format", tags=["writes", "reads"], after="check_recognises_its_own")
def check_damaged_files(subject: Subject) -> None:
    """A file with other bytes in it raises FileFormatError or UnsafeFileError, or is
    read."""
    random = np.random.RandomState(0)
    with written(subject, state_of(subject)) as path:
        whole = np.frombuffer(path.read_bytes(), "uint8")
        for attempt in range(DAMAGES):
            damaged = whole.copy()
            within = len(whole)
            if attempt % 2:  # where formats keep what they say about themselves
                within = min(within, 400)
            count = 1 + attempt % 4
            places = random.randint(0, within, count)
            damaged[places] = random.randint(0, 256, count)
            path.write_bytes(damaged.tobytes())
            _read_damaged(subject, path, f"with other bytes at {places.tolist()}")


@check("format", tags=["writes", "reads"], after="check_recognises_its_own")
def check_damage_is_told(subject: Subject) -> None:
    """A file that lacks half of its contents isn't read as if it were whole."""
    with written(subject, state_of(subject)) as path:
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        with suppress(Exception):
            made(subject).read(path, Budget())
            raise AssertionError("Half a file is read without an error.")


@check("format", tags=["weights", "reads"], after="check_weights_come_back")
def check_budget_is_kept(subject: Subject) -> None:
    """A file that needs more memory than the budget allows raises UnsafeFileError."""
    zeros = np.zeros((300, 400), "float32")
    large = ModelState(weights=[("layer", [("W", zeros)])])
    budgets = {
        "array_bytes": Budget(array_bytes=1000),
        "text_bytes": Budget(text_bytes=2),
        "excess_bytes": Budget(excess_bytes=0),
    }
    with written(subject, large) as path:
        size = path.stat().st_size
        if size > zeros.nbytes:
            del budgets["excess_bytes"]
        faults = [
            limit
            for limit, budget in budgets.items()
            if not _is_refused(subject, path, budget)
        ]
    assert faults != list(budgets), (
        f"A file of {size} bytes is read under each of these limits: "
        f"{', '.join(budgets)}. Compare the sizes with the budget before you allocate."
    )
    assert "excess_bytes" not in faults, (
        f"{size} bytes become 480,000 although Budget.excess_bytes is 0: a small file "
        "could fill the memory."
    )


@check("format", tags=["writes", "reads"], after="check_recognises_its_own")
def check_reading_runs_nothing(subject: Subject) -> None:
    """Reading executes nothing and looks for no class: no pickle, no marshal, no
    eval."""
    with written(subject, state_of(subject)) as path:
        made(subject).read(path, Budget())  # imports what it needs
        with recorded(RUNS_CODE) as events:
            made(subject).read(path, Budget())
    assert not events, (
        f"Reading a file causes {', '.join(sorted(set(events)))}: a stranger's file "
        "could run code."
    )


_recording: list[tuple[tuple[str, ...], list[str]]] = []
_hooks: list[Any] = []


@contextmanager
def recorded(events: tuple[str, ...]) -> Iterator[list[str]]:
    """Context manager for a list of the events of Python that happen in it."""
    if not _hooks:  # a hook can't be removed
        _hooks.append(_note)
        sys.addaudithook(_note)
    found: list[str] = []
    _recording.append((events, found))
    try:
        yield found
    finally:
        _recording.pop()


def _note(event: str, _: Any) -> None:
    # At the end of the program, Python has taken the module's names away
    for events, found in _recording or ():
        if event in events:
            found.append(event)


def _plain(state: ModelState, name: str) -> Any:
    """Returns a part of a state as JSON has it, where tuples are lists."""
    part = getattr(state, name)
    return json.loads(json.dumps(part))


def _others(subject: Subject) -> Iterator[tuple[str, Any]]:
    """Yields the other formats that are installed, with their names."""
    for name in registry.names("format"):
        if name != subject.name:
            yield name, registry.resolve("format", name)


def _write_what_it_can(component: Any, path: Path) -> None:
    for state in (whole_state(), weight_state()):
        with suppress(ArgumentError, CapabilityError):
            component().write(path, state)
            return
    path.write_bytes(b"")


def _is_refused(subject: Subject, path: Path, budget: Budget) -> bool:
    try:
        made(subject).read(path, budget)
    except UnsafeFileError:
        return True
    return False


def _read_damaged(subject: Subject, path: Path, damage: str) -> None:
    """Raises AssertionError if reading a damaged file raises another error than it
    should."""
    form = made(subject)
    head = path.read_bytes()[:HEAD]
    if not form.recognises(head):
        return
    try:
        form.read(path, Budget())
    except REFUSALS:
        return
    except Exception as error:
        raise AssertionError(
            f"A file {damage}, raises {type(error).__name__}: {error!s:.200}. Catch "
            "what your reader raises, and raise FileFormatError."
        ) from error


def _check_weights(found: Any, expected: Any, has_types: bool = True) -> None:
    layers = [layer for layer, _ in found]
    given = [layer for layer, _ in expected]
    assert layers == given, f"The layers come back as {layers}, expected {given}."
    by_layer = dict(found)
    for layer, arrays in expected:
        named = by_layer[layer]
        _check_named(named, arrays, f"the layer {layer!r}", has_types)


def _check_named(
    found: list[tuple[str, Array]],
    expected: list[tuple[str, Array]],
    owner: str,
    has_types: bool = True,
) -> None:
    values = dict(found)
    names, given = list(values), list(dict(expected))
    assert names == given, f"The names of {owner} are {names}, expected {given}."
    for name, array in expected:
        value = np.asarray(values[name])
        assert not has_types or value.dtype == array.dtype, (
            f"{name} of {owner} comes back as {value.dtype}, expected {array.dtype}."
        )
        is_same = value.shape == array.shape and np.array_equal(
            value, array, equal_nan=array.dtype.kind == "f"
        )
        assert is_same, (
            f"{name} of {owner} comes back with other values, or as {value.shape} in "
            f"place of {array.shape}."
        )
