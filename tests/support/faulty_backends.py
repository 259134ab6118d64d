"""Backends with one fault each, which predict well all the same.

`FAULTS` has them by the name of the check of the kit that must find it, and no other.
"""

import time

import numpy as np
from numpy_backend import images, random
from numpy_backend.backend import NumpyBackend, Storage
from numpy_backend.engine import NumpyEngine, NumpyFunction
from numpy_backend.functions import Functions
from numpy_backend.tensors import tensor
from oneiros import backend as K
from oneiros.errors import ArgumentError, DataError, OneirosError
from oneiros_backend_jax.backend import JaxBackend
from oneiros_backend_jax.engine import JaxEngine
from oneiros_backend_jax.functions import JaxFunctions
from oneiros_backend_toolkit.lazy_graph.tensors import Spec

FAULTS = {}


def plants(check):
    """Decorator: notes the check that must find a backend's fault."""

    def note(cls):
        cls.name = cls.__name__.lower()
        FAULTS[check] = cls
        return cls

    return note


def computing(of_engine=NumpyEngine, **functions):
    """Returns an engine whose functions differ."""
    kind = type("Differing", (type(of_engine.functions),), functions)
    return type("DifferingEngine", (of_engine,), {"functions": kind()})


def operating(**operators):
    """Returns an engine some of whose operators differ: each is made of its functions
    and the operator as it was."""
    engine = computing()
    own = engine.functions.operators
    own |= {name: make(engine.functions, own[name]) for name, make in operators.items()}
    return engine


@plants("check_is_a_backend")
class Lone:
    """It derives from nothing."""


@plants("check_capabilities")
class Telepathic(NumpyBackend):
    capabilities = NumpyBackend.capabilities | {"telepathy"}


@plants("check_defines_what_is_required")
class Wordless(NumpyBackend):
    """It has no `exp`, so its other checks say nothing."""


Wordless.exp = vars(K.Backend.__mro__[4])["exp"]


@plants("check_import_changes_nothing")
class Silencing(NumpyBackend):
    def __init__(self):
        super().__init__()
        np.seterr(all="ignore")


@plants("check_signatures")
class Hasty(NumpyBackend):
    def exp(self, x, fast=True):
        return super().exp(x)


class Lending(Storage):
    def get(self):
        return self.array


@plants("check_variables_copy")
class Lender(NumpyBackend):
    storage = Lending


@plants("check_variables_keep_their_type")
class Retyping(NumpyBackend):
    def checked_value(self, x, value):
        super().checked_value(x, value)
        return np.array(value)


@plants("check_names_of_variables")
class Nameless(NumpyBackend):
    def variable(self, value, dtype=None, name=None):
        return super().variable(value, dtype)


class OneByOne(NumpyFunction):
    """Each new value is computed from those already stored."""

    def __init__(self, backend, inputs, outputs, updates=()):
        super().__init__(backend, inputs, outputs, updates)
        self.steps = [
            NumpyFunction(backend, inputs, [], [update]) for update in self.updates
        ]
        self.first = NumpyFunction(backend, inputs, outputs, [])

    def run(self, arrays, phase):
        values = self.first.run(arrays, phase)
        for step in self.steps:
            step.run(arrays, phase)
        return values


@plants("check_updates_are_simultaneous")
class Sequential(NumpyBackend):
    function_class = OneByOne


class Unprotected(NumpyFunction):
    """Threads read the same value, and store its successor twice."""

    def compile_step(self, phase, arrays):
        program = self.program

        def step(arrays, counter):
            state = [tensor(x.source.storage.get()) for x in program.variables]
            time.sleep(1e-4)
            outputs, new = program(list(map(tensor, arrays)), state, phase, counter)
            for variable, value in zip(program.written, new, strict=True):
                self.backend.set_value(variable, value)
            return [np.array(output) for output in outputs]

        return step


@plants("check_threads")
class Racing(NumpyBackend):
    function_class = Unprotected


class Reversed(NumpyFunction):
    def loop(self, handle, index, phase=None):
        return super().loop(handle, np.asarray(index)[::-1], phase)


@plants("check_loops_are_steps")
class Backwards(NumpyBackend):
    function_class = Reversed


