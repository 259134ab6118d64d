"""Prints how much code each distribution holds, and how densely it is written.

    python tools/density.py                    one line for each distribution
    python tools/density.py kernel plugins/cli   one line for each file in them

A token is what `tokenize` yields, without comments, docstrings and the tokens that only
lay out the text. A code line is one on which such a token stands. Density is tokens by
code lines: for comparison, pluggy has 6.2, equinox 6.5 and starlette 7.3.
"""

import ast
import io
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KERNEL_TOKENS = 24_300
DENSITY = 8.0
"""The most tokens a line that a distribution may have on average."""
LAYOUT = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}


@dataclass(frozen=True)
class Size:
    """Amount of code: tokens, and the lines they stand on."""

    tokens: int = 0
    lines: int = 0

    def __add__(self, other: "Size") -> "Size":
        return Size(self.tokens + other.tokens, self.lines + other.lines)

    @property
    def density(self) -> float:
        """Tokens a line."""
        return self.tokens / self.lines if self.lines else 0.0


def measure(source: str) -> Size:
    """Returns the size of a module's text."""
    docstrings = _docstrings(ast.parse(source))
    tokens = 0
    lines: set[int] = set()
    for token in _code_tokens(source):
        if token.start not in docstrings:
            tokens += 1
            lines.update(range(token.start[0], token.end[0] + 1))
    return Size(tokens, len(lines))


def files(folder: Path) -> dict[Path, Size]:
    """Returns the size of each module in a folder."""
    return {
        path: measure(path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.py"))
    }


def total(folder: Path) -> Size:
    """Returns the size of all modules in a folder together."""
    return sum(files(folder).values(), Size())


def distributions() -> list[Path]:
    """Returns the folders of the kernel and of every plugin."""
    plugins = (path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))
    return [ROOT / "kernel", *sorted(plugins)]


def row(name: str, size: Size) -> str:
    """Returns a line of the table."""
    return f"{size.tokens:7,} tokens {size.lines:6,} lines {size.density:5.2f}  {name}"


def _docstrings(tree: ast.Module) -> set[tuple[int, int]]:
    """Returns where strings start that are statements: docstrings, of constants too."""
    return {
        (node.lineno, node.col_offset)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }


def _code_tokens(source: str) -> Iterator[tokenize.TokenInfo]:
    """Yields what counts; an f-string is one token, as it was before Python 3.12."""
    start_type = getattr(tokenize, "FSTRING_START", None)
    end_type = getattr(tokenize, "FSTRING_END", None)
    open_strings: list[tokenize.TokenInfo] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == start_type:
            open_strings.append(token)
        elif token.type == end_type:
            start = open_strings.pop()
            if not open_strings:
                yield token._replace(start=start.start)
        elif not open_strings and token.type not in LAYOUT:
            yield token


def main(arguments: list[str]) -> None:
    """Prints the table of all distributions, or of the files in the folders named."""
    for folder in map(Path, arguments):
        for path, size in files(folder).items():
            print(row(str(path), size))
    for folder in map(Path, arguments) if arguments else distributions():
        shown = folder.relative_to(ROOT) if folder.is_absolute() else folder
        print(row(str(shown), total(folder)))


if __name__ == "__main__":
    main(sys.argv[1:])
