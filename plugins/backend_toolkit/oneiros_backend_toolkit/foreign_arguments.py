"""Arguments of `K.function`, and so of `compile`, that belong to another engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from oneiros.backend.contract import Backend
from oneiros.errors import ArgumentError

from oneiros_backend_toolkit.user_warnings import warn

OF_THEANO = {
    "accept_inplace",
    "allow_input_downcast",
    "givens",
    "mode",
    "name",
    "no_default_updates",
    "on_unused_input",
    "output_keys",
    "profile",
    "rebuild_strict",
    "trust_input",
}
OF_TENSORFLOW = {"feed_dict", "fetches", "jit_compile", "options", "run_metadata"}


class ForeignArguments(Backend):
    """Separates the arguments of `K.function` that an engine accepts from others.

    # Properties
        function_arguments: names of the accepted arguments.
    """

    function_arguments: ClassVar[frozenset[str]] = frozenset()

    def own_arguments(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the arguments that this engine accepts, and warns about those of
        other engines.

        # Raises
            ArgumentError: if no engine has an argument.
        """
        _pass_over(
            self.name,
            arguments.keys() - self.function_arguments,
            sorted(self.function_arguments),
        )
        return {
            name: value
            for name, value in arguments.items()
            if name in self.function_arguments
        }


def _pass_over(engine: str, names: Iterable[str], own: Iterable[str]) -> None:
    names = sorted(names)
    for name in names:
        if name not in OF_THEANO | OF_TENSORFLOW:
            own_names = ", ".join(own) or "none"
            raise ArgumentError(
                f"K.function received the unknown argument {name!r}. Arguments that "
                f"{engine} accepts besides inputs, outputs and updates: {own_names}."
            )
    if names:
        warn(f"{engine} ignores what belongs to other engines: {', '.join(names)}.")
