"""`oneiros new`: a whole distribution for a plugin, from templates that copier brings
up to date later."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

import typer
from oneiros import registry, settings
from oneiros.errors import ArgumentError, OneirosError
from oneiros.settings import distribution_name

TEMPLATES = Path(__file__).with_name("templates")
VERSION_MARK = "0.0.0"
"""What stands in the templates for the kit's version."""
GENERIC = ("lab", "labs", "layers", "oneiros", "package", "plugin")
"""Words of a distribution's name that say nothing about its contents."""
IDENTITY = ("-c", "user.name=oneiros new", "-c", "user.email=new@oneiros.invalid")
NO_COPIER = (
    "`oneiros new` needs copier, which isn't installed. Type: pip install \"oneiros"
    '[authors]"'
)
NO_GIT = (
    "git isn't installed, so neither `copier update` nor `oneiros new --update` will "
    "find the templates of this version. To have that, install git and type the "
    "command again with --into."
)


class NewError(OneirosError, ValueError):
    """A package can't be generated or brought up to date."""


@dataclass(frozen=True)
class Kind:
    """A kind of plugin.

    # Properties
        registered: str, the registry's kind of what it provides; None for contents of
            a module.
        is_class: bool, whether that is a class, with a name such as `MyLayer`.
        is_short: bool, whether its name has no ending that says the kind.
    """

    registered: str | None
    is_class: bool = True
    is_short: bool = False


KINDS = {
    "layer": Kind("layer"),
    "backend": Kind("backend"),
    "optimizer": Kind("optimizer"),
    "loss": Kind("objective", is_class=False),
    "metric": Kind("metric", is_class=False),
    "regularizer": Kind("regularizer"),
    "callback": Kind("callback"),
    "format": Kind("format"),
    "export": Kind("export"),
    "command": Kind("command", is_class=False, is_short=True),
    "dataset": Kind(None, is_class=False, is_short=True),
    "research": Kind("layer", is_short=True),
}


@dataclass(frozen=True)
class Answers:
    """What the templates ask for; copier keeps it in `.copier-answers.yml`.

    # Properties
        kind: str, such as `"layer"`.
        distribution: str, such as `"my-lab"`.
        package: str, such as `"my_lab"`.
        component: str, what the plugin provides, such as `"MyLayer"`.
        short: str, the words that say what it is about, such as `"my"`.
        author: str.
    """

    kind: str
    distribution: str
    package: str
    component: str
    short: str
    author: str


def new(
    kind: Annotated[
        str | None, typer.Argument(help=f"One of {', '.join(KINDS)}.")
    ] = None,
    name: Annotated[
        str | None, typer.Argument(help="The distribution's name, such as my-lab.")
    ] = None,
    component: Annotated[
        str | None, typer.Option(help="What it provides, such as MyLayer.")
    ] = None,
    author: Annotated[
        str | None, typer.Option(help="Who holds the copyright; git's user by default.")
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option(help="A package of yours to adopt; its files stay as they are."),
    ] = None,
    update: Annotated[
        Path | None,
        typer.Option(help="A generated package to bring up to this version: `.`"),
    ] = None,
) -> None:
    """Write a new plugin: a package with tests, a README and workflows.

    `oneiros new layer my-lab` writes the folder my-lab. `oneiros new --update my-lab`
    brings it up to the installed version of Oneiros.
    """
    if update:
        typer.echo(bring_up_to_date(update))
        return
    if not (kind and name):
        raise NewError(
            f"Say what to write, such as `oneiros new layer my-lab`. The kinds are "
            f"{', '.join(KINDS)}."
        )
    answers = answers_for(kind, name, component, author, adopting=into is not None)
    typer.echo(generate(answers, into))


def answers_for(
    kind: str,
    name: str,
    component: str | None = None,
    author: str | None = None,
    adopting: bool = False,
) -> Answers:
    """Derives every name of a package and checks it.

    # Arguments
        kind, name, component, author: as for the command.
        adopting: bool, whether the package exists; then it may be installed.

    # Raises
        NewError: for an unknown kind, a name that can't be one, or a name that
            something else has.
    """
    if kind not in KINDS:
        raise NewError(f"There is no kind {kind!r}. The kinds are {', '.join(KINDS)}.")
    distribution = distribution_name(name)
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", distribution):
        raise NewError(
            f"{name!r} can't be a distribution's name. Expected letters, digits and "
            "dashes, such as my-lab."
        )
    package = distribution.replace("-", "_")
    words = distribution.split("-")
    words = [word for word in words if word not in GENERIC] or words
    if words == [kind]:  # `Optimizer` is the name of the base class
        words = ["my", kind]
    component = component or _component(KINDS[kind], kind, words)
    if not component.isidentifier():
        raise NewError(
            f"{component!r} can't be a name in Python. Give another one with "
            "--component, such as --component MyLayer."
        )
    if KINDS[kind].is_class and not component[0].isupper():
        expected = "".join(word.capitalize() for word in component.split("_"))
        raise NewError(
            f"{component!r} isn't a class's name, which begins with a capital letter. "
            f"Type: --component {expected}"
        )
    answers = Answers(
        kind,
        distribution,
        package,
        component,
        "_".join(words),
        author or _git_user() or f"The {distribution} developers",
    )
    if not adopting:
        _check_package(answers)
    _check_component(answers)
    return answers


