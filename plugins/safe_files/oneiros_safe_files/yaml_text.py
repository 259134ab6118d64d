"""Reads untrusted YAML text, and writes YAML like Keras 1.

It builds plain data from the parser's events: tags construct nothing, and references
count in full. The limits are the same as in `json_text.loads`.
"""

from __future__ import annotations

import math
import re
from base64 import b64decode
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np
import yaml
from oneiros.errors import ConfigError, UnsafeFileError

from oneiros_safe_files import clock
from oneiros_safe_files.json_text import MAX_DEPTH, MAX_DIGITS

MAX_PARTS = 200_000
"""Maximum number of keys, values and lists, references followed. A model of 2,000
layers has 60,000."""
LONGEST_NUMBER = 1_000
"""The parser's search for numbers in longer texts costs memory; none is a number."""
_LIKE_A_NUMBER = re.compile(r"[-+.:_0-9eE]+")
MAX_DIRECTIVES = 100
"""Maximum number of `%TAG` lines, each of which a parser compares with all others."""
LONGEST_DIRECTIVE = 1_000
"""The maximum number of characters in one, which becomes a part of tags."""
_BREAKS = r"\n\r\x85\u2028\u2029"
_DIRECTIVES = re.compile(rf"(?:^|[{_BREAKS}])\ufeff?(%TAG[^{_BREAKS}]*)")
_PREFIX = "tag:yaml.org,2002:"
_TEXT = {"str", "python/str", "python/unicode"}
_SEQUENCES = {"seq", "python/tuple"}
_NUMPY_DTYPE = "python/object/apply:numpy.dtype"
_NUMPY_SCALARS = {
    f"python/object/apply:numpy.{core}.multiarray.scalar" for core in ("core", "_core")
}
_DTYPE_CODE = re.compile(r"[iuf][248]|[iub]1")
_BYTE_ORDERS = ("<", ">", "|", "=")
_RESOLVER = yaml.resolver.Resolver()
_CONSTRUCTOR = yaml.constructor.SafeConstructor()
_LOADER = getattr(yaml, "CLoader", yaml.Loader)


def loads(text: str) -> Any:
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
    _check_directives(text)
    builder = _Builder()
    try:
        for event in yaml.parse(str(text), Loader=_LOADER):
            builder.take(event)
    except (yaml.YAMLError, UnicodeError) as error:
        raise ConfigError(
            f"This isn't YAML: {error!s:.300}. It begins with {text[:80]!r}."
        ) from None
    return builder.result()


def _check_directives(text: str) -> None:
    for count, match in enumerate(_DIRECTIVES.finditer(text), 1):
        length = match.end() - match.start(1)
        if count > MAX_DIRECTIVES:
            _refuse(f"it has more than {MAX_DIRECTIVES} directives")
        if length > LONGEST_DIRECTIVE:
            _refuse(f"it has a directive of {length:,} characters")


def dumps(value: Any, **kwargs: Any) -> str:
    """Returns plain data as YAML text in the layout of Keras 1.

    # Arguments
        value: dicts, lists, tuples, texts, numbers, …
        kwargs: passed to `yaml.dump`.
    """
    return str(
        yaml.dump(value, Dumper=_Dumper, **{"default_flow_style": None, **kwargs})
    )


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]  # yaml has no types
    """Writes tuples with Python's tag, and repeated objects in full."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(
    tuple,
    lambda dumper, data: dumper.represent_sequence(f"{_PREFIX}python/tuple", data),
)


@dataclass
class _Open:
    """A collection that hasn't ended yet."""

    mapping: bool
    tag: str
    anchor: str | None
    start: int
    items: list[Any] = field(default_factory=list)
    depth: int = 1


