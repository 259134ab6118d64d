"""Checks of tables and data sets: functions that read a library's tables, and
`load_data` of each module below `oneiros.datasets`."""

import ast
import inspect
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from oneiros.errors import DataError, OneirosError
from oneiros.layers import Dense
from oneiros.models import Sequential
from oneiros.typing import Array

from oneiros_testing.checks import Subject, check
from oneiros_testing.fixtures import folder
from oneiros_testing.probes import check_equal

ROWS = 7
PARTS = (slice(4, ROWS), slice(0, 3), slice(3, 3), slice(5, 99))
NAME = "model input 'ecg'"
"""What messages call the data."""
COLUMNS: dict[str, list[Any]] = {
    "a": [0.5, 1.5, -2.0, 3.25, 4.0, 5.0, 6.5],
    "b": [7.0, 8.0, 9.0, -1.0, 0.0, 0.25, 2.0],
}
WORDS: dict[str, list[Any]] = {"a": ["x", "y"], "b": ["x", "y"]}
"""Columns without numbers."""

Columns = dict[str, list[Any]]


def _call(module: str, function: str) -> Callable[..., Any]:
    """Returns a function that calls one of a library, which is imported then."""

    def call(*arguments: Any) -> Any:
        found: Any = import_module(module)
        for part in function.split("."):
            found = getattr(found, part)
        return found(*arguments)

    return call


def _column(make: Callable[..., Any]) -> Callable[[Columns], Any]:
    return lambda columns: make(columns["a"])


_POLARS = _call("polars", "DataFrame")
_HUGGING_FACE = _call("datasets", "Dataset.from_dict")
_NARWHALS = _call("narwhals", "from_native")
EXAMPLES: dict[str, Callable[[Columns], Any]] = {
    "datasets.Column": lambda columns: _HUGGING_FACE(columns)["a"],
    "datasets.Dataset": _HUGGING_FACE,
    "narwhals.DataFrame": lambda columns: _NARWHALS(_POLARS(columns)),
    "narwhals.LazyFrame": lambda columns: _NARWHALS(_POLARS(columns).lazy()),
    "narwhals.Series": lambda columns: _NARWHALS(_POLARS(columns))["a"],
    "pandas.DataFrame": _call("pandas", "DataFrame"),
    "pandas.Series": _column(_call("pandas", "Series")),
    "polars.DataFrame": _POLARS,
    "polars.LazyFrame": lambda columns: _POLARS(columns).lazy(),
    "polars.Series": _column(_call("polars", "Series")),
    "pyarrow.Array": _column(_call("pyarrow", "array")),
    "pyarrow.ChunkedArray": lambda columns: _call("pyarrow", "chunked_array")(
        [columns["a"]]
    ),
    "pyarrow.RecordBatch": _call("pyarrow", "RecordBatch.from_pydict"),
    "pyarrow.Table": _call("pyarrow", "table"),
}
"""How to make tables of well-known libraries; others are declared, as `example`."""


def example(subject: Subject, columns: Columns) -> Any:
    """Returns a table of the class that a reader is for."""
    known = EXAMPLES.get(subject.name)
    make = subject.declared.get("example", known)
    assert make is not None, (
        f"The kit can't make a {subject.name}. Declare a function of a dict of columns "
        'that does: conformance = {"read": {"example": make_table}}'
    )
    return make(columns)


def read(subject: Subject) -> Any:
    """Returns what the reader makes of an example."""
    return subject.component(example(subject, COLUMNS), NAME)


def first(rows: Any) -> Array:
    """Returns all rows of an example."""
    return np.asarray(rows[0:ROWS])


@check("table")
def check_key_is_the_class(subject: Subject) -> None:
    """The name under which it is registered is the class's, preceded by that of its
    top-level package."""
    cls = type(example(subject, COLUMNS))
    names = {
        f"{each.__module__.partition('.')[0]}.{each.__name__}" for each in cls.__mro__
    }
    assert subject.name in names, (
        f"The table's class is {cls.__module__}.{cls.__name__}."
    )


@check("table", unless="refuses", after="check_key_is_the_class")
def check_table_is_read(subject: Subject) -> None:
    """What it returns has a row for each row of the table, a shape, and a type for
    numbers."""
    rows = read(subject)
    shape = tuple(rows.shape)
    assert shape[0] == ROWS, f"{ROWS} rows have the shape {shape}."
    kind = np.dtype(rows.dtype).kind
    assert kind in "fiub", f"Its type is {rows.dtype}."
    whole = first(rows)
    assert whole.shape == shape, (
        f"Its shape is {shape}, but the rows have {whole.shape}."
    )
    assert whole.dtype == rows.dtype, f"It says {rows.dtype}, but has {whole.dtype}."


@check("table", unless="refuses", after="check_table_is_read")
def check_values_are_the_tables(subject: Subject) -> None:
    """Rows and columns keep their order and values."""
    if "example" in subject.declared:
        return
    columns = list(COLUMNS.values())
    expected = np.stack(columns, axis=1)
    found = first(read(subject))
    if found.ndim == 1:
        expected = expected[:, 0]
    check_equal(found, expected, "It has other values than the table")


@check("table", unless="refuses", after="check_table_is_read")
def check_slices_are_parts(subject: Subject) -> None:
    """A slice has the rows that the whole has there, in whatever order slices are
    taken."""
    rows = read(subject)
    whole = first(rows)
    for part in PARTS:
        found = np.asarray(rows[part])
        check_equal(found, whole[part], f"The rows of {part} are others")


