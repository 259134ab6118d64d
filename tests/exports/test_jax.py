"""StableHLO with symbolic sizes, which JAX computes without Oneiros."""

import numpy as np
import oneiros
import pytest
from comparison import assert_each_close
from jax import export
from oneiros import backend as K
from oneiros.layers import GRU, ConvLSTM2D, Input, Lambda, Masking
from oneiros.models import Model

pytestmark = pytest.mark.usefixtures("one_process", "theano")


def written(model, tmp_path):
    path = tmp_path / "m.stablehlo"
    report = oneiros.export(model, path)
    assert report.comparison.largest.relative < 1e-5
    return export.deserialize(bytearray(path.read_bytes()))


def test_batch_and_steps_stay_open(tmp_path):
    steps = Input((None, 2), name="steps")
    model = Model(steps, GRU(3, name="state")(Masking()(steps)))
    exported = written(model, tmp_path)
    (shape,) = [aval.shape for aval in exported.in_avals]
    assert str(shape[0]) == "batch" and shape[2] == 2
    x = np.random.default_rng(0).normal(size=(3, 11, 2)).astype("float32")
    np.testing.assert_allclose(
        exported.call({"steps": x})["state"], model.predict(x), atol=1e-6
    )


def test_steps_with_convolutions_stay_open(tmp_path):
    images = Input((None, 4, 4, 1), name="images")
    model = Model(images, ConvLSTM2D(2, 2, 2, dim_ordering="tf", name="y")(images))
    exported = written(model, tmp_path)
    x = np.random.default_rng(0).normal(size=(2, 5, 4, 4, 1)).astype("float32")
    results = exported.call({"images": x})
    np.testing.assert_allclose(results["y"], model.predict(x), atol=1e-6)


def test_sizes_of_symbols_are_computed_with(tmp_path):
    functions = {
        (6,): lambda x: K.reshape(x, (K.shape(x)[0], 6)),
        (3,): lambda x: K.reshape(x, (2 * K.shape(x)[0], 3)),
        (2, 3): lambda x: x / K.cast(K.shape(x)[0], "float32"),
        (4, 3): lambda x: K.tile(x, K.stack([1, K.shape(x)[1], 1])),
    }
    x = Input((2, 3), name="x")
    outputs = [
        Lambda(function, output_shape=shape)(x) for shape, function in functions.items()
    ]
    model = Model(x, outputs)
    exported = written(model, tmp_path)
    x = np.random.default_rng(0).normal(size=(5, 2, 3)).astype("float32")
    results = exported.call({"x": x})
    for name, expected in zip(
        model.output_names, model.predict_on_batch(x), strict=True
    ):
        np.testing.assert_allclose(results[name], expected, atol=1e-6)


def test_what_needs_a_known_size_says_where_else_it_can_go(tmp_path):
    x = Input((2,), name="x")
    rows = Lambda(lambda x: x[:, 0] + K.cast(K.arange(K.shape(x)[0]), "float32"))
    model = Model(x, rows(x))
    with pytest.raises(ValueError, match=r"JAX can't leave the batch size.*ONNX"):
        oneiros.export(model, tmp_path / "m.stablehlo")
    assert not list(tmp_path.iterdir())


def test_sizes_may_stand_in_lists_of_numbers(tmp_path):
    with K.use("jax"):
        x = Input((3,), name="x")
        flat = Lambda(
            lambda x: K.reshape(x, K.concatenate([K.shape(x)[:1], [-1]])),
            output_shape=(3,),
            name="flat",
        )
        scaled = Lambda(
            lambda x: x / K.sum(K.cast([K.shape(x)[0], 3], "float32")),
            output_shape=(3,),
            name="scaled",
        )
        exported = written(Model(x, [flat(x), scaled(x)]), tmp_path)
    data = np.ones((5, 3), "float32")
    results = exported.call({"x": data}).values()
    assert_each_close(results, [data, data / 8])
