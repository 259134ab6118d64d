"""The examples as modules; each test gets its own, and may turn the constants."""

import importlib.util
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.py"))


def load(name):
    """Returns an example as a module that nothing else has a hold of.

    It may import `parts`, as it may when it is run.
    """
    path = EXAMPLES / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"example_{name}", path)
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(EXAMPLES))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(EXAMPLES))
    return module


def reduced(name, **constants):
    """Returns an example with other values of its constants, such as `NB_EPOCH`.

    # Raises
        AttributeError: if it has no constant of such a name.
    """
    example = load(name)
    for constant, value in constants.items():
        if not hasattr(example, constant):
            raise AttributeError(f"examples/{name}.py has no {constant}.")
        setattr(example, constant, value)
    return example
