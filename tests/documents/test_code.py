"""All code in READMEs, pages of documentation and docstrings runs, and shows what it
promises."""

import importlib
import os
import shlex
import shutil
import zipfile
from unittest.mock import patch

import documents
import pytest
from fresh import ROOT
from oneiros import backend as K
from processes import run_python

DOCUMENTS = documents.documents()
LAYER_PLUGINS = sorted(path.name for path in (ROOT / "plugins").glob("layers_*"))
SLOW = ("docs/start/ten-minutes.md", "plugins/exports", "plugins/keras3")
"""Where code starts Keras or TensorFlow, or trains for ten seconds."""
PAGES = [page for page in documents.pages() if documents.commands(page)]


def cases():
    """Yields each document without commands."""
    for document in DOCUMENTS:
        if document.path not in PAGES:
            slow = document.name.startswith(SLOW)
            marks = [pytest.mark.slow] if slow else []
            yield pytest.param(document, id=document.name, marks=marks)


@pytest.fixture
def folder(tmp_path, golden_dir, monkeypatch):
    """A current folder like a user's: with a model file, and the tests of the clone."""
    shutil.copy(golden_dir / "models" / "seq_conv2d_th.h5", tmp_path / "model.h5")
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder", "set_convolution")
@pytest.mark.parametrize("document", list(cases()))
def test_python(document):
    """Pages show what a reader sees who has chosen no backend."""
    is_page = document.path.suffix == ".md"
    on_theano = is_page or "backend_theano" in document.name
    with K.use("theano" if on_theano else K.backend()), patch.dict(os.environ):
        K.reset_uids()
        document.run()


@pytest.mark.usefixtures("folder", "set_convolution", "theano")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_console(page, capsys):
    """The commands of a page print what it shows, after its Python has run."""
    from oneiros_cli.main import main

    for document in DOCUMENTS:
        if document.path == page:
            document.run()
    for command, shown in documents.commands(page):
        program, *arguments = shlex.split(command, comments=True)
        assert program == "oneiros", command
        capsys.readouterr()
        K.reset_uids()
        with pytest.raises(SystemExit) as ended, K.use(K.backend()):
            main(arguments)
        assert ended.value.code in (0, None), command
        if shown.strip():
            printed = documents.without_measured(capsys.readouterr().out)
            words = documents.without_measured(shown)
            if words[-1] == "…":
                words, printed = words[:-1], printed[: len(words) - 1]
            assert printed == words, command


def test_every_layer_and_readme_of_layers_has_an_example():
    shown = "".join(block.source for each in DOCUMENTS for block in each.blocks)
    layers = {
        name
        for plugin in LAYER_PLUGINS
        for name in importlib.import_module(f"oneiros_{plugin}.manifest").LAYERS
    }
    assert not {name for name in layers if f"{name}(" not in shown}
    pages = {document.path.parent.name for document in DOCUMENTS}
    assert not set(LAYER_PLUGINS) - pages


TUTORIAL = ROOT / "docs" / "plugins" / "tutorial.md"
BUILD = "import sys; from hatchling import build; build.build_wheel(sys.argv[1])"
USE = """
import sys
from pathlib import Path
import documents
import lab_scale
assert Path(lab_scale.__file__).parent == Path("installed", "lab_scale").resolve()
documents.run(Path(sys.argv[1]).read_text(), sys.argv[1], 0, {})
"""


def test_the_plugin_of_the_tutorial(folder, monkeypatch):
    """It is built from the files shown, installed, and used in a new process."""
    source = shutil.copytree(
        ROOT / "examples" / "plugins" / "tutorial", folder / "tutorial"
    )
    run_python(BUILD, folder, cwd=source)
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "installed")
    (folder / "use.py").write_text(documents.files(TUTORIAL)["use.py"])
    path = [str(folder / "installed"), str(ROOT / "tests" / "support")]
    monkeypatch.setenv("PYTHONPATH", ":".join(path))
    run_python(USE, "use.py", options=["-P"], cwd=folder)
