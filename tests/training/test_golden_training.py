"""Whole fits against those of Keras 1.2.2.

History, evaluation, weights, predictions, on each backend.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from oneiros import backend as K
from oneiros import callbacks
from oneiros.callbacks import Callback
from oneiros.models import model_from_config

GOLDEN = Path(__file__).parent.parent / "golden"
CASES = json.loads((GOLDEN / "training.json").read_text())["cases"]
TOLERANCE = {"rtol": 1e-4, "atol": 1e-5}


class EachBatch(Callback):
    """Wants to be called between batches, so that each batch runs by itself."""

    def on_batch_end(self, batch, logs=None):
        self.last = batch


class Rates(Callback):
    """Notes the learning rate after each epoch."""

    def on_train_begin(self, logs=None):
        self.seen = []

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append(K.get_value(self.model.optimizer.lr))


@pytest.fixture(scope="module")
def arrays():
    with np.load(GOLDEN / "training.npz") as archive:
        return dict(archive)


def with_int_keys(value):
    """Class numbers are text in JSON."""
    if not isinstance(value, dict):
        return value
    return {
        int(key) if key.isdigit() else key: with_int_keys(item)
        for key, item in value.items()
    }


def arguments(case, take):
    """Returns the arguments of fit; names of arrays are replaced by the arrays."""
    options = dict(case["fit"])
    weight = options.get("sample_weight")
    if isinstance(weight, dict):
        options["sample_weight"] = {
            output: take(name) for output, name in weight.items()
        }
    elif weight is not None:
        options["sample_weight"] = (
            [take(name) for name in weight]
            if isinstance(weight, list)
            else take(weight)
        )
    if "validation_data" in options:
        options["validation_data"] = tuple(map(take, options["validation_data"]))
    if "class_weight" in options:
        options["class_weight"] = with_int_keys(options["class_weight"])
    return options


def first_rate(case):
    return case["history"].get("lr", case["lr_per_epoch"])[0]


def check(case, arrays, more=()):
    def take(name):
        return arrays[f"{case['id']}/{name}"]

    model = model_from_config(case["model_config"])
    model.set_weights([take(f"w0_{i}") for i in range(case["nb_weights"])])
    model.compile(**case["compile"])
    assert model.metrics_names == case["metrics_names"]
    x = [take(f"x{i}") for i in range(case["nb_inputs"])]
    y = [take(f"y{i}") for i in range(case["nb_outputs"])]
    K.set_value(
        model.optimizer.lr, first_rate(case)
    )  # the recorded configuration is that after the fit
    rates = Rates()
    own = [
        getattr(callbacks, name)(**case["callback_args"]) for name in case["callbacks"]
    ]
    heard = [*own, rates, *more]
    history = model.fit(
        x, y, shuffle=False, verbose=0, callbacks=heard, **arguments(case, take)
    )
    np.testing.assert_allclose(rates.seen, case["lr_per_epoch"], rtol=1e-6)
    assert history.epoch == case["epochs"]
    assert history.history.keys() == case["history"].keys()
    for name, values in case["history"].items():
        np.testing.assert_allclose(
            history.history[name], values, err_msg=name, **TOLERANCE
        )
    for i, weight in enumerate(model.get_weights()):
        np.testing.assert_allclose(
            weight, take(f"wf_{i}"), err_msg=f"final weight {i}", **TOLERANCE
        )
    model.reset_states()
    measured = model.evaluate(x, y, batch_size=case["fit"]["batch_size"], verbose=0)
    np.testing.assert_allclose(
        measured, case["evaluate"], err_msg="evaluate", **TOLERANCE
    )
    model.reset_states()
    predicted = model.predict(x, batch_size=case["fit"]["batch_size"])
    for i, value in enumerate(
        predicted if isinstance(predicted, list) else [predicted]
    ):
        np.testing.assert_allclose(
            value, take(f"pred{i}"), err_msg=f"prediction {i}", **TOLERANCE
        )


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_fit(case, arrays, backend):
    check(case, arrays)


@pytest.mark.parametrize(
    "name", ["mlp_odd_last_batch", "bn_mlp", "multi_loss_weights_dict"]
)
def test_fit_batch_by_batch_gives_the_same(name, arrays, backend):
    case = next(case for case in CASES if case["id"] == name)
    check(case, arrays, more=[EachBatch()])


def test_no_case_is_missing():
    assert len({case["id"] for case in CASES}) == len(CASES) == 40
    assert [case["id"] for case in CASES if case["callbacks"]] == [
        "reduce_lr_on_plateau"
    ]
