"""The cases of layers.json.

Each layer as Keras 1.2.2 built it, and what is compared with its arrays.

    python tests/support/golden_layers.py BACKEND CLASS ...

computes all cases of these classes, and prints how many there were.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from backends import trains
from oneiros import backend as K
from oneiros import constraints, layers, regularizers

GOLDEN = Path(__file__).parents[1] / "golden"
CASES = json.loads((GOLDEN / "layers.json").read_text())["cases"]


def built(value):
    """Turns a value of a case's `kwargs` into the argument."""
    if not isinstance(value, list) or not value or not isinstance(value[0], str):
        return value
    kind, *arguments = value
    if kind == "layer":
        name, kwargs = arguments
        return getattr(layers, name)(
            **{key: built(part) for key, part in kwargs.items()}
        )
    if kind == "lambda":
        return eval(arguments[0], {"K": K, "np": np})
    return getattr(regularizers if hasattr(regularizers, kind) else constraints, kind)(
        *arguments
    )


class Case:
    """A case's layer, called, and the tensors to compare with golden arrays."""

    def __init__(self, case, arrays):
        K.reset_uids()
        self.case = case
        self.arrays = arrays
        shapes = case["batch_input_shape"]
        self.inputs = [
            layers.Input(batch_shape=tuple(s), dtype=case["input_dtype"])
            for s in shapes
        ]
        masked = (
            [layers.Masking(0.0)(x) for x in self.inputs]
            if case["masking_before"]
            else self.inputs
        )
        cls = getattr(layers, case["class_name"])
        kwargs = {key: built(value) for key, value in case["kwargs"].items()}
        if "batch_input_shape" in case["config"]:
            kwargs["batch_input_shape"] = tuple(case["config"]["batch_input_shape"])
        self.layer = cls(**kwargs)
        y = self.layer(masked if len(masked) > 1 else masked[0])
        self.layer.set_weights(self.stored("w"))
        self.outputs = y if isinstance(y, list) else [y]
        self.feeds, self.next_feeds = self.stored("x"), self.stored("x", "_call1")

    def stored(self, prefix, suffix=""):
        """The golden arrays x0, x1, …, or w0, w1, …"""
        names = (f"{self.case['id']}/{prefix}{index}{suffix}" for index in range(99))
        return [self.arrays[name] for name in names if name in self.arrays]

    def tensors(self):
        """What the compiled function computes, by golden name."""
        tensors = {f"y{index}": y for index, y in enumerate(self.outputs)}
        if self.mask() is not None:
            tensors["mask_out"] = K.cast(self.mask(), "float32")
        if self.layer.losses:
            tensors["reg_loss"] = sum(self.layer.losses)
        return tensors

    def loss(self):
        """The scalar whose gradients are golden."""
        return sum(K.sum(K.square(y)) for y in self.outputs)

    def mask(self):
        """The output's mask, if there is one."""
        mask = self.layer.get_output_mask_at(0)
        return None if isinstance(mask, list) and not any(mask) else mask

    def source(self, name):
        """What a gradient is taken by."""
        return (self.inputs if name[:2] == "gx" else self.layer.trainable_weights)[
            int(name[2:])
        ]

    def expected(self):
        """The golden results by name."""
        stem = self.case["id"] + "/"
        stored = {
            key[len(stem) :]: value
            for key, value in self.arrays.items()
            if key.startswith(stem)
        }
        results = {key: value for key, value in stored.items() if key[0] not in "xw"}
        if not trains():
            results = {k: v for k, v in results.items() if not k.startswith("g")}
        if "reg_loss" in self.case:
            results["reg_loss"] = np.array(self.case["reg_loss"])
        return results

    def described(self):
        """What is known without computing anything, beside what Keras 1.2.2 says."""
        case = self.case
        layer = self.layer
        shapes = [(None, *shape[1:]) for shape in case["batch_input_shape"]]
        none_batch = layer.get_output_shape_for(
            shapes if len(shapes) > 1 else shapes[0]
        )
        mine = {
            "output_shape": list(layer.get_output_shape_at(0)),
            "output_shape_for_none_batch": list(none_batch),
            "weight_names": [
                weight.name.removesuffix(":0") + ":0" for weight in layer.weights
            ],
            "nb_trainable": len(layer.trainable_weights),
            "uses_learning_phase": any(y._uses_learning_phase for y in self.outputs),
            "has_output_mask": self.mask() is not None,
        }
        return json.loads(json.dumps(mine)), {key: case[key] for key in mine}


