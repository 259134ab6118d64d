"""The recorder on its own, driven by a toy engine on NumPy: nothing in it knows of
TensorFlow or JAX.

The toy differentiates numerically over replays of the loss, like engines that don't
work in place.
"""

import gc
import operator
import threading
import weakref
from types import SimpleNamespace

import numpy as np
import pytest
from oneiros.errors import (
    ArgumentError,
    BackendMixError,
    DataError,
    GraphError,
    ShapeError,
)
from oneiros_backend_toolkit.batches import compiled_steps
from oneiros_backend_toolkit.lazy_graph.function import RecordedFunction
from oneiros_backend_toolkit.lazy_graph.graph import reachable
from oneiros_backend_toolkit.lazy_graph.pinning import pinned
from oneiros_backend_toolkit.lazy_graph.recorder import Recorder
from oneiros_backend_toolkit.lazy_graph.sources import Operation, Placeholder, Variable
from oneiros_backend_toolkit.lazy_graph.tensors import LazyTensor, Spec
from oneiros_backend_toolkit.lazy_graph.trees import map_tree


class Value(np.ndarray):
    """The toy's own tensor."""


def value(x, dtype=None):
    return np.array(x, dtype).view(Value)


class Toy:
    """An engine that computes with NumPy; what it compiles is counted."""

    errors = (ValueError, IndexError)
    key_spec = Spec((2,), "int64")
    specialises = True

    def __init__(self, name="toy"):
        self.name = name
        self.compiled = []

    def is_tensor(self, x):
        return isinstance(x, Value) or (
            isinstance(x, (list, tuple)) and any(map(self.is_tensor, x))
        )

    def reason(self, error):
        return str(error)

    def operator(self, name):
        return getattr(operator, f"__{name}__")

    def infer(self, call, specs):
        first, second = (
            call(*[self._example(spec, size) for spec in specs]) for size in (2, 3)
        )
        return map_tree(lambda x: x, self._merged(first, second))

    def _example(self, spec, size):
        return value(
            np.ones([size if n is None else n for n in spec.shape]), spec.dtype
        )

    def _merged(self, a, b):
        if isinstance(a, (list, tuple)):
            parts = [self._merged(x, y) for x, y in zip(a, b, strict=True)]
            return type(a)(*parts) if hasattr(a, "_fields") else type(a)(parts)
        if isinstance(a, dict):
            return {key: self._merged(a[key], b[key]) for key in a}
        a, b = np.asarray(a), np.asarray(b)
        return Spec(
            tuple(m if m == n else None for m, n in zip(a.shape, b.shape, strict=True)),
            a.dtype.name,
        )

    def convert(self, x, dtype):
        return value(x, dtype)

    def key(self, seed, counter):
        return value([seed, counter])

    def fold(self, key, number):
        return key * value([1009, 1]) + value([number + 1, 0])

    def loop(self, step, sequences, states, captured, types, backwards):
        places = range(len(sequences[0]))
        outputs = {}
        for place in reversed(places) if backwards else places:
            states, outputs[place] = step(
                place, [x[place] for x in sequences], states, captured
            )
        return states, [
            value([outputs[p][i] for p in places], kind) for i, kind in enumerate(types)
        ]

    def gradients(self, forward, values):
        _, computed = forward([value(v) for v in values])
        gradients = []
        for i, v in enumerate(values):
            gradient = np.zeros(v.shape)
            for place in np.ndindex(*v.shape):
                sides = []
                for step in (1e-3, -1e-3):
                    moved = [value(x) for x in values]
                    moved[i][place] += step
                    sides.append(np.sum(forward(moved)[0]))
                gradient[place] = (sides[0] - sides[1]) / 2e-3
            gradients.append(value(gradient))
        return gradients, computed

    def put(self, array, dtype):
        return value(array)

    def rows(self, arrays, index):
        return [x[index] for x in arrays]

    def _step(self, program, phase, feeds, counter):
        state = [node.source.storage for node in program.variables]
        outputs, new = program(feeds, state, phase, counter)
        for node, result in zip(program.written, new, strict=True):
            node.source.storage = result
        return [np.asarray(output) for output in outputs]

    def compile(self, program, phase, arrays):
        self.compiled.append((phase, *[array.shape for array in arrays]))
        return lambda arrays, counter: self._step(
            program, phase, [value(x) for x in arrays], counter
        )

    def compile_loop(self, program, phase, arrays, index):
        self.compiled.append(("loop", index.shape))

        def run(arrays, index, steps, counter):
            results = [
                self._step(
                    program, phase, [value(x[rows]) for x in arrays], counter + i
                )
                for i, rows in enumerate(index[:steps])
            ]
            return [np.stack(values) for values in zip(*results, strict=True)]

        return run


