"""Each file of the corpus is refused with a sentence, or read harmlessly, in 2 s of
processor time and 300 MiB: loaded, inspected, converted, as weights and as a run.

tools/read_corpus.py does that; an attempt that takes longer ends the process, and the
test fails.
"""

import gzip
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORPUS = Path(__file__).parent / "corpus"
FILES = sorted(path for path in CORPUS.iterdir() if path.suffix != ".md")
HARMLESS = {
    "group-in-itself.h5",
    "harmless.h5",
    "index-own-sibling.h5",
    "links-to-one-group.h5",
    "loss-of-a-module.h5",
}
"""What asks for nothing that costs more than a model, or what is left out."""
REFUSED_LATER = {
    "flattened-image.json": "convert",
    "run-of-deep-lists.h5": "resume",
    "run-of-long-list.h5": "resume",
    "run-of-one-list.h5": "resume",
}
"""What attacks something else than loading."""
READ = ROOT / "tools" / "read_corpus.py"


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """The files that are too large to be kept."""
    folder = tmp_path_factory.mktemp("large")
    with zipfile.ZipFile(folder / "files-20000.zip", "w") as archive:
        for number in range(20_000):
            archive.writestr(f"{number}", b"")
    members = gzip.compress(b"", mtime=0) * 200_000
    (folder / "members-200000.pkl.gz").write_bytes(members)
    return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def records(large):
    """What became of each file, all in one process, which no file may end."""
    done = subprocess.run(
        [sys.executable, READ, *FILES, *large],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-300:] + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_none_is_expensive_or_leaves_a_trace(records, large):
    files = [*FILES, *large]
    assert {record["name"] for record in records} == {path.name for path in files}
    assert [each for each in records if each["mib"] > 300 or each["left"]] == []


def test_what_is_hostile_is_refused_with_a_sentence(records):
    refused = {(each["name"], each["what"]) for each in records if each["error"]}
    loaded = {each["name"] for each in records} - {
        name for name, what in refused if what == "load"
    }
    assert loaded - {*REFUSED_LATER} == HARMLESS
    assert {*REFUSED_LATER.items()} <= refused
    for record in records:
        if record["error"]:
            assert len(record["message"].split()) > 5, record


def test_the_readme_has_each_file(large):
    text = (CORPUS / "README.md").read_text(encoding="utf-8")
    for path in [*FILES, *large]:
        assert f"| `{path.name}` |" in text, path.name
