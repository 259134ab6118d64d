"""Pages of the site's reference, made from the docstrings of what Oneiros publishes.

`docs/build` writes them; `site_names.py` says what is published.
"""

import ast
import functools
import inspect
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import write_interface
from site_names import (
    K,
    Published,
    by_definition,
    definition,
    filled,
    imported,
    published,
    unambiguous,
)
from write_gallery import EXAMPLES, shown

FENCE = "``````"
INNER_FENCE = "`````"
CODE_BLOCK = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
NAME_IN_TEXT = re.compile(r"(?<!`)`([A-Z]\w+|[a-z]+_\w+)`(?!`)")
PAGE_IN_TEXT = re.compile(r"`?\bdocs/([\w/-]+)\.md`?")
LISTED = {"Arguments", "Properties", "Raises"}
"""Sections that are lists of names."""


def write(folder: Path) -> None:
    """Writes a page for each module, and the list of them."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    by_module: dict[str, list[Published]] = {}
    for name in published():
        by_module.setdefault(name.module, []).append(name)
    for module, names in by_module.items():
        page = folder / f"{module}.md"
        page.write_text("\n".join(_page(module, names)) + "\n", encoding="utf-8")
    pages = {"index": _index(by_module), "commands": _commands()}
    for name, lines in pages.items():
        Path(folder, f"{name}.md").write_text("\n".join(lines), encoding="utf-8")


def _index(by_module: dict[str, list[Published]]) -> Iterator[str]:
    """Yields the page that leads to the others: what scripts use comes first."""
    modules = sorted(by_module)
    for_scripts = [module for module in modules if module in filled()]
    described = [m for m in for_scripts if any(map(_is_main, by_module[m]))]
    old_paths = [m for m in for_scripts if m not in described]
    for_plugins = [module for module in modules if module not in for_scripts]
    yield "# Reference\n"
    yield "Every public class and function, by its module, and the"
    yield "[commands](commands.md). Each entry names the plugin that provides it.\n"
    yield "## For scripts\n"
    for module in described:
        names = ", ".join(
            f"{{py:obj}}`{n.name} <{n.main_path}>`" for n in by_module[module]
        )
        yield f"**[{module}]({module}.md)**: {names}\n"
    yield "## Other paths in Keras 1\n"
    yield "These modules have names of the modules above, as in Keras 1:"
    yield ", ".join(f"[{module}]({module}.md)" for module in old_paths) + ".\n"
    yield "## For plugins\n"
    yield "[Hooks](oneiros.hookspecs.md) has the extension points;"
    yield "[what a plugin may use](../plugins/api.md) says where to begin.\n"
    for module in for_plugins:
        yield f"- [{module}]({module}.md): {_first_sentence(module)}"
    for caption, pages in (
        ("For scripts", described),
        ("Command line", ["commands"]),
        ("For plugins", for_plugins),
        ("Other paths in Keras 1", old_paths),
    ):
        yield f"\n```{{toctree}}\n:caption: {caption}\n:hidden:\n"
        yield from pages
        yield "```"


def _is_main(name: Published) -> bool:
    return name.main_path == name.path


def _first_sentence(module: str) -> str:
    text = write_interface.found(module).docstring.value
    return " ".join(text.partition("\n\n")[0].split())


def _commands() -> Iterator[str]:
    """Yields the page of the command `oneiros`, from its own help."""
    yield "# Commands\n"
    yield from _helps()


def _helps(*command: str) -> Iterator[str]:
    """Yields the help of a command, and of the commands in it."""
    if command:
        yield f"## {' '.join(command)}\n"
    own_help = _help(*command)
    yield from _terminal(" ".join(["oneiros", *command]), own_help)
    _, _, commands = own_help.partition("\nCommands:\n")
    for name in re.findall(r"^  ([a-z]+)  ", commands, re.MULTILINE):
        yield from _helps(*command, name)


def _terminal(command: str, output: str) -> Iterator[str]:
    yield f"```text\n$ {command} --help\n{output}```\n"


def _help(*command: str) -> str:
    program = Path(sys.executable).with_name("oneiros")
    done = subprocess.run(
        [program, *command, "--help"],
        env=os.environ | {"COLUMNS": "100", "NO_COLOR": "1", "ONEIROS_DISABLE": "*"},
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout


def _page(module: str, names: list[Published]) -> Iterator[str]:
    yield f"# {module}\n"
    source = write_interface.found(module)
    if source is not None:
        yield from as_markdown(source.docstring.value)
        yield ""
    if module not in filled():
        names = sorted(names, key=lambda name: name.member.lineno)
    for name in names:
        yield from _entry(name)


def _entry(name: Published) -> Iterator[str]:
    role = _role(imported(name.path))
    yield f"## {name.name}\n"
    yield f"{FENCE}{{py:{role}}} {name.name}{_call(name)}"
    yield f":module: {name.module}"
    if _is_main(name):
        yield ""
        yield from _description(name)
    else:
        yield ":no-index:\n"
        yield f"The same as {{py:obj}}`{name.main_path}`."
    yield f"{FENCE}\n"


def _description(name: Published) -> Iterator[str]:
    from_where = f"From {_page_of(name.distribution)}."
    yield f"{from_where}{_parent(name)}{_users(name)}\n"
    yield from as_markdown(name.docstring)
    if name.member is not None and name.member.is_class:
        yield from _methods(name)


def _call(name: Published) -> str:
    """Returns the parameters of a class or function, also if a base class that griffe
    doesn't read has them, or if it is made at run time."""
    call = write_interface.call(name.member)
    value = imported(name.path)
    if call not in ("", "(...)") or not callable(value):
        return call
    if inspect.isclass(value) and value.__init__ is object.__init__:
        return "()"
    function = value.__init__ if inspect.isclass(value) else value
    parameters = inspect.signature(function).parameters.values()
    plain = [each.replace(annotation=each.empty) for each in parameters]
    return str(inspect.Signature(plain[1:] if inspect.isclass(value) else plain))