class Backend:
    """As much of a backend as functions need."""

    def __init__(self, name="toy"):
        self.recorder = Recorder(Toy(name))

    def placeholder(self, *shape, dtype="float64", name=None):
        return self.recorder.node(Placeholder(), Spec(shape, dtype), name=name)

    def variable(self, x, name=None):
        array = value(x, "float64")
        return self.recorder.node(
            Variable(array), Spec(array.shape, "float64"), name=name
        )

    def op(self, fn, *args, **kwargs):
        return self.recorder.record(fn, args, kwargs)

    def function(self, inputs, outputs, updates=()):
        return RecordedFunction(self, self.recorder, inputs, outputs, updates)

    def is_learning_phase(self, x):
        return x is self.recorder.phase

    def int_shape(self, x):
        return x.shape

    def dtype(self, x):
        return x.dtype

    def is_sparse(self, x):
        return False


@pytest.fixture
def k():
    return Backend()


# Recording


def test_arrays_on_the_left_leave_the_operation_to_the_node(k):
    x = k.placeholder(3)
    for node in (
        np.ones(3) + x,
        np.float64(2) * x,
        np.ones((2, 3)) @ x,
        np.zeros(3) < x,
    ):
        assert isinstance(node, LazyTensor)


def test_a_node_is_compared_and_hashed_by_identity(k):
    x, y = k.placeholder(3), k.placeholder(3)
    assert x == x and x != y and x in [y, x] and {x: 1}[x] == 1 and len({x, y, x}) == 2


def test_length_is_the_first_size_where_it_is_known(k):
    assert len(k.placeholder(4, None)) == 4


def test_attributes_of_keras_and_of_users(k):
    x = k.placeholder(3, name="mine")
    assert not hasattr(x, "_keras_shape") and not hasattr(x, "_keras_history")
    x._keras_shape = (3,)
    x.note = "free"
    assert (x.name, x.ndim, x.note) == ("mine", 1, "free")
    assert repr(x) == "<toy tensor mine of shape (3,) and type float64>"


def test_use_of_the_learning_phase_is_inherited(k):
    x = k.placeholder(3)
    chosen = k.recorder.select(x, x * 2)
    assert (chosen + 1)._uses_learning_phase and not (x * 2)._uses_learning_phase
    assert (x * k.recorder.phase)._uses_learning_phase


def test_nodes_in_nested_arguments(k):
    x, y = k.placeholder(None, 2), k.placeholder(None, 2)
    joined = k.op(np.concatenate, [x, y], axis=1)
    assert joined.shape == (None, 4)
    nested = k.op(lambda d, rest: d["a"] + rest[0][1], {"a": x}, [(1, y)])
    sliced = k.op(operator.getitem, x, (slice(None), slice(0, 1)))
    results = k.function([x, y], [joined, nested, sliced])([[[1, 2]], [[3, 4]]])
    for result, expected in zip(
        results, [[[1, 2, 3, 4]], [[4, 6]], [[1]]], strict=True
    ):
        np.testing.assert_array_equal(result, expected)


def test_several_results(k):
    x = k.placeholder(None, 4)
    halves = k.op(np.split, x, 2, axis=1)
    both = k.op(lambda v: {"mean": v.mean(0), "rest": (v[0], [v + 1])}, x)
    assert [h.shape for h in halves] == [(None, 2)] * 2 and both["rest"][1][
        0
    ].shape == (None, 4)
    a = np.arange(8.0).reshape(2, 4)
    results = k.function(
        [x], [halves[1], both["mean"], both["rest"][0], both["rest"][1][0]]
    )([a])
    for result, expected in zip(
        results, [a[:, 2:], a.mean(0), a[0], a + 1], strict=True
    ):
        np.testing.assert_array_equal(result, expected)


def test_arrays_are_copied_when_recorded(k):
    x = k.placeholder(2)
    constant = np.ones(2)
    node = x + constant
    constant[:] = 50
    np.testing.assert_array_equal(k.function([x], [node])([[1, 2]])[0], [2, 3])


def test_the_engines_own_tensors_are_computed_with_at_once(k):
    assert isinstance(k.op(np.add, value([1.0]), 2), Value)
    assert isinstance(k.op(np.add, 1.0, 2), LazyTensor)


