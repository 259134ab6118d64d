"""Calls functions in a process that need not import Oneiros.

    python -m oneiros_exports.child

Each line of the standard input is a call, in JSON: a list of the function's reference,
such as `"package.module:function"`, and its arguments. A line of the standard output
answers it: `{"result": …}`, or `{"error": "ValueError: …"}`. What libraries print goes
to the standard error.
"""

import json
import os
import sys
import traceback
from importlib import import_module
from typing import Any

STANDARD_OUTPUT = 1
STANDARD_ERROR = 2


def main() -> None:
    """Answers calls until there are no more."""
    with os.fdopen(os.dup(STANDARD_OUTPUT), "w", encoding="utf-8") as answers:
        os.dup2(STANDARD_ERROR, STANDARD_OUTPUT)
        for line in sys.stdin:
            print(json.dumps(answer(*json.loads(line))), file=answers, flush=True)


def answer(reference: str, *arguments: Any) -> dict[str, Any]:
    """Calls a function.

    # Arguments
        reference: str, `"package.module:function"`.
        arguments: plain data.

    # Returns
        A dict with the function's `"result"`, plain data, or its `"error"`.
    """
    module, _, function = reference.partition(":")
    try:
        return {"result": getattr(import_module(module), function)(*arguments)}
    except Exception as error:
        lines = traceback.format_exception_only(error)
        return {"error": lines[-1].strip()}


if __name__ == "__main__":
    main()