def _parent(name: Published) -> str:
    """Returns a link to the first published class from which one is derived."""
    if name.member is None or not name.member.is_class:
        return ""
    for parent in imported(name.path).__mro__[1:]:
        for published_parent in by_definition().get(definition(parent), [])[:1]:
            path = published_parent.main_path
            return f" Derived from {{py:obj}}`{parent.__name__} <{path}>`."
    return ""


def _role(value: Any) -> str:
    if inspect.isclass(value):
        return "class"
    return "function" if callable(value) else "data"


def _methods(of: Published) -> Iterator[str]:
    """Yields the methods that a class defines and describes.

    Those of the contract are found as functions of K.
    """
    for name, method in of.member.members.items():
        if name.startswith("_") or not method.is_function or method.docstring is None:
            continue
        yield f"{INNER_FENCE}{{py:method}} {name}{write_interface.call(method)}"
        yield ":no-index:\n" if of.module.startswith(f"{K}.contract") else ""
        yield from as_markdown(method.docstring.value)
        yield f"{INNER_FENCE}\n"


def _page_of(distribution: str) -> str:
    """Returns a link to the page of the distribution that provides something."""
    folder = distribution.removeprefix("oneiros-").replace("-", "_")
    page = "kernel" if folder == "kernel" else f"plugins/{folder}"
    return f"[{distribution}](../../{page}/README.md)"


def _users(name: Published) -> str:
    """Returns links to the examples in the gallery that import a name."""
    pages = [
        f"[{example}](../examples/{example}.rst)"
        for example, imports in imports_of_examples().items()
        if name.path in imports
    ]
    return f" In the gallery: {', '.join(pages)}." if pages else ""


@functools.cache
def imports_of_examples() -> dict[str, set[str]]:
    """Returns the paths of what each example in the gallery imports."""
    return {name: set(_imports(EXAMPLES / f"{name}.py")) for name in shown()}


def _imports(program: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(program.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)


def as_markdown(docstring: str | None) -> Iterator[str]:
    """Yields a docstring as Markdown."""
    if docstring is None:
        return
    cleaned = inspect.cleandoc(docstring)
    before, *parts = re.split(r"^# (.+)$", cleaned, flags=re.MULTILINE)
    yield linked(before)
    for title, text in zip(parts[::2], parts[1::2], strict=True):
        yield f"**{title}**\n"
        body = linked(inspect.cleandoc(text))
        yield from _list(body) if title in LISTED else [body]
        yield ""


def linked(text: str) -> str:
    """Returns a text of a docstring with links to the published names in it."""
    parts = CODE_BLOCK.split(text)
    for index in range(0, len(parts), 2):
        with_names = NAME_IN_TEXT.sub(_link, parts[index])
        parts[index] = PAGE_IN_TEXT.sub(r"[\1](../\1.md)", with_names)
    return "".join(parts)


def _link(name: re.Match[str]) -> str:
    path = unambiguous().get(name[1])
    return f"{{py:obj}}`{name[1]} <{path}>`" if path else name[0]


def _list(body: str) -> Iterator[str]:
    """Yields the names of a section as a list."""
    for line in body.splitlines():
        name, colon, rest = line.partition(": ")
        if colon and not line.startswith(" "):
            yield f"- **{name}**: {rest}"
        else:
            yield f"  {line.strip()}" if line.startswith(" ") else line