class Forgetful(NumpyFunction):
    def set_random_state(self, states):
        pass


@plants("check_random_state")
class Unresumable(NumpyBackend):
    function_class = Forgetful


@plants("check_leaves_no_memory")
class Hoarding(NumpyBackend):
    def __init__(self):
        super().__init__()
        self.kept = []

    def function(self, inputs, outputs, updates=(), **kwargs):
        made = super().function(inputs, outputs, updates, **kwargs)
        self.kept.append(made)
        return made


class Repeating(NumpyEngine):
    def key(self, seed, counter):
        return super().key(seed, 0)


@plants("check_draws_differ")
class Monotonous(NumpyBackend):
    engine = Repeating


@plants("check_seeds")
class Seedless(NumpyBackend):
    def random_normal(self, shape, mean=0.0, std=1.0, dtype=None, seed=None):
        return super().random_normal(shape, mean, std, dtype)


class Wide:
    random_uniform = staticmethod(random.random_uniform)
    random_binomial = staticmethod(random.random_binomial)

    @staticmethod
    def random_normal(key, shape, mean, std, dtype):
        return random.random_normal(key, shape, mean, std**2, dtype)


@plants("check_random_numbers")
class VarianceForDeviation(NumpyBackend):
    random_functions = Wide


@plants("check_learning_phase")
class AlwaysTraining(NumpyBackend):
    def in_test_phase(self, x, alt):
        return self.in_train_phase(x, alt)


@plants("check_values_at_the_edges")
class NanOfRoots(NumpyBackend):
    engine = computing(sqrt=lambda self, x: tensor(np.sqrt(self.floats(x))))


@plants("check_rows_that_do_not_exist")
class Nearest(NumpyBackend):
    def gather(self, reference, indices):
        last = self.int_shape(reference)[0] - 1
        return super().gather(reference, self.clip(indices, 0, last))


class FirstZero:
    """An odd zero of `'same'` comes at the start."""

    def __getattr__(self, name):
        return getattr(images, name)

    @staticmethod
    def convolve(x, kernel, strides, border_mode, dilation):
        if border_mode != "same":
            return images.convolve(x, kernel, strides, border_mode, dilation)
        axes = tuple(range(1, len(strides) + 1))
        flipped = np.flip(x, axes), np.flip(kernel, [axis - 1 for axis in axes])
        result = images.convolve(*flipped, strides, border_mode, dilation)
        return tensor(np.flip(result, axes))


@plants("check_convolutions")
class OddZeroFirst(NumpyBackend, primitives=(FirstZero(),)):
    pass


@plants("check_types_of_convolutions")
class Narrow(NumpyBackend):
    def conv3d(
        self,
        x,
        kernel,
        strides=(1, 1, 1),
        border_mode="valid",
        dim_ordering="default",
        volume_shape=None,
        filter_shape=None,
        filter_dilation=(1, 1, 1),
    ):
        options = strides, border_mode, dim_ordering, None, None, filter_dilation
        return self.cast(super().conv3d(x, kernel, *options), "float32")


class CountedBorder:
    """Zeros of the border count in means."""

    def __getattr__(self, name):
        return getattr(images, name)

    @staticmethod
    def pool(x, window, strides, border_mode, mode):
        result = images.pool(x, window, strides, border_mode, mode)
        if mode == "max":
            return result
        inside = images.pool(np.ones_like(x), window, strides, border_mode, mode)
        full = images.convolve(
            x[..., :1] * 0 + 1,
            np.ones((*window, 1, 1), x.dtype) / np.prod(window),
            strides,
            border_mode,
            (1,) * len(window),
        )
        return result * inside * full


@plants("check_pooling")
class BorderInMeans(NumpyBackend, primitives=(CountedBorder(),)):
    pass


@plants("check_rnn")
class Maskless(NumpyBackend):
    def rnn(
        self,
        step_function,
        inputs,
        initial_states,
        go_backwards=False,
        mask=None,
        constants=None,
        unroll=False,
        input_length=None,
    ):
        return super().rnn(
            step_function,
            inputs,
            initial_states,
            go_backwards,
            None,
            constants,
            unroll,
            input_length,
        )


