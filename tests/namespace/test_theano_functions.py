"""`theano.function`, shared variables, random streams, and operations of one's own."""

import numpy as np
import pytest
import theano
import theano.sparse
import theano.tensor as T
from oneiros.errors import ArgumentError, DataError
from theano.compile.ops import as_op
from theano.sandbox.rng_mrg import MRG_RandomStreams
from theano.tensor.shared_randomstreams import RandomStreams


def test_inputs_by_place_and_name_and_outputs_in_their_form():
    x = T.vector("x")
    rate = T.scalar("rate")
    inputs = [x, theano.Param(rate, default=2.0, name="rate")]
    f = theano.function(inputs, {"scaled": x * rate, "sum": x.sum()})
    assert f([1, 2])["scaled"].tolist() == [2, 4]
    assert f(x=[1, 2], rate=3)["sum"] == 3
    assert f([1, 2], rate=3)["scaled"].tolist() == [3, 6]
    single = theano.function([x], theano.Out(x * 2, borrow=True))
    assert type(single([1])) is np.ndarray and single([1]).dtype == "float32"
    assert theano.function([x], [x])([1])[0].tolist() == [1]
    with pytest.raises(TypeError, match="its input x"):
        f(rate=1)
    with pytest.raises(TypeError, match="2 inputs, not 3"):
        f(1, 2, 3)
    with pytest.raises(TypeError, match="no input y"):
        f([1], y=1)
    with pytest.raises(ArgumentError, match=r"theano\.shared"):
        theano.In(x, value=[1], update=x + 1)


def test_fractions_are_not_dropped_silently():
    x = T.ivector("x")
    with pytest.raises(DataError, match="allow_input_downcast"):
        theano.function([x], x)([1.5])
    f = theano.function([x], x, allow_input_downcast=True)
    assert f([1.5]).tolist() == [1]
    assert theano.function([x], x * 2)([2.0]).tolist() == [4]


def test_updates_are_simultaneous_and_keep_their_type():
    a = theano.shared(np.float32(1), name="a")
    b = theano.shared(np.ones((1, 2), "float32"), broadcastable=(True, False))
    x = T.scalar()
    f = theano.function([x], a + x, updates={a: a + x, b: b * a * np.float64(2)})
    assert [float(f(1)), float(f(1))] == [2, 3]
    assert a.get_value() == 3 and type(b.get_value()) is np.ndarray
    np.testing.assert_array_equal(b.get_value(), [[8, 8]])
    a.set_value(0)
    assert f(1) == 1 and b.broadcastable == (True, False)


def test_tensors_evaluate_themselves():
    a = theano.shared(np.float32(3), name="a")
    theano.function([], a, updates=[(a, a * 2)])()
    x = T.vector("x")
    assert a.eval() == 6 and (a + 1).eval() == 7
    assert (x * a).eval({x: [1, 2]}).tolist() == [6, 12]
    assert (x * a).eval({"x": [1]}).tolist() == [6]


def test_default_updates():
    count = theano.shared(0)
    with pytest.warns(DeprecationWarning):
        count.default_update = count + 1
    theano.function([], count * 2)()
    theano.function([], count, no_default_updates=True)()
    theano.function([], count, updates=[(count, count + 5)])()
    assert count.get_value() == 6


