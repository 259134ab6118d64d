"""Reads untrusted YAML text, and writes YAML like Keras 1.

It builds plain data from the parser's nodes: tags construct nothing, and references
count in full. The limits are the same as in `json_text.loads`.
"""

import math
import re
from base64 import b64decode
from typing import Any, NoReturn

import numpy as np
import yaml
from oneiros.errors import ConfigError, UnsafeFileError

from oneiros_safe_files import json_text
from oneiros_safe_files.budget import STEPS, check_time
from oneiros_safe_files.json_text import MAX_DEPTH, MAX_DIGITS

MAX_PARTS = 200_000
"""Maximum number of keys, values and lists, references followed. A model of 2,000
layers has 60,000."""
LONGEST_NUMBER = 1_000
"""The parser's search for numbers in longer texts costs memory; none is a number."""
_LIKE_A_NUMBER = re.compile(r"[-+.:_0-9eE]+")
_DIRECTIVE = re.compile("(?:^|[\n\r\x85\u2028\u2029])\ufeff?%TAG")
"""A line that renames tags, at a cost for each. No model's configuration has one."""
_PREFIX = "tag:yaml.org,2002:"
_TEXT = {"str", "python/str", "python/unicode"}
_SEQUENCES = {"seq", "python/tuple"}
_NUMPY_DTYPE = "python/object/apply:numpy.dtype"
_NUMPY_SCALARS = {
    f"python/object/apply:numpy.{core}.multiarray.scalar" for core in ("core", "_core")
}
_DTYPE_CODE = re.compile(r"[iuf][248]|[iub]1")
_BYTE_ORDERS = ("<", ">", "|", "=")
_CONSTRUCTOR = yaml.constructor.SafeConstructor()


def loads(text: str):
    """Parses a YAML document of texts, numbers, lists and objects; tuples become lists,
    as in JSON.

    # Raises
        UnsafeFileError: if it contains anything else, exceeds the limits, or repeats a
            key.
        ConfigError: if it isn't YAML.
    """
    if not isinstance(text, str):
        raise ConfigError(
            f"Expected YAML text; received {type(text).__name__}: {text!r:.80}."
        )
    if _DIRECTIVE.search(text):
        _refuse("it has a directive that renames tags")
    try:
        _check_size(text)
        documents = list(yaml.compose_all(str(text), Loader=_Loader))
    except (yaml.YAMLError, UnicodeError) as error:
        raise ConfigError(
            f"This isn't YAML: {error!s:.300}. It begins with {text[:80]!r}."
        ) from None
    if len(documents) != 1:
        raise ConfigError(f"Expected one YAML document; received {len(documents)}.")
    return _list([_Builder().value(documents[0])])[0]


class _Loader(getattr(yaml, "CLoader", yaml.Loader)):  # type: ignore[misc]  # no types
    """Composes nodes; a long text is no number."""

    def resolve(self, kind, value: str, implicit) -> str:
        """Returns the tag of a node that has none."""
        if kind is not yaml.ScalarNode or len(value) <= LONGEST_NUMBER:
            return str(super().resolve(kind, value, implicit))
        is_plain, _ = implicit
        if is_plain and _LIKE_A_NUMBER.fullmatch(value):
            _refuse_number(value)
        return f"{_PREFIX}str"


def _check_size(text: str) -> None:
    """Counts a text's parts and levels before the parser creates objects."""
    depth = 0
    for count, event in enumerate(yaml.parse(str(text), Loader=_Loader)):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        _check_limits(count // 2, depth)  # a list has a beginning and an end


def _check_limits(count: int, depth: int) -> None:
    if count % STEPS == 0:
        check_time()
    if count > MAX_PARTS:
        _refuse(f"it has more than {MAX_PARTS} parts, references followed")
    if depth > MAX_DEPTH:
        _refuse(f"it nests deeper than {MAX_DEPTH} levels")


def dumps(value, **kwargs) -> str:
    """Returns plain data as YAML text in the layout of Keras 1; it converts values as
    `json_text.dumps` does.

    # Arguments
        value: dicts, lists, tuples, texts, numbers, …
        kwargs: passed to `yaml.dump`.
    """
    options = {"default_flow_style": None, **kwargs}
    return str(yaml.dump(_plain(value), Dumper=_Dumper, **options))


def _plain(value):
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    kind = type(value)
    if kind in (list, tuple):
        return kind(map(_plain, value))
    return json_text.loads(json_text.dumps(value))


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]
    """Writes tuples with Python's tag, and repeated objects in full."""

    def ignore_aliases(self, data) -> bool:
        return True