@plants("check_ctc")
class CostByLabel(NumpyBackend):
    def ctc_batch_cost(self, y_true, y_pred, input_length, label_length):
        cost = super().ctc_batch_cost(y_true, y_pred, input_length, label_length)
        return cost / 2


@plants("check_sparse")
class Dense(NumpyBackend):
    def is_sparse(self, tensor):
        return False


@plants("check_half_precision")
class Widening(NumpyBackend):
    def softmax(self, x):
        is_half = K.floatx() == "float16"
        return super().softmax(self.cast(x, "float32") if is_half else x)


@plants("check_refusals")
class Rough(NumpyBackend):
    def squeeze(self, x, axis):
        if axis == 7:
            raise KeyError(axis)
        return super().squeeze(x, axis)


# Variables and functions


@plants("check_variables_keep_their_shape")
class StoringFirst(NumpyBackend):
    """What is refused is stored all the same."""

    def set_value(self, x, value):
        try:
            super().set_value(x, value)
        except DataError:
            x.source.storage.set(np.full(x.shape, 5.0))
            raise


@plants("check_variable_makers")
class DoubleIdentity(NumpyBackend):
    def eye(self, size, dtype=None, name=None):
        return super().eye(size, dtype or "float64", name)


@plants("check_static_shapes")
class Vague(NumpyBackend):
    """It forgets the sizes of sums."""

    def sum(self, x, axis=None, keepdims=False):
        made = super().sum(x, axis, keepdims)
        if axis == 0:
            made.spec = Spec((None,) * made.ndim, made.spec.dtype)
        return made


class Aliasing(NumpyFunction):
    """Outputs that are one tensor are one array."""

    def run(self, arrays, phase):
        values = super().run(arrays, phase)
        by_tensor = {}
        pairs = zip(self.outputs, values, strict=True)
        return [by_tensor.setdefault(id(x), value) for x, value in pairs]


@plants("check_values_do_not_alias")
class Sharing(NumpyBackend):
    function_class = Aliasing


class NeedingRows(NumpyFunction):
    def run(self, arrays, phase):
        if any(0 in np.shape(array) for array in arrays):
            raise DataError("There are no rows.")
        return super().run(arrays, phase)


@plants("check_any_batch_size")
class Peckish(NumpyBackend):
    function_class = NeedingRows


class Counting(NumpyFunction):
    """A refused call changes variables."""

    def __call__(self, inputs):
        try:
            return super().__call__(inputs)
        except OneirosError:
            for variable, _ in self.updates:
                self.backend.set_value(variable, np.ones(variable.shape))
            raise


@plants("check_feeds")
class Tallying(NumpyBackend):
    function_class = Counting


# Values


@plants("check_values")
class Stuttering(NumpyBackend):
    """`tile` repeats each element of a matrix, and not the whole."""

    def tile(self, x, n):
        if not isinstance(n, list) or len(n) != 2:
            return super().tile(x, n)
        for axis, times in enumerate(n):
            x = self.repeat_elements(x, times, axis)
        return x


@plants("check_agrees_with_keras_1")
class Deaf(NumpyBackend):
    """With open sizes it doesn't hear that it is given logits."""

    def binary_crossentropy(self, output, target, from_logits=False):
        is_open = None in self.int_shape(output)
        return super().binary_crossentropy(output, target, from_logits and not is_open)


@plants("check_indices")
class Onwards(NumpyBackend):
    """Steps backwards go on from the first place, as PyTorch's would."""

    engine = operating(
        getitem=lambda functions, get: (
            lambda x, index: get(
                x,
                slice(None) if isinstance(index, slice) and index.step == -1 else index,
            )
        )
    )


class Repeated:
    """What is padded repeats the edge."""

    def __getattr__(self, name):
        return getattr(images, name)

    @staticmethod
    def pad(x, widths):
        return tensor(np.pad(x, widths, mode="edge"))


@plants("check_padding")
class EdgesRepeated(NumpyBackend, primitives=(Repeated(),)):
    pass


@plants("check_resizing")
class Turned(NumpyBackend):
    def resize_images(self, X, height_factor, width_factor, dim_ordering):
        return super().resize_images(X, width_factor, height_factor, dim_ordering)