def test_batches_of_shared_data_as_in_the_tutorials():
    data = np.random.randn(50, 3).astype("float32")
    labels = np.random.randint(0, 2, 50)
    inputs = theano.shared(data, borrow=True)
    targets = T.cast(theano.shared(labels.astype("float32")), "int32")
    weights = theano.shared(np.zeros((3, 2), "float32"))
    x, y, index = T.matrix("x"), T.ivector("y"), T.lscalar("index")
    probabilities = T.nnet.softmax(T.dot(x, weights))
    loss = -T.mean(T.log(probabilities)[T.arange(y.shape[0]), y])
    gradient = T.grad(loss, weights)
    chosen = slice(index * 20, (index + 1) * 20)
    f = theano.function(
        [index],
        [loss, gradient],
        updates=[(weights, weights - 0.1 * gradient)],
        givens={x: inputs[chosen], y: targets[chosen]},
    )
    first, slope = f(0)
    assert first == pytest.approx(np.log(2), rel=1e-5)
    errors = 0.5 - np.eye(2)[labels[:20]]
    np.testing.assert_allclose(slope, data[:20].T @ errors / 20, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(weights.get_value(), -0.1 * slope, rtol=1e-5)
    assert f(0)[0] < first
    f(2)  # the last batch is shorter


def test_givens_replace_variables_in_outputs_and_updates():
    x, y = T.vector("x"), T.vector("y")
    total = theano.shared(np.float32(0))
    f = theano.function(
        [y], x * 2, updates=[(total, total + x.sum())], givens=[(x, y + 1)]
    )
    assert f([1, 2]).tolist() == [4, 6] and total.get_value() == 5
    copy = theano.clone(x * 2, {x: y - 1})
    assert theano.function([y], copy)([1, 2]).tolist() == [0, 2]


def test_the_learning_phase_of_keras_is_given():
    from oneiros import backend as K

    with K.use("theano"):
        x = K.placeholder((None, 3))
        y = K.in_train_phase(x * 2, x)
        f = theano.function([x, K.learning_phase()], y)
        tested = theano.function([x], y, givens={K.learning_phase(): np.int32(0)})
    ones = np.ones((1, 3))
    assert [f(ones, 0).sum(), f(ones, 1).sum(), tested(ones).sum()] == [3, 6, 3]


def test_streams_differ_by_call_and_follow_from_their_seed():
    def draws(seed):
        stream = MRG_RandomStreams(seed)
        x = T.matrix()
        outputs = [stream.uniform(x.shape, -1, 1), stream.normal((100,), 2.0, 0.5)]
        f = theano.function([x], outputs)
        return [f(np.zeros((20, 50))) for _ in range(2)]

    (uniform, normal), (again, _) = draws(7)
    assert uniform.shape == (20, 50) and not np.array_equal(uniform, again)
    assert abs(uniform.mean()) < 0.06 and abs(uniform.var() - 1 / 3) < 0.03
    assert abs(normal.mean() - 2) < 0.2 and abs(normal.std() - 0.5) < 0.15
    np.testing.assert_array_equal(draws(7)[0][0], uniform)
    assert not np.array_equal(draws(8)[0][0], uniform)


def test_streams_stand_still_without_default_updates():
    stream = RandomStreams(234)
    uniform, normal = stream.uniform((3,)), RandomStreams().normal((3,))
    x = T.vector()
    drawn = {"seeded": uniform, "unseeded": normal, "given": x}
    options = dict(givens={x: uniform}, no_default_updates=True)
    f = theano.function([], drawn, **options)
    first, second = f(), f()
    for name, value in first.items():
        np.testing.assert_array_equal(second[name], value)
    counting = theano.function([], uniform)
    np.testing.assert_array_equal(counting(), first["seeded"])
    assert not np.array_equal(counting(), first["seeded"])


def test_distributions_of_streams():
    stream = RandomStreams(seed=3)
    shares = np.array([0.2, 0.5, 0.3], "float32")
    pvals = T.constant(np.tile(shares, (2000, 1)))
    f = theano.function(
        [],
        [
            stream.binomial((2000,), p=0.3, dtype="float32"),
            stream.binomial((2000,), n=4, p=0.5),
            stream.multinomial(pvals=pvals),
            stream.random_integers((2000,), 1, 3),
            stream.uniform(low=T.zeros((3,)), high=T.ones((3,))),
        ],
    )
    coins, counts, categories, numbers, vector = f()
    assert coins.dtype == "float32" and abs(coins.mean() - 0.3) < 0.05
    assert counts.max() == 4 and abs(counts.mean() - 2) < 0.1
    assert (categories.sum(1) == 1).all() and categories.dtype == "int64"
    np.testing.assert_allclose(categories.mean(0), shares, atol=0.05)
    assert np.unique(numbers).tolist() == [1, 2, 3]
    assert vector.shape == (3,)


def test_a_shared_variable_may_change_its_shape():
    rows = theano.shared(np.ones((1, 2), "float32"), name="rows")
    x = T.matrix()
    add = theano.function([x], rows.sum(), updates=[(rows, T.concatenate([rows, x]))])
    with pytest.warns(UserWarning, match=r"update of 'rows' .*PyTensor computes"):
        assert add([[2, 2], [3, 3]]) == 2
    assert rows.get_value().tolist() == [[1, 1], [2, 2], [3, 3]]
    assert add([[4, 4]]) == 12 and rows.get_value().shape == (4, 2)


def test_an_operation_of_ones_own_with_its_gradient():
    class Cube(theano.Op):
        __props__ = ()

        def make_node(self, x):
            x = T.as_tensor_variable(x)
            return theano.Apply(self, [x], [x.type()])

        def perform(self, node, inputs, output_storage):
            output_storage[0][0] = inputs[0] ** 3

        def infer_shape(self, node, shapes):
            return shapes

        def grad(self, inputs, output_gradients):
            return [3 * inputs[0] ** 2 * output_gradients[0]]

    x = T.vector()
    y = Cube()(x)
    f = theano.function([x], [y, T.grad(y.sum(), x)])
    with pytest.warns(UserWarning, match=r"can't compile Cube.*PyTensor computes"):
        value, gradient = f([1, 2])
    assert value.tolist() == [1, 8] and gradient.tolist() == [3, 12]


def test_a_function_as_an_operation_in_a_mode_of_pytensor():
    @as_op(itypes=[T.fvector], otypes=[T.fvector])
    def reversed_twice(x):
        return x[::-1] * 2

    x = T.fvector()
    f = theano.function([x], reversed_twice(x), mode=theano.Mode("py", None))
    assert f(np.array([1, 2], "float32")).tolist() == [4, 2]
    named = theano.function([x], x * 2, mode="FAST_RUN")
    assert named([1]).tolist() == [2]


def test_sparse_matrices():
    import scipy.sparse

    x = theano.sparse.csr_matrix("x", dtype="float32")
    assert theano.sparse.SparseType("csr", "float32") == x.type
    y = T.fmatrix()
    mode = theano.Mode("py", None)
    f = theano.function([x, y], theano.sparse.dot(x, y), mode=mode)
    matrix = scipy.sparse.random(4, 5, 0.5, "csr", "float32")
    dense = np.random.randn(5, 2).astype("float32")
    np.testing.assert_allclose(f(matrix, dense), matrix @ dense, rtol=1e-5)


def test_ifelse_computes_one_branch():
    from theano.ifelse import ifelse

    x = T.vector()
    y = ifelse(T.gt(x.sum(), 0), x * 2, x - 1)
    f = theano.function([x], [y, T.grad(y.sum(), x)])
    assert [value.tolist() for value in f([1, 2])] == [[2, 4], [2, 2]]
    assert [value.tolist() for value in f([-1, -2])] == [[-2, -3], [1, 1]]


def test_print_shows_a_value(capfd):
    x = T.vector("x")
    f = theano.function([x], theano.printing.Print("seen")(x) * 2)
    assert f([1]).tolist() == [2]
    assert "seen" in capfd.readouterr().out


def test_what_a_gpu_would_do_is_passed_over():
    from theano.sandbox.cuda import cuda_available, dnn

    assert not cuda_available and not dnn.dnn_available()
    with pytest.warns(UserWarning, match="ONEIROS_DEVICE"):
        theano.sandbox.cuda.use("gpu0")
