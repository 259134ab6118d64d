"""What is particular to the Theano backend.

Raw PyTensor code, linkers, precision, interruption, threads.
"""

import os
import signal
import sys
import threading

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from oneiros import backend as K
from oneiros.errors import ArgumentError, CapabilityError, DataError, GraphError
from oneiros_backend_theano.jax_op import JaxOp
from processes import run_python
from pytensor.raise_op import Assert

pytestmark = pytest.mark.usefixtures("theano")


def test_products_with_numbers():
    x = K.variable([[1.0, 2.0]])
    for number in (2.0, K.variable(2.0)):
        assert K.eval(K.dot(x, number)).tolist() == [[2.0, 4.0]]


def test_a_number_of_classes_is_no_vector():
    x = K.variable([1], dtype="int32")
    with pytest.raises(ArgumentError, match="one_hot"):
        K.one_hot(x, K.variable([1, 2], dtype="int32"))


# Gradients


def test_gradients_of_deep_graphs_leave_the_recursion_limit_alone(monkeypatch):
    """Threads that build gradients shared it, and restored each other's."""
    monkeypatch.delattr(sys, "setrecursionlimit")
    x = K.variable([1.0, 2.0])
    y = x
    for _ in range(1500):
        y = y * 1.001 + 0.5
    (gradient,) = K.gradients(K.sum(y), [x])
    np.testing.assert_allclose(K.eval(gradient), 1.001**1500, rtol=1e-3)


def test_an_operation_without_derivative_is_named():
    x = K.variable([1.0, 2.0])
    undefined = pytensor.gradient.undefined_grad(x * 2)
    with pytest.raises(GraphError, match="isn't defined"):
        K.gradients(K.sum(undefined) + K.sum(x), [x])


# Raw PyTensor


def test_raw_code_works_on_placeholders_and_variables():
    x = K.placeholder((None, 3))
    w = K.variable(np.eye(3))
    y = (
        pt.tanh(x @ w).sum(axis=1)
        + pt.sort(x, axis=1)[:, 0]
        + pt.cumsum(x, axis=1)[:, -1]
    )
    data = np.random.randn(4, 3).astype("float32")
    value, gradient = K.function([x], [y, pt.grad(y.sum(), w)])([data])
    expected = np.tanh(data).sum(1) + np.sort(data, 1)[:, 0] + data.sum(1)
    np.testing.assert_allclose(value, expected, rtol=1e-5)
    np.testing.assert_allclose(
        gradient, data.T @ (1 - np.tanh(data) ** 2), rtol=1e-4, atol=1e-6
    )


def test_pytensors_own_function_runs_on_our_variables():
    w = K.variable([1.0, 2.0])
    K.function([], [], [K.update_add(w, 1)])([])
    assert type(w.get_value()) is np.ndarray
    np.testing.assert_array_equal(
        pytensor.function([], w * 2, mode="FAST_COMPILE")(), [4, 6]
    )


def test_ops_unknown_to_this_plugin_are_looked_up_in_pytensor():
    x = K.placeholder((2, 2))
    data = np.array([[2.0, 1.0], [1.0, 3.0]])
    np.testing.assert_allclose(
        K.function([x], [pt.linalg.det(x)])([data])[0], 5, rtol=1e-5
    )


def test_tensors_evaluate_themselves_after_a_function_ran():
    w = K.variable([1.0, 2.0], name="w")
    x = K.placeholder((None, 2), name="x")
    K.function([x], [x], [K.update_add(w, 1.0)])([[[1.0, 1.0]]])
    assert w.eval().tolist() == [2, 3]
    assert (x * w).eval({x: [[1.0, 1.0]]}).tolist() == [[2, 3]]
    assert (x * w).eval({"x": [[2.0, 0.0]]}).tolist() == [[4, 0]]
    with pytest.raises(ArgumentError, match=r"'y'.*Inputs of .*: .*'x'"):
        (x * w).eval({"y": [[1.0, 1.0]]})


def test_functions_of_numpy_build_tensors():
    x = K.placeholder((3,))
    y = np.sqrt(x) + np.ones(3) * x - np.maximum(1.0, x) / np.array([1, 2, 4])
    assert y.dtype == "float32"
    (value,) = K.function([x], [y])([[1.0, 4.0, 9.0]])
    np.testing.assert_allclose(value, [1, 4, 9.75])
    assert x not in [np.ones(3)]
    whole = np.where(x > 1, np.mean(x), np.dot(x, np.ones((3, 3))))
    rows = np.stack([whole, np.zeros_like(x)])
    (value,) = K.function([x], [rows])([[1.0, 4.0, 9.0]])
    np.testing.assert_allclose(value, [[14, 14 / 3, 14 / 3], [0, 0, 0]], rtol=1e-6)
    assert np.ndim(x) == 1
    with pytest.raises(TypeError, match=r"np\.hypot needs values.*K\.eval"):
        np.hypot(x, x)
    with pytest.raises(TypeError, match=r"np\.add\.reduce needs values.*K\.eval"):
        np.add.reduce(x)


