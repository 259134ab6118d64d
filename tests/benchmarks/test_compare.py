"""The comparison with hand-written loops: they compute what `fit` computes, and every limit is there."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
from oneiros import backend

ROOT = Path(__file__).parents[2]
ROWS = {
    "d tiny MLP", "a MLP", "b CNN", "c LSTM", "predict", "predict of one row", "train_on_batch",
    "import to first batch", "peak memory", "ahead of Keras 3", "b CNN, Theano beside TensorFlow",
    "c LSTM beside a plain scan",
}  # fmt: skip


@pytest.fixture
def comparison(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    yield
    for name in [name for name in sys.modules if name.split(".")[0] == "comparison"]:
        del sys.modules[name]


def losses(contender, case):
    x, y = case.data(case.batch * case.checked)
    first = contender.train_on_batch(x[: case.batch], y[: case.batch])
    rest = contender.fit(x[case.batch :], y[case.batch :], 1, False, lambda: None)
    return [first, rest, contender.evaluate(x, y)], contender.predict(x)


LOOPS = [
    ("theano", "jax_loops", "step"),
    ("theano", "jax_loops", "loop"),
    ("tensorflow", "tensorflow_loops", "xla-step"),
    ("tensorflow", "tensorflow_loops", "loop"),
]


@pytest.mark.parametrize(("engine", "module", "form"), LOOPS)
def test_fit_computes_what_loops_written_by_hand_compute(comparison, engine, module, form):
    from comparison import oneiros_case
    from comparison.cases import CASES

    with backend.use(engine):
        ours, ours_predicted = losses(oneiros_case.Contender("d", ""), CASES["d"])
    hand_written = importlib.import_module(f"comparison.{module}").Contender("d", form)
    other, other_predicted = losses(hand_written, CASES["d"])
    np.testing.assert_allclose(ours, other, rtol=1e-5)
    np.testing.assert_allclose(ours_predicted, other_predicted, rtol=1e-4)


def test_keras_3_counts_but_where_it_computes_something_else(comparison):
    from comparison import run
    from comparison.cases import CASES

    def left_out(case):
        records = {contender.name: run.Record(contender) for contender in run.contenders(CASES[case])}
        return {r.contender.name for r in records.values()} - {
            r.contender.name for r in run.same_maths(case, records)
        }

    assert left_out("d") == set()
    assert left_out("e") <= {"keras3-tensorflow", "keras3-tensorflow-16"}


@pytest.mark.parametrize("case", ["c", "e"])
def test_the_lstm_with_a_gradient_written_out_is_the_plain_one(comparison, case):
    from comparison import jax_loops

    plain, by_hand = (jax_loops.Contender(case, form) for form in ("step", "step-gradient"))
    x, y = plain.case.data(2 * plain.case.batch)
    expected, found = (
        [contender.train_on_batch(x[i::2], y[i::2]) for i in (0, 1)] for contender in (plain, by_hand)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_every_row_of_limits_has_limits_for_each_engine_it_concerns(comparison):
    from comparison.cases import CASES
    from comparison.limits import ENGINES, LIMITS
    from comparison.run import MEASURES

    assert {limit.row for limit in LIMITS} >= ROWS
    assert {(x.case, x.measure, x.engine) for x in LIMITS} >= {
        (case, measure, engine)
        for case in CASES
        for measure in ("fit", "evaluate", "predict", "memory")
        for engine in ENGINES
    }
    assert {limit.measure for limit in LIMITS} <= set(MEASURES)


def test_losses_that_differ_are_found(comparison):
    from comparison import run
    from comparison.cases import CASES

    records = [run.Record(contender) for contender in run.contenders(CASES["d"])[:2]]
    for record, last in zip(records, (0.5, 0.50001), strict=True):
        record.losses = [1.0, 2.0, last]
    difference, where = run.disagreement(records)
    assert difference == pytest.approx(2e-5, rel=1e-3)
    assert "loss after them" in where
