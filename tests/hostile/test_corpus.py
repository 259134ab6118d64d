"""Each file of the corpus is refused with a sentence, or loads harmlessly, in 300 MiB.

A file that takes ten seconds of processor time ends the process, and the test fails.
tools/hostile_corpus.py writes the files, and tools/compare_loaders.py says what other
libraries make of them.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

CORPUS = Path(__file__).parent / "corpus"
FILES = sorted(path for path in CORPUS.iterdir() if path.suffix != ".md")
HARMLESS = {
    "group-in-itself.h5",
    "harmless.h5",
    "index-own-sibling.h5",
    "links-to-one-group.h5",
    "loss-of-a-module.h5",
    "names-with-control-characters.h5",
}
"""What asks for nothing that costs more than a model, or what is left out."""
CHILD = """
import json, os, resource, signal, sys, warnings
from pathlib import Path
from oneiros import backend as K
K.set_backend("theano")
from oneiros.errors import OneirosError
from oneiros.layers import Dense
from oneiros.models import Sequential, load_model, model_from_yaml
from oneiros.saving import Budget
from oneiros_file_tools.inspection import inspect_file
from oneiros_safe_files.npy import read_npy
from oneiros_safe_files.pickles import read_pickle
from oneiros_safe_files.safetensors_file import read_safetensors
READERS = {
    ".yaml": lambda path: model_from_yaml(path.read_text()),
    ".pkl": lambda path: read_pickle(path, Budget()),
    ".npy": lambda path: read_npy(path, Budget()),
    ".safetensors": lambda path: read_safetensors(path, Budget()),
}
warnings.simplefilter("ignore")
Sequential([Dense(1, input_dim=1)]).get_weights()
for name in sys.argv[1:]:
    path = Path(name)
    actions = {"load": READERS.get(path.suffix, load_model)}
    if path.suffix in (".h5", ".keras"):
        actions["inspect"] = inspect_file
    for what, action in actions.items():
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        error = message = ""
        signal.setitimer(signal.ITIMER_PROF, 10)
        try:
            action(path)
        except OneirosError as raised:
            error = type(raised).__name__
            message = str(raised)
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        record = {
            "name": path.name,
            "what": what,
            "error": error,
            "message": message,
            "mib": (after - before) // 1024,
            "left": os.listdir(),
        }
        print(json.dumps(record), flush=True)
"""


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """What became of each file, all in one process, which no file may end."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *map(str, FILES)],
        cwd=tmp_path_factory.mktemp("empty"),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_none_is_expensive_or_leaves_a_trace(records):
    assert {record["name"] for record in records} == {path.name for path in FILES}
    assert [each for each in records if each["mib"] > 300 or each["left"]] == []


def test_what_is_hostile_is_refused_with_a_sentence(records):
    loads = [record for record in records if record["what"] == "load"]
    assert {record["name"] for record in loads if not record["error"]} == HARMLESS
    for record in loads:
        if record["error"]:
            assert len(record["message"].split()) > 5, record


def test_the_readme_has_each_file():
    text = (CORPUS / "README.md").read_text(encoding="utf-8")
    for path in FILES:
        assert f"| `{path.name}` |" in text, path.name