def test_conversions_of_pytensor_that_fail_are_a_limit_of_jax():
    x = K.placeholder((None,))
    f = K.function([x], [pt.unique(x)])
    with pytest.warns(UserWarning, match=r"can't compile Unique.*PyTensor computes"):
        assert f([[3.0, 1.0, 3.0]])[0].tolist() == [1, 3]


def test_assertions_on_values_are_checked():
    x = K.placeholder((2,))
    positive = pt.all(pt.gt(x, 0))
    f = K.function([x], [Assert("numbers above zero")(x, positive)])
    with pytest.warns(UserWarning, match=r"can't check 'numbers above zero'"):
        assert f([[1.0, 2.0]])[0].tolist() == [1, 2]
    with pytest.raises(AssertionError, match="numbers above zero"):
        f([[1.0, -2.0]])


def test_op_without_any_jax_version_is_computed_by_pytensor():
    @pytensor.wrap_py(itypes=[pt.fvector], otypes=[pt.fvector])
    def mystery(x):
        return x * 2

    x = K.placeholder((None,))
    with pytest.raises(CapabilityError, match="mode='NUMBA'"):
        K.function([x], [mystery(x)], mode="jax")([[1.0]])
    f = K.function([x], [mystery(x)])
    with pytest.warns(UserWarning, match=r"can't compile .*PyTensor computes") as said:
        assert f([[1.0]])[0] == [2]
    assert str(said[0].message).count("mystery") == 1
    assert f([[2.0]])[0] == [4] and len(said) == 1
    assert K.function([x], [mystery(x)], mode="FAST_COMPILE")([[1.0]])[0] == [2]


def test_copies_take_memory_only_when_they_are_computed():
    copies = K.tile(K.placeholder((1, 1)), (2**20, 2**20))
    assert K.int_shape(copies) == (2**20, 2**20)


def test_shapes_that_depend_on_values_are_explained():
    x = K.placeholder((None,))
    size = pt.cast(K.sum(x), "int64")
    for tensor, problem in (
        (x[K.greater(x, 0)], r"boolean tensor.*K\.switch"),
        (pt.zeros((size,)), "depends on the values"),
        (x[:size], "bounds of a slice"),
    ):
        with pytest.raises(CapabilityError, match=problem):
            K.function([x], [tensor], mode="jax")([[1.0, -1.0]])


def test_shapes_that_depend_on_values_are_computed_by_pytensor():
    x = K.placeholder((None, 1))
    total = K.variable(0.0)
    drawn = K.random_uniform((3,), seed=1)
    count = pt.cast(K.sum(x), "int64")
    updates = [K.update_add(total, K.sum(x))]
    f = K.function([x], [drawn[:count]], updates)
    handle = f.upload([np.ones((4, 1))])
    with pytest.warns(UserWarning, match="PyTensor computes"):
        first, second = f.loop(handle, [[0, 1], [2, 3]])[0]
    everything = K.function([], [drawn], mode="jax")
    np.testing.assert_allclose(first, everything([])[0][:2])
    np.testing.assert_allclose(second, everything([])[0][:2])
    assert K.get_value(total) == 4


def test_a_shared_variable_of_theano_code_may_change_its_size():
    v = pytensor.shared(np.zeros(2, "float32"))
    grow = K.function([], [], [(v, K.ones((3,)))])
    with pytest.warns(
        UserWarning, match="JAX linker can't change shapes.*PyTensor computes"
    ):
        grow([])
    assert v.get_value().tolist() == [1, 1, 1]


def test_constants_are_folded_without_warnings():
    x = K.placeholder((None,))
    zero = K.variable(0.0) * 0
    np.testing.assert_array_equal(
        K.function([x], [x + K.cast(1 / pt.constant(0.0), "float32")])([[1.0]])[0],
        [np.inf],
    )
    assert K.eval(zero) == 0


# Linkers


def test_linker_of_the_backend_is_the_default(theano, monkeypatch):
    monkeypatch.setattr(theano, "linker", "FAST_COMPILE")
    f = K.function([], [K.ones((2,)) * 3])
    assert type(f).__name__ == "PytensorFunction"
    np.testing.assert_array_equal(f([])[0], [3, 3])