def _component(kind: Kind, ending: str, words: list[str]) -> str:
    """Returns the name of what a package provides, such as `MyLayer` or `my_loss`."""
    if not kind.is_short and words[-1] != ending:
        words = [*words, ending]
    if kind.is_class:
        return "".join(word.capitalize() for word in words)
    return "_".join(words)


def _check_package(answers: Answers) -> None:
    """Refuses a package that exists."""
    with suppress(metadata.PackageNotFoundError):
        version = metadata.version(answers.distribution)
        raise NewError(
            f"A distribution {answers.distribution} is installed here, in version "
            f"{version}. Choose another name; to adopt a package of your own, add "
            "--into with its folder."
        )
    package = answers.package
    if package in sys.stdlib_module_names or importlib.util.find_spec(package):
        raise NewError(f"A package {package} is here already. Choose another name.")


def _check_component(answers: Answers) -> None:
    """Refuses a name that another plugin has registered."""
    kind = KINDS[answers.kind].registered
    named_so = answers.kind in ("backend", "format", "export", "command")
    name = answers.short if named_so else answers.component
    if kind is None:
        return
    entry = registry.find(kind, name)
    owner = entry.distribution if entry else registry.owners()[kind].get(name)
    if owner not in (None, answers.distribution):
        raise NewError(
            f"{owner} has the {kind} {name!r}; equal names are a conflict "
            "for who installs both. Choose another one: --component, or another name "
            "of the distribution."
        )


def generate(answers: Answers, into: Path | None = None) -> str:
    """Writes a package and returns what to do next.

    # Arguments
        answers: Answers.
        into: Path, the folder of an existing package; files that are there stay, and
            in a terminal copier asks. By default a new folder.
    """
    copier = _copier()
    folder = into or Path(answers.distribution)
    if into is None and folder.exists():
        raise NewError(
            f"{folder} exists. To adopt the package in it, type: oneiros new "
            f"{answers.kind} {answers.distribution} --into {folder}"
        )
    before = _files(folder)
    data = asdict(answers)
    options: dict[str, Any] = {"data": data, "defaults": True, "quiet": True}
    if not sys.stdin.isatty():
        options["skip_if_exists"] = list(before)
    if shutil.which("git"):
        source, tag = add_version(_repository())
        copier.run_copy(_portable(source), folder, vcs_ref=tag, **options)
        lost = ""
    else:
        with tempfile.TemporaryDirectory() as source_folder:
            _write_templates(Path(source_folder))
            copier.run_copy(source_folder, folder, **options)
        (folder / ".copier-answers.yml").unlink()
        lost = f"\n{NO_GIT}"
    return _next_steps(answers, folder, before) + lost


def bring_up_to_date(folder: Path) -> str:
    """Brings a generated package up to the installed version of Oneiros; returns what
    was done.

    # Raises
        NewError: if it can't be; the package stays as it is.
    """
    copier = _copier()
    answers = folder / ".copier-answers.yml"
    if not answers.exists():
        raise NewError(
            f"{folder} has no .copier-answers.yml, so `oneiros new` hasn't written it. "
            "Adopt it first: oneiros new KIND NAME --into FOLDER"
        )
    if not shutil.which("git"):
        raise NewError("Bringing a package up to date needs git. Install it first.")
    if changed := _git(folder, "status", "--porcelain", "."):
        raise NewError(f"Commit or stash first what you changed:\n{changed}")
    repository, tag = add_version(_repository())
    stated = re.search(r"^_commit: (\S+)", answers.read_text("utf-8"), re.MULTILINE)
    old = stated[1] if stated else "no version"
    options: dict[str, Any] = {"vcs_ref": tag, "defaults": True, "quiet": True}
    known = old in _git(repository, "tag").split()
    bring = copier.run_update if known else copier.run_recopy
    try:
        with _templates_of_here(answers, repository):
            bring(folder, overwrite=True, **options)
    except copier.errors.UserMessageError as error:
        raise NewError(f"copier: {error}") from None
    if known:
        return (
            f"{folder} is at {tag} of the templates; it was at {old}. `git diff` shows "
            "what changed; conflicts are marked in the files."
        )
    return (
        f"The templates of {old} aren't on this machine, so your changes couldn't be "
        f"told from theirs: the files of {tag} replaced those in {folder}. `git diff` "
        "shows all; restore what is yours with `git checkout -p`."
    )


