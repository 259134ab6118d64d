"""Advice on modules that only other versions of Keras have, such as `keras.losses`."""

from __future__ import annotations

import dis
import sys
from importlib import import_module
from opcode import opmap
from types import CodeType

from oneiros.errors import PluginLoadError

from oneiros_old_code.later_names import replacement
from oneiros_old_code.missing import home_of

MODULES = {
    "engine.base_layer": "oneiros.engine.topology",
    "engine.input_layer": "oneiros.engine.topology",
    "engine.network": "oneiros.engine.topology",
    "initializers": "oneiros.initializations",
    "legacy.layers": "oneiros.layers",
    "losses": "oneiros.objectives",
    "utils.vis_utils": "oneiros.utils.visualize_util",
}
"""Modules of Keras 2, and those of Keras 1 with the same purpose."""


def missing_module(fullname: str) -> str:
    """Returns advice on a module that doesn't exist: where Keras 1 has the names that
    are imported from it; nothing if nothing is known.

    # Arguments
        fullname: str, the module's path, as `"oneiros.losses"`.
    """
    parent, _, name = fullname.rpartition(".")
    here = MODULES.get(fullname.removeprefix("oneiros."))
    try:
        is_other_name = hasattr(import_module(parent), name)
    except PluginLoadError:
        return ""  # the plugin is missing that has the module
    sentences = []
    if here:
        sentences.append(f"It is of Keras 2; Keras 1 has {here}.")
    elif is_other_name:
        sentences.append(f"It isn't a module. Type: from {parent} import {name}.")
    sentences += [_place(asked, here) for asked in _asked_names(fullname)]
    return " ".join(filter(None, sentences)).removesuffix(".")


def _place(name: str, module: str | None) -> str:
    """Returns a sentence on what Keras 1 has for a name, looked up in a module first;
    "" if it has nothing."""
    if module and hasattr(import_module(module), name):
        return f"Type: from {module} import {name}."
    home = home_of(name)
    if home:
        return f"Type: from {home} import {name}."
    line = replacement(name)
    return f"For {name}, write {line}." if line else ""


def _asked_names(fullname: str) -> tuple[str, ...]:
    """Returns the names that the running statement imports from a module.

    Only the instructions of the importing code have them: Python looks for the module
    before it looks for names in it.
    """
    frame = sys._getframe()
    while frame.f_back:
        frame = frame.f_back
        if frame.f_code.co_code[frame.f_lasti] == opmap["IMPORT_NAME"]:
            return _from_list(frame.f_code, frame.f_lasti, fullname)
    return ()


def _from_list(code: CodeType, offset: int, fullname: str) -> tuple[str, ...]:
    """Returns the names that the import at an offset asks for, () if it imports another
    module."""
    names: tuple[str, ...] | None = None
    for instruction in dis.get_instructions(code):
        if instruction.offset == offset:
            _, _, path = str(instruction.argval).partition(".")
            is_asked = path == fullname.removeprefix("oneiros.")
            return names or () if is_asked else ()
        if instruction.opname == "LOAD_CONST":
            names = instruction.argval
    return ()
