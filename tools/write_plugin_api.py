"""Writes the tables of docs/plugin-api.md: the hooks, and both tiers of the interface.

    python tools/write_plugin_api.py

They come from `oneiros.hookspecs` and `oneiros_testing.interface`.
"""

from collections.abc import Iterable
from pathlib import Path

from oneiros import hookspecs
from oneiros.plugins import HOOKS, KINDS
from oneiros_testing.interface import AUTHORING, ENGINE, TABLES, Names
from oneiros_testing.keras_names import KERAS_MODULES, KERAS_PRIVATE, OLDER_MODULES

PAGE = Path(__file__).resolve().parent.parent / "docs" / "plugin-api.md"
START = "<!-- interface: written by tools/write_plugin_api.py -->\n"
END = "<!-- end -->"


def page() -> str:
    """Returns the page with its tables as they should be."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    after = rest.partition(END)[2]
    return f"{before}{START}{_tables()}\n{END}{after}"


def _tables() -> str:
    parts = [
        "## Hooks",
        "Registration, called once, at discovery; each returns names with references:",
        _hooks(HOOKS[: len(KINDS)]),
        "Behaviour, called when a model is built or once per run:",
        _hooks(HOOKS[len(KINDS) :]),
        "## The authoring tier",
        f"All names of Keras 1's modules below `oneiros`: {_listed(KERAS_MODULES)}.",
        f"Those of modules that older versions had: {_listed(OLDER_MODULES)}.",
        "Beside them:",
        _interface(TABLES[AUTHORING]),
        "Of members with an underscore, those that code for Keras 1 uses: "
        f"{_listed(KERAS_PRIVATE)}.",
        "## The engine tier",
        _interface(TABLES[ENGINE]),
    ]
    return "\n\n".join(["", *parts, ""])


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _hooks(names: list[str]) -> str:
    lines = ["| hook | for |", "|---|---|"]
    for name in names:
        text = " ".join((getattr(hookspecs, name).__doc__ or "").split())
        lines.append(f"| `{name}` | {text} |")
    return "\n".join(lines)


def _interface(table: dict[str, Names]) -> str:
    lines = ["| module | name | for |", "|---|---|---|"]
    for module, names in table.items():
        if isinstance(names, str):
            lines.append(f"| `{module}` | {_all_names(module)} | {names} |")
            continue
        for name, purpose in names.items():
            lines.append(f"| `{module}` | `{name}` | {purpose} |")
    return "\n".join(lines)


def _all_names(module: str) -> str:
    """Returns what stands for all public names: a plugin's README tells of them."""
    plugin = module.partition(".")[0].removeprefix("oneiros_")
    readme = f"../plugins/{plugin}/README.md"
    if (PAGE.parent / readme).exists():
        return f"[all public names]({readme})"
    return "all public names"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
