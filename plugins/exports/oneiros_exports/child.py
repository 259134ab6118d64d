"""Calls functions in a process that need not import Oneiros.

    python -m oneiros_exports.child

The standard input brings calls, pickled one after the other: a list of the function's
reference, such as `"package.module:function"`, and its arguments. Each is answered on
the standard output by a pair, of which one is None: the function's result, and its
error in words. What libraries print goes to the standard error.
"""

import os
import pickle
import sys
import traceback
from importlib import import_module
from typing import Any

STANDARD_OUTPUT = 1
STANDARD_ERROR = 2


def main() -> None:
    """Answers calls until there are no more."""
    with os.fdopen(os.dup(STANDARD_OUTPUT), "wb") as answers:
        os.dup2(STANDARD_ERROR, STANDARD_OUTPUT)
        while True:
            try:
                reference, *arguments = pickle.load(sys.stdin.buffer)
            except EOFError:
                return
            pickle.dump(answer(reference, arguments), answers)
            answers.flush()


def answer(reference: str, arguments: list[Any]) -> tuple[Any, str | None]:
    """Calls a function, and returns its result or its error in words."""
    module, _, name = reference.partition(":")
    try:
        function = getattr(import_module(module), name)
        return function(*arguments), None
    except Exception as error:
        lines = traceback.format_exception_only(error)
        return None, lines[-1].strip()


if __name__ == "__main__":
    main()
