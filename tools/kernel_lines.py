"""Prints the kernel's size: lines that are neither blank, comment nor docstring, per
module.

python tools/kernel_lines.py
"""

import io
import sys
import tokenize
from pathlib import Path

KERNEL = Path(__file__).resolve().parent.parent / "kernel" / "oneiros"
BUDGET = 3000
WIDTH = 110
STATEMENT_ENDS = {tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
IGNORED = STATEMENT_ENDS | {tokenize.COMMENT, tokenize.NL, tokenize.ENDMARKER}


def code_lines(source: str) -> int:
    """Counts the lines of `source` that hold code; a string standing alone as a
    statement is a docstring."""
    lines: set[int] = set()
    statement_start = True
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in IGNORED:
            statement_start = statement_start or token.type in STATEMENT_ENDS
            continue
        if not (token.type == tokenize.STRING and statement_start):
            lines.update(range(token.start[0], token.end[0] + 1))
        statement_start = False
    return len(lines)


def table() -> list[tuple[str, int, int]]:
    """Returns `(module, code lines, longest line)` for every module of the kernel."""
    rows = []
    for path in sorted(KERNEL.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        widest = max(map(len, source.splitlines()), default=0)
        rows.append((str(path.relative_to(KERNEL)), code_lines(source), widest))
    return rows


def main() -> int:
    """Prints the table and says whether the budget holds."""
    rows = table()
    for name, lines, _ in rows:
        print(f"{lines:6}  {name}")
    total = sum(lines for _, lines, _ in rows)
    print(f"{total:6}  of {BUDGET}")
    return int(total > BUDGET)


if __name__ == "__main__":
    sys.exit(main())