def test_what_is_known_of_a_shape_survives_indexing(k):
    x = k.placeholder(None, 3, 4)
    shape = k.recorder.node(Placeholder(), Spec((3,), "int64", static_sizes=x.shape))
    assert [shape[i].spec.static_sizes for i in (0, 1, -1)] == [None, 3, 4]
    assert shape[1:].spec.static_sizes == (3, 4)


def test_ids_are_unique_across_threads(k):
    made = [[] for _ in range(4)]
    threads = [
        threading.Thread(
            target=lambda m=m: m.extend(k.placeholder(2) * 2 for _ in range(200))
        )
        for m in made
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [node.id for nodes in made for node in nodes]
    assert len(set(ids)) == len(ids) == 800


# Errors


def test_wrong_shapes_are_told_when_recording(k):
    with pytest.raises(
        ShapeError, match=r"x \+ y received shapes \(3,\) and \(4,\)\. From the last"
    ):
        k.placeholder(3) + k.placeholder(4)


def test_wrong_shapes_are_told_when_running(k):
    x, y = k.placeholder(None), k.placeholder(None)
    f = k.function([x, y], [x + y])
    with pytest.raises(
        DataError, match=r"add_\d+ received tensors of shapes \(2,\), \(3,\)"
    ):
        f([[1, 2], [1, 2, 3]])


def test_errors_of_the_users_own_code_stay_what_they_are(k):
    def own(v):
        raise ValueError("my own mistake")

    with pytest.raises(ValueError, match="my own mistake") as caught:
        k.recorder.record(own, (k.placeholder(3),), wrap=False)
    assert caught.value.__notes__ == ["Oneiros: own received tensors of shapes (3,)."]
    with pytest.raises(ZeroDivisionError):
        k.op(lambda v: 1 // 0, k.placeholder(3))
    assert k.function([], [k.variable([1.0]) + 1])([])[0] == 2


def test_tensors_of_two_backends_are_refused(k):
    with pytest.raises(BackendMixError, match="other, toy"):
        k.placeholder(3) + Backend("other").placeholder(3)


def test_a_node_inside_a_recorded_function_is_refused(k):
    x, y = k.placeholder(3), k.placeholder(3)
    with pytest.raises(GraphError, match=r"K.apply\(fn, x, y\)"):
        k.op(lambda v: v + y, x)
    assert (x + y).shape == (3,)


def test_bad_updates_are_refused(k):
    x = k.placeholder(2)
    v = k.variable([1.0, 2.0], name="v")
    with pytest.raises(ArgumentError, match="variable"):
        k.function([x], [x], [(x, x)])
    with pytest.raises(
        ShapeError, match=r"v has shape \(2,\); its update can't have shape \(3,\)"
    ):
        k.function([x], [x], [(v, np.zeros(3))])


# Replay


def test_a_variable_is_only_stored_when_everything_is_computed(k):
    def picky(values):
        if values.sum() < 0:
            raise ValueError("no")
        return values

    x = k.placeholder(2)
    v = k.variable([1.0])
    w = k.variable([1.0, 2.0])
    f = k.function([x], [v + 0], [(v, v + 1), (w, k.op(picky, x))])
    with pytest.raises(DataError, match="no"):
        f([[-1, -2]])
    assert v.source.storage == 1
    f([[1, 2]])
    assert v.source.storage == 2


def noting(notes, name, function):
    """Returns a function that notes its name, too, whenever it runs."""

    def noted(*arguments):
        notes.append(name)
        return function(*arguments)

    return noted


def test_only_the_branch_of_the_phase_is_evaluated(k):
    x = k.placeholder(2)
    ran = []

    def noted(name):
        return k.op(noting(ran, name, lambda v: v + 1), x)

    f = k.function(
        [x, k.recorder.phase], [k.recorder.select(noted("train"), noted("test")) * 2]
    )
    for phase, name in [(1, "train"), (0, "test")]:
        ran.clear()
        np.testing.assert_array_equal(f([[1, 2], phase])[0], [4, 6])
        assert ran == [name]


def test_phase_is_a_number_too_and_ranks_must_agree(k):
    x = k.placeholder(2)
    f = k.function([x, k.recorder.phase], [x * k.recorder.phase])
    np.testing.assert_array_equal(f([[1, 2], 1])[0], [1, 2])
    with pytest.raises(ShapeError, match="can't choose"):
        k.recorder.select(x, 0.0)


def test_shared_nodes_are_computed_once(k):
    x = k.placeholder(2)
    ran = []
    shared = k.op(noting(ran, 1, lambda v: v * 2), x)
    f = k.function([x], [shared + shared, shared * 3])
    ran.clear()
    f([[1, 2]])
    assert ran == [1]


def test_graphs_of_any_depth(k):
    x = k.placeholder(2)
    node = x
    for _ in range(5000):
        node = node + 1
    np.testing.assert_array_equal(k.function([x], [node])([[0, 1]])[0], [5000, 5001])
    assert len(reachable([node])) == 5001


# Gradients


def test_several_gradients_and_losses_in_one_function(k):
    v, w = k.variable([2.0]), k.variable([3.0])
    first, second = k.op(np.sum, v * w), k.op(np.sum, v**2 + w)
    g = [*k.recorder.gradients(first, [v, w]), *k.recorder.gradients(second, [v, w])]
    values = [float(x[0]) for x in k.function([], g)([])]
    np.testing.assert_allclose(values, [3, 2, 4, 1], rtol=1e-5)


def test_variables_that_depend_on_one_another_get_total_derivatives(k):
    v = k.variable([2.0])
    middle = v**2
    by_v, by_middle = k.recorder.gradients(middle * 3 + v, [v, middle])
    values = [float(x[0]) for x in k.function([], [by_v, by_middle])([])]
    np.testing.assert_allclose(values, [13, 3], rtol=1e-5)


def test_the_loss_is_computed_once_with_its_gradient(k):
    v = k.variable([2.0])
    ran = []
    loss = k.op(noting(ran, 1, lambda x: x**2), v)
    f = k.function([], [*k.recorder.gradients(loss, [v]), loss])
    ran.clear()
    f([])
    assert (
        len(ran) == 3
    )  # one evaluation, and two sides of the toy's difference quotient


def test_impossible_gradients_are_explained(k):
    v, w = k.variable([1.0]), k.variable([1.0], name="lonely")
    with pytest.raises(GraphError, match="lonely"):
        k.recorder.gradients(v * 2, [v, w])
    with pytest.raises(ArgumentError, match="floats"):
        k.recorder.gradients(v * 2, [k.placeholder(2, dtype="int32")])
    with pytest.raises(ArgumentError, match="floats"):
        k.recorder.gradients(3.0, [v])


# Nothing passes from one graph to another


def test_a_function_asks_for_what_it_depends_on_alone(k):
    """However many graphs by the learning phase there are, and were, beside it."""
    kept = []
    for place in range(60):
        x = k.placeholder(None)
        v = k.variable(1.0)
        chosen = k.recorder.select(x * v, x + v)
        k.function([x, k.recorder.phase], [chosen], [(v, k.op(np.sum, chosen))])
        if place % 2:
            kept.append(chosen)
        flag, y = k.placeholder(), k.placeholder(None)
        f = k.function([flag, y], [k.op(np.where, flag, y * 2, y * 3)])
        assert not f.outputs[0]._uses_learning_phase
        sources = {type(node.source) for node in reachable(f.outputs)}
        assert sources == {Operation, Placeholder}
    assert len(kept) == 30
    assert f([1, [1.0]])[0] == [2.0] and f([0, [1.0]])[0] == [3.0]


def test_what_computes_inside_of_what_computes_leaves_it_computing(k):
    with k.recorder.computing():
        with k.recorder.computing():
            pass
        with pytest.raises(GraphError, match="computes with values"):
            k.placeholder(2)
    k.placeholder(2)


# Randomness, compilation and loops


def drawn(k, seed=5, size=2):
    def draw(key):
        return value(np.random.RandomState(np.asarray(key)).rand(size))

    return k.op(draw, k.recorder.stream(seed))


def test_functions_that_share_a_draw_go_on_where_the_other_stopped(k):
    node = drawn(k)
    first, second = k.function([], [node]), k.function([], [node * 1])
    values = [first([])[0], second([])[0], first([])[0]]
    assert len(np.unique(values)) == 6


def test_one_compilation_per_phase_and_shapes(k):
    x = k.placeholder(None)
    f = k.function([x, k.recorder.phase], [k.recorder.select(x, x * 2)])
    for rows, phase in [(2, 1), (3, 1), (2, 1), (2, 0), (3, 1)]:
        f([np.zeros(rows), phase])
    assert k.recorder.engine.compiled == [(1, (2,)), (1, (3,)), (0, (2,))]


def test_a_shorter_loop_runs_in_a_longer_ones_place(k):
    x = k.placeholder(None)
    total = k.variable(0.0)
    f = k.function([x], [k.op(np.sum, x)], [(total, total + k.op(np.sum, x))])
    handle = f.upload([np.arange(10)])
    for index in ([[0, 1], [2, 3], [4, 5]], [[8, 9]], [[1, 1], [0, 0]]):
        np.testing.assert_array_equal(f.loop(handle, index)[0], np.sum(index, axis=1))
    assert total.source.storage == 15 + 17 + 2
    assert k.recorder.engine.compiled == [("loop", (3, 2))]
    f.loop(handle, [[0, 1]] * 5)
    assert k.recorder.engine.compiled == [("loop", (3, 2)), ("loop", (5, 2))]


def test_a_run_of_one_step_needs_no_loop(k):
    x = k.placeholder(None)
    total = k.variable(0.0)
    f = k.function([x], [k.op(np.sum, x)], [(total, total + k.op(np.sum, x))])
    handle = f.upload([np.arange(10)])
    for index in ([[0, 1, 2]], [[3, 4, 5]]):
        np.testing.assert_array_equal(f.loop(handle, index)[0], np.sum(index, axis=1))
    f([np.arange(3)])
    assert total.source.storage == 3 + 12 + 3
    assert k.recorder.engine.compiled == [(0, (3,))]


def test_loops_over_data_on_a_device_are_compiled_for_a_few_steps_more():
    """But not over much data, whose batches would be gathered in vain, nor over arrays
    of NumPy."""
    sizes = [(100, 20), (100, 1)]
    on_device = [SimpleNamespace(shape=x) for x in sizes]
    on_host = [np.zeros(x) for x in sizes]
    assert [compiled_steps(steps, 32, on_device) for steps in (2, 31, 32, 33, 41)] == [
        32,
        32,
        32,
        40,
        48,
    ]
    assert compiled_steps(2, 32, on_host) == 2
    large = [SimpleNamespace(shape=(9, 32, 32, 3))]
    counts = [compiled_steps(2, batch, large) for batch in (8, 32, 64, 512)]
    assert counts == [10, 2, 2, 2]
    for steps in range(1, 1025):
        most = max(1.25 * steps, steps + 1)
        assert steps <= compiled_steps(steps, 512, large) <= most
    assert len({compiled_steps(steps, 512, large) for steps in range(32, 64)}) == 5


def test_calls_of_several_threads_never_share_draws(k):
    f = k.function([], [drawn(k, size=1)])
    draws = []

    def draw():
        draws.extend(f([])[0][0] for _ in range(50))

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(draws)) == 200


def test_numbers_are_compiled_for_once(k):
    x = k.placeholder()
    f = k.function([x], [x * 2])
    assert [f([number])[0] for number in (1.0, 0.5)] == [2.0, 1.0]
    assert k.recorder.engine.compiled == [(0, ())]


# Loops


def test_what_a_step_uses_from_outside_is_computed_once(k):
    x = k.placeholder(3)
    v = k.variable(2.0)
    ran = []
    doubled = k.op(noting(ran, "outside", lambda a: a * 2), v)

    def step(slices, states):
        square = noting(ran, "inside, the same each step", lambda a: a**2)
        product = noting(ran, "step", lambda a, b: a * b)
        return [k.op(product, slices[0], k.op(square, doubled))], []

    _, (outputs,) = k.recorder.loop(step, [x], [])
    f = k.function([x], [outputs, doubled])
    ran.clear()
    np.testing.assert_array_equal(f([[1, 2, 3]])[0], [16, 32, 48])
    assert ran == ["outside", "inside, the same each step", *["step"] * 3]


def test_a_loop_computes_the_phase_that_is_on_alone(k):
    x = k.placeholder(2)
    ran = []

    def noted(name, node):
        return k.op(noting(ran, name, lambda v: v + 1), node)

    only_train, only_test = noted("outside train", x[0]), noted("outside test", x[0])

    def step(slices, states):
        train = noted("train", slices[0] + only_train)
        test = noted("test", slices[0] + only_test)
        return [k.recorder.select(train, test)], states

    (last,), (outputs,) = k.recorder.loop(step, [x], [k.variable(0.0)])
    assert outputs._uses_learning_phase and last._uses_learning_phase
    with pytest.raises(ArgumentError, match="learning phase"):
        k.function([x], [outputs])
    f = k.function([x, k.recorder.phase], [outputs])
    for phase, name in [(1, "train"), (0, "test")]:
        ran.clear()
        f([[1, 2], phase])
        assert ran == [f"outside {name}", name, name]


def test_faults_of_loops_are_explained(k):
    x = k.placeholder(3)
    y = k.placeholder(4)
    state = k.variable([1.0])
    for sequences, step, kind, message in [
        ([], None, ShapeError, "of the same length"),
        ([x, y], None, ShapeError, r"of the same length, not of shapes \(3,\), \(4,\)"),
        ([k.placeholder()], None, ShapeError, "of the same length"),
        ([x], lambda x, s: (x, []), ArgumentError, "received 1 states and returned 0"),
        (
            [x],
            lambda x, s: (x, [k.variable([1.0, 2.0])]),
            ShapeError,
            r"State 0 of a loop has shape \(1,\)",
        ),
        (
            [x],
            lambda x, s: (x, [k.variable([[1.0]])]),
            ShapeError,
            r"and \(1, 1\) after it",
        ),
    ]:
        with pytest.raises(kind, match=message):
            k.recorder.loop(step, sequences, [state])


def test_a_tensor_that_was_carried_out_of_a_step_is_named(k):
    x = k.placeholder(3)
    kept = []

    def step(slices, states):
        kept.append(slices[0] * 2)
        return slices, []

    k.recorder.loop(step, [x], [])
    with pytest.raises(ArgumentError, match=r"loop_slice_0.*from the step"):
        k.function([x], kept)


# What remains


def test_nothing_is_kept_of_graphs_that_are_gone(k):
    def build():
        x = k.placeholder(None)
        v = k.variable([1.0])
        (state,), _ = k.recorder.loop(
            lambda x, s: ([], [s[0] * x[0] + drawn(k, size=1)]), [x], [v]
        )
        loss = k.op(np.sum, k.recorder.select(x * v, x) + drawn(k, size=1) + state)
        f = k.function(
            [x, k.recorder.phase], [loss], [(v, v - k.recorder.gradients(loss, [v])[0])]
        )
        f([[1.0], 1])
        x.self_reference = SimpleNamespace(node=x)
        return [weakref.ref(node) for node in (x, v, loss)]

    references = [reference for _ in range(20) for reference in build()]
    gc.collect()
    assert not any(reference() for reference in references)


class TestInference:
    @pytest.fixture
    def counted(self):
        """Returns a recorder, and the list of shapes that its engine was asked to infer
        from."""
        engine = Toy()
        asked = []
        infer = engine.infer
        engine.infer = lambda call, specs: (
            asked.append([spec.shape for spec in specs]) or infer(call, specs)
        )
        return Recorder(engine), asked

    def test_is_made_once_for_what_is_recorded_again(self, counted):
        recorder, asked = counted
        x, y, z = (
            recorder.node(Placeholder(), Spec(shape, "float64"))
            for shape in ((2, 3), (2, 3), (3, 2))
        )
        first, second = (
            recorder.record(pinned(np.sum), (tensor,), {"axis": 1}) for tensor in (x, y)
        )
        assert (
            first.spec == second.spec
            and first.parents != second.parents
            and len(asked) == 1
        )
        assert recorder.record(pinned(np.sum), (z,), {"axis": 1}).shape == (3,)
        assert recorder.record(pinned(np.sum), (x,), {"axis": 0}).shape == (3,)
        assert len(asked) == 3

    def test_tells_numbers_and_arguments_apart(self, counted):
        recorder, asked = counted
        x = recorder.node(Placeholder(), Spec((2,), "int64"))
        types = [
            recorder.record(pinned(np.multiply), arguments).dtype
            for arguments in ((x, 1), (x, 1.0))
        ]
        assert types == ["int64", "float64"]
        assert (
            recorder.record(pinned(np.add), (0, x)).shape
            == recorder.record(pinned(np.add), (x, 0)).shape
        )
        assert len(asked) == 4

    def test_is_made_anew_for_the_users_own_functions_and_arrays(self, counted):
        recorder, asked = counted
        x = recorder.node(Placeholder(), Spec((2,), "float64"))
        for _ in range(2):
            recorder.record(lambda x: x + 1, (x,))
            recorder.record(pinned(np.add), (x, np.ones(2)))
        assert len(asked) == 4
