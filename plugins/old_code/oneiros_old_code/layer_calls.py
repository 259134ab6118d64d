"""Arguments that a layer doesn't have: the error with the whole line to write."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from oneiros_old_code.spellings import Spellings
from oneiros_old_code.wrong_calls import respelled_call, unknown_arguments


class UnknownArgumentError(TypeError):
    """A layer's constructor received arguments that the layer doesn't have.

    The base class receives only keyword arguments, and not those that the layer's own
    constructor takes. So each constructor that this error passes calls `in_call`, which
    knows more of the line to write.

    # Arguments
        layer: str, the class's name.
        unknown: the names of these arguments.
        own_names: the arguments that the layer has.
        spellings: other versions' names of arguments.
        args: tuple, the known positional arguments.
        kwargs: dict, the known keyword arguments.
    """

    def __init__(
        self,
        layer: str,
        unknown: Collection[str],
        own_names: Collection[str],
        spellings: Spellings,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        self.layer = layer
        self.unknown = unknown
        self.own_names = own_names
        self.spellings = spellings
        super().__init__(self._text(args, kwargs))

    def in_call(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> UnknownArgumentError:
        """Returns the error with the arguments of a constructor of the layer; itself if
        that constructor didn't receive the unknown ones."""
        if not kwargs.keys() >= set(self.unknown):
            return self
        return UnknownArgumentError(
            self.layer, self.unknown, self.own_names, self.spellings, args, kwargs
        )

    def _text(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        others = [name for name in self.unknown if name not in self.spellings]
        if others:
            return str(unknown_arguments(self.layer, others, self.own_names))
        own = " and ".join(_quoted(self.spellings[name]) for name in self.unknown)
        return (
            f"{self.layer} received the unknown argument "
            f"{' and '.join(map(repr, self.unknown))}. Did you mean {own}? "
            f"{respelled_call(self.layer, args, kwargs, self.spellings)}"
        )


def _quoted(names: str | tuple[str, ...]) -> str:
    """Returns one name or several, quoted."""
    if isinstance(names, str):
        return repr(names)
    return " and ".join(map(repr, names))
