"""JSON: reads untrusted text within limits, and writes configurations."""

import json
import math
import re
from typing import Any, NoReturn

from oneiros.errors import ConfigError, UnsafeFileError

from oneiros_safe_files.functions import marker, registered

MAX_TOKENS = 1_000_000
"""Maximum number of strings, brackets and commas in a text."""

MAX_DEPTH = 200
"""Maximum nesting depth of lists and objects."""

MAX_DIGITS = 40
"""Maximum number of characters in a number."""

_TOKENS = re.compile(r'"(?:[^"\\]+|\\.)*+"?|[\[\]{},]', re.DOTALL)
_ESCAPED_HALF = re.compile(r"\\u[dD]")
"""How a half of a character begins, which may follow the other half."""
_HALF = re.compile("[\ud800-\udfff]")
_DEPTHS = {"[": 1, "{": 1, "]": -1, "}": -1}


def loads(text: str):
    """Parses JSON text.

    # Raises
        UnsafeFileError: if it exceeds the limits above, repeats a key,
            or contains NaN, infinity or half of a character.
        ConfigError: if it isn't JSON.
    """
    if not isinstance(text, str):
        received = f"{type(text).__name__}: {text!r:.80}"
        raise ConfigError(f"Expected JSON text; received {received}.")
    _check_size(text)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_without_duplicates,
            parse_constant=_number,
            parse_float=_number,
            parse_int=_number,
        )
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"This isn't JSON: {error}. It begins with {text[:80]!r}."
        ) from None
    if _ESCAPED_HALF.search(text):
        _check_characters(value)
    return value


def loads_config(text: str):
    """Parses the text of a configuration, even if it was encoded as JSON twice, as
    `json.dump(model.to_json(), file)` does."""
    config = loads(text)
    return loads(config) if isinstance(config, str) else config


def _check_size(text: str) -> None:
    """Counts a text's tokens and levels before the parser creates objects."""
    depth = 0
    for count, match in enumerate(_TOKENS.finditer(text)):
        depth += _DEPTHS.get(text[match.start()], 0)
        if depth > MAX_DEPTH:
            _refuse(f"it nests deeper than {MAX_DEPTH} levels")
        if count > MAX_TOKENS:
            _refuse(f"it has more than {MAX_TOKENS} tokens")


def _check_characters(value) -> None:
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            waiting += [*part.keys(), *part.values()]
        elif isinstance(part, list):
            waiting += part
        elif isinstance(part, str) and _HALF.search(part):
            _refuse("a text holds half of a character (a lone surrogate)")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        _refuse(f"a key occurs twice in the object with the keys {[*members]!r:.200}")
    return members


def _number(text: str) -> float:
    if len(text) > MAX_DIGITS or not math.isfinite(float(text)):
        _refuse(
            f"it holds {text:.80}, which isn't a finite number of at most "
            f"{MAX_DIGITS} digits"
        )
    return int(text) if text.lstrip("-").isdigit() else float(text)


def _refuse(reason: str) -> NoReturn:
    raise UnsafeFileError(
        f"JSON refused: {reason}. No model's configuration is like that."
    )


def dumps(obj, **kwargs) -> str:
    """Returns JSON text; NumPy values become plain values, and functions become their
    name or a marker, never bytecode.

    # Arguments
        obj: dicts, lists, numbers, strings, …
        kwargs: passed to `json.dumps`.

    # Raises
        ConfigError: if it contains anything else, NaN or infinity.
    """
    try:
        return json.dumps(obj, **{"default": _plain, "allow_nan": False, **kwargs})
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"A configuration can't be written as JSON: {error}"
        ) from None


def _plain(obj):
    if hasattr(obj, "tolist"):
        return obj.tolist()
    if not callable(obj):
        raise TypeError(
            f"{type(obj).__name__} {obj!r:.80} is no number, text, list, dict or "
            f"function"
        )
    entry = registered(obj)
    if entry is not None:
        return f"{entry.distribution}:{entry.name}"
    return marker(obj)
