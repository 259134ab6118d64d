"""Many files at once: what is in a folder, a verdict on each file, and what all of them
lack."""

import json
import re
import sys
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import typer
from oneiros import registry
from oneiros.errors import ArgumentError, OneirosError
from oneiros.plugins import manager
from oneiros_safe_files.budget import Budget
from oneiros_saving import model_files
from oneiros_saving.loading import load_model
from rich.console import Console
from rich.progress import Progress

from oneiros_cli.file_tools.inspection import Inspection, Refusal, inspect_file
from oneiros_cli.file_tools.pairs import HDF5, load_pair, shared_name
from oneiros_cli.file_tools.stored_file import read
from oneiros_cli.text import one_line

LOADS, PART, LACKS, FAILS = "loads", "part", "lacks", "fails"
"""Verdicts: a whole model that loads; weights or a configuration alone; something that
is absent or unsupported here; what can't be read, or can't be built."""
WRITTEN, KEPT = "written", "kept"
"""Verdicts of a conversion."""
COLOURS = {LOADS: "green", WRITTEN: "green", LACKS: "yellow", FAILS: "red"}
OF_ONES_OWN = re.compile("custom_objects=|functions=")
"""What errors advise to pass to `load_model`."""
LONGEST_REASON = 300
WIDTH = 8


@dataclass(frozen=True)
class Source:
    """A file to look at, and the file of its weights if it is a configuration."""

    path: Path
    weights: Path | None = None

    def named(self, folder: Path) -> str:
        """Returns the path or both, as seen from the folder."""
        paths = [self.path] if self.weights is None else [self.path, self.weights]
        return " + ".join(str(path.relative_to(folder)) for path in paths)


@dataclass
class Verdict:
    """What is said of a file, in a line.

    # Properties
        file: str, its path in the folder.
        verdict: str, one of the verdicts above.
        facts: str, what it is, or why it fails.
        lacking: list of `Refusal`.
    """

    file: str
    verdict: str
    facts: str
    lacking: list[Refusal] = field(default_factory=list)

    def __str__(self) -> str:
        verdict = one_line(f"{self.verdict:<{WIDTH}}", fg=COLOURS.get(self.verdict))
        return f"{verdict}{one_line(self.file, bold=True)}  {one_line(self.facts)}"


@dataclass(frozen=True)
class Group:
    """What files lack for the same reason.

    # Properties
        names: dict from what is lacking, in a few words, to how often.
        advice: str, what to type or to do.
        files: int, the number of files.
    """

    names: dict[str, int]
    advice: str
    files: int

    def __str__(self) -> str:
        listed = ", ".join(f"{count} {name}" for name, count in self.names.items())
        where = "1 file" if self.files == 1 else f"{self.files} files"
        return one_line(f"{listed} (in {where}): {self.advice}")


# The files


def sources_in(folder: Path, left_out: Path | None = None) -> list[Source]:
    """Returns the model files in a folder and those below it, except in one of them.

    Weights come with the configuration beside them that shares their name.

    # Raises
        ArgumentError: if there are none.
    """
    suffixes = {*HDF5, *model_files.suffixes(), ".keras"}
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    if left_out is not None:
        paths = [path for path in paths if left_out not in path.parents]
    texts = [path for path in paths if path.suffix.lower() in model_files.TEXTS]
    models = list(filter(_is_model, texts))
    configurations = {shared_name(path): path for path in reversed(models)}
    found = [
        _source(path, configurations)
        for path in paths
        if path.suffix.lower() in suffixes
    ]
    used = {source.path for source in found}
    found += [Source(path) for path in models if path not in used]
    if not found:
        raise ArgumentError(
            f"There are no model files in {folder}; looked for "
            f"{', '.join(sorted({*suffixes, *model_files.TEXTS}))}."
        )
    return sorted(found, key=lambda source: source.weights or source.path)


def _source(path: Path, configurations: dict[Path, Path]) -> Source:
    configuration = configurations.get(shared_name(path))
    if configuration is not None and _holds_weights(path):
        return Source(configuration, path)
    return Source(path)


def _is_model(path: Path) -> bool:
    """Returns whether a text is a model's configuration; a folder may have others."""
    try:
        read(path)
    except OneirosError as error:
        return "Keras 0.x" in str(error)
    return True


