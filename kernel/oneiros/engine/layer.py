"""Layer, the base class of layers and models; InputSpec, the inputs that a layer
accepts; and Input, the inputs of a model."""

import inspect
import sys
from collections.abc import Iterable
from functools import cached_property
from itertools import zip_longest
from typing import Any, Self, Unpack

import numpy as np

from oneiros import backend as K
from oneiros import config, load_context, services
from oneiros.arguments import (
    check_bool,
    is_int,
    known_arguments,
    label,
    open_to_old_code,
    shown,
)
from oneiros.backend import bound
from oneiros.bases import Rebuilt
from oneiros.discovery import is_first_party
from oneiros.engine.node import (
    Node,
    connect,
    object_list_uid,
    one_or_all,
    origins,
    reconciled,
    to_list,
)
from oneiros.errors import (
    ArgumentError,
    BackendMixError,
    DataError,
    GraphError,
    NodeError,
    ShapeError,
)
from oneiros.load_context import count_weight
from oneiros.typing import Config, LayerOptions, Shape, Tensor, Tensors, Values
from oneiros.user_warnings import warn

KWARGS = LayerOptions.__annotations__


def shape_tuple(shape: Any, owner: str) -> Shape:
    """Checks a user's shape and returns it as a tuple of ints and None."""
    sizes = tuple(shape) if isinstance(shape, Iterable) else ("",)
    if not all(size is None or (is_int(size) and size > 0) for size in sizes):
        raise ShapeError(
            f"{owner} received the shape {shape!r}. A shape is a tuple of positive "
            "sizes, with None for one that varies; for a single axis write "
            f"({shape if isinstance(shape, int) else 'n'},)."
        )
    return tuple(size and int(size) for size in sizes)


