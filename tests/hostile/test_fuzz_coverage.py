"""The fuzzer that is guided by coverage: it notices harm, changes what is inside of
files with checksums, and what its runs kept does no harm.
"""

import gzip
import io
import pickle
import random
import subprocess
import sys
import tarfile
import zipfile

import pytest
from fresh import ROOT
from oneiros.errors import FileFormatError

TOOLS = ROOT / "tools"
READERS = (
    "json",
    "yaml",
    "hdf5",
    "weights",
    "inspect",
    "convert",
    "keras",
    "safetensors",
    "resume",
    "npy",
    "npz",
    "pickle",
    "gzip",
    "tar",
    "zip",
)
MOST_BYTES = 1_000_000


@pytest.fixture(scope="module")
def tools():
    """The modules of the fuzzer."""
    sys.path.insert(0, str(TOOLS))
    try:
        import fuzz_coverage
        import fuzz_formats
        import fuzz_seeds
    finally:
        sys.path.remove(str(TOOLS))
    return fuzz_coverage, fuzz_formats, fuzz_seeds


def read(data):
    """A reader that has faults."""
    if data == b"ours":
        raise FileFormatError("It is damaged.")
    if data == b"large":
        bytearray(b"1" * (160 << 20))
    if data == b"foreign":
        raise StopIteration


def test_harm_is_written_down(tools, tmp_path):
    coverage, _, _ = tools
    watch = coverage.Watch(read, tmp_path)
    for data in (b"ours", b"fine", b"foreign", b"large"):
        watch(data)
    inputs = [path for path in tmp_path.iterdir() if path.suffix != ".txt"]
    assert {path.read_bytes() for path in inputs} == {b"foreign", b"large"}
    report = next(tmp_path.glob("StopIteration*.txt")).read_text()
    assert "raise StopIteration" in report


def is_whole(reader, data):
    """Returns whether a library opens an archive, or a pickle of plain data."""
    if reader == "tar":
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            return len(archive.getnames()) > 0
    if reader == "zip":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return archive.testzip() is None
    return len(gzip.decompress(data)) > 0


@pytest.mark.parametrize("reader", ["tar", "zip", "gzip"])
def test_changed_archives_are_whole_again(tools, reader):
    _, formats, seeds = tools
    rng = random.Random(1)
    changes = formats.Changes(rng, lambda data: data[:-1], [{"a": 1}])
    source = next(iter(seeds.genuine(reader)))
    changed = [getattr(changes, reader)(source) for _ in range(40)]
    assert len(set(changed)) > 10
    whole = 0
    for data in changed:
        try:
            whole += is_whole(reader, data)
        except (ValueError, tarfile.TarError, zipfile.BadZipFile):
            continue
    assert whole > 20


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_each_odd_text_may_be_the_name_of_a_member(tools):
    _, formats, seeds = tools
    *_, source = seeds.genuine("zip")
    for seed in range(400):
        changes = formats.Changes(random.Random(seed), bytes, [{"a": 1}])
        assert changes.zip(source)


def test_a_run_begins_with_files_for_each_reader(tools):
    coverage, _, seeds = tools
    assert set(coverage.READERS) == set(READERS)
    for reader in READERS:
        assert reader == "resume" or list(seeds.genuine(reader)), reader
    kept = [path.stat().st_size for path in seeds.KEPT.iterdir()]
    assert sum(kept) < MOST_BYTES


def test_what_is_kept_comes_back(tools, tmp_path, monkeypatch):
    _, _, seeds = tools
    monkeypatch.setattr(seeds, "KEPT", tmp_path / "seeds")
    seeds.keep("npy", [b"one", pickle.dumps(2)])
    assert list(seeds.seeds("npy"))[-2:] == [b"one", pickle.dumps(2)]


@pytest.mark.exhaustive(only=True)
@pytest.mark.parametrize("reader", READERS)
def test_what_the_runs_kept_does_no_harm(reader):
    command = [sys.executable, TOOLS / "fuzz_coverage.py", reader, "--replay"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