def _holds_weights(path: Path) -> bool:
    with suppress(OneirosError):
        return read(path).state.model_config is None
    return False


# The verdicts


def inspected(source: Source, folder: Path, budget: Budget, loads: bool) -> Verdict:
    """Returns the verdict on a file.

    # Arguments
        source: `Source`.
        folder: the folder that paths are told from.
        budget: limits for reading and building.
        loads: bool, whether a model that should load is loaded, so that it is certain.
    """
    name = source.named(folder)
    try:
        inspection = inspect_file(source.path, budget)
        if inspection.lacking:
            return Verdict(name, LACKS, counted(inspection.lacking), inspection.lacking)
        if loads and inspection.holds != "weights":
            _load(source, inspection, budget)
    except OneirosError as error:
        return Verdict(name, FAILS, first_sentences(error))
    if inspection.advice and source.weights is None:
        return Verdict(name, PART, inspection.advice)
    return Verdict(name, LOADS, _facts(inspection))


def _load(source: Source, inspection: Inspection, budget: Budget) -> None:
    is_whole = inspection.holds == "a whole model"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if is_whole:
            load_model(source.path, budget=budget)
        else:
            load_pair(source.path, source.weights, budget=budget)


def _facts(inspection: Inspection) -> str:
    count = len(inspection.layers)
    facts = f"{inspection.model} of {count} layer{'s' if count != 1 else ''}"
    if inspection.keras_version:
        facts += f", Keras {inspection.keras_version}"
    if inspection.uncompiled:
        return f"{facts}, not compiled: {inspection.uncompiled}"
    return facts


def counted(lacking: Iterable[Refusal]) -> str:
    """Returns what is lacking, each with its number."""
    counts = Counter(each.what for each in lacking)
    return ", ".join(f"{count} {what}" for what, count in counts.most_common())


def first_sentences(error: OneirosError) -> str:
    """Returns the start of a message, on one line."""
    text = " ".join(str(error).split())
    return text if len(text) <= LONGEST_REASON else f"{text[:LONGEST_REASON]}…"


def groups_of(verdicts: list[Verdict]) -> list[Group]:
    """Returns what files lack, together where the same advice helps."""
    files = defaultdict(set)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for verdict in verdicts:
        for each in verdict.lacking:
            files[_advice(each)].add(verdict.file)
            counts[_advice(each)][each.what] += 1
    groups = [
        Group(dict(counts[advice].most_common()), advice, len(files[advice]))
        for advice in counts
    ]
    return sorted(groups, key=lambda group: -group.files)


def _advice(lacking: Refusal) -> str:
    if not lacking.owner:
        return lacking.reason.replace(repr(lacking.where.rpartition("/")[2]), "…")
    if lacking.owner in manager().records:
        return registry.absence(lacking.owner)
    return f"pip install {lacking.owner}"


# The report


def reported(
    sources: list[Source], look: Callable[[Source], Verdict], as_json: bool
) -> None:
    """Prints a line for each file as soon as it is looked at, and at the end how many
    there are and what they lack; or all of it as JSON.

    # Raises
        typer.Exit: with 1, if a file lacks something or fails.
    """
    verdicts = []
    progress = Progress(
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
        redirect_stdout=sys.stdout.isatty(),
    )
    with progress:
        for source in progress.track(sources, description=""):
            verdict = look(source)
            verdicts.append(verdict)
            if not as_json:
                typer.echo(str(verdict))
    counts = Counter(verdict.verdict for verdict in verdicts)
    groups = groups_of(verdicts)
    if as_json:
        report = {
            "files": [asdict(verdict) for verdict in verdicts],
            "counts": counts,
            "lacking": [asdict(group) for group in groups],
        }
        typer.echo(json.dumps(report, indent=2))
    else:
        listed = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
        typer.echo(f"\n{len(verdicts)} files: {listed}")
        for group in groups:
            typer.echo(str(group))
        advise_objects(group.advice for group in groups)
    if counts[LACKS] or counts[FAILS]:
        raise typer.Exit(1)


def advise_objects(reasons: Iterable[str]) -> None:
    """Prints how the command line takes what errors advise to pass to `load_model`."""
    if any(map(OF_ONES_OWN.search, reasons)):
        typer.echo("For classes and functions of your own: --objects my_layers.py")