class _Builder:
    """Builds plain data from a parser's events."""

    def __init__(self) -> None:
        self._open: list[_Open] = [_Open(False, "seq", None, 0)]
        self._anchors: dict[str, tuple[Any, int, int]] = {}
        self._count = 0

    def result(self) -> Any:
        """Returns the document."""
        documents = _list(self._open[0].items)
        if len(documents) != 1:
            raise ConfigError(f"Expected one YAML document; received {len(documents)}.")
        return documents[0]

    def take(self, event: Any) -> None:
        """Adds the content of an event."""
        if isinstance(event, yaml.ScalarEvent):
            self._add(_scalar(event), event.anchor, self._spend(1) - 1, 0)
        elif isinstance(event, yaml.AliasEvent):
            value, size, depth = self._anchors.get(event.anchor) or _refuse(
                f"'*{event.anchor}' refers to something unknown or to what it is "
                "itself part of"
            )
            self._spend(size)
            self._check_depth(depth)
            self._add(_copied(value), None, 0, depth)
        elif isinstance(event, yaml.CollectionStartEvent):
            is_mapping = isinstance(event, yaml.MappingStartEvent)
            default_tag = "map" if is_mapping else "seq"
            tag = _tag(event.tag or default_tag)
            self._check_depth(1)
            start = self._spend(1) - 1
            self._open.append(_Open(is_mapping, tag, event.anchor, start))
        elif isinstance(event, yaml.CollectionEndEvent):
            closed = self._open.pop()
            self._add(_collection(closed), closed.anchor, closed.start, closed.depth)

    def _add(self, value: Any, anchor: str | None, start: int, depth: int) -> None:
        self._open[-1].items.append(value)
        self._open[-1].depth = max(self._open[-1].depth, depth + 1)
        if anchor is not None:
            self._anchors[anchor] = value, self._count - start, depth

    def _check_depth(self, more: int) -> None:
        if len(self._open) - 1 + more > MAX_DEPTH:
            _refuse(f"it nests deeper than {MAX_DEPTH} levels")

    def _spend(self, count: int) -> int:
        self._count += count
        if self._count % clock.STEPS == 0:
            clock.check_time()
        if self._count > MAX_PARTS:
            _refuse(f"it has more than {MAX_PARTS} parts, references followed")
        return self._count


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _scalar(event: Any) -> Any:
    if event.tag is None and len(event.value) > LONGEST_NUMBER:
        return _long_scalar(event)
    tag = event.tag or _RESOLVER.resolve(yaml.ScalarNode, event.value, event.implicit)
    return _value(_tag(tag), event.value)


def _long_scalar(event: Any) -> str:
    is_plain, _ = event.implicit
    if is_plain and _LIKE_A_NUMBER.fullmatch(event.value):
        _refuse_number(event.value)
    return str(event.value)


def _value(tag: str, text: str) -> Any:
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


def _collection(collection: _Open) -> Any:
    if collection.mapping:
        return _mapping(collection.tag, collection.items)
    return _sequence(collection.tag, collection.items)


def _mapping(tag: str, items: list[Any]) -> Any:
    if tag == _NUMPY_DTYPE:
        return _numpy_dtype(dict(_pairs(items)))
    if tag != "map":
        _refuse(f"it holds an object with the tag {tag!r:.80}")
    return dict(_pairs(_list(items)))


def _sequence(tag: str, items: list[Any]) -> Any:
    if tag in _NUMPY_SCALARS:
        return _numpy_scalar(items)
    if tag not in _SEQUENCES:
        _refuse(f"it holds a list with the tag {tag!r:.80}")
    return _list(items)


def _pairs(items: list[Any]) -> list[tuple[str, Any]]:
    keys = items[::2]
    for key in keys:
        if not isinstance(key, str):
            raise ConfigError(f"A key in the YAML is {key!r:.80}; keys must be texts.")
    if len(set(keys)) != len(keys):
        _refuse(f"a key occurs twice in the object with the keys {keys!r:.200}")
    return list(zip(keys, items[1::2], strict=True))


def _list(items: Any) -> list[Any]:
    if any(isinstance(item, bytes | np.dtype) for item in items):
        _refuse("it holds binary data")
    return list(items)


def _numpy_dtype(items: dict[str, Any]) -> np.dtype[Any]:
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
                return _finite(np.frombuffer(data, dtype)[0].item())
    _refuse("it holds a NumPy number with bytes that don't match its type")


def _finite(number: int | float) -> int | float:
    if not math.isfinite(number):
        _refuse(f"it holds {number}, which isn't finite")
    return number


def _tag(tag: str) -> str:
    return tag.removeprefix(_PREFIX)


def _refuse(reason: str) -> NoReturn:
    raise UnsafeFileError(
        f"YAML refused: {reason}. Nothing was built. No model's configuration is like "
        "that."
    )