_Dumper.add_representer(
    tuple,
    lambda dumper, data: dumper.represent_sequence(f"{_PREFIX}python/tuple", data),
)


class _Builder:
    """Builds plain data from a parser's nodes, and counts each as often as it is
    referred to."""

    def __init__(self) -> None:
        self._count = 0

    def value(self, node, depth: int = 1):
        """Returns the content of a node."""
        self._count += 1
        tag = node.tag.removeprefix(_PREFIX)
        if isinstance(node, yaml.ScalarNode):
            _check_limits(self._count, 0)
            return _value(tag, node.value)
        _check_limits(self._count, depth)
        if isinstance(node, yaml.SequenceNode):
            return _sequence(tag, [self.value(item, depth + 1) for item in node.value])
        keys = []
        values = []
        for key, value in node.value:
            keys.append(self.value(key, depth + 1))
            values.append(self.value(value, depth + 1))
        return _mapping(tag, keys, values)


def _value(tag: str, text: str):
    if tag in _TEXT:
        return text
    if tag == "null":
        return None
    try:
        if tag == "bool":
            return _CONSTRUCTOR.bool_values[text.lower()]
        if tag in ("int", "float", "python/int", "python/long"):
            return _number(tag, text)
        if tag == "binary":
            return b64decode(text)
    except UnsafeFileError:
        raise
    except (ValueError, LookupError, OverflowError):
        raise ConfigError(f"The YAML text {text!r:.80} isn't a valid {tag}.") from None
    _refuse(f"it holds {text!r:.80} with the tag {tag!r:.80}")


def _number(tag: str, text: str) -> int | float:
    if len(text) <= MAX_DIGITS:
        name = "construct_yaml_float" if tag == "float" else "construct_yaml_int"
        number: int | float = getattr(_CONSTRUCTOR, name)(
            yaml.ScalarNode(_PREFIX + tag, text)
        )
        if math.isfinite(number):
            return number
    _refuse_number(text)


def _refuse_number(text: str) -> NoReturn:
    _refuse(
        f"it holds {text:.80}, which isn't a finite number of at most {MAX_DIGITS} "
        "digits"
    )


def _mapping(tag: str, keys: list[Any], values: list[Any]):
    for key in keys:
        if not isinstance(key, str):
            raise ConfigError(f"A key in the YAML is {key!r:.80}; keys must be texts.")
    if len(set(keys)) != len(keys):
        _refuse(f"a key occurs twice in the object with the keys {keys!r:.200}")
    if tag == _NUMPY_DTYPE:
        return _numpy_dtype(dict(zip(keys, values)))
    if tag != "map":
        _refuse(f"it holds an object with the tag {tag!r:.80}")
    return dict(zip(keys, _list(values)))


def _sequence(tag: str, items: list[Any]):
    if tag in _NUMPY_SCALARS:
        return _numpy_scalar(items)
    if tag not in _SEQUENCES:
        _refuse(f"it holds a list with the tag {tag!r:.80}")
    return _list(items)


def _list(items) -> list[Any]:
    if any(isinstance(item, bytes | np.dtype) for item in items):
        _refuse("it holds binary data")
    return list(items)


def _numpy_dtype(items: dict[str, Any]) -> np.dtype:
    """Returns the type of a NumPy number as NumPy pickles it; Keras 1.2.2 left such
    numbers in its YAML."""
    arguments = items.get("args") or [None]
    state = items.get("state") or []
    code = str(arguments[0])
    order = state[1] if len(state) > 1 else "<"
    if not _DTYPE_CODE.fullmatch(code) or order not in _BYTE_ORDERS:
        _refuse(f"it holds a NumPy number of the type {code!r:.40}")
    return np.dtype(f"{order}{code}")


def _numpy_scalar(items: list[Any]) -> int | float:
    match items:
        case [np.dtype() as dtype, bytes() | str() as data]:
            if isinstance(data, str):
                data = data.encode("latin-1", "replace")
            if len(data) == dtype.itemsize:
                number: int | float = np.frombuffer(data, dtype)[0].item()
                if math.isfinite(number):
                    return number
                _refuse(f"it holds {number}, which isn't finite")
    _refuse("it holds a NumPy number with bytes that don't match its type")


def _refuse(reason: str) -> NoReturn:
    raise UnsafeFileError(
        f"YAML refused: {reason}. Nothing was built. No model's configuration is like "
        "that."
    )
