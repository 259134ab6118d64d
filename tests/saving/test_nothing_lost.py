"""A save that is cut off leaves the old file or the new one.

A file that was cut off is never half loaded.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
from oneiros import backend as K
from oneiros.errors import (
    ArgumentError,
    FileAccessError,
    FileFormatError,
    UnsafeFileError,
)
from oneiros.layers import Dense
from oneiros.models import Sequential
from oneiros.saving import ModelState
from oneiros_saving import model_files
from processes import run_python

MODELS = Path(__file__).resolve().parents[1] / "golden" / "models"
NOBODY = 65534

FOREVER = """
import itertools, sys
from pathlib import Path
import numpy as np
from oneiros.saving import ModelState
from oneiros_saving import model_files
for count in itertools.count(1):
    arrays = [(f"W{i}", np.full(50_000, count, "float32")) for i in range(8)]
    state = ModelState(model_config={"count": count}, weights=[("layer", arrays)])
    model_files.write(Path(sys.argv[1]), state)
    print(count, flush=True)
"""

LIMITED = """
import os, resource, signal, sys
from pathlib import Path
import numpy as np
from oneiros.saving import ModelState
from oneiros_saving import model_files
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), most))
array = np.ones(100_000, "float32")
try:
    state = ModelState(weights=[("layer", [("W", array)])])
    model_files.write(Path(sys.argv[1]), state)
