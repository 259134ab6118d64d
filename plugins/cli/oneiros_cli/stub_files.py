"""The stubs of the modules that plugins contribute to, as texts: type checkers read
them, since these modules are no files.

Each name is imported from the module that implements it, so its own annotations count.
Only Python and the kernel's sources are needed, because the build of Oneiros writes the
stubs, too.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from oneiros_cli.types_of_k import ARGUMENTS, BY_DEFAULT, FUNCTIONS, IMPORTS, RESULTS

Tables = dict[str, dict[str, str]]
"""Path of a module below `oneiros` → name → reference."""
BY_KIND = [
    "activation",
    "callback",
    "constraint",
    "initialization",
    "layer",
    "metric",
    "objective",
    "optimizer",
    "regularizer",
]
"""The kinds whose names stand in a module of their own: `layer` in `layers`."""
ROOT = """\
from oneiros.hookspecs import hookimpl as hookimpl

__version__: str

def set_seed(seed: int) -> None: ...
"""


def tables(by_kind: Mapping[str, dict[str, str]], modules: Tables) -> Tables:
    """Returns the names of each module, from those of each kind and module."""
    found = {path: dict(names) for path, names in modules.items()}
    for kind in BY_KIND:
        found.setdefault(f"{kind}s", {}).update(by_kind.get(kind, {}))
    for path in [path for path in found if path.startswith("layers.")]:
        found["layers"] = {**found[path], **found["layers"]}
    return found


def stub_files(names: Tables, kernel: Path) -> dict[str, str]:
    """Returns the text of each stub by its path below `oneiros`.

    # Arguments
        names: the names of each module, as `tables` returns them.
        kernel: folder of the package `oneiros`, where the functions of `K` are read.
    """
    folders = {"", "backend", *names}
    for path in names:
        parts = path.split(".")
        folders.update(".".join(parts[:end]) for end in range(1, len(parts)))
    starts = {"": ROOT, "backend": IMPORTS + "\n".join(_functions_of_k(kernel)) + "\n"}
    files = {}
    for folder in sorted(folders):
        children = {
            path.rpartition(".")[2]
            for path in folders
            if path and path.rpartition(".")[0] == folder
        }
        lines = [*_children(folder, children), *_names(names.get(folder, {}))]
        if lines or not _is_file(kernel, folder):
            text = starts.get(folder, "") + "".join(f"{line}\n" for line in lines)
            files[f"{folder.replace('.', '/')}/__init__.pyi".lstrip("/")] = text
    return files


def write(files: dict[str, str], folder: Path) -> None:
    """Writes the files of a partial stub package, the only ones in this folder."""
    for path, text in {**files, "py.typed": "partial\n"}.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


def _is_file(kernel: Path, path: str) -> bool:
    """Returns whether the kernel has a module of its own at a path."""
    module = kernel / path.replace(".", "/")
    return module.is_dir() or module.with_suffix(".py").exists()


def _children(folder: str, children: set[str]) -> Iterator[str]:
    """Yields an import of each module below a module."""
    module = f"oneiros.{folder}".rstrip(".")
    for child in sorted(children):
        yield f"from {module} import {child} as {child}"


def _names(names: dict[str, str]) -> Iterator[str]:
    """Yields the lines that define a module's names."""
    imported = set()
    for name, reference in sorted(names.items()):
        module, _, attribute = reference.partition(":")
        if name == attribute:
            yield f"from {module} import {name} as {name}"
        elif not name.startswith("__"):
            if module not in imported:
                yield f"import {module}"
            imported.add(module)
            yield f"{name} = {module}.{attribute}"


def _functions_of_k(kernel: Path) -> Iterator[str]:
    """Yields the signature of each function of the backends' contract."""
    classes: dict[str, ast.ClassDef] = {}
    for file in sorted(Path(kernel, "backend", "contract").glob("*.py")):
        parsed = ast.parse(file.read_text(encoding="utf-8"))
        found = [each for each in parsed.body if isinstance(each, ast.ClassDef)]
        classes.update({each.name: each for each in found})
    for topic in classes["Backend"].bases:
        for method in classes[ast.unparse(topic)].body:
            if isinstance(method, ast.FunctionDef) and method.name[0] != "_":
                yield _signature(method)


def _signature(method: ast.FunctionDef) -> str:
    """Returns a method's signature as a function, with types."""
    arguments = method.args
    arguments.args = arguments.args[1:]
    types = {**ARGUMENTS, **FUNCTIONS.get(method.name, {})}
    named = [*arguments.args, *arguments.kwonlyargs]
    for argument in filter(None, [*named, arguments.vararg, arguments.kwarg]):
        name = argument.arg
        annotation = types.get(name) or _type_of_default(arguments, name)
        argument.annotation = ast.parse(annotation, mode="eval").body
    returned = ast.unparse(method.returns) if method.returns else "Tensor"
    returned = RESULTS.get(method.name, returned)
    return f"def {method.name}({ast.unparse(arguments)}) -> {returned}: ..."


def _type_of_default(arguments: ast.arguments, name: str) -> str:
    """Returns the type that an argument's default tells, or that of tensors."""
    optional = arguments.args[len(arguments.args) - len(arguments.defaults) :]
    pairs = [
        *zip(optional, arguments.defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    for argument, default in pairs:
        if argument.arg == name and isinstance(default, ast.Constant):
            return BY_DEFAULT.get(type(default.value), "Tensor")
    return "Tensor"
