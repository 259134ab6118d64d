"""What importing changes in a process."""

import os
import subprocess
import sys

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
