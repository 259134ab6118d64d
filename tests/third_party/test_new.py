"""`oneiros new`: each kind of package works as it is written, and is brought up to date
later."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from fresh import ROOT
from oneiros.errors import ArgumentError
from oneiros_cli.main import main
from oneiros_testing import new
from oneiros_testing.imports import faulty_imports

TUTORIAL = ROOT / "examples/plugins/numpy_backend/src/numpy_backend"
RENAMED = {
    "numpy_backend": "my_lab",
    "NumpyBackend": "MyBackend",
    'name = "numpy"': 'name = "my"',
}
"""The names of the tutorial that a new backend has in another way."""
DISTRIBUTION = "my-lab"
CURRENT = f"v{metadata.version('oneiros-testing')}"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A folder like that of a user who has git and begins."""
    monkeypatch.setenv("ONEIROS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.chdir(tmp_path)
    git(tmp_path, "config", "--global", "user.name", "Ada Lovelace")
    git(tmp_path, "config", "--global", "user.email", "ada@example.org")
    return tmp_path


def git(folder, *arguments):
    command = ["git", "-C", str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def generated(kind, name=DISTRIBUTION):
    """Generates a package as the command does, in a folder of its own repository."""
    new.new(kind, name)
    folder = Path(name)
    git(folder, "init", "--quiet")
    commit(folder)
    return folder


def commit(folder):
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "As it is")


def built(folder, out):
    """Builds a sdist, and a wheel from it; returns both."""
    from hatchling import build

    here = os.getcwd()
    out.mkdir()
    os.chdir(folder)
    try:
        sdist = out / build.build_sdist(str(out))
        shutil.unpack_archive(sdist, out, filter="data")
        os.chdir(out / sdist.name.removesuffix(".tar.gz"))
        return sdist, out / build.build_wheel(str(out))
    finally:
        os.chdir(here)


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(new.KINDS))
def test_a_package_passes_its_own_tests_when_it_is_installed(
    kind, tmp_path, monkeypatch
):
    folder = generated(kind)
    sdist, wheel = built(folder, tmp_path / "dist")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    names = {path.name for path in (tmp_path / "site").rglob("*")}
    assert {"py.typed", "manifest.py", "METADATA", "LICENSE"} <= names
    with tarfile.open(sdist) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    assert {"README.md", "LICENSE", "tests/test_my_lab.py"} <= packed
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    unpacked = tmp_path / "dist" / "my_lab-0.1.0"
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:faker"]
    done = subprocess.run(
        tests, cwd=unpacked, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert faulty_imports(DISTRIBUTION, "my_lab") == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(new.KINDS))
def test_a_package_installs_with_pip_alone_and_passes_its_own_tests_there(
    kind, tmp_path, new_environment
):
    """First its wheel, beside what it asks for, and then its sdist."""
    sdist, wheel = built(generated(kind), tmp_path / "dist")
    tests = tmp_path / "dist" / sdist.name.removesuffix(".tar.gz") / "tests"
    made = new_environment(kind)
    made.install("oneiros", wheel)
    assert made.pip("check").strip() == "No broken requirements found."
    made.run(TESTS, tests, timeout=1200)
    made.pip("uninstall", "--yes", DISTRIBUTION)
    made.install(sdist)
    listed = json.loads(made.run(LISTING).stdout.splitlines()[-1])
    assert listed == ["ok"]


TESTS = """
import sys
import pytest
sys.exit(pytest.main(["-q", "-p", "no:faker", "-p", "no:cacheprovider", sys.argv[1]]))
"""

LISTING = """
import json
from oneiros.plugins import manager
print(json.dumps([manager().records["my-lab"].state]))
"""


