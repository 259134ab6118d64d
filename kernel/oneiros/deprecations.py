"""What is deprecated: what goes with a later version, and what to use instead.

`docs/releases.md` has the policy: what goes works for another minor version and six
months, and warns. Nothing is deprecated now.
"""

from typing import Any

HOOKS: dict[str, Any] = {}
"""Hooks, and arguments of hooks, with the warning for a plugin that implements or takes
them, as pluggy's `hookspec` has it: `{"oneiros_progress": {"warn_on_impl": warning}}`,
or `{"oneiros_after_save": {"warn_on_impl_args": {"path": warning}}}`. A warning is a
`DeprecationWarning("… goes with 0.3: use …")`."""
