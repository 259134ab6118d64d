"""What users name has a docstring with the sections that its signature asks for."""

import ast
import importlib
import inspect
import re
import textwrap
from typing import NoReturn, is_typeddict

import documents
import pytest
from oneiros.callbacks import Callback, CallbackList
from oneiros.models import Model

PLUGINS = (
    "activations",
    "applications",
    "callbacks",
    "constraints",
    "data.hdf5",
    "datasets.downloads",
    "initializations",
    "metrics",
    "objectives",
    "optimizers",
    "preprocessing",
    "regularizers",
    "resume",
    "scikit_learn",
    "training.generators",
    "training.sequential",
    "utils",
    "visualization.profiling",
)
FOR_THE_KERNEL = ("generators",)
"""Modules whose functions methods of `Model` call; those methods document them."""
WITHOUT_EXAMPLE = (
    "oneiros_applications.imagenet_utils.decode_predictions",
    "oneiros_applications.audio_conv_utils.preprocess_input",
)
"""What needs a download, or a package that tests don't have."""
IN_THE_KERNEL = {
    "Callback": Callback,
    "CallbackList": CallbackList,
    "fit_generator": Model.fit_generator,
    "evaluate_generator": Model.evaluate_generator,
    "predict_generator": Model.predict_generator,
}
SECTIONS = [
    "Arguments",
    "Attributes",
    "Properties",
    "Input shape",
    "Output shape",
    "Returns",
    "Raises",
    "Example",
    "References",
]
CHECKED_WHERE_THEY_RAISE = ("__init__", "__call__")
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def public_objects(plugin):
    """Returns the functions and classes that a plugin has in Keras's modules, by
    name."""
    package = plugin.partition(".")[0]
    manifest = importlib.import_module(f"oneiros_{package}.manifest")
    listed = {}
    for module, references in manifest.oneiros_modules().items():
        for name, reference in references.items():
            path, _, attribute = reference.partition(":")
            value = getattr(importlib.import_module(path), attribute)
            is_own = full_name(value).startswith(f"oneiros_{plugin}.")
            is_public = not name.startswith("_") and module not in FOR_THE_KERNEL
            is_called = callable(value) and not is_typeddict(value)
            if is_called and is_own and is_public:
                listed[f"{module}.{name}"] = value
    return listed


def full_name(value):
    """Returns the path of a function or class; something else for what is neither."""
    return f"{getattr(value, '__module__', '')}.{getattr(value, '__name__', '')}"


def sections(documented):
    """Returns the texts of a docstring's sections by title."""
    text = inspect.cleandoc(documented.__doc__ or "")
    _, *parts = re.split(r"^# (.*)\n", text, flags=re.MULTILINE)
    bodies = map(textwrap.dedent, parts[1::2])
    return dict(zip(parts[::2], bodies, strict=True))


def described_names(text):
    """Returns the names at the beginning of a section's entries: those of
    `rows, cols: int, …` are two."""
    entries = re.findall(r"^(\S[^:]*):", text, flags=re.MULTILINE)
    return [name.strip("* \n") for entry in entries for name in entry.split(",")]


def parameters(documented):
    """Returns the names of what a function, or a class's constructor, takes."""
    function = documented
    if "__new__" in vars(documented):
        function = documented.__init__
    names = inspect.signature(function).parameters
    return [name for name in names if name != "self"]


def returns_nothing(function):
    """Whether a function always returns None, or never returns."""
    annotation = inspect.signature(function).return_annotation
    return annotation in (None, NoReturn, "None", "NoReturn")


def raised_names(documented):
    """Returns the names of the errors that `raise` in a function's body, or in what
    users call of a class."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(documented))).body
    if isinstance(tree, ast.ClassDef):
        parts = [
            node
            for node in tree.body
            if getattr(node, "name", None) in CHECKED_WHERE_THEY_RAISE
        ]
    else:
        parts = [tree]
    errors = [
        node.exc.func.id
        for part in parts
        for node in ast.walk(part)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
    ]
    return {"ArgumentError" if name == "refusal" else name for name in errors}


def shows_something(source):
    """Whether an example says what one of its expressions is, or what it prints."""
    comments = documents.read_comments(source)
    return any(
        documents.promises(statement, comments) for statement in ast.parse(source).body
    )


def complaints(documented):
    """Yields what is wrong with a docstring."""
    texts = sections(documented)
    titles = [title for title in texts if title not in SECTIONS]
    if titles:
        yield f"has the sections {titles}, which others don't have"
    names = described_names(texts.get("Arguments", ""))
    taken = parameters(documented)
    if sorted(names) != sorted(taken):
        yield f"describes the arguments {names}, and takes {taken}"
    needs_none = inspect.isclass(documented) or returns_nothing(documented)
    if not needs_none and "Returns" not in texts:
        yield "has no section Returns"
    missing = raised_names(documented) - set(described_names(texts.get("Raises", "")))
    if missing:
        yield f"raises {missing}, which its section Raises doesn't name"
    needs_example = full_name(documented) not in WITHOUT_EXAMPLE
    blocks = BLOCK.findall(texts.get("Example", ""))
    if needs_example and not any(map(shows_something, blocks)):
        yield "has no section Example with a block that shows a value"


def complaints_by_name(objects):
    """Returns what is wrong, by the name of what it is wrong with."""
    listed = {name: list(complaints(value)) for name, value in objects.items()}
    return {name: texts for name, texts in listed.items() if texts}


@pytest.mark.parametrize("plugin", PLUGINS)
def test_public_names_are_documented(plugin):
    objects = public_objects(plugin)
    assert objects
    assert not complaints_by_name(objects)


def test_callbacks_and_generators_are_documented_in_the_kernel():
    assert not complaints_by_name(IN_THE_KERNEL)
