"""The code in READMEs, pages of documentation and docstrings, and what it promises.

All code stands in fenced blocks of Python. A block promises what its comments say:

- a comment behind an expression is the expression's value, as `repr` writes it
- a comment behind a `print` is what it prints; so are the comments on the lines below
"""

import ast
import contextlib
import io
import re
import tokenize
from dataclasses import dataclass
from pathlib import Path

from fresh import ROOT
from pytest_examples import CodeExample, find_examples

PLACES = [
    ROOT / name
    for name in (
        "README.md",
        "benchmarks",
        "docs",
        "examples",
        "kernel",
        "plugins",
        "tests",
        "tools",
    )
]
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
MEASURED = re.compile(
    r"\d[\d.,]*(?= (?:ms|bytes))|[\d.]+e-\d+(?= of)|(?<=row )\d+ of [\w ]+"
    r"|(?<=Runtime )[\d.]+"
)
"""Times, sizes, differences of rounding and the row with the largest, versions."""
FILE = re.compile(r'^```\w+ file="(.*?)"\n(.*?)^```', re.DOTALL | re.MULTILINE)


@dataclass
class Document:
    """A page, or one docstring's block: its blocks run in order and share their names.

    # Attributes
        path: the file.
        blocks: its blocks of Python.
        name: how tests call it.
    """

    path: Path
    blocks: list[CodeExample]
    name: str

    def run(self):
        """Runs the blocks, and compares what they show with what they promise."""
        scope = {"__name__": "example"}
        for block in self.blocks:
            run(block.source, str(block.path), block.start_line, scope)


def documents():
    """Returns everything that has a block of Python: pages, and docstrings by block.

    A block with `file="…"` behind its language shows a file, and a block with
    `tested="…"` names the test that runs it; both are left out.
    """
    files = {}
    for block in find_examples(*PLACES):
        place = block.path.relative_to(ROOT)
        if place.is_relative_to("docs/api"):
            continue
        name = f"{place}:{block.start_line}" if block.in_py_file() else str(place)
        document = files.setdefault(name, Document(block.path, [], name))
        if not {"file", "tested"} & set(block.prefix_settings()):
            document.blocks.append(block)
    return list(files.values())


def pages():
    """Returns the pages of documentation, READMEs included."""
    folders = [place.rglob("*.md") for place in PLACES if place.is_dir()]
    return [ROOT / "README.md", *(path for folder in folders for path in folder)]


def commands(page):
    """Returns the commands in the console blocks of a page, with what they print, as
    far as the page shows it."""
    blocks = CONSOLE.findall(page.read_text(encoding="utf-8"))
    return re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", "".join(blocks), re.MULTILINE)


def without_measured(output):
    """Returns the words that a command printed, without what differs each time."""
    return MEASURED.sub("#", output).split()


def files(page):
    """Returns the files that a page shows, by path."""
    return dict(FILE.findall(page.read_text(encoding="utf-8")))


def run(source, path, first_line, scope):
    """Runs a block as part of a file, and asserts that it shows what it promises."""
    comments = read_comments(source)
    tree = ast.parse(source)
    for statement in tree.body:
        promised = promises(statement, comments)
        ast.increment_lineno(statement, first_line)
        shown = show(statement, path, scope)
        if promised and words(shown) != words(promised):
            raise AssertionError(f"{path}:{statement.lineno} shows {shown}")


def read_comments(source):
    """Returns `{line: (column, text)}` of a source's comments."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {
        token.start[0]: (token.start[1], token.string.removeprefix("#").strip())
        for token in tokens
        if token.type == tokenize.COMMENT
    }


def promises(statement, comments):
    """Returns the lines that a statement is to show; none if it promises nothing."""
    calls = [node for node in ast.walk(statement) if is_print(node)]
    if not calls:
        shows = isinstance(statement, ast.Expr) and statement.end_lineno in comments
        return [comments[statement.end_lineno][1]] if shows else []
    ends = sorted(call.end_lineno for call in calls)
    lines = [comments[end][1] for end in ends if end in comments]
    below = statement.end_lineno + 1
    while comments.get(below, (None, ""))[0] == 0:
        lines.append(comments[below][1])
        below += 1
    return lines


def words(lines):
    """Returns the words of some lines: how they break is left to the writer."""
    return " ".join(lines).split()


def is_print(node):
    """Whether a node of a syntax tree calls `print`."""
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"


def show(statement, path, scope):
    """Executes a statement; returns the lines it prints, or its value as one line."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        if isinstance(statement, ast.Expr) and not is_print(statement.value):
            code = compile(ast.Expression(statement.value), path, "eval")
            return [repr(eval(code, scope))]
        exec(compile(ast.Module([statement], []), path, "exec"), scope)
    return printed.getvalue().splitlines()
