"""The site's gallery: what sphinx-gallery is given, and what its pages get besides.

The examples aren't run here: `write_gallery.py` has run them, and kept their pictures
and scores.
"""

import ast
import functools
import json
import re
import shutil
from typing import Any

from write_gallery import EXAMPLES, GALLERY, SCORES, shown

PROGRAMS = GALLERY / "programs"
PAGES = GALLERY.parent / "examples"
HEADER = GALLERY / "GALLERY_HEADER.rst"
NAMES = {"theano": "Theano (PyTensor)", "jax": "JAX", "tensorflow": "TensorFlow"}
CONFIGURATION = {
    "examples_dirs": "docs/gallery/programs",
    "gallery_dirs": "docs/examples",
    "plot_gallery": False,
    "download_all_examples": False,
    "min_reported_time": 1_000_000,
    "notebook_extensions": set(),
    "show_signature": False,
    "within_subsection_order": "FileNameSortKey",
    "write_computation_times": False,
}
CODE = ".. GENERATED FROM PYTHON SOURCE LINES"
LINK = re.compile(r"\]\((?:\.\./)+examples/(\w+)\.py\)")
LABEL_AND_TITLE = re.compile(r"^\.\. _sphx_glr_.*\n\n+.*\n=+\n", re.MULTILINE)


def write() -> None:
    """Writes what sphinx-gallery reads: programs and pictures."""
    for folder in PROGRAMS, PAGES:
        shutil.rmtree(folder, ignore_errors=True)
    PROGRAMS.mkdir()
    shutil.copy(HEADER, PROGRAMS)
    images = PAGES / "images"
    images.mkdir(parents=True)
    for name in shown():
        program = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
        (PROGRAMS / f"{name}.py").write_text(with_headings(program), encoding="utf-8")
        picture = images / f"sphx_glr_{name}_001.png"
        shutil.copy(GALLERY / f"{name}.png", picture)


def with_headings(program: str) -> str:
    """Returns a program whose docstring is in reStructuredText, as sphinx-gallery
    expects."""
    _, docstring, rest = program.split('"""', 2)
    first_line, _, text = docstring.partition("\n")
    title = first_line.removesuffix(".")
    text = re.sub(r"^    (python3 .*)$", r"Run it::\n\n    \1", text, flags=re.M)
    return f'"""\n{title}\n{"=" * len(title)}\n{text}"""{rest}'


def add_to_page(app: Any, page: str, source: list[str]) -> None:
    """Adds an example's picture and scores to its page; in other pages, links to
    examples lead to these pages."""
    folder, _, name = page.rpartition("/")
    if folder == "docs/examples" and name in shown():
        picture = f"\n{_picture(name)}\n"
        titled = LABEL_AND_TITLE.sub(rf"\g<0>{picture}", source[0], count=1)
        results = "\n".join(_results(_scores()[name]))
        source[0] = titled.replace(CODE, f"{results}\n{CODE}", 1)
    else:
        source[0] = LINK.sub(_to_page, source[0])


def _to_page(link: re.Match[str]) -> str:
    return f"](/docs/examples/{link[1]}.rst)" if link[1] in shown() else link[0]


@functools.cache
def _scores() -> dict[str, Any]:
    scores: dict[str, Any] = json.loads(SCORES.read_text(encoding="utf-8"))
    return scores


def _picture(name: str) -> str:
    return (
        f".. image:: images/sphx_glr_{name}_001.png\n"
        f"   :alt: {_alternative(name)}\n"
        "   :class: sphx-glr-single-img\n"
    )


def _alternative(name: str) -> str:
    """Returns what a picture shows, as the function that draws it says."""
    program = ast.parse((EXAMPLES / f"{name}.py").read_text(encoding="utf-8"))
    functions = [node for node in program.body if isinstance(node, ast.FunctionDef)]
    (draw,) = [each for each in functions if each.name == "draw"]
    text = " ".join((ast.get_docstring(draw) or "").partition(".")[0].split())
    what = re.sub(r"^(Draws|Writes a picture of) ", "", text)
    return what[:1].upper() + what[1:]


def _results(result: dict[str, Any]) -> list[str]:
    first = result["runs"][0]
    rows = [
        f"   * - {NAMES[run['backend']]} {run['version']}\n"
        f"     - {run['seed']}\n"
        f"     - {run['score']}\n"
        f"     - {run['seconds']} s\n"
        for run in result["runs"]
    ]
    return [
        f"**Score:** {result['score']}, **{first['score']}** "
        f"(the target is {result['target']}).",
        f"**Baseline:** {result['baseline']}.\n",
        ".. list-table:: Runs on two cores",
        "   :header-rows: 1\n",
        "   * - backend\n     - seed\n     - score\n     - processor time",
        *rows,
    ]


def setup(app: Any) -> dict[str, bool]:
    """Connects the gallery to Sphinx."""
    app.connect("source-read", add_to_page)
    return {"parallel_read_safe": True}