# Precision


def test_nothing_process_wide_is_left_changed():
    code = (
        "import jax, numpy as np\n"
        "from oneiros import backend as K\n"
        "K.set_floatx('float64')\n"
        "import pytensor.tensor as pt\n"
        "x = K.placeholder((None,)); print(K.function([x], [pt.sort(x) * "
        "0.1])([[3.0]])[0].dtype)\n"
        "print(jax.config.jax_enable_x64, jax.numpy.ones(1).dtype)\n"
        "K.set_floatx('float32')\n"
        "y = K.placeholder((None,)); print(K.function([y], [y * "
        "0.1])([[3.0]])[0].dtype)\n"
    )
    done = run_python(code, ONEIROS_BACKEND="theano")
    assert done.stdout.split() == ["float64", "False", "float32", "float32"]


# The learning phase


def test_the_branch_not_taken_is_not_computed():
    computed = []

    def noted(x):
        computed.append(x)
        return (2 * x,)

    double = JaxOp("double", noted, lambda inputs: [inputs[0].type])
    x = K.placeholder((None, 4))
    f = K.function([x, K.learning_phase()], [K.in_train_phase(x, double(x))])
    computed.clear()
    np.testing.assert_array_equal(f([np.ones((2, 4)), 1])[0], np.ones((2, 4)))
    assert not computed
    np.testing.assert_array_equal(f([np.ones((2, 4)), 0])[0], 2 * np.ones((2, 4)))
    assert computed


def test_values_have_the_types_that_pytensor_declares():
    """NumPy calls float64 equal to None."""
    precise = JaxOp(
        "precise", lambda x: [x.astype("float64")], lambda inputs: [inputs[0].type]
    )
    x = K.placeholder((None,))
    (result,) = K.function([x], [precise(x)])([np.ones(2)])
    assert result.dtype == np.float32


# Interruption and threads


def test_interrupts_lose_no_variable(interruptible):
    a, b = K.variable(np.zeros(300)), K.variable(np.zeros(300))
    x = K.placeholder((None, 300))
    f = K.function(
        [x], [K.sum(a)], [K.update_add(a, K.mean(x)), K.update_add(b, K.mean(x))]
    )
    data = np.ones((4, 300), "float32")
    stop = threading.Event()
    caught = 0
    armed = []
    handle = f.upload([data])
    f([data])
    f.loop(handle, np.zeros((4, 4), int))
    done = 5

    def interrupt(*_):
        if armed:
            armed.clear()
            raise KeyboardInterrupt

    def disturb():
        while not stop.wait(0.002):
            os.kill(os.getpid(), signal.SIGINT)

    signal.signal(signal.SIGINT, interrupt)
    thread = threading.Thread(target=disturb)
    thread.start()
    while caught < 10:
        try:
            armed.append(True)
            f([data])
            f.loop(handle, np.zeros((4, 4), int))
            armed.clear()
        except KeyboardInterrupt:
            caught += 1
    stop.set()
    thread.join()
    first, second = K.get_value(a), K.get_value(b)
    np.testing.assert_array_equal(first, second)
    assert first[0] > done and f([data])


def test_a_rectifier_whose_zeros_are_larger_has_their_shape():
    x = K.placeholder((1, 3))
    y = pt.switch(pt.le(x, 0), pt.zeros((2, 3)), x)
    result = K.function([x], [y])([[[-1.0, 0.0, 2.0]]])[0]
    np.testing.assert_array_equal(result, [[0, 0, 2], [0, 0, 2]])


def test_bad_data_is_a_data_error_and_the_function_stays_compiled(recwarn):
    x = K.placeholder((None, 3))
    f = K.function([x], [K.max(x, axis=0)])
    for _ in range(2):
        with pytest.raises(DataError, match=r"can't be computed on .* \(0, 3\)"):
            f([np.zeros((0, 3))])
    assert f([np.ones((2, 3))])[0].tolist() == [1, 1, 1]
    assert not recwarn.list


def test_zero_divided_by_zero_is_not_a_number():
    x = K.placeholder((None, 3))
    assert np.isnan(K.eval(K.mean(np.zeros((0,)))))
    ratio = K.function([x], [K.zeros_like(x) / 0])([np.ones((2, 3))])[0]
    assert np.isnan(ratio).all()


def test_a_matrix_whose_size_is_a_value_falls_back():
    n = K.placeholder((), dtype="int32")
    f = K.function([n], [pt.eye(n)])
    with pytest.warns(UserWarning, match="can't compile Eye"):
        assert f([2])[0].tolist() == [[1, 0], [0, 1]]
