"""Derivatives by matrices of weights: values beside NumPy, and the order in which XLA
multiplies."""

import functools
import os
import re

import numpy as np
import pytest
from oneiros import backend as K

on_cpu = pytest.mark.skipif(
    os.environ.get("ONEIROS_TEST_DEVICE") == "gpu",
    reason="the order is chosen for CPUs only",
)
SAMPLES, INPUTS, OUTPUTS = 8, 24, 3
TURNED = re.compile(rf"f32\[{OUTPUTS},{INPUTS}\]\S* dot\(")
"""The product of which the transpose is the derivative."""


def arrays(samples=SAMPLES, inputs=INPUTS, outputs=OUTPUTS):
    shapes = (samples, inputs), (inputs, outputs), (samples, outputs)
    return [np.random.randn(*shape).astype("float32") for shape in shapes]


@pytest.mark.parametrize(
    "sizes", [(8, 24, 3), (64, 4, 1), (8, 4, 1), (8, 6, 5), (128, 80, 20), (1, 64, 16)]
)
def test_derivatives_of_products_are_those_of_the_formula(backend, sizes):
    x, w, c = arrays(*sizes)
    inputs, weights = K.placeholder((None, sizes[1])), K.variable(w)
    first = K.gradients(K.sum(K.sin(K.dot(inputs, weights)) * c), [inputs, weights])
    second = K.gradients(K.sum(K.square(first[1])), [inputs, weights])
    by_x, by_w, *found = K.function([inputs], [*first, *second])([x])
    x, w, c = (part.astype(float) for part in (x, w, c))
    y = x @ w
    slope = np.cos(y) * c
    turn = -np.sin(y) * c * (x @ (2 * x.T @ slope))
    expected = [2 * slope @ (x.T @ slope).T + turn @ w.T, x.T @ turn]
    np.testing.assert_allclose(by_x, slope @ w.T, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(by_w, x.T @ slope, rtol=1e-4, atol=1e-4)
    for value, formula in zip(found, expected, strict=True):
        np.testing.assert_allclose(
            value, formula, rtol=1e-3, atol=1e-3 * np.abs(formula).max()
        )


def test_what_is_no_number_stays_so_in_derivatives(backend):
    x, w, c = arrays()
    x[0, 0], x[1, 1], x[2, 2] = np.nan, np.inf, -np.inf
    inputs, weights = K.placeholder((None, INPUTS)), K.variable(w)
    found = K.function(
        [inputs], K.gradients(K.sum(K.dot(inputs, weights) * np.abs(c)), [weights])
    )([x])[0]
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(found, x.T @ np.abs(c), rtol=1e-4)


@on_cpu
def test_gradients_of_k_are_computed_in_the_faster_order(backend, monkeypatch):
    module, name = {
        "theano": ("oneiros_backend_theano.jax_ops", "transposed_product"),
        "jax": ("oneiros_jax_support.products", "transposed_product"),
        "tensorflow": ("oneiros_backend_tensorflow.products", "_slopes"),
    }[backend]
    module, made = pytest.importorskip(module), []
    original = getattr(module, name)
    monkeypatch.setattr(module, name, lambda *given: made.append(1) or original(*given))
    x, w, _ = arrays()
    inputs, weights = K.placeholder((None, INPUTS)), K.variable(w)
    K.function([inputs], K.gradients(K.sum(K.sin(K.dot(inputs, weights))), [weights]))(
        [x]
    )
    assert made


def test_complex_products_have_the_derivatives_of_tensorflow():
    tf = pytest.importorskip("tensorflow")
    products = pytest.importorskip("oneiros_backend_tensorflow.products")
    x, w = (tf.complex(part, part[::-1] + 1) for part in arrays()[:2])

    def derivative(product):
        graph = tf.function(
            lambda x, w: tf.gradients(
                tf.math.real(tf.reduce_sum(product(x, w) ** 2)), [w]
            )[0]
        )
        return graph(x, w)

    np.testing.assert_allclose(
        derivative(products.product), derivative(tf.matmul), rtol=1e-4
    )


@on_cpu
@pytest.mark.parametrize("inside", [False, True])
def test_tensorflow_expects_xla_by_what_surrounds_a_loop(inside):
    tf = pytest.importorskip("tensorflow")
    expects_xla = pytest.importorskip("oneiros_backend_tensorflow.xla").expects_xla
    found = []

    def step(i, x):
        found.append(expects_xla(tf.constant(0).graph))
        return i + 1, x * 2

    def whole(x):
        image = tf.nn.conv2d(x, tf.zeros((1, 1, 1, 1)), 1, "SAME") if inside else x
        return tf.while_loop(lambda i, _: i < 3, step, (0, image))[1]

    tf.function(whole, autograph=False).get_concrete_function(
        tf.TensorSpec((1, 2, 2, 1))
    )
    assert found and all(answer != inside for answer in found)


@on_cpu
def test_xla_multiplies_in_the_faster_order_on_jax():
    jax = pytest.importorskip("jax")
    products = pytest.importorskip("oneiros_jax_support.products")
    x, w, c = arrays()
    derivative = jax.jit(jax.grad(lambda w, x: (products.product(x, w) * c).sum()))
    assert TURNED.search(derivative.lower(w, x).compile().as_text())


@on_cpu
def test_xla_multiplies_in_the_faster_order_on_theano():
    jax = pytest.importorskip("jax")
    pt = pytest.importorskip("pytensor.tensor")
    conversion = pytest.importorskip("oneiros_backend_theano.jax_ops").conversion
    x, _, c = arrays()
    first, second = pt.matrix(), pt.matrix()
    for node, turned in (
        (pt.dot(first.T, second), True),
        (pt.dot(first, second), False),
    ):
        convert = functools.partial(conversion(node.owner), jax.numpy)
        text = jax.jit(convert).lower(x.T, c).compile().as_text()
        assert bool(TURNED.search(text)) == turned


@on_cpu
@pytest.mark.parametrize("xla", [True, False])
def test_xla_multiplies_in_the_faster_order_on_tensorflow(xla):
    tf = pytest.importorskip("tensorflow")
    products = pytest.importorskip("oneiros_backend_tensorflow.products")
    x, w, c = arrays()

    def derivative(x, w):
        image = (
            tf.nn.conv2d(tf.zeros((1, 2, 2, 1)), tf.zeros((1, 1, 1, 1)), 1, "SAME")
            if not xla
            else 0.0
        )
        return tf.gradients(
            tf.reduce_sum(products.product(x, w) * c) + tf.reduce_sum(image), [w]
        )[0]

    function = tf.function(derivative, autograph=False, jit_compile=True)
    text = function.experimental_get_compiler_ir(tf.constant(x), tf.constant(w))(
        stage="optimized_hlo"
    )
    assert bool(TURNED.search(text)) == xla
    np.testing.assert_allclose(
        function(tf.constant(x), tf.constant(w)), x.T @ c, rtol=1e-4, atol=1e-5
    )
