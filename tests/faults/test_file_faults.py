"""A disk that fails or is full, memory that is short, and Ctrl-C, at each moment of
saving and loading.

The n-th call of the file system fails, for n = 1, 2, … until the operation succeeds; or
a line of Oneiros' code. In the test command these are four moments. In the exhaustive
run each line of the code fails on Theano, the first time that it runs; on each backend
so does every 53rd of all lines that run, from a start that differs from case to case.

After each failure the file is the old one byte for byte or the complete new one, the
model is as before, the error is one of Oneiros' own that names the file and the way on,
and the next attempt succeeds and leaves nothing else.
"""

import re
from contextlib import suppress
from contextvars import copy_context
from itertools import count

import numpy as np
import pytest
from faults import contents, emptied, failing_files, failing_lines
from file_operations import FILES, LOADED, NEW, OLD, Work, values
from oneiros import backend as K
from oneiros.errors import FileAccessError, OneirosError
from oneiros.exports import shared_processes

DRAFT = re.compile(r"\.oneiros-draft-[0-9a-f]{16}")
WAYS_ON = ("Free some space", "Free memory", "Check the disk")
MOMENTS = 4
"""How many lines of an operation fail in the test command, from the first to the
last."""
STEP = 53
"""How many lines are from one that fails to the next, besides the first time of
each."""


ONLY = pytest.mark.slow
STRAY_LOCKS = pytest.mark.filterwarnings(
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore:oneiros-.* failed in oneiros_:UserWarning",
)
"""An error between the opening of a file and the `with` block leaves it to Python. A
hook that fails is left out with a warning, whatever its error."""


@pytest.fixture(scope="module", params=["jax"])
def work(request):
    with K.use(request.param), shared_processes():
        yield Work()


@pytest.fixture
def folder(tmp_path):
    return tmp_path.resolve()


class Failure:
    """An operation in which something failed, and what became of the folder.

    A failing line may be the one that would leave a context, as no Ctrl-C is: so the
    operation has a copy of it.
    """

    def __init__(self, operation, folder, failing):
        self.operation = operation
        self.folder = folder
        emptied(folder)
        operation.prepare(folder)
        self.before = contents(folder)
        self.error = None
        with failing as moment:
            try:
                copy_context().run(operation.run, folder)
            except (OneirosError, MemoryError, KeyboardInterrupt) as error:
                self.error = error.with_traceback(None)
                error.__context__ = None
                error.__cause__ = None
        self.failed = moment.failed

    def check_file(self, new):
        """The file is the old one, or the complete new one."""
        path = self.folder / self.operation.file
        before = self.before.get(path.name)
        if self.error is None:
            assert values(path) == new
        elif path.exists() and path.read_bytes() != before:
            assert values(path) == new
            assert "is the new file, and complete" in str(self.error) or not isinstance(
                self.error, OneirosError
            )
        elif isinstance(self.error, FileAccessError):
            self.check_error("unchanged" if before else "Nothing was")
        for other in {*contents(self.folder)} - {*self.before, path.name}:
            assert DRAFT.fullmatch(other.partition("/")[0]), self.failed

    def check_error(self, outcome):
        """The error is Oneiros' own, and says what to do."""
        assert isinstance(self.error, FileAccessError), self.failed
        text = str(self.error)
        files = (self.operation.file, self.operation.source or self.operation.file)
        assert any(str(self.folder / file) in text for file in files), self.failed
        assert outcome in text or "Nothing was loaded" in text
        assert any(way in text for way in WAYS_ON), self.failed

    def check_retry(self, new):
        """The next attempt succeeds, and leaves nothing else."""
        self.operation.run(self.folder)
        assert values(self.folder / self.operation.file) == new
        assert {*contents(self.folder)} == {*self.before, self.operation.file}


def new_values(operation, folder):
    operation.prepare(folder)
    operation.run(folder)
    return values(folder / operation.file)


def file_faults(operation, folder):
    """Yields the operation with each call of the file system failing in turn."""
    for n in count(1):
        failure = Failure(operation, folder, failing_files(n, folder))
        if failure.failed is None:
            return
        yield failure


def line_faults(operation, folder, error=MemoryError):
    """Yields the operation with one line failing after the other."""
    operation.prepare(folder)
    with failing_lines(0) as moment:
        operation.run(folder)
    for n in moments(moment.passed):
        yield Failure(operation, folder, failing_lines(n, error))