@check("table", unless="refuses", after="check_table_is_read")
def check_table_is_left_alone(subject: Subject) -> None:
    """Reading a table again gives the same: it isn't changed."""
    table = example(subject, COLUMNS)
    rows = subject.component(table, NAME)
    before = np.array(first(rows))
    again = subject.component(table, NAME)
    check_equal(first(again), before, "Reading it again gives others")


@check("table", unless="any_values", after="check_key_is_the_class")
def check_message_names_the_data(subject: Subject) -> None:
    """Data that a model can't use raises DataError, whose message names the data."""
    columns = subject.declared.get("bad", WORDS)
    is_table = not isinstance(columns, dict)
    table = columns if is_table else example(subject, columns)
    try:
        rows = subject.component(table, NAME)
        np.asarray(rows[0:2])
    except DataError as error:
        assert NAME in str(error), f"The message doesn't name the data: {error}"
        return
    except Exception as error:
        raise AssertionError(
            f"It raises {type(error).__name__} ({error}). Raise DataError."
        ) from error
    raise AssertionError("Words are read without an error.")


@check("table", unless="refuses", after="check_slices_are_parts")
def check_model_takes_the_table(subject: Subject) -> None:
    """A model predicts from a table what it predicts from its array."""
    whole = first(read(subject))
    inputs = whole.reshape(ROWS, -1)
    layer = Dense(2, input_dim=inputs.shape[1])
    model = Sequential([layer])
    table = example(subject, COLUMNS)
    found = model.predict(table, batch_size=3)
    expected = model.predict(inputs)
    check_equal(found, expected, "A model predicts something else")


# Data sets


_offline: list[bool] = []
_hooks: list[Any] = []


def _refuse_network(event: str, _: Any) -> None:
    if _offline and event in ("socket.connect", "socket.getaddrinfo"):
        raise OSError("The network is switched off while a data set is checked.")


@contextmanager
def offline() -> Iterator[Path]:
    """Context manager without a network, and with an empty cache."""
    if not _hooks:  # a hook can't be removed
        _hooks.append(_refuse_network)
        sys.addaudithook(_refuse_network)
    names = ("KERAS_HOME", "HOME")
    before = os.environ.copy()
    _offline.append(True)
    try:
        with folder() as here:
            for name in names:
                os.environ[name] = str(here)
            yield here
    finally:
        _offline.pop()
        os.environ.clear()
        os.environ.update(before)


def loaded(subject: Subject) -> Any:
    """Returns a data set that needs no network; None for another one."""
    with offline():
        try:
            return subject.component()
        except OneirosError:
            return None


@check("dataset")
def check_loads_by_default(subject: Subject) -> None:
    """`load_data()` needs no arguments."""
    parameters = inspect.signature(subject.component).parameters.values()
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    needed = [
        parameter.name
        for parameter in parameters
        if parameter.default is parameter.empty and parameter.kind not in variadic
    ]
    assert not needed, f"It needs {', '.join(needed)}. Give them defaults."


@check("dataset", after="check_loads_by_default")
def check_absence_is_told(subject: Subject) -> None:
    """Without a network and a cache, it returns its data, or raises an error of Oneiros
    that says what to do."""
    with offline():
        try:
            subject.component()
        except OneirosError:
            return
        except Exception as error:
            raise AssertionError(
                f"Without a network it raises {type(error).__name__}: {error}. "
                "Download with oneiros.utils.data_utils.get_file, whose error says "
                "what to do. A file of your package is in Path(__file__).parent."
            ) from error


@check("dataset", after="check_absence_is_told")
def check_data_set_has_parts(subject: Subject) -> None:
    """It returns `(X_train, y_train), (X_test, y_test)`: arrays, with a label for each
    sample."""
    data = loaded(subject)
    for part in data or ():
        samples, labels = part
        for each in part:
            kind = type(each).__name__
            assert isinstance(each, np.ndarray), f"It has a {kind}, expected arrays."
        assert len(samples) == len(labels) > 0, (
            f"A part has {len(samples)} samples and {len(labels)} labels."
        )
    assert data is None or len(data) == 2, f"It returns {len(data)} parts, expected 2."


@check("dataset", after="check_data_set_has_parts")
def check_data_set_is_repeatable(subject: Subject) -> None:
    """It returns the same data each time, and doesn't touch NumPy's generator."""
    np.random.seed(5)
    first = loaded(subject)
    np.random.seed(6)
    before = repr(np.random.get_state())
    second = loaded(subject)
    after = repr(np.random.get_state())
    assert after == before, (
        "It changes NumPy's generator. Use np.random.RandomState(seed)."
    )
    arrays = chain(*(first or ()))
    for one, other in zip(arrays, chain(*(second or ())), strict=True):
        assert np.array_equal(one, other), "It returns other data the second time."


@check("dataset", unless="no_published_hash")
def check_downloads_have_a_hash(subject: Subject) -> None:
    """What it downloads is checked: `get_file` gets a `sha256`."""
    path = Path(inspect.getfile(subject.component))
    source = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        if not _is_get_file(node.func):
            continue
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        value = given.get("sha256", given.get("md5_hash"))
        is_none = isinstance(value, ast.Constant) and value.value is None
        is_given = (value is not None and not is_none) or None in given
        assert is_given, (
            f"Line {node.lineno}: get_file has no sha256=…, so anybody between you and "
            "the server decides what is loaded."
        )


def _is_get_file(function: ast.expr) -> bool:
    return ast.unparse(function).rpartition(".")[2] == "get_file"