def same(mine, golden):
    """Compares configuration values; floats were rounded to float32 by Keras 1."""
    if isinstance(golden, float) and not isinstance(mine, bool):
        return mine == pytest.approx(golden, rel=1e-6)
    if isinstance(golden, dict):
        return isinstance(mine, dict) and all(
            k in mine and same(mine[k], v) for k, v in golden.items()
        )
    return mine == golden


def compiled(cases, phase):
    """Computes the tensors of cases of one phase, and the weights after one round of
    updates."""
    tensors = [
        (case, name, tensor)
        for case in cases
        for name, tensor in case.tensors().items()
    ]
    tensors += gradients(cases)
    function = K.function(
        [x for case in cases for x in case.inputs] + [K.learning_phase()],
        [tensor for _, _, tensor in tensors],
        [update for case in cases for update in case.layer.updates],
    )
    values = function([x for case in cases for x in case.feeds] + [phase])
    results = {case: {} for case in cases}
    for (case, name, _), value in zip(tensors, values, strict=True):
        results[case][name] = value
    for case in cases:
        if case.case.get("updates_recorded"):
            results[case].update(
                {f"wu{i}": w for i, w in enumerate(case.layer.get_weights())}
            )
    if any(case.next_feeds for case in cases):
        values = function(
            [x for case in cases for x in case.next_feeds or case.feeds] + [phase]
        )
        for (case, name, _), value in zip(tensors, values, strict=True):
            if case.next_feeds and name[0] == "y":
                results[case][f"{name}_call1"] = value
        forget(cases, function, tensors, phase, results)
    return results


def gradients(cases):
    """Returns the gradients of cases, with their names, of one sum of their losses: a
    case depends on no other, and one pass is compiled instead of many."""
    if not trains():
        return []
    sources = [
        (case, name, case.source(name)) for case in cases for name in case.case["grads"]
    ]
    total = sum(case.loss() for case in cases if case.case["grads"])
    if not sources:
        return []
    values = K.gradients(total, [source for _, _, source in sources])
    return [
        (case, name, value)
        for (case, name, _), value in zip(sources, values, strict=True)
    ]


def forget(cases, function, tensors, phase, results):
    """After `reset_states`, a layer with states computes again what it did first."""
    for case in cases:
        if case.next_feeds:
            case.layer.reset_states()
    values = function([x for case in cases for x in case.feeds] + [phase])
    for (case, name, _), value in zip(tensors, values, strict=True):
        if case.next_feeds:
            np.testing.assert_array_equal(value, results[case][name])


def updated(case):
    return {f"wu{index}": array for index, array in enumerate(case.stored("wu"))}


def differences(case, values):
    expected = case.expected() | updated(case)
    if values.keys() != expected.keys():
        yield (
            f"{case.case['id']}: computed {sorted(values)}, golden are "
            f"{sorted(expected)}"
        )
    for name, value in values.items():
        golden = expected.get(name, np.array([]))
        if value.shape != golden.shape:
            yield (
                f"{case.case['id']}/{name}: shape {value.shape}, expected "
                f"{golden.shape}"
            )
        elif not np.allclose(value, golden, rtol=1e-4, atol=1e-5):
            yield f"{case.case['id']}/{name}: off by {np.abs(value - golden).max()}"


def problems_of_class(name, arrays):
    """Computes all cases of a class, those of a phase in one function; returns their
    number, and what differs."""
    cases = [Case(case, arrays) for case in CASES if case["class_name"] == name]
    results = {}
    for phase in sorted({case.case["phase"] for case in cases}):
        results |= compiled(
            [case for case in cases if case.case["phase"] == phase], phase
        )
    problems = [
        line for case, values in results.items() for line in differences(case, values)
    ]
    return len(results), problems


def main():
    """Runs the command line above; it fails if anything differs."""
    _, backend, *classes = sys.argv
    with np.load(GOLDEN / "layers.npz") as archive:
        arrays = dict(archive)
    count = 0
    problems = []
    with K.use(backend):
        for name in classes:
            computed, differing = problems_of_class(name, arrays)
            count += computed
            problems += differing
    print(count)
    if problems:
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    main()
