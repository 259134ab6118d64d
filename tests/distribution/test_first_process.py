"""Files, logs and progress come from the first process, and decisions are for all."""

from pathlib import Path

import numpy as np
import pytest
from oneiros.models import load_model
from teams import Team

SCRIPT = Path(__file__).parent / "writing_script.py"


@pytest.fixture(scope="module")
def hosts(tmp_path_factory):
    """The folders of two processes that have trained together, and their outputs."""
    folders = [tmp_path_factory.mktemp(f"host-{rank}") for rank in range(2)]
    with Team(folders[0].parent, SCRIPT, 2, ONEIROS_BACKEND="jax") as team:
        for rank, folder in enumerate(folders):
            team.start(rank, folder=folder, PYTHONWARNINGS="ignore")
        assert team.wait(120) == [0, 0], team.members[0].output
        outputs = [member.output for member in team.members]
    return folders, outputs


def test_the_first_process_writes_all_files(hosts):
    first, _ = hosts[0]
    names = {path.name for path in first.iterdir()}
    epochs = {f"best-{epoch}.h5" for epoch in range(3)}
    assert names >= {"log.csv", "logs", "model.h5", "resume.h5", *epochs}
    assert len((first / "log.csv").read_text().splitlines()) == 4


def test_the_others_write_none(hosts):
    _, second = hosts[0]
    names = {path.name for path in second.iterdir()}
    assert names == {"early-1.npy", "weights-1.npy"}


def test_progress_and_messages_come_from_the_first(hosts):
    first, second = hosts[1]
    for text in ("Epoch 3/9", "saving model", "reducing learning rate"):
        assert text in first
    lines = [line for line in second.splitlines() if not line.startswith("[Gloo]")]
    assert lines == ["epochs 3"]


def test_the_first_process_decides_when_training_stops(hosts):
    assert all("epochs 3" in output for output in hosts[1])


def test_a_model_has_the_first_process_s_weights_when_it_is_compiled(hosts):
    early = [np.load(hosts[0][rank] / f"early-{rank}.npy") for rank in range(2)]
    np.testing.assert_array_equal(early[1], early[0])
    assert early[0].any()


def test_the_file_has_the_weights_of_all(hosts):
    first, second = hosts[0]
    saved = load_model(first / "model.h5").get_weights()[0]
    for path in (first / "weights-0.npy", second / "weights-1.npy"):
        np.testing.assert_array_equal(np.load(path), saved)