@pytest.mark.slow
def test_a_package_is_as_tidy_as_ruff_asks_for():
    folders = [f"my-{kind}" for kind in new.KINDS]
    for kind, folder in zip(new.KINDS, folders, strict=True):
        new.generate(new.answers_for(kind, folder))
    select = ["--isolated", "--select", "B,E,F,I,UP,W"]
    for command in (["check", *select], ["format", "--isolated", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, *folders],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout


def test_a_new_backend_is_the_tutorial_under_other_names():
    package = generated("backend") / "my_lab"
    for path in TUTORIAL.glob("*.py"):
        if path.stem in ("__init__", "manifest"):
            continue
        text = path.read_text("utf-8")
        for ours, theirs in RENAMED.items():
            text = text.replace(ours, theirs)
        assert (package / path.name).read_text("utf-8") == text, path.name


# Names


@pytest.mark.parametrize(
    ("kind", "name", "component"),
    [
        ("layer", "my-lab", "MyLayer"),
        ("optimizer", "optimizer-lab", "MyOptimizer"),
        ("layer", "oneiros-graph-attention", "GraphAttentionLayer"),
        ("layer", "Grand_Layer", "GrandLayer"),
        ("loss", "my-lab", "my_loss"),
        ("metric", "top.k", "top_k_metric"),
        ("command", "my-lab", "my"),
        ("research", "deep-sets", "DeepSets"),
        ("backend", "oneiros", "OneirosBackend"),
    ],
)
def test_names_follow_from_the_distribution(kind, name, component):
    answers = new.answers_for(kind, name, adopting=True)
    assert answers.component == component
    assert answers.package == answers.distribution.replace("-", "_")
    assert answers.author == "Ada Lovelace"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("leyer", "my-lab"), "There is no kind 'leyer'. The kinds are layer, backend"),
        (("layer", "2fast!"), "'2fast!' can't be a distribution's name"),
        (("layer", "my-lab", "my layer"), "'my layer' can't be a name in Python"),
        (("format", "my-lab", "dot_file"), "Type: --component DotFile"),
        (("layer", "my-lab", "Dense"), "oneiros-layers-core has the layer 'Dense'"),
        (("loss", "my-lab", "mse"), "oneiros-objectives has the objective 'mse'"),
        (("command", "check"), "oneiros-testing has the command 'check'"),
        (("format", "hdf5"), "oneiros-saving has the format 'hdf5'"),
        (("layer", "json"), "A package json is here already"),
        (("layer", "pytest"), "A distribution pytest is installed here, in version"),
    ],
)
def test_a_name_that_cant_be_is_told_before_anything_is_written(arguments, said, home):
    with pytest.raises(new.NewError, match=re.escape(said)):
        new.answers_for(*arguments)


def test_a_name_of_a_part_that_isnt_installed_is_told_too(home, monkeypatch):
    monkeypatch.setattr(new.registry, "find", lambda kind, name: None)
    with pytest.raises(new.NewError, match="oneiros-keras2 has the optimizer 'Lion'"):
        new.answers_for("optimizer", "my-lab", "Lion")


def test_an_empty_command_says_what_to_type():
    with pytest.raises(new.NewError, match="such as `oneiros new layer my-lab`"):
        new.new()


def test_without_copier_it_says_what_to_type(monkeypatch):
    monkeypatch.setitem(sys.modules, "copier", None)
    with pytest.raises(ArgumentError, match=r'pip install "oneiros\[authors\]"'):
        new.new("layer", "my-lab")


def test_without_git_it_says_what_is_lost(home, monkeypatch):
    monkeypatch.setenv("PATH", "")
    said = new.generate(new.answers_for("loss", "my-lab"))
    assert said.endswith(new.NO_GIT)
    assert (home / "my-lab" / "README.md").exists()
    assert not (home / "my-lab" / ".copier-answers.yml").exists()


# Later versions


@pytest.fixture
def next_version(home, monkeypatch):
    """A function that installs the kit of the next version, whose templates differ."""

    def install():
        templates = home / "next"
        shutil.copytree(new.TEMPLATES, templates)
        readme = templates / "template" / "README.md.jinja"
        readme.write_text(f"{readme.read_text('utf-8')}\nA new section.\n", "utf-8")
        monkeypatch.setattr(new, "TEMPLATES", templates)
        monkeypatch.setattr(new, "_version", lambda: "9.8.0")

    return install


def test_an_update_brings_what_is_new_and_keeps_what_is_the_authors(next_version):
    folder = generated("loss")
    module = folder / "my_lab" / "my_loss.py"
    module.write_text(module.read_text("utf-8").replace("- 1,", "- 2,"), "utf-8")
    commit(folder)
    next_version()
    said = new.bring_up_to_date(folder)
    assert said.startswith(f"my-lab is at v9.8.0 of the templates; it was at {CURRENT}")
    assert "A new section." in (folder / "README.md").read_text("utf-8")
    assert "- 2," in module.read_text("utf-8")
    assert "oneiros>=9.8,<10" in (folder / "pyproject.toml").read_text("utf-8")
    assert "_commit: v9.8.0" in (folder / ".copier-answers.yml").read_text("utf-8")


def test_copier_update_alone_finds_a_version_that_was_used_on_this_machine(
    next_version,
):
    folder = generated("loss")
    next_version()
    generated("metric", "another-lab")
    update = [sys.executable, "-m", "copier", "update", "--defaults"]
    subprocess.run(update, cwd=folder, check=True, capture_output=True)
    assert "A new section." in (folder / "README.md").read_text("utf-8")


def test_where_the_old_templates_are_gone_an_update_says_that_it_replaces(
    home, next_version
):
    folder = generated("loss")
    shutil.rmtree(home / "home")
    next_version()
    said = new.bring_up_to_date(folder)
    assert said.startswith(f"The templates of {CURRENT} aren't on this machine")
    assert "A new section." in (folder / "README.md").read_text("utf-8")