except OSError as error:
    said = str(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
paths = [f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd")]
open_files = [os.readlink(path) for path in paths if os.path.islink(path)]
print([name for name in open_files if ".oneiros-" in name], said)
"""


def state(value, size=10):
    return ModelState(weights=[("layer", [("W", np.full(size, value, "float32"))])])


def content(path):
    (_, arrays), *_ = model_files.read(path)[1].weights
    return arrays


def killed_after(path, seconds):
    """Kills a process that saves without end, some time after its first save.

    Returns how many it told of.
    """
    with subprocess.Popen(
        [sys.executable, "-c", FOREVER, path], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "1\n"
        time.sleep(seconds)
        process.kill()
        lines = process.stdout.read().split()
    assert process.returncode == -signal.SIGKILL
    return int(lines[-1]) if lines else 1


def check_killed(path, moments):
    for seconds in moments:
        lines = killed_after(path, seconds)
        values = {
            float(value)
            for _, array in content(path)
            for value in (array[0], array[-1], array.mean())
        }
        assert len(values) == 1 and values <= {lines, lines + 1}, (
            "one whole save, the last one or the next"
        )
        assert model_files.read(path)[1].model_config == {"count": values.pop()}
    model_files.write(path, state(7))
    assert list(path.parent.iterdir()) == [path], "the next save removes what is left"


# Saving


def test_a_process_killed_at_any_moment_leaves_one_whole_file(tmp_path):
    check_killed(
        tmp_path / "m.h5", [random.Random(seed).uniform(0, 0.05) for seed in range(4)]
    )


WITHOUT_DESCRIPTORS = """
import os, resource, sys
from pathlib import Path
from oneiros.saving import ModelState
from oneiros_saving import model_files
path, state = Path(sys.argv[1]), ModelState(weights=[("a", [])])
model_files.write(path, state)
path.unlink()
resource.setrlimit(resource.RLIMIT_NOFILE, (99, 99))
for free in (0, 1):
    opened = []
    while True:
        try:
            opened.append(os.open(os.devnull, os.O_RDONLY))
        except OSError:
            break
    for number in opened[:free]:
        os.close(number)
    try:
        model_files.write(path, state)
    except OSError as error:
        print(error)
    for number in opened[free:]:
        os.close(number)
"""


def test_a_process_without_a_free_descriptor_leaves_nothing(tmp_path):
    done = run_python(WITHOUT_DESCRIPTORS, tmp_path / "m.h5")
    assert done.stdout.count("Too many open files. Nothing was saved. Close some") == 2
    assert not list(tmp_path.iterdir())


def test_a_save_removes_a_few_of_many_abandoned_folders(tmp_path):
    for number in range(25):
        (tmp_path / f".oneiros-draft-{number:016}").mkdir()
    model_files.write(tmp_path / "m.h5", state(7))
    assert len(list(tmp_path.iterdir())) == 16
    model_files.write(tmp_path / "m.h5", state(7))
    model_files.write(tmp_path / "m.h5", state(7))
    assert list(tmp_path.iterdir()) == [tmp_path / "m.h5"]


@pytest.mark.parametrize("kind", ["pipe", "link", "link to a folder"])
def test_what_isn_t_a_lock_is_neither_waited_for_nor_followed(tmp_path, kind):
    lock = tmp_path / f".oneiros-draft-{0:016}" / "lock"
    other = tmp_path / "other"
    other.mkdir()
    if kind == "link to a folder":
        lock.parent.symlink_to(other)
    else:
        lock.parent.mkdir()
        os.mkfifo(lock) if kind == "pipe" else lock.symlink_to(other / "lock")
    model_files.write(tmp_path / "m.h5", state(7))
    assert not list(other.iterdir())


@pytest.mark.slow
def test_a_process_killed_at_many_moments_leaves_one_whole_file(tmp_path):
    check_killed(
        tmp_path / "m.h5", [random.Random(seed).uniform(0, 0.1) for seed in range(100)]
    )


@pytest.mark.parametrize("limit", [0, 100, 3_000, 200_000, 400_000])
@pytest.mark.parametrize("name", ["m.h5", "w.safetensors"])
def test_a_full_disk_leaves_the_old_file_and_takes_no_room(name, limit, tmp_path):
    path = tmp_path / name
    model_files.write(path, state(7))
    old = path.read_bytes()
    done = run_python(LIMITED, path, limit)
    assert not done.stderr
    assert done.stdout.startswith(
        f"[] [Errno 27] Can't save to {path}: File too large. {path} is unchanged"
    )
    assert path.read_bytes() == old and list(tmp_path.iterdir()) == [path]


@pytest.fixture
def folder():
    """A folder that another user may look into.

    The test is that user where it runs as root.
    """
    made = Path(tempfile.mkdtemp())
    made.chmod(0o755)
    yield made
    made.chmod(0o755)
    shutil.rmtree(made)


@pytest.fixture
def nobody(folder):
    """A function after which the test has no more rights than a user who doesn't own
    the files."""
    user = os.geteuid()

    def become():
        folder.chmod(0o555)
        if user == 0:
            os.setresuid(NOBODY, NOBODY, 0)

    yield become
    if user == 0:
        os.setresuid(0, 0, 0)


def test_a_folder_where_nothing_may_be_written(folder, nobody):
    model_files.write(folder / "m.h5", state(7))
    (folder / "m.h5").chmod(0o666)
    old = (folder / "m.h5").read_bytes()
    nobody()
    with pytest.raises(
        FileAccessError,
        match=r"Can't save to .*m\.h5: Permission denied\. .*m\.h5 is unchanged\. Ask",
    ):
        model_files.write(folder / "m.h5", state(8))
    with pytest.raises(
        FileAccessError, match=r"new\.h5: Permission denied\. Nothing was saved"
    ):
        model_files.write(folder / "new.h5", state(8))
    assert (folder / "m.h5").read_bytes() == old and list(folder.iterdir()) == [
        folder / "m.h5"
    ]


def test_a_read_only_file_is_not_replaced(folder, nobody):
    """It could be, where the folder may be written.

    Whoever made it read-only meant it.
    """
    model_files.write(folder / "m.h5", state(7))
    (folder / "m.h5").chmod(0o444)
    nobody()
    with pytest.raises(
        ArgumentError, match=r"Can't save to .*m\.h5: it is read-only\. Save elsewhere"
    ):
        model_files.target(folder / "m.h5")


def test_an_interrupt_while_saving_leaves_the_old_file(tmp_path, monkeypatch):
    model_files.write(tmp_path / "m.h5", state(7))

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        model_files.write(tmp_path / "m.h5", state(8))
    assert list(tmp_path.iterdir()) == [tmp_path / "m.h5"]
    assert content(tmp_path / "m.h5")[0][1][0] == 7


# Loading


def check_cut(path, tmp_path, lengths):
    complete = path.read_bytes()
    for length in lengths:
        (tmp_path / "cut.h5").write_bytes(complete[:length])
        with pytest.raises((FileFormatError, UnsafeFileError), match=r"cut\.h5"):
            model_files.read(tmp_path / "cut.h5")


@pytest.mark.parametrize("name", ["seq_conv2d_th", "func_multi_io_weights"])
def test_a_file_cut_off_anywhere_is_told(name, tmp_path):
    path = MODELS / f"{name}.h5"
    size = path.stat().st_size
    check_cut(
        path, tmp_path, {*range(0, size, 97), *range(20), *range(size - 20, size)}
    )


@pytest.mark.slow
def test_a_file_cut_off_at_each_byte_is_told(tmp_path):
    path = MODELS / "seq_conv2d_th_weights.h5"
    check_cut(path, tmp_path, range(path.stat().st_size))


@pytest.mark.parametrize("filler", [b"\0", b"\xff"])
def test_a_file_whose_end_never_reached_the_disk(filler, tmp_path):
    """As long as it should be, but blank from some place on.

    Told, or what comes back is whole.
    """
    path = MODELS / "seq_conv2d_th_weights.h5"
    complete = path.read_bytes()
    expected = model_files.read(path)[1].weights
    for length in range(0, len(complete), 211):
        (tmp_path / "cut.h5").write_bytes(
            complete[:length] + filler * (len(complete) - length)
        )
        try:
            weights = model_files.read(tmp_path / "cut.h5")[1].weights
        except (FileFormatError, UnsafeFileError):
            continue
        assert [name for name, _ in weights] == [name for name, _ in expected]
        assert [[array.shape for _, array in arrays] for _, arrays in weights] == [
            [array.shape for _, array in arrays] for _, arrays in expected
        ]


def test_the_last_of_many_weights_that_doesn_t_fit_leaves_all_as_they_were(tmp_path):
    with K.use("theano"):
        model = Sequential([Dense(2, input_dim=2, name=f"d{i}") for i in range(5)])
        model.save_weights(tmp_path / "w.h5")
        before = model.get_weights()
        with h5py.File(tmp_path / "w.h5", "r+") as file:
            for group in file.values():
                for name in group:
                    group[name][...] += 1
            last = file["d4"]
            name = next(iter(last))
            del last[name]
            last[name] = np.zeros((2, 3), "float32")
        with pytest.raises(
            FileFormatError, match=r"'d4' the weights .*\(2, 3\).*has d4_W \(2, 2\)"
        ):
            model.load_weights(tmp_path / "w.h5")
        np.testing.assert_equal(model.get_weights(), before)
