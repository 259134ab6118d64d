"""What the tests of all backends can't know: PyTorch's own tensors and kernels, and its
compiler."""

import numpy as np
import pytest
import torch
from oneiros import backend as K
from oneiros import settings
from oneiros.errors import ArgumentError, SettingsError
from oneiros.layers import GRU, LSTM, BatchNormalization, Dense, Dropout, Embedding
from oneiros.models import Sequential
from torch_for_oneiros import devices, recurrence
from torch_for_oneiros.recurrence import KERNELS

RNG = np.random.default_rng(7)


def uses_of(monkeypatch, name):
    """Returns a list that grows with each use of a function of the module."""
    uses = []
    function = getattr(recurrence, name)

    def used(*arguments):
        uses.append(arguments)
        return function(*arguments)

    monkeypatch.setattr(recurrence, name, used)
    return uses


def sequences(layer):
    """Returns the outputs of a layer on sequences, and the gradients."""
    x = K.variable(RNG.normal(size=(4, 5, 3)))
    y = layer(K.placeholder((4, 5, 3)))
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.get_weights()])
    y = layer.call(x)
    loss = K.sum(K.square(y))
    results = [y, *K.gradients(loss, [x, *layer.trainable_weights])]
    return K.function([], results)


@pytest.mark.parametrize("options", [{}, {"go_backwards": True}])
def test_pytorchs_lstm_computes_what_keras_did(monkeypatch, options):
    layer = LSTM(
        6,
        inner_activation="sigmoid",
        consume_less="gpu",
        return_sequences=True,
        **options,
    )
    uses = uses_of(monkeypatch, "_own_lstm")
    compute = sequences(layer)
    by_kernel = compute([])
    assert uses
    with KERNELS.left_out():
        by_steps = compute([])
    for own, expected in zip(by_kernel, by_steps, strict=True):
        np.testing.assert_allclose(own, expected, rtol=1e-4, atol=1e-5)


def test_pytorchs_gru_computes_something_else():
    """Keras 1 resets the state before the product with the weights."""
    layer = GRU(4, inner_activation="sigmoid", return_sequences=False)
    x = RNG.normal(size=(2, 5, 3)).astype("float32")
    sequences = K.placeholder((2, 5, 3))
    y = layer(sequences)
    W_z, U_z, b_z, W_r, U_r, b_r, W_h, U_h, b_h = layer.get_weights()
    ours = K.function([sequences], [y])([x])[0]
    kernel = torch.nn.GRU(3, 4, batch_first=True)
    parts = {
        "weight_ih_l0": np.concatenate([W_r, W_z, W_h], 1).T,
        "weight_hh_l0": np.concatenate([U_r, U_z, U_h], 1).T,
        "bias_ih_l0": np.concatenate([b_r, b_z, b_h]),
        "bias_hh_l0": np.zeros(12, "float32"),
    }
    kernel.load_state_dict({name: torch.tensor(part) for name, part in parts.items()})
    theirs = kernel(torch.tensor(x))[0][:, -1].detach().numpy()
    assert np.abs(ours - theirs).max() > 0.005


def test_second_derivatives_of_a_layer_with_a_kernel(monkeypatch):
    layer = LSTM(2, inner_activation="sigmoid", consume_less="gpu")
    x = K.placeholder((2, 3, 2))
    (slope,) = K.gradients(K.sum(layer(x)), [x])
    (curvature,) = K.gradients(K.sum(K.square(slope)), [x])
    uses = uses_of(monkeypatch, "_own_lstm")
    compute = K.function([x], [K.sum(K.square(slope)), curvature])
    values = RNG.normal(size=(2, 3, 2)).astype("float32")
    steepness, computed = compute([values])
    assert not uses
    moved = values.copy()
    moved[0, 1, 0] += 0.01
    change = (compute([moved])[0] - steepness) / 0.01
    assert computed[0, 1, 0] == pytest.approx(change, rel=0.1, abs=1e-4)


def of_sequences():
    yield Embedding(9, 4, input_length=6)
    yield LSTM(5, inner_activation="sigmoid", dropout_U=0.2)
    yield Dense(3, activation="softmax")


def of_vectors():
    yield Dense(4, activation="relu", input_dim=6)
    yield Dropout(0.3)
    yield BatchNormalization()
    yield Dense(3, activation="softmax")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("layers", [of_sequences, of_vectors])
@pytest.mark.parametrize("choice", ["graph", "compile"])
def test_what_is_compiled_computes_the_same(choice, layers):
    if choice == "compile" and layers is of_sequences:
        pytest.skip("torch.compile takes minutes for the steps of a loop")
    data = RNG.integers(0, 9, (24, 6)), np.eye(3)[RNG.integers(0, 3, 24)]
    histories = []
    for torch_compile in ("off", choice):
        np.random.seed(5)
        model = Sequential(list(layers()))
        model.compile("adam", "mse", torch_compile=torch_compile)
        fitted = model.fit(*data, batch_size=8, nb_epoch=2, verbose=0)
        histories.append(fitted.history["loss"])
    np.testing.assert_allclose(*histories, rtol=1e-4)


def test_what_needs_values_is_not_compiled(capsys):
    x = K.placeholder((3,))
    y = K.print_tensor(x, "shown") * 3
    with pytest.warns(UserWarning, match=r"operation by operation.*ONEIROS_TORCH_COM"):
        f = K.function([x], [y], torch_compile="graph")
        assert f([[1.0, 2.0, 3.0]])[0].tolist() == [3.0, 6.0, 9.0]
    assert capsys.readouterr().out.startswith("shown [1. 2. 3.]")


def test_a_compiler_that_does_not_exist():
    with pytest.raises(ArgumentError, match=r"COMPILE\)='fast'.*'graph' or 'com"):
        K.function([], [K.variable(1.0)], torch_compile="fast")


def test_pytorchs_functions_are_recorded_with_apply():
    x = K.placeholder((None, 3))
    y = K.apply(lambda v: torch.special.expit(v) + torch.ones(3), x) * 2
    assert K.int_shape(y) == (None, 3)
    np.testing.assert_allclose(K.function([x], [y])([[[0, 0, 0]]])[0], [[3, 3, 3]])


def test_its_own_tensors_are_computed_at_once():
    assert K.dot(torch.ones(2, 3), torch.ones(3, 1)).tolist() == [[3.0], [3.0]]


def test_draws_are_uniform_and_normal_and_differ():
    uniform = K.random_uniform((200, 100))
    normal = K.random_normal((200, 100), std=2.0)
    f = K.function([], [uniform, normal])
    (first, second), (third, _) = f([]), f([])
    assert abs(first.mean() - 0.5) < 0.01 and abs(first.var() - 1 / 12) < 0.002
    assert abs(second.mean()) < 0.06 and abs(second.std() - 2) < 0.04
    assert abs(np.corrcoef(first.ravel(), third.ravel())[0, 1]) < 0.03
    assert abs(np.corrcoef(first[1:].ravel(), first[:-1].ravel())[0, 1]) < 0.03


def test_a_device_that_is_not_there():
    missing = devices.Device("gpu", torch.cuda.device_count())
    with pytest.raises(SettingsError, match=r"backend torch for gpu:.*cpu:0"):
        devices.find(missing)


def test_the_device_stays_what_it_was():
    compute = K.function([], [K.variable(1.0) * 2])
    compute([])
    with settings.override(device="torch=gpu:7"), pytest.raises(SettingsError):
        compute([])
