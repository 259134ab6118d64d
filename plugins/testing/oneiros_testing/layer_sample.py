"""A layer to check: its arguments, its inputs, and what it computes."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import layers
from oneiros.engine.layer import Layer
from oneiros.engine.node import one_or_all, to_list
from oneiros.models import Model

from oneiros_testing.checks import Subject
from oneiros_testing.samples import (
    declared_arguments,
    guessed_arguments,
    parameters,
    required,
)

SAMPLES = 3
VECTOR = (4,)
SEQUENCE = (5, 4)
PICTURE = (6, 5, 3)
FILM = (5, 4, 4, 2)
VOLUMES = (3, 3, 3, 3, 2)
SHAPES = (
    [SEQUENCE],
    [VECTOR],
    [PICTURE],
    [FILM],
    [VOLUMES],
    [SEQUENCE, SEQUENCE],
    [VECTOR, VECTOR],
)
"""Shapes of inputs that a layer may take, in the order in which they are tried."""
INDICES = [(5,)]
"""The shape of inputs that are integers."""
LARGEST = 4
"""Integers that are fed are smaller."""


def options():
    """Returns options of `K.function`: what runs once isn't worth XLA's compiling."""
    return {"jit_compile": False} if K.current().name == "tensorflow" else {}


@dataclass
class Called:
    """A layer that was called on inputs of its own."""

    layer: Any
    inputs: list[Any]
    outputs: list[Any]

    def compute(self, arrays, tensors, phase: int = 0):
        """Returns the values of tensors."""
        feeds = [*self.inputs, K.learning_phase()]
        function = K.function(feeds, tensors, **options())
        return function([*arrays, phase])

    def values(self, arrays, phase: int = 0):
        """Returns the outputs' values."""
        return list(self._function([*arrays, phase]))

    @cached_property
    def _function(self):
        feeds = [*self.inputs, K.learning_phase()]
        return K.function(feeds, self.outputs, **options())

    @property
    def node(self):
        """The call."""
        return self.layer.inbound_nodes[0]

    def model(self):
        """Returns a model of the layer alone."""
        return Model(input=self.inputs, output=self.outputs)


@dataclass(frozen=True)
class LayerSample:
    """How a layer is made, and what it is fed with.

    # Properties
        component: class of the layer.
        arguments: dict, arguments of the constructor.
        shapes: list of the shapes of one sample, one for each input.
        dtype: str, the inputs' type; the default float type if None.
        declared: dict, what the layer declares as its `conformance`.
    """

    component: Any
    arguments: dict[str, Any]
    shapes: list[tuple[int, ...]]
    dtype: str | None = None
    declared: dict[str, Any] = field(default_factory=dict)

    def make(self, **changes):
        """Makes a layer."""
        return self.prepared(**changes)()

    def prepared(self, **changes) -> Callable[[], Any]:
        """Returns a function that makes a layer, of arguments of its own."""
        given = {**self.arguments, **declared_arguments(self.declared), **changes}
        arguments = {name: _fresh(value) for name, value in given.items()}
        return partial(self.component, **arguments)

    def called(
        self, layer=None, batch: int | None = None, open: Sequence[int] = ()
    ) -> Called:
        """Returns a layer called on new inputs.

        # Arguments
            layer: a layer; a new one by default.
            batch: int, the batch size to declare.
            open: the axes, counted without the batch, whose size isn't declared.
        """
        layer = self.make() if layer is None else layer
        inputs = [
            layers.Input(batch_shape=(batch, *opened(shape, open)), dtype=self.dtype)
            for shape in self.shapes
        ]
        return Called(layer, inputs, to_list(layer(one_or_all(inputs))))

    def weighted(self, layer=None, **arguments) -> Called:
        """Returns a called layer whose weights all differ from their initial values."""
        called = self.called(layer, **arguments)
        called.layer.set_weights(shifted(called.layer.get_weights()))
        return called

    @cached_property
    def base(self) -> Called:
        """A layer that checks share, as they don't change it."""
        return self.weighted()

    def arrays(self, samples: int = SAMPLES, seed: int = 0):
        """Returns what to feed."""
        random = np.random.RandomState(seed)
        if self.dtype and "int" in self.dtype:
            return [
                random.randint(LARGEST, size=(samples, *shape)).astype(self.dtype)
                for shape in self.shapes
            ]
        return [
            random.normal(size=(samples, *shape)).astype(self.dtype or K.floatx())
            for shape in self.shapes
        ]

    @property
    def is_float(self) -> bool:
        """Whether the inputs are floats."""
        return not (self.dtype and "int" in self.dtype)

    @property
    def has_steps(self) -> bool:
        """Whether the layer has one input, a sequence."""
        return len(self.shapes) == 1 and len(self.shapes[0]) >= 2 and self.is_float