def add_version(repository: Path) -> tuple[Path, str]:
    """Adds the installed templates to the repository of templates, unless they are
    there; returns it with the tag.

    Templates that changed without a new version, as in a clone of Oneiros, get the tag
    of a post-release.
    """
    if not (repository / ".git").exists():
        repository.mkdir(parents=True, exist_ok=True)
        _git(repository, "init", "--quiet")
    for path in repository.iterdir():
        if path.is_dir() and path.name != ".git":
            shutil.rmtree(path)
        elif path.is_file():
            path.unlink()
    _write_templates(repository)
    _git(repository, "add", "--all", "--force")
    tree = _git(repository, "write-tree")
    tags = _git(repository, "tag").split()
    for tag in tags:
        if _git(repository, "rev-parse", f"{tag}^{{tree}}") == tree:
            return repository, tag
    version = f"v{_version()}"
    later = (f"{version}.post{number}" for number in range(1, len(tags) + 2))
    tag = next(name for name in (version, *later) if name not in tags)
    message = f"oneiros-testing {tag}"
    _git(repository, *IDENTITY, "commit", "--quiet", "--no-gpg-sign", "-m", message)
    _git(repository, "tag", tag)
    return repository, tag


@contextmanager
def _templates_of_here(answers: Path, repository: Path) -> Iterator[None]:
    """Lets copier find the templates of this machine, though the answers name those of
    the machine on which the package was written; copier takes no other path, and
    refuses a file that git knows as changed."""
    stated = re.compile(r"^_src_path: .*$", re.MULTILINE)
    text = answers.read_text("utf-8")
    (line,) = stated.findall(text)
    hide = ["update-index", "--assume-unchanged", answers.name]
    show = ["update-index", "--no-assume-unchanged", answers.name]
    _git(answers.parent, *hide)
    try:
        here = f"_src_path: {json.dumps(str(repository))}"
        answers.write_text(stated.sub(lambda _: here, text), "utf-8")
        yield
    finally:
        text = answers.read_text("utf-8")
        answers.write_text(stated.sub(lambda _: line, text), "utf-8")
        _git(answers.parent, *show)


def _repository() -> Path:
    return settings.path().parent / "templates"


def _portable(repository: Path) -> str:
    """Returns a path as `.copier-answers.yml` has it: relative to the home directory,
    so that it holds on the machines of others."""
    with suppress(ValueError):
        return f"~/{repository.relative_to(Path.home()).as_posix()}"
    return str(repository)


def _write_templates(folder: Path) -> None:
    """Copies the templates, with the kit's version in them."""
    compiled = shutil.ignore_patterns("__pycache__")
    shutil.copytree(TEMPLATES, folder, ignore=compiled, dirs_exist_ok=True)
    questions = folder / "copier.yml"
    text = questions.read_text("utf-8").replace(VERSION_MARK, _version())
    questions.write_text(text, encoding="utf-8")


def _version() -> str:
    return metadata.version("oneiros-testing")


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise NewError(f"{' '.join(command)} failed: {done.stderr.strip()}")
    return done.stdout.strip()


def _git_user() -> str | None:
    if not shutil.which("git"):
        return None
    command = ["git", "config", "--get", "user.name"]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def _copier() -> Any:
    try:
        import copier
    except ImportError:
        raise ArgumentError(NO_COPIER) from None
    return copier


def _files(folder: Path) -> dict[str, str]:
    """Returns the files of a folder, by their paths in it."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    relative = [path.relative_to(folder) for path in paths]
    return {path.as_posix(): path.name for path in relative if ".git" not in path.parts}


def _next_steps(answers: Answers, folder: Path, before: dict[str, str]) -> str:
    written = sorted(_files(folder).keys() - before.keys())
    lines = [f"Wrote {len(written)} files of {answers.distribution} into {folder}:"]
    lines += [f"    {path}" for path in written]
    if before:
        lines += [
            f"The {len(before)} files that were there are as they were, unless you "
            "chose otherwise. What pyproject.toml needs besides is in the one that "
            f"`oneiros new {answers.kind} {answers.distribution} --component "
            f"{answers.component} --into new-folder` writes."
        ]
    lines += [
        "Next:",
        f"    cd {folder}",
        "    git init && git add --all && git commit -m 'First version'",
        "    pip install --editable .",
        "    oneiros check .",
    ]
    return "\n".join(lines)
