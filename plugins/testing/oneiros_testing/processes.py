"""What importing changes in a process, and functions called in one of their own."""

import os
import pickle
import subprocess
import sys
from typing import Any

CHANGED = """
import locale, os, random, signal, sys, threading, warnings
from importlib import import_module
from operator import attrgetter

import numpy as np
from oneiros import backend as K

def state():
    handled = {number: signal.getsignal(number) for number in signal.valid_signals()}
    return {
        "the filters of warnings": list(warnings.filters),
        "handlers of signals": handled,
        "NumPy's treatment of errors": np.geterr(),
        "NumPy's generator": str(np.random.get_state()),
        "NumPy's print options": str(np.get_printoptions()),
        "Python's generator": random.getstate(),
        "the folder": os.getcwd(),
        "the locale": locale.setlocale(locale.LC_ALL),
        "the recursion limit": sys.getrecursionlimit(),
        "sys.excepthook": sys.excepthook,
        "the default float type": K.floatx(),
    }

before = state()
attrgetter(sys.argv[2])(import_module(sys.argv[1]))()
after = state()
for name in before:
    if before[name] != after[name]:
        print(name)
"""
"""A program that makes an object of a class, and says what that changed."""


def changed_by_import(module: str, name: str) -> list[str]:
    """Returns what making an object of a class changes in a new process.

    # Arguments
        module, name: str, where the class is.
    """
    done = subprocess.run(
        [sys.executable, "-c", CHANGED, module, name],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-500:]
    return done.stdout.splitlines()


CALLING = """
import os, pickle, sys
from importlib import import_module

answers = os.dup(1)
os.dup2(2, 1)  # what libraries print
module, _, name = sys.argv[1].partition(":")
function = getattr(import_module(module), name)
result = function(*pickle.load(sys.stdin.buffer))
with os.fdopen(answers, "wb") as file:
    pickle.dump(result, file)
"""
"""A program that calls a function, and prints what it returns, pickled."""


def called_elsewhere(reference: str, *arguments: Any) -> Any:
    """Returns what a function returns in a process of its own.

    # Arguments
        reference: str, `"package.module:function"`.
        arguments: plain data, paths and arrays.
    """
    done = subprocess.run(
        [sys.executable, "-c", CALLING, reference],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "ONEIROS_KERAS_NAMESPACE": "0",
        },
        input=pickle.dumps(arguments),
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-500:]
    return pickle.loads(done.stdout)
