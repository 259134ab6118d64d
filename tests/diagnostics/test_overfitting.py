"""The check whether a model can learn one batch by heart."""

import numpy as np
import pytest
from oneiros.diagnostics import overfit_batch
from oneiros.errors import ArgumentError
from oneiros.optimizers import SGD
from small_models import compiled_dense


def model_with(rate, activation="linear"):
    return compiled_dense(2, optimizer=SGD(lr=rate), activation=activation, init="zero")


def rows(count=20):
    x = np.random.RandomState(1).normal(size=(count, 2)).astype("float32")
    return x, x.sum(axis=1, keepdims=True)


def test_a_sound_model_passes_and_stops_at_the_goal():
    x, y = rows()
    check = overfit_batch(model_with(0.2), x, y, batch_size=8)
    assert check.passed
    assert check.losses[-1] <= check.goal < check.losses[-2]
    assert check.goal == pytest.approx(0.05 * np.mean(y[:8] ** 2), rel=1e-5)
    assert str(check).startswith("The loss fell from ")


def test_targets_that_the_last_activation_cannot_reach_fail():
    x, _ = rows()
    model = model_with(0.2, activation="sigmoid")
    check = overfit_batch(model, x, np.full((20, 1), -3.0), steps=20)
    assert not check.passed and len(check.losses) == 20
    assert str(check).startswith("The loss did not fall from ")


def test_only_the_first_rows_count():
    x, y = rows()
    spoiled = np.concatenate([y[:8], np.full((12, 1), 1e6)])
    goal = overfit_batch(model_with(0.2), x, y, batch_size=8).goal
    assert overfit_batch(model_with(0.2), x, spoiled, batch_size=8).goal == goal
    as_lists = overfit_batch(model_with(0.2), x.tolist(), y.tolist(), batch_size=8)
    assert as_lists.goal == pytest.approx(goal)


@pytest.mark.filterwarnings("ignore:The loss became NaN")
def test_a_loss_that_becomes_nan_ends_it():
    x, y = rows()
    check = overfit_batch(model_with(1e18), x, y)
    assert not check.passed and len(check.losses) < 300
    check.plot()


def test_the_picture_shows_the_goal():
    x, y = rows()
    check = overfit_batch(model_with(0.2), x, y)
    (panel,) = check.plot().axes
    curve, goal = panel.lines
    assert curve.get_ydata() == pytest.approx(check.losses)
    assert set(goal.get_ydata()) == {check.goal}
    assert panel.get_yscale() == "log"


def test_a_share_above_one_is_refused():
    with pytest.raises(ArgumentError, match=r"share=2. Expected a fraction"):
        overfit_batch(model_with(0.2), *rows(), share=2)
