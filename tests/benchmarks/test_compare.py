"""The comparison with hand-written loops.

They compute what `fit` computes, and every limit is there.
"""

import importlib
import math
import sys
from pathlib import Path

import numpy as np
import pytest
from oneiros import backend

ROOT = Path(__file__).parents[2]
ROWS = {
    "d tiny MLP",
    "a MLP",
    "b CNN",
    "c LSTM",
    "predict",
    "predict of one row",
    "train_on_batch",
    "import to first batch",
    "peak memory",
    "ahead of Keras 3",
    "b CNN, Theano beside TensorFlow",
    "c LSTM beside a plain scan",
    "a MLP: twice Keras 3",
    "b CNN: 1.2 times Keras 3",
}


@pytest.fixture
def comparison(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    yield
    for name in [
        name for name in sys.modules if name.split(".")[0] in ("compare", "comparison")
    ]:
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
def test_fit_computes_what_loops_written_by_hand_compute(
    comparison, engine, module, form
):
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
        records = {
            contender.name: run.Record(contender)
            for contender in run.contenders(CASES[case])
        }
        return {r.contender.name for r in records.values()} - {
            r.contender.name for r in run.same_maths(case, records)
        }

    assert left_out("d") == set()
    assert left_out("e") <= {"keras3-tensorflow", "keras3-tensorflow-16"}


@pytest.mark.parametrize("case", ["c", "e"])
def test_the_lstm_with_a_gradient_written_out_is_the_plain_one(comparison, case):
    from comparison import jax_loops

    plain, by_hand = (
        jax_loops.Contender(case, form) for form in ("step", "step-gradient")
    )
    x, y = plain.case.data(2 * plain.case.batch)
    expected, losses_by_hand = (
        [contender.train_on_batch(x[i::2], y[i::2]) for i in (0, 1)]
        for contender in (plain, by_hand)
    )
    np.testing.assert_allclose(losses_by_hand, expected, rtol=1e-5)


def test_every_row_of_limits_has_limits_for_each_engine_it_concerns(comparison):
    from comparison.cases import TRAINED
    from comparison.limits import ENGINES, LIMITS
    from comparison.run import MEASURES

    assert {limit.row for limit in LIMITS} >= ROWS
    assert {(x.case, x.measure, x.engine) for x in LIMITS} >= {
        (case, measure, engine)
        for case in TRAINED
        for measure in ("fit", "evaluate", "predict", "memory")
        for engine in ENGINES
    }
    assert {limit.measure for limit in LIMITS} <= set(MEASURES)


def records_of(*losses):
    """Returns records of made-up contenders, `a`, `b` and so on, with these losses."""
    from comparison import run

    made = {}
    for name, values in zip("abcdef", losses, strict=False):
        contender = run.Contender(name, "hand", "jax", "jax_loops", "step", ())
        made[name] = run.Record(contender, {"fit": {(0, 0): (1.0, 1.0)}}, list(values))
    return made


def test_losses_that_differ_are_found(comparison):
    from comparison import run

    records = records_of([1.0, 2.0, 0.5], [1.0, 2.0, 0.50001])
    difference, where = run.disagreement(records.values())
    assert difference == pytest.approx(2e-5, rel=1e-3)
    assert "loss after them" in where
    (fault,) = run.faults("d", records)
    assert fault.startswith(
        "losses differ by 2.0e-05, loss after them: 0.5 of a, 0.50001 of b"
    )
    assert run.faults("d", records_of([1.0, 2.0, 0.5], [1.0, 2.0, 0.5])) == []


def test_ratios_are_those_of_the_same_turns(comparison):
    records = records_of([1.0], [1.0])
    for name, slow, times in (("a", 2.0, range(6)), ("b", 1.0, (0, 3, 5))):
        for turn in times:
            records[name].add("evaluate", 0, turn, [slow * 10**turn, slow])
    assert records["a"].ratio(records["b"], "evaluate", 0) == 2.0
    assert records["a"].ratio(records["b"], "evaluate", 1) == 2.0


def test_a_loop_that_dropped_out_is_no_rival_and_drops_out_by_its_first_turn(
    comparison,
):
    from comparison import run

    records = records_of([1.0], [1.0], [1.0])
    for name, first, *others in (
        ("a", 1.0, 3.0, 3.0),
        ("b", 1.6),
        ("c", 1.4, 4.0, 4.0),
    ):
        for turn, time in enumerate([first, *others]):
            records[name].add("predict", 0, turn, [time, time])
    behind = {
        n
        for n, r in records.items()
        if run.far_behind(r.contender, records, ["predict"], 0)
    }
    assert behind == {"b"}
    assert run.best(records, "hand", "jax", "predict", 0) is records["a"]
    assert not run.far_behind(records["b"].contender, records, [], 0)


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("first", [True, False])
def test_losses_that_are_not_finite_are_found(comparison, place, value, first):
    from comparison import run

    bad, good = [1.0, 2.0, 0.5], [1.0, 2.0, 0.5]
    bad[place] = value
    records = records_of(*([bad, good] if first else [good, bad]))
    name = "a" if first else "b"
    assert run.disagreement(records.values())[0] == math.inf
    assert run.faults("d", records) == [f"losses of {name} that aren't finite: {bad}"]


def test_losses_that_are_not_finite_are_found_where_they_need_not_agree(comparison):
    from comparison import run

    keras = run.Contender(
        "keras3-tensorflow", "keras3", "tensorflow", "keras3", "1", ()
    )
    records = {
        **records_of([1.0, 2.0, 0.5]),
        keras.name: run.Record(keras, {}, [1.0, 2.0, 0.7]),
    }
    assert run.faults("e", records) == []
    records[keras.name].losses[1] = math.nan
    assert run.faults("e", records) == [
        "losses of keras3-tensorflow that aren't finite: [1.0, nan, 0.7]"
    ]


def test_the_command_fails_if_losses_are_not_finite(comparison, monkeypatch, capsys):
    pytest.importorskip("rich")
    compare = importlib.import_module("compare")
    from comparison import picture, run

    measured = records_of([1.0, 2.0, 0.5], [1.0, 2.0, 0.5])
    monkeypatch.setattr(compare, "GROUP", ())
    monkeypatch.setattr(run, "run", lambda *_: measured)
    monkeypatch.setattr(picture, "draw", lambda *_: None)
    monkeypatch.setattr(sys, "argv", ["compare.py", "--case", "d", "--measure", "fit"])
    assert compare.main() == 0
    measured["b"].losses[2] = math.nan
    assert compare.main() == 1
    assert (
        "MISSED (d) losses of b that aren't finite: [1.0, 2.0, nan]"
        in capsys.readouterr().out
    )