@plants("check_folds")
class LeftHanded(NumpyBackend):
    def foldr(self, fn, elems, initializer=None, name=None):
        return super().foldl(fn, elems, initializer, name)


# Types


def float_minimum(self, x, y):
    smaller = Functions.minimum(self, x, y)
    if self.is_tensor(x) and self.is_tensor(y):
        return self.floats(smaller)
    return smaller


@plants("check_types_of_arithmetic")
class FloatMinima(NumpyBackend):
    """The smaller one of two integer tensors is a float."""

    engine = computing(minimum=float_minimum)


@plants("check_types_of_choices")
class CountingStacks(NumpyBackend):
    engine = computing(stack=lambda self, x: self.countable(Functions.stack(self, x)))


@plants("check_types_of_comparisons")
class IntegerTruths(NumpyBackend):
    engine = operating(
        gt=lambda functions, compare: (
            lambda x, y: functions.as_type(compare(x, y), "int8")
        )
    )


def mean_of_type(self, x, axis=None, keepdims=False):
    x = self.tensor(x)
    result = Functions.mean(self, x, axis, keepdims)
    return self.as_type(result, x.dtype)


@plants("check_types_of_fractions")
class WholeMeans(NumpyBackend):
    engine = computing(mean=mean_of_type)


def of_its_type(x):
    """Returns an array as a tensor, whose type counts."""
    return tensor(x) if isinstance(x, np.ndarray) else x


@plants("check_types_of_constants")
class ArraysAreTensors(NumpyBackend):
    """An array's type counts as much as a tensor's."""

    engine = operating(
        add=lambda functions, add: lambda x, y: add(of_its_type(x), of_its_type(y))
    )


@plants("check_bits")
class LogicalNot(NumpyBackend):
    engine = operating(
        invert=lambda functions, invert: lambda x: tensor(np.logical_not(x), x.dtype)
    )


@plants("check_types_of_positions")
class IntegersOnly(NumpyBackend):
    def gather(self, reference, indices):
        if self.dtype(indices).startswith("float"):
            raise ArgumentError("K.gather needs integers for indices.")
        return super().gather(reference, indices)


def wrapped(self, x, dtype):
    try:
        return Functions.of_type(self, x, dtype)
    except ArgumentError:
        return tensor(np.asarray(x).astype(dtype))


@plants("check_what_has_no_type_is_refused")
class WrappingAround(NumpyBackend):
    engine = computing(of_type=wrapped)


def single_root(self, x):
    x = self.floats(x)
    single = Functions.sqrt(self, self.as_type(x, "float32"))
    return self.as_type(single, x.dtype)


@plants("check_double_precision")
class SingleRoots(NumpyBackend):
    engine = computing(sqrt=single_root)


# Gradients, and whole recurrent layers: of a backend that has them


@plants("check_recurrent_layers")
class OneWay(JaxBackend):
    def lstm(
        self,
        x,
        initial_states,
        U,
        activation="tanh",
        inner_activation="hard_sigmoid",
        go_backwards=False,
        mask=None,
        W=None,
        b=None,
    ):
        return super().lstm(
            x, initial_states, U, activation, inner_activation, False, mask, W, b
        )


@plants("check_stop_gradient")
class Unstopped(JaxBackend):
    engine = computing(JaxEngine, stop_gradient=lambda self, x: self.tensor(x))


def straight_through(self, x, low, high):
    value = JaxFunctions.clipped(self, x, low, high)
    return self.stop_gradient(value) + (x - self.stop_gradient(x))


@plants("check_gradients_of_keras_1")
class StraightThrough(JaxBackend):
    """Derivatives pass bounds."""

    engine = computing(JaxEngine, clipped=straight_through)


class Truncating(JaxEngine):
    """Derivatives end at each step of a loop."""

    def loop(self, step, sequences, states, captured, types, backwards):
        def cut(place, slices, states, captured):
            states = [self.functions.stop_gradient(state) for state in states]
            return step(place, slices, states, captured)

        return super().loop(cut, sequences, states, captured, types, backwards)


@plants("check_gradients")
class Truncated(JaxBackend):
    engine = Truncating
