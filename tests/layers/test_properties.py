"""Properties of every layer in float64, its arguments drawn by hypothesis from the
strategies of each layer.

The declared shape is the real one; the gradient is the slope that differences of the
loss show; a layer made from the configuration computes the same; draws have the right
mean; and both backends agree. That each argument matters is asked by the kit.

A counterexample goes into counterexamples.json as the failure prints it, and is checked
in every run.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, given, note, settings
from hypothesis import strategies as st
from keras1_api import parse
from layer_oracle import Probe, agree
from layer_strategies import STRATEGIES, Case, Drawn, Scripted
from oneiros import backend as K
from oneiros.errors import ArgumentError

BACKENDS = ("theano", "tensorflow")
SHORT_RUNS = st.sampled_from([("theano",), *[("tensorflow",)] * 3, BACKENDS])
"""The backends of an example in the test command: compiling for both takes long."""
RECURRENT = ("Bidirectional", "ConvLSTM2D", "GRU", "LSTM", "SimpleRNN")
"""Layers that compile for long."""
SHORT_RUNS_OF_LOOPS = st.sampled_from([*[("theano",)] * 4, ("tensorflow",)])
"""Those of an example of a recurrent layer, which takes seconds to compile, and longer
on TensorFlow: golden LSTMs take 21 s there and 9 s on Theano."""
EXAMPLES = 2
"""How many examples of each layer are drawn: compiling them takes long."""
BASES = {"ConvRecurrent2D", "Recurrent", "Wrapper"}
COUNTEREXAMPLES = json.loads(
    Path(__file__).with_name("counterexamples.json").read_text()
)


@pytest.fixture(scope="module", autouse=True)
def engines():
    """Loads both backends.

    PyTensor sets Python's recursion limit, which hypothesis watches during a test.
    """
    for backend in BACKENDS:
        K.load(backend)


def options(backend):
    """Returns options of `K.function`.

    TensorFlow keeps what XLA compiled for it, 3 GB after 200 LSTMs; and compiling takes
    most of the time.
    """
    return {"jit_compile": False} if backend == "tensorflow" else {}


def check(case, backends=BACKENDS):
    """Checks a case on each backend, and that they agree."""
    results = []
    for backend in backends:
        with K.use(backend):
            probe = Probe(case, **options(backend))
            results.append(probe.check())
    if len(results) == 2:
        agree(*results, probe.exact)


@pytest.mark.parametrize("name", sorted(STRATEGIES))
@settings(
    database=None, max_examples=EXAMPLES, phases=[Phase.generate], print_blob=False
)
@given(data=st.data())
def test_layer(float64, name, data):
    case = STRATEGIES[name](Drawn(data.draw))
    note(repr(case))
    short_runs = SHORT_RUNS_OF_LOOPS if name in RECURRENT else SHORT_RUNS
    check(case, data.draw(short_runs))


@pytest.mark.parametrize(
    "example", COUNTEREXAMPLES, ids=lambda example: example["layer"]
)
def test_counterexample(float64, example):
    check(Case(**example))


NO_EFFECT = {
    ("consume_less", "SimpleRNN"): "mem",
    ("input_dtype", "Embedding"): "float32",
    ("noise_shape", "SpatialDropout1D"): [None] * 3,
    ("noise_shape", "SpatialDropout2D"): [None] * 4,
    ("noise_shape", "SpatialDropout3D"): [None] * 5,
}
"""Arguments that mustn't change results, with a value that a careless layer would
heed."""


@pytest.mark.parametrize(("argument", "name"), sorted(NO_EFFECT))
def test_some_arguments_change_nothing(float64, argument, name):
    plain = STRATEGIES[name](Scripted({}))
    given = {**plain.arguments, argument: NO_EFFECT[argument, name]}
    with K.use("theano"):
        results = []
        for case in (plain, replace(plain, arguments=given)):
            probe = Probe(case)
            np.random.seed(4)
            results.append(probe.flat(1, 0))
    np.testing.assert_array_equal(*results)


@pytest.mark.parametrize("name", ["LocallyConnected1D", "LocallyConnected2D"])
def test_windows_of_their_own_have_no_border(name):
    with pytest.raises(ArgumentError, match="border_mode"):
        STRATEGIES[name](Scripted({})).made(border_mode="same")


def test_every_layer_has_a_strategy():
    modules = {
        path: module for path, module in parse().items() if path.startswith("layers.")
    }
    named = {cls.name for module in modules.values() for cls in module.classes}
    named = {name for name in named if not name.startswith("_")}
    assert named | {"Merge"} == STRATEGIES.keys() | BASES