class InputSpec:
    """What a layer requires of one of its inputs.

    # Arguments
        dtype: str, the type's name.
        shape: tuple of int, with None for any size.
        ndim: int, the number of axes; or a str such as `"2+"`, for at least two.
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Shape | None = None,
        ndim: int | str | None = None,
    ):
        self.dtype = dtype
        self.shape = shape
        self.ndim = ndim if shape is None else len(shape)

    def problem(self, shape: Shape, dtype: str, rank: int) -> str | None:
        """Returns what is wrong with an input of this shape, type and rank, or None.

        The rank is the tensor's own, which may differ from that of a declared shape.
        """
        least = int(str(self.ndim or 0).removesuffix("+"))
        if rank < least or (rank > least and isinstance(self.ndim, int)):
            requirement = f"{self.ndim} axes"
            if self.shape:
                requirement += f", as in {self.shape}"
            remedy = "Reshape(…)"
            if rank > least:
                remedy = f"Flatten() or {remedy}"
            return f"it must have {requirement}. Put {remedy} before it"
        if self.dtype not in (None, dtype):
            return (
                f"its type must be {self.dtype!r}, not {dtype!r}. Make it with "
                f"Input(dtype={self.dtype!r})"
            )
        for expected, size in zip(self.shape or (), shape):
            if None not in (expected, size) and expected != size:
                return (
                    f"it must have the shape {self.shape}. Give the layer such an "
                    "input, or use another layer"
                )
        return None


def _keras_name(attribute: str) -> str:
    """Returns the name of a layer's property for an attribute of its nodes: `input` for
    `input_tensors`."""
    return attribute.removesuffix("s").removesuffix("_tensor")


def _single(attribute: str, doc: str) -> Any:
    """Makes a property that is the same for all calls of a layer."""
    return property(lambda self: self._only(attribute), doc=doc)


def _counted(attribute: str) -> Any:
    """Makes a method that returns an attribute of a call, counted from 0."""
    name = _keras_name(attribute)

    def get(self: Any, node_index: int) -> Any:
        return self._at(node_index, attribute)

    get.__name__ = f"get_{name}_at"
    get.__doc__ = f"Returns the `{name}` (or list of them) of a call, counted from 0."
    return get


class Layer(Rebuilt):
    """Base class of layers: functions of tensors, with weights.

    A subclass defines `call(x, mask=None)` and, if needed, `build(input_shape)`, which
    makes weights with `add_weight`, `get_output_shape_for(input_shape)` and
    `compute_mask(x, input_mask)`. `get_config()` returns those constructor arguments
    that the layer stores in attributes of the same name.

    # Example
        ```python
        from oneiros.engine.layer import Layer
        from oneiros.models import Sequential


        class Scale(Layer):
            loadable = True

            def build(self, input_shape):
                shape = (input_shape[-1],)
                self.factor = self.add_weight(shape, "one", name=f"{self.name}_factor")

            def call(self, x, mask=None):
                return x * self.factor


        Sequential([Scale(input_shape=(3,))]).count_params()  # 3
        ```

    # Arguments
        input_shape: tuple, the shape of one sample, if this is the first layer of a
            Sequential model.
        batch_input_shape: tuple, the same with the batch size (None for any) in front.
        input_dtype: str, the type of that input.
        name: str; by default the class name in lower case, with a number.
        trainable: bool, whether training changes the weights.

    # Properties
        inbound_nodes, outbound_nodes: lists of `Node`: the calls of this layer, and the
            calls of other layers on its outputs.
        input, output, input_mask, output_mask, input_shape, output_shape: of the only
            call.
        trainable_weights, non_trainable_weights, weights: lists of variables.
        losses, updates: tensors that the layer adds to a model's loss, and `(variable,
            new value)` pairs.
        constraints: dict from variables to functions that enforce their constraint
            after each update.
        input_spec: None, an `InputSpec`, or a list of one per input.

    # Raises
        TypeError: for an argument that the class doesn't have.
    """

    loadable = False
    """Whether files may use exactly this class: its constructor only stores
    arguments."""

    keeps_declared_shape: bool = False
    """Whether outputs are treated as having the shape that `get_output_shape_for`
    returns, even if a tensor has another one."""

    input_spec: Any = None
    initial_weights: Any = None
    supports_masking: bool = False
    uses_learning_phase: bool = False

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Sets what layers and models have in common: a constructor may come late to
        that of `Layer`, or not at all."""
        layer = super().__new__(cls)
        given = [*enumerate(args), *kwargs.items()]
        vars(layer).update(
            _given={
                key: value if isinstance(value, (int, float, str)) else ...
                for key, value in given
                if value is not None
            },
            _backend=K.current(),
            trainable=True,
            built=False,
            inbound_nodes=[],
            outbound_nodes=[],
            losses=[],
            updates=[],
            constraints={},
            regularizers=[],
            _trainable_weights=[],
            _non_trainable_weights=[],
            _conditional={"losses": {}, "updates": {}},
        )
        return layer

    def __init__(self, **kwargs: Unpack[LayerOptions]):
        if kwargs.keys() - KWARGS:
            own = inspect.signature(type(self)).parameters
            kwargs = known_arguments(type(self).__name__, kwargs, KWARGS, own)
        self.name = sys.intern(str(kwargs.get("name") or self._default_name()))
        self.trainable = check_bool(self, "trainable", kwargs.get("trainable", True))
        if "batch_input_shape" in kwargs:
            shape = shape_tuple(kwargs["batch_input_shape"], label(self))
        elif "input_shape" in kwargs:
            shape = (None, *shape_tuple(kwargs["input_shape"], label(self)))
        else:
            return
        self.batch_input_shape = shape
        self.input_dtype = kwargs.get("input_dtype") or K.floatx()
        if kwargs.get("create_input_layer"):
            self.create_input_layer(self.batch_input_shape, self.input_dtype)

    inbound_nodes: list[Node]
    outbound_nodes: list[Node]
    trainable: bool
    built: bool
    regularizers: Any
    _conditional: Values
    _backend: Any
    _given: dict[int | str, Any]
    """The constructor's arguments: numbers and texts, or `...` for what would be kept
    alive."""
    losses: Tensors
    updates: list[Any]
    constraints: dict[Tensor, Any]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {vars(self).get('name')!r}, {self._extent()}>"

    def _extent(self) -> str:
        """Returns the size in words; doesn't complete a layer that is only partly
        initialized."""
        if not vars(self).get("inbound_nodes"):
            return "not connected"
        return f"parameters: {sum(map(K.count_params, self.weights)):,}"

    def _default_name(self) -> str:
        """The layer's name, also if its constructor gave it none."""
        prefix = type(self).__name__.lower()
        return f"{prefix}_{K.get_uid(prefix)}"

    name = cached_property(_default_name)

    @property
    def trainable_weights(self) -> Tensors:
        """The weights that training changes."""
        return self._trainable_weights if self.trainable else []

    @trainable_weights.setter
    def trainable_weights(self, weights: Tensors) -> None:
        self._trainable_weights = weights

    @property
    def non_trainable_weights(self) -> Tensors:
        """The weights that training doesn't change."""
        return [
            *([] if self.trainable else self._trainable_weights),
            *self._non_trainable_weights,
        ]

    @non_trainable_weights.setter
    def non_trainable_weights(self, weights: Tensors) -> None:
        self._non_trainable_weights = weights

    @property
    def weights(self) -> Tensors:
        """All weights; those that training changes come first."""
        return self.trainable_weights + self.non_trainable_weights

    @bound
    def create_input_layer(
        self, batch_input_shape: Shape, input_dtype: Any = None, name: Any = None
    ) -> None:
        """Calls this layer on a new input.

        # Arguments
            batch_input_shape: tuple, the input's shape, beginning with the batch size
                or None.
            input_dtype: str, its type; the default float type if None.
            name: str, the input layer's name.
        """
        prefix = f"{type(self).__name__.lower()}_input_"
        name = name or f"{prefix}{K.get_uid(prefix)}"
        x = Input(batch_shape=batch_input_shape, dtype=input_dtype, name=name)
        self.batch_input_shape = x._keras_shape
        self.input_dtype = K.dtype(x)
        self(x)

    @bound
    def add_weight(
        self,
        shape: tuple[int, ...],
        initializer: Any,
        name: str | None = None,
        trainable: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
    ) -> Tensor:
        """Adds a weight: a variable that belongs to this layer.

        # Arguments
            shape: tuple of int.
            initializer: name, or function `(shape, name=None)` that returns a variable.
            name: str.
            trainable: bool, whether training changes it.
            regularizer: function of the weight whose result is added to the loss.
            constraint: function of the weight's new value, applied after each update.
        """
        count_weight(shape, label(self))
        if self.inbound_nodes:
            warn(
                f"{label(self)} makes the weight {name!r} after its first call, which "
                "doesn't share it. Call add_weight in build(self, input_shape)."
            )
        weight = config.get_object("initialization", initializer)(shape, name=name)
        if not self._backend.owns(weight):
            raise ArgumentError(
                f"The initializer {initializer!r} of {label(self)} returned "
                f"{type(weight).__name__}; it must return a variable of the backend "
                f"{self._backend.name!r}: K.variable(value, name=name)."
            )
        if regularizer is not None:
            self.add_loss(regularizer(weight))
        if constraint is not None:
            self.constraints[weight] = constraint
        weights = self._trainable_weights if trainable else self._non_trainable_weights
        weights.append(weight)
        return weight

    def assert_input_compatibility(self, input: Any) -> None:
        """Checks an input, a tensor or a list of them, against `input_spec`.

        As in Keras 1, a layer of another author with a single spec may be called on
        several tensors.

        # Raises
            ShapeError: names the layer, the origin of the input, and the expected
                shape.
        """
        if not self.input_spec:
            return
        specs = to_list(self.input_spec)
        tensors = to_list(input)
        if len(specs) > 1 or is_first_party(type(self).__module__):
            self._check_number(len(specs), len(tensors))
        for index, (spec, tensor) in enumerate(zip(specs, tensors)):
            shape = K.int_shape(tensor)
            problem = spec and spec.problem(shape, K.dtype(tensor), K.ndim(tensor))
            if problem:
                maker = getattr(tensor, "_keras_history", (None,))[0]
                source = f" from {label(maker)}" if maker else ""
                raise ShapeError(
                    f"{label(self)} received input {index} of shape {shape}{source}: "
                    f"{problem}."
                )

    def _check_number(self, expected: int, received: int) -> None:
        if received != expected:
            form = "one tensor" if expected == 1 else f"a list of {expected} tensors"
            raise ShapeError(
                f"{label(self)} received {received} tensors. Call it on {form}."
            )

    def call(self, x: Any, mask: Any = None) -> Any:
        """Computes the output; subclasses define this.

        # Arguments
            x: tensor, or list of tensors if the layer has several inputs.
            mask: tensor or None, or a list of them, for the time steps to use.
        """
        return x

    @bound
    @open_to_old_code
    def __call__(self, x: Any, mask: Any = None) -> Any:
        """Calls the layer: builds it the first time, computes the output, and records
        the call.

        # Arguments
            x: tensor or list of tensors, from `Input` or another layer.
            mask: mask or list of masks, for tensors that don't come from a layer; other
                tensors have their own masks.

        # Raises
            ArgumentError: if `x` isn't a tensor or a list of tensors.
            ShapeError: if their shapes don't suit the layer.
        """
        tensors = to_list(x)
        self._check_tensors(tensors)
        try:
            return self._called(x, mask, tensors)
        except Exception:
            if load_context.current().limits:  # the model around it isn't at fault
                with config.explained(type(self).__name__, self.name):
                    raise
            raise

    def _called(self, x: Any, mask: Any, tensors: Tensors) -> Any:
        self.assert_input_compatibility(x)
        if not self.built:
            self.build_for(list(map(K.int_shape, tensors)))
            self.assert_input_compatibility(x)
        if not all(hasattr(tensor, "_keras_history") for tensor in tensors):
            return self.call(x, mask)
        self.add_inbound_node(*origins(tensors))
        return one_or_all(self.inbound_nodes[-1].output_tensors)

    def _check_tensors(self, tensors: list[Any]) -> None:
        for tensor in tensors or [tensors]:
            if self._backend.owns(tensor):
                continue
            for owner in K.loaded():
                if K.load(owner).owns(tensor):
                    raise BackendMixError(
                        f"{label(self)} was made on the backend "
                        f"{self._backend.name!r} and received a tensor of {owner!r}. "
                        f"Make both under `with oneiros.backend.use({owner!r}):`."
                    )
            raise ArgumentError(
                f"{label(self)} was called on {shown(tensor)}. Call it on a tensor "
                "from Input(…) or from a call of another layer; pass data to "
                "model.predict(data)."
            )

    @bound
    def add_inbound_node(
        self, inbound_layers: Any, node_indices: Any = None, tensor_indices: Any = None
    ) -> None:
        """Calls this layer on outputs of other layers.

        # Arguments
            inbound_layers: layer or list of layers.
            node_indices: list of int, the call of each layer (the first by default).
            tensor_indices: list of int, the output of that call (the first by default).
        """
        Node.create_node(self, to_list(inbound_layers), node_indices, tensor_indices)

    def get_output_shape_for(self, input_shape: Any) -> Any:
        """Returns the output shape for an input shape, or lists of them."""
        return input_shape

    def compute_mask(self, input: Any, input_mask: Any = None) -> Any:
        """Returns the output's mask for an input and its mask.

        # Raises
            TypeError: if there is a mask but the layer doesn't support masks.
        """
        if self.supports_masking:
            return input_mask
        if any(mask is not None for mask in to_list(input_mask)):
            raise TypeError(
                f"{label(self)} received a mask but doesn't support masks. They come "
                "from Masking and from Embedding(mask_zero=True): remove these, or "
                "insert a layer that consumes the mask."
            )
        return None

    def build(self, input_shape: Any) -> None:
        """Makes the weights; subclasses define this.

        # Arguments
            input_shape: tuple, or list of tuples if the layer has several inputs.
        """
        self.built = True

    def build_for(self, shapes: list[Shape]) -> None:
        """Builds the layer for inputs of these shapes, and adds the penalties in
        `regularizers`, where layers of Keras 1.0 list them."""
        self.build(one_or_all(shapes))
        self.built = True
        for regularizer in self.regularizers:
            if regularizer is not getattr(self, "activity_regularizer", None):
                self.add_loss(regularizer(regularizer.p))

    def _at(self, node_index: int, attribute: str) -> Any:
        count = len(self.inbound_nodes)
        if not -count <= node_index < count:
            raise NodeError(
                f"{label(self)} has no {_keras_name(attribute)} of call {node_index} "
                f"of {count}. Call it on a tensor, or add it to a model; calls count "
                "from 0."
            )
        return one_or_all(getattr(self.inbound_nodes[node_index], attribute))

    def _only(self, attribute: str) -> Any:
        values = [getattr(node, attribute) for node in self.inbound_nodes]
        if len(values) > 1 and not (
            attribute.endswith("shapes") and all(v == values[0] for v in values)
        ):
            name = _keras_name(attribute)
            raise NodeError(
                f"{label(self)} was called {len(values)} times, so it has no single "
                f"{name}. Choose a call: layer.get_{name}_at(0)."
            )
        return self._at(0, attribute)

    get_input_shape_at = _counted("input_shapes")
    get_output_shape_at = _counted("output_shapes")
    get_input_at = _counted("input_tensors")
    get_output_at = _counted("output_tensors")
    get_input_mask_at = _counted("input_masks")
    get_output_mask_at = _counted("output_masks")

    input = _single("input_tensors", "The only call's input, or list of them.")
    output = _single("output_tensors", "The only call's output, or list of them.")
    input_mask = _single("input_masks", "The only call's input mask, or list of them.")
    output_mask = _single(
        "output_masks", "The only call's output mask, or list of them."
    )
    input_shape = _single("input_shapes", "The calls' input shape, or list of them.")
    output_shape = _single("output_shapes", "The calls' output shape, or list of them.")

    def add_loss(self, losses: Any, inputs: Any = None) -> None:
        """Adds scalar tensors to the loss of every model that uses this layer.

        # Arguments
            losses: tensor or list of tensors.
            inputs: the input tensors of the call on which they depend; None if they
                depend on weights only.
        """
        self._add_items("losses", losses, inputs)

    def add_update(self, updates: Any, inputs: Any = None) -> None:
        """Adds `(variable, new value)` pairs that each training step applies.

        # Arguments
            updates: pair or list of pairs.
            inputs: the input tensors of the call on which they depend; None if they
                depend on none.
        """
        self._add_items("updates", updates, inputs)

    def get_updates_for(self, inputs: Any) -> list[Any]:
        """Returns the updates that depend on these tensors; for None, those that depend
        on none."""
        return self._items_for("updates", inputs)

    def get_losses_for(self, inputs: Any) -> Tensors:
        """Returns the losses that depend on these tensors; for None, those that depend
        on none."""
        return self._items_for("losses", inputs)

    def _add_items(self, kind: str, items: Any, inputs: Any) -> None:
        new = [] if items is None else to_list(items)
        if inputs is not None:
            _, of_call = self._conditional[kind].setdefault(
                object_list_uid(inputs), (inputs, [])
            )
            of_call.extend(new)
        vars(self)[kind].extend(new)

    def _items_for(self, kind: str, inputs: Any) -> list[Any]:
        records = self._conditional[kind]
        if inputs is not None:
            return list(records.get(object_list_uid(inputs), (None, []))[1])
        conditional = {id(item) for _, items in records.values() for item in items}
        return [item for item in vars(self)[kind] if id(item) not in conditional]

    def ordered_weights(self) -> Tensors:
        """Returns the weights in the order of `get_weights()`."""
        return self.weights

    @bound
    def set_weights(self, weights: list[Any]) -> None:
        """Sets the weights.

        # Arguments
            weights: list of arrays, in the order of `get_weights()`.

        # Raises
            DataError: if their number or a shape differs.
        """
        variables = self.ordered_weights()
        expected = list(map(K.get_variable_shape, variables))
        received = list(map(np.shape, weights))
        pairs = zip_longest(expected, received, fillvalue="missing")
        for index, (expected_shape, received_shape) in enumerate(pairs):
            if expected_shape != received_shape:
                raise DataError(
                    f"{label(self)} has {len(expected)} weights and received "
                    f"{len(received)} arrays. Their shapes first differ at index "
                    f"{index}: the weight has {expected_shape}, the array "
                    f"{received_shape}."
                )
        K.batch_set_value(list(zip(variables, weights, strict=True)))

    def set_initial_weights(self) -> None:
        """Sets the weights to `initial_weights`, once; call it at the end of `build`.

        A constructor that accepts `weights` stores them under that name.
        """
        self.built = True
        if self.initial_weights is not None:
            self.set_weights(self.initial_weights)
            self.initial_weights = None

    @bound
    def get_weights(self) -> list[Any]:
        """Returns copies of the weights, as arrays."""
        return list(K.batch_get_value(self.ordered_weights()))

    def get_config(self) -> Config:
        """Returns the constructor arguments for such a layer.

        These are the arguments of the constructors of this class and its base classes
        that the layer stores in attributes of the same name. A class that overrides
        this method must add the arguments of its own constructor.

        # Raises
            ConfigError: if the constructor received an argument that can't be stored.
        """
        return services.configurations.layer_config(self)

    def argument_config(self, argument: str) -> Config:
        """Returns the configuration entries for a constructor argument.

        Plain values are stored as they are; NumPy's numbers, and variables that hold a
        number, become Python's. Functions are stored by name, regularizers and
        constraints by configuration. Other values can't be stored, nor can an argument
        without an attribute of its name: the result is empty if the constructor didn't
        receive one. Override this method for an argument that needs more.

        # Arguments
            argument: str, the argument's name.

        # Raises
            ConfigError: for an activation or initialization without a name, a
                regularizer or constraint without a configuration, and an argument that
                the constructor received and that can't be stored.
        """
        return services.configurations.argument_config(self, argument)

    @classmethod
    def from_config(cls, config: Config) -> Any:
        """Makes a layer from the result of `get_config`; it has no weights yet."""
        return cls(**config)

    @bound
    def count_params(self) -> int:
        """Returns the number of scalars in the weights.

        # Raises
            NodeError: if the weights don't exist yet.
        """
        if not self.built and not self.inbound_nodes:
            raise NodeError(
                f"{label(self)} has no weights before its first call. Call it on a "
                "tensor."
            )
        return int(sum(map(K.count_params, self.weights)))


class InputLayer(Layer):
    """The layer that a model's input comes from; `Input` makes it.

    # Arguments
        input_shape: tuple, the shape of one sample; or
        batch_input_shape: tuple, the same with the batch size (None for any) in front.
        input_dtype: str, the type; the default float type if None.
        input_tensor: tensor to use instead of a new placeholder.
        sparse: bool, whether the placeholder is sparse.
        name: str.
    """

    loadable = True

    def __init__(
        self,
        input_shape: Any = None,
        batch_input_shape: Any = None,
        input_dtype: str | None = None,
        input_tensor: Tensor = None,
        sparse: bool = False,
        name: str | None = None,
    ):
        shapes = {"input_shape": input_shape, "batch_input_shape": batch_input_shape}
        shapes = {key: shape for key, shape in shapes.items() if shape is not None}
        sparse = check_bool("InputLayer", "sparse", sparse)
        name = name or f"input_{K.get_uid('input')}"
        super().__init__(name=name, trainable=False, input_dtype=input_dtype, **shapes)
        if input_tensor is not None:
            self._adopt(input_tensor, input_dtype)
        elif len(shapes) == 1:
            input_tensor = K.placeholder(
                self.batch_input_shape, dtype=self.input_dtype, sparse=sparse, name=name
            )
        else:
            raise ArgumentError(
                f"{label(self)} needs either the shape of one sample or the shape of a "
                f"batch; received {shapes or 'neither'}. For vectors of 100 numbers: "
                "Input(shape=(100,))."
            )
        self.built = True
        self.sparse = sparse
        input_tensor._keras_shape = self.batch_input_shape
        input_tensor._uses_learning_phase = False
        connect(self, [input_tensor])
        Node.of_source(self, [input_tensor], [input_tensor])

    def _adopt(self, tensor: Tensor, input_dtype: str | None) -> None:
        self._check_tensors([tensor])
        if hasattr(tensor, "_keras_history"):
            raise GraphError(
                f"{label(self)} received an output of "
                f"{label(tensor._keras_history[0])}. Use it directly; "
                "only a tensor that comes from no layer needs Input(tensor=…)."
            )
        declared = reconciled(tensor, getattr(self, "batch_input_shape", None))
        self.batch_input_shape = tuple(
            size or known for size, known in zip(declared, K.int_shape(tensor))
        )
        self.input_dtype = input_dtype or K.dtype(tensor)

    def get_config(self) -> Config:
        """Returns the arguments, except for a tensor."""
        return {
            key: getattr(self, key)
            for key in ("batch_input_shape", "input_dtype", "sparse", "name")
        }


@open_to_old_code
def Input(  # noqa: N802  the name of Keras 1
    shape: Any = None,
    batch_shape: Any = None,
    name: str | None = None,
    dtype: str | None = None,
    sparse: bool = False,
    tensor: Tensor = None,
) -> Tensor:
    """Returns a tensor that is an input of a model.

    # Arguments
        shape: tuple, the shape of one sample: `(32,)` for vectors of 32 numbers; None
            leaves a size open.
        batch_shape: tuple, the same with the batch size (None for any) in front,
            instead of `shape`.
        name: str, the input's name in the model.
        dtype: str, the type; the default float type if None.
        sparse: bool, whether the data is sparse.
        tensor: tensor to use instead of a new placeholder.

    # Example
        ```python
        from oneiros.layers import Dense, Input
        from oneiros.models import Model

        a = Input(shape=(32,))
        b = Dense(10, activation="softmax")(a)
        model = Model(input=a, output=b)
        ```

    # Raises
        ArgumentError: without a shape. ShapeError: for a shape that isn't a tuple of
            sizes.
    """
    layer = InputLayer(
        input_shape=shape if batch_shape is None else None,
        batch_input_shape=batch_shape,
        input_dtype=dtype,
        input_tensor=tensor,
        sparse=sparse,
        name=name,
    )
    return layer.inbound_nodes[0].output_tensors[0]
