"""Several processes compute what one does."""

from pathlib import Path

import numpy as np
import pytest
from processes import run_python
from teams import Team

SCRIPT = Path(__file__).parent / "exact_cases.py"
CASES = [
    "mlp",
    "cnn",
    "lstm",
    "embedding",
    "two_outputs",
    "generator",
    "generator_processes",
    "threads",
]
TOLERANCE = 1e-5


@pytest.fixture(
    scope="module",
    params=[
        ("jax", 2, ["mlp", "lstm"]),
        pytest.param(("jax", 2, CASES), marks=pytest.mark.slow),
        pytest.param(("theano", 3, CASES), marks=pytest.mark.slow),
    ],
    ids=["two-cases", "jax", "theano"],
)
def computed(request, tmp_path_factory):
    """The results of one process, and those of each of several."""
    folder = tmp_path_factory.mktemp("exact")
    name, size, cases = request.param
    backend = {"ONEIROS_BACKEND": name}
    run_python(SCRIPT.read_text(), "alone", *cases, cwd=folder, **backend)
    with Team(folder, SCRIPT, size, **backend) as team:
        team.start_all("together", *cases)
        assert team.wait(300) == [0] * size, team.members[0].output
    alone = np.load(folder / "alone-0.npz")
    return alone, [np.load(folder / f"together-{rank}.npz") for rank in range(size)]


def test_weights_histories_and_predictions_are_those_of_one_process(computed):
    alone, together = computed
    names = list(alone)
    assert len(names) > 4 * len({name.partition("/")[0] for name in names}) > 4
    for name in names:
        for rank, results in enumerate(together):
            np.testing.assert_allclose(
                results[name],
                alone[name],
                rtol=TOLERANCE,
                atol=TOLERANCE,
                err_msg=f"{name} of process {rank}",
            )


def test_all_processes_have_the_same_bits(computed):
    _, together = computed
    for results in together[1:]:
        for name in results:
            np.testing.assert_array_equal(results[name], together[0][name], name)