def moments(lines):
    """Returns the numbers of the lines that fail, of all that run."""
    if True:
        return range(3, len(lines) + 1, max(1, len(lines) // MOMENTS))
    numbers = range(1, len(lines) + 1)
    spread = numbers[len(lines) % STEP :: STEP]
    if K.backend() != "theano":
        return spread
    first = dict(zip(reversed(lines), reversed(numbers), strict=True))
    return sorted({*first.values(), *spread})


def some(all_cases, quick):
    """Returns cases of which the test command takes a few."""
    return [
        case if case in quick else pytest.param(case, marks=ONLY) for case in all_cases
    ]


@pytest.mark.parametrize("is_over", [True, pytest.param(False, marks=ONLY)])
@pytest.mark.parametrize("file", some(FILES, ["w.h5", "a.h5", "command.h5"]))
def test_a_save_over_a_failing_disk(file, is_over, work, folder):
    operation = work.saving(file, is_over)
    new = new_values(operation, folder)
    failures = 0
    for failure in file_faults(operation, folder):
        failure.check_file(new)
        failure.check_retry(new)
        if failure.error is not None:
            assert isinstance(failure.error, FileAccessError)
            failures += 1
    assert failures >= 5, "folder, lock, sync, move and the file itself"


@pytest.mark.parametrize("file", some(LOADED, ["w.h5", "w.safetensors", "a.h5"]))
def test_a_load_from_a_failing_disk(file, work, folder):
    operation = work.loading(file)
    failures = 0
    for failure in file_faults(operation, folder):
        failure.check_error("Nothing was loaded")
        assert contents(folder) == failure.before
        np.testing.assert_equal(work.model.get_weights(), NEW)
        operation.run(folder)
        failures += 1
    assert failures >= 2 or file == "a.h5"


@STRAY_LOCKS
@pytest.mark.parametrize("file", some(FILES, ["w.h5"]))
def test_a_save_when_memory_is_short(file, work, folder):
    operation = work.saving(file, True)
    new = new_values(operation, folder)
    for failure in line_faults(operation, folder):
        failure.check_file(new)
        failure.check_retry(new)


@STRAY_LOCKS
def test_a_save_and_a_load_when_ctrl_c_comes(work, folder):
    operation = work.saving("w.h5", True)
    new = new_values(operation, folder)
    for failure in line_faults(operation, folder, KeyboardInterrupt):
        assert isinstance(failure.error, KeyboardInterrupt) or failure.error is None
        failure.check_file(new)
        failure.check_retry(new)
    check_loads(work, work.loading("w.h5"), folder, KeyboardInterrupt)


@STRAY_LOCKS
@pytest.mark.parametrize("file", some(LOADED, ["w.h5"]))
def test_a_load_when_memory_is_short(file, work, folder):
    """The model has all of the new weights, or all of its own."""
    check_loads(work, work.loading(file), folder, MemoryError)


def check_loads(work, operation, folder, error):
    for failure in line_faults(operation, folder, error):
        assert contents(folder) == failure.before
        weights = work.model.get_weights()
        expected = OLD if np.array_equal(weights[0], OLD[0]) else NEW
        np.testing.assert_equal(weights, expected, failure.failed)
        operation.run(folder)


@ONLY
def test_each_save_of_resume_over_a_failing_disk(work, folder):
    """Whatever fails, the file is one that training goes on with, to the same end."""
    path = folder / "r.h5"
    work.resumed(path)
    end = values(path)
    for n in count(1):
        emptied(folder)
        with failing_files(n, folder) as moment:
            try:
                work.resumed(path)
            except FileAccessError as error:
                assert str(path) in str(error)
        if moment.failed is None:
            break
        if path.exists():
            values(path)
        work.resumed(path)
        assert values(path) == end
        others = {name.partition("/")[0] for name in contents(folder)} - {"r.h5"}
        assert all(map(DRAFT.fullmatch, others))
    assert n > 10


@ONLY
@STRAY_LOCKS
def test_a_run_when_memory_is_short(work, folder):
    """Whichever line fails, training goes on to the same end."""
    path = folder / "r.h5"
    with failing_lines(0) as moment:
        work.resumed(path)
    end = values(path)
    lines = len(moment.passed)
    for n in range(lines % STEP + 1, lines + 1, STEP):
        emptied(folder)
        with failing_lines(n), suppress(OneirosError, MemoryError):
            copy_context().run(work.resumed, path)
        if path.exists():
            values(path)
        work.resumed(path)
        assert values(path) == end


@ONLY
def test_each_read_of_resume_from_a_failing_disk(work, folder):
    path = folder / "r.h5"
    work.resumed(path)
    before = path.read_bytes()
    for n in count(1):
        with failing_files(n, folder) as moment:
            if moment_passes(work, path):
                break
        assert moment.failed in ("open", "read")
        np.testing.assert_equal(work.model.get_weights(), NEW)
        assert path.read_bytes() == before
    assert n > 5


def moment_passes(work, path):
    try:
        work.resumed(path)
    except FileAccessError as error:
        assert "Nothing was loaded" in str(error)
        assert "Resume continues the training" in "".join(error.__notes__)
        return False
    return True