@pytest.mark.parametrize(
    "elsewhere", [pytest.param("HOME", marks=pytest.mark.slow), "ONEIROS_HOME"]
)
def test_an_update_works_on_the_machine_of_a_colleague(
    elsewhere, home, next_version, monkeypatch
):
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("ONEIROS_HOME", str(home / ".oneiros"))
    folder = generated("loss")
    stated = (folder / ".copier-answers.yml").read_text("utf-8")
    assert "_src_path: ~/.oneiros/templates\n" in stated
    module = folder / "my_lab" / "my_loss.py"
    module.write_text(module.read_text("utf-8").replace("- 1,", "- 2,"), "utf-8")
    commit(folder)
    (home / ".oneiros").rename(home / "of-the-author")
    monkeypatch.setenv("HOME", str(home / "colleague"))
    monkeypatch.setenv("ONEIROS_HOME", str(home / "colleague" / ".oneiros"))
    if elsewhere == "ONEIROS_HOME":
        monkeypatch.setenv("ONEIROS_HOME", str(home / "runner"))
    new.add_version(new._repository())
    next_version()
    assert new.bring_up_to_date(folder).startswith("my-lab is at v9.8.0")
    assert "A new section." in (folder / "README.md").read_text("utf-8")
    assert "- 2," in module.read_text("utf-8")
    assert git(folder, "diff", ".copier-answers.yml").count("\n-_commit: ") == 1
    now = (folder / ".copier-answers.yml").read_text("utf-8")
    assert "_src_path: ~/.oneiros/templates\n" in now
    commit(folder)
    assert new.bring_up_to_date(folder).startswith("my-lab is at v9.8.0")
    assert git(folder, "status", "--porcelain") == ""


def test_an_update_with_open_changes_is_refused_in_words(next_version):
    folder = generated("loss")
    (folder / "README.md").write_text("mine")
    next_version()
    with pytest.raises(new.NewError, match=r"stash first .*\n.*README\.md"):
        new.bring_up_to_date(folder)
    assert (folder / "README.md").read_text() == "mine"


def test_a_folder_that_isnt_of_oneiros_new_cant_be_updated(tmp_path):
    with pytest.raises(new.NewError, match=r"has no \.copier-answers\.yml"):
        new.bring_up_to_date(tmp_path)


def test_an_existing_package_is_adopted_and_nothing_of_it_is_replaced(next_version):
    folder = Path("old")
    (folder / "my_lab").mkdir(parents=True)
    own = {"README.md": "Mine.", "pyproject.toml": "[project]\n", "my_lab/a.py": "1\n"}
    for name, text in own.items():
        (folder / name).write_text(text)
    with pytest.raises(new.NewError, match="--into old"):
        new.generate(new.answers_for("loss", "old", adopting=True))
    new.new("loss", "my-lab", into=folder)
    assert {name: (folder / name).read_text() for name in own} == own
    assert (folder / ".github" / "workflows" / "publish.yml").exists()
    git(folder, "init", "--quiet")
    commit(folder)
    next_version()
    assert new.bring_up_to_date(folder).startswith("old is at v9.8.0")
    assert (folder / "my_lab" / "a.py").read_text() == "1\n"


def test_what_an_adopted_package_lacks_is_shown_though_it_is_installed():
    Path("old").mkdir()
    Path("old", "pyproject.toml").write_text("[project]\n")
    answers = new.answers_for("loss", "pytest", adopting=True)
    said = new.generate(answers, Path("old"))
    with pytest.raises(SystemExit, match="0"):
        main(re.search("`oneiros (.*)`", said)[1].split())
    assert 'name = "pytest"' in Path("new-folder", "pyproject.toml").read_text("utf-8")


@pytest.mark.slow
def test_type_checkers_know_the_arguments_of_what_is_generated(home):
    written = {
        "layer": "my_layer.MyLayer",
        "optimizer": "my_optimizer.MyOptimizer",
        "regularizer": "my_regularizer.MyRegularizer",
        "research": "layers.MyResearchPooling",
    }
    lines = []
    for kind, reference in written.items():
        generated(kind, f"my-{kind}")
        module, _, name = reference.rpartition(".")
        lines += [f"from my_{kind}.{module} import {name}", f"{name}(nonsense=1)"]
    Path("script.py").write_text("\n".join(lines))
    folders = os.pathsep.join(str(home / f"my-{kind}") for kind in written)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", "cache", "script.py"],
        env={**os.environ, "MYPYPATH": folders},
        capture_output=True,
        text=True,
    )
    wrong = {
        int(line) for line in re.findall(r"script\.py:(\d+): .*call-arg", done.stdout)
    }
    assert wrong == {2, 4, 6, 8}, done.stdout


def test_the_same_templates_are_kept_once_and_others_get_a_version(home, monkeypatch):
    repository = home / "templates"
    assert new.add_version(repository)[1] == CURRENT
    assert new.add_version(repository)[1] == CURRENT
    changed = home / "changed"
    shutil.copytree(new.TEMPLATES, changed)
    (changed / "template" / "NEW").write_text("")
    monkeypatch.setattr(new, "TEMPLATES", changed)
    assert new.add_version(repository)[1] == f"{CURRENT}.post1"
    assert len(git(repository, "log", "--oneline").splitlines()) == 2
