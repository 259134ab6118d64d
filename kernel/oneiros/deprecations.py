"""What is deprecated: what goes with a later version, and what to use instead.

`docs/inside/releases.md` has the policy: what goes works for another minor version and
six months, and warns. Nothing is deprecated now.
"""

from typing import Any

from oneiros.user_warnings import warn

HOOKS: dict[str, Any] = {}
"""Hooks, and arguments of hooks, with the warning for a plugin that implements or takes
them, as pluggy's `hookspec` has it: `{"oneiros_progress": {"warn_on_impl": warning}}`,
or `{"oneiros_after_save": {"warn_on_impl_args": {"path": warning}}}`. A warning is a
`DeprecationWarning("… goes with 0.3: use …")`."""

NAMES: dict[str, str] = {}
"""Everything else, as `kind:name`, with what to write instead: `"layer:Highway"`,
`"module:layers.core.Highway"`, `"setting:floatx"`, `"argument:Dense.init"`."""


def warn_of(name: str) -> None:
    """Warns if a name is deprecated, that is, in `NAMES`.

    The registry calls this for components and for names of modules. For an argument or
    a setting, the code that receives it does: `warn_of("argument:Dense.init")`.
    """
    if message := NAMES.get(name):
        warn(message, DeprecationWarning)
