"""Writes the tables of docs/plugin-api.md: the hooks, and both tiers of the interface.

    python tools/write_plugin_api.py

They come from `oneiros.hookspecs` and `oneiros_testing.interface`.
"""

from pathlib import Path

from oneiros import hookspecs
from oneiros.plugins import HOOKS, KINDS
from oneiros_testing.interface import AUTHORING, ENGINE, KERAS_PRIVATE, TABLES, Names

PAGE = Path(__file__).resolve().parent.parent / "docs" / "plugin-api.md"
START = "<!-- interface: written by tools/write_plugin_api.py -->\n"
END = "<!-- end -->"


def page() -> str:
    """Returns the page with its tables as they should be."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    after = rest.partition(END)[2]
    return f"{before}{START}{_tables()}\n{END}{after}"


def _tables() -> str:
    private = ", ".join(f"`{name}`" for name in sorted(KERAS_PRIVATE))
    parts = [
        "## Hooks",
        "Registration, called once, at discovery; each returns names with references:",
        _hooks(HOOKS[: len(KINDS)]),
        "Behaviour, called when a model is built or once per run:",
        _hooks(HOOKS[len(KINDS) :]),
        "## The authoring tier",
        _interface(TABLES[AUTHORING]),
        f"Of members with an underscore, those that code for Keras 1 uses: {private}.",
        "## The engine tier",
        _interface(TABLES[ENGINE]),
    ]
    return "\n\n".join(["", *parts, ""])


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