def may_have_steps(subject: Subject) -> bool:
    """Returns whether an input may be a sequence, as far as is declared."""
    shape = subject.declared.get("input_shape", SEQUENCE)
    shapes = shape if isinstance(shape, list) else [shape]
    return any(is_sequence(subject.component, each) for each in shapes)


def is_sequence(component, shape) -> bool:
    """Returns whether samples of this shape are sequences: of vectors, or of anything
    if the layer runs over steps."""
    runs = {"return_sequences", "layer"} & parameters(component).keys()
    return len(shape) == 2 or bool(runs and len(shape) > 2)


def opened(shape: Sequence[int], axes: Sequence[int]) -> tuple[int | None, ...]:
    """Returns a shape with None for some axes."""
    return tuple(None if axis in axes else size for axis, size in enumerate(shape))


def shifted(weights, seed: int = 7):
    """Returns weights that differ from these by a little; what is positive stays so."""
    random = np.random.RandomState(seed)
    return [
        weight + random.uniform(0.02, 0.2, weight.shape).astype(weight.dtype)
        if weight.dtype.kind == "f"
        else weight
        for weight in weights
    ]


@dataclass(frozen=True)
class _Asked:
    """Whose sample was asked for, and where."""

    component: Any
    name: str
    backend: str
    floatx: str
    declared: dict[str, Any] = field(compare=False)


def sample_of(subject: Subject) -> LayerSample:
    """Returns the sample of a layer, on the current backend.

    # Raises
        AssertionError: if the kit finds no arguments or inputs; says what to declare.
    """
    place = K.current().name, K.floatx()
    return _sample(_Asked(subject.component, subject.name, *place, subject.declared))


@lru_cache(maxsize=8)
def _sample(asked: _Asked) -> LayerSample:
    problems = []
    for sample in _candidates(asked.component, asked.declared):
        try:
            sample.called().values(sample.arrays())
        except Exception as error:
            shown = ", ".join(map(str, sample.shapes))
            problems.append(f"on {shown}: {type(error).__name__}: {error}"[:200])
        else:
            return sample
    raise AssertionError(
        "With the arguments and inputs that the kit guesses, it fails:\n"
        + "\n".join(problems)
        + "\nIf it needs others, declare them in the class, such as\n"
        'conformance = {"arguments": {"output_dim": 3}, "input_shape": (5, 4)}'
    )


def _candidates(component, declared) -> Iterator[LayerSample]:
    for arguments in _arguments(component, declared):
        for dtype, shapes in _inputs(component, declared):
            yield LayerSample(component, arguments, shapes, dtype, declared)


def _arguments(component, declared) -> Iterator[dict[str, Any]]:
    arguments = guessed_arguments(component, declared)
    if "layer" in required(component) and "layer" not in arguments:
        yield {**arguments, "layer": layers.Dense(3)}
        yield {**arguments, "layer": layers.SimpleRNN(3, return_sequences=True)}
    else:
        yield arguments


def _inputs(component, declared) -> Iterator[tuple[str | None, Any]]:
    """Yields types and shapes of inputs: the declared ones, or guesses."""
    dtype = declared.get("input_dtype")
    shape = declared.get("input_shape")
    if isinstance(shape, list):
        yield dtype, list(map(tuple, shape))
        return
    if shape is not None:
        yield dtype, [shape]
        return
    takes_indices = "input_dim" in required(component)
    if takes_indices:
        yield dtype or "int32", INDICES
    for guess in SHAPES:
        yield dtype, guess
    if not takes_indices:
        yield dtype or "int32", INDICES


def _fresh(value):
    """Returns a layer of its own for a layer that is an argument, or in a list."""
    if isinstance(value, list):
        return list(map(_fresh, value))
    if isinstance(value, Layer):
        with suppress(TypeError):
            return type(value).from_config(value.get_config())
    return value
