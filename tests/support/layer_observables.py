"""All that can be seen of a layer.

Two values of an argument must differ in something of it.
"""

import inspect

import numpy as np
from layer_picks import Scripted
from layer_probe import set_states
from layer_strategies import STRATEGIES
from oneiros import backend as K
from oneiros import layers
from oneiros.engine.layer import KWARGS

RATE = 0.5
"""The learning rate of the training step."""

UNUSED = {
    ("create_input_layer", None): "Sequential gives it to a first layer; users don't."
}
"""Arguments that no strategy gives."""

ONE_VALUE = {
    ("border_mode", "LocallyConnected1D"): "same",
    ("border_mode", "LocallyConnected2D"): "same",
}
"""Arguments that take one value only, with one that is refused."""

NO_EFFECT = {
    ("consume_less", "SimpleRNN"): "mem",
    ("input_dtype", "Embedding"): "float32",
    ("noise_shape", "SpatialDropout1D"): [None, None, None],
    ("noise_shape", "SpatialDropout2D"): [None] * 4,
    ("noise_shape", "SpatialDropout3D"): [None] * 5,
}
"""Arguments that mustn't change results, with a value that a careless layer would
heed."""

EQUAL_SIZES = {"@rows": 3, "@columns": 3, "@depth": 3, "@channels": 3}
TELLING = {
    ("arguments", "Lambda"): {"function": "@power"},
    ("arguments", "Merge"): {"mode": "@difference"},
    ("axis", "BatchNormalization"): {"@shape": [3, 3]},
    ("concat_axis", "Merge"): {"mode": "concat"},
    ("dim_ordering", None): EQUAL_SIZES,
    ("dim_ordering", "Cropping2D"): {**EQUAL_SIZES, "cropping": [[1, 0], [0, 2]]},
    ("dot_axes", "Merge"): {"mode": "dot"},
    ("input_dtype", None): {"@first": "batch_input_shape"},
    ("input_length", "Embedding"): {"@open": True},
    ("inner_init", "GRU"): {"consume_less": "gpu"},
    ("inner_init", "LSTM"): {"consume_less": "gpu"},
    ("mask_value", "Masking"): {"@mask": "some"},
    ("node_indices", "Merge"): {"layers": True},
    ("output_mask", "Merge"): {"mode": "@difference", "@mask": "some"},
    ("output_shape", "Deconvolution2D"): {"subsample": [2, 1]},
    ("output_shape", "Lambda"): {"function": "@flat", "@open": True},
    ("output_shape", "Merge"): {"mode": "@flat_difference", "@open": True},
    ("stateful", None): {"@batch": True},
    ("tensor_indices", "Merge"): {"layers": True},
    ("unroll", None): {"stateful": True, "return_sequences": True, "@mask": "first"},
    ("U_regularizer", "GRU"): {"consume_less": "gpu"},
    ("U_regularizer", "LSTM"): {"consume_less": "gpu"},
}
"""What else to pick so that an argument shows; None stands for any layer."""

PICKED_BY = {
    ("batch_input_shape", None): ("@first", "input", "batch_input_shape"),
    ("input_dim", "LocallyConnected1D"): ("@first", "input", "input_dim+input_length"),
    ("input_dim", None): ("@first", "input", "input_dim"),
    ("input_length", "LocallyConnected1D"): (
        "@first",
        "input",
        "input_dim+input_length",
    ),
    ("input_length", None): ("@first", "input_dim", "input_dim+input_length"),
    ("input_shape", None): ("@first", "input", "input_shape"),
    ("layer", "Bidirectional"): ("@kind", "SimpleRNN", "GRU"),
    ("layer", "TimeDistributed"): ("@kind", "Dense", "Highway"),
    ("output_shape", "Deconvolution2D"): ("@more_rows", 0, 1),
}
"""Arguments that follow from another pick, with two values of that."""

FOLLOWS = {"Deconvolution2D": {"output_shape"}}
"""Arguments that can't stay while others change: a deconvolution's output has the sizes
that these give."""


def entry(table, argument, layer, default=None):
    """Returns what a table says about an argument of a layer, or of any."""
    return table.get((argument, layer), table.get((argument, None), default))


def public_bases(cls):
    """Returns a class and those of its bases that users know."""
    return [
        base
        for base in cls.__mro__
        if base is cls or getattr(layers, base.__name__, None) is base
    ]


def arguments_of(name):
    """Returns the names of all arguments that a layer's constructor takes."""
    cls = getattr(layers, name)
    observed = []
    for base in public_bases(cls):
        parameters = inspect.signature(base).parameters.values()
        observed += [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        if base is cls and all(p.kind is not p.VAR_KEYWORD for p in parameters):
            return observed
    return list(dict.fromkeys([*observed, *KWARGS]))


def variants(name, argument):
    """Returns cases with different values of an argument and all else equal, as the
    strategy picks them."""
    script = entry(TELLING, argument, name, {})
    plain = Scripted(script)
    STRATEGIES[name](plain)
    if argument in plain.options:
        pick, *values = argument, *plain.options[argument]
    else:
        pick, *values = entry(PICKED_BY, argument, name)
    cases = [STRATEGIES[name](Scripted({**script, pick: value})) for value in values]
    for other in cases[1:]:
        one = cases[0].arguments
        two = other.arguments
        differing = {key for key in one | two if one.get(key) != two.get(key)}
        assert differing - FOLLOWS.get(name, set()) <= {argument} | told_with(
            argument
        ), differing
        assert argument in differing
        if pick != "@first":
            assert (other.shapes, other.batch, other.open, other.mask) == (
                cases[0].shapes,
                cases[0].batch,
                cases[0].open,
                cases[0].mask,
            )
    return cases


def told_with(argument):
    """Returns the arguments that may come along with one that tells an input's
    shape."""
    return (
        {"input_dim", "input_length", "input_dtype"}
        if (argument, None) in PICKED_BY
        else set()
    )


def named(weight):
    """Returns a weight's name, which ends in `:0` on TensorFlow alone."""
    return weight.name.removesuffix(":0")


class Seen:
    """What can be seen of a case on the current backend.

    At once, and of the compiled function.

    # Arguments
        case: Case.
        fed: Case whose arrays it is fed with.
    """

    def __init__(self, case, fed):
        K.reset_uids()
        np.random.seed(case.seed)
        self.layer, self.inputs, self.outputs = case.connected()
        self.arrays = [
            a.astype(K.dtype(x)) for a, x in zip(fed.arrays(), self.inputs, strict=True)
        ]
        node = self.layer.inbound_nodes[0]
        self.masks = [mask for mask in node.output_masks if mask is not None]
        weights = self.layer.ordered_weights()
        self.at_once = {
            "name": [self.layer.name],
            "input": [(x._keras_shape, K.dtype(x)) for x in self.inputs],
            "from": [
                (type(parent).__name__, parent.name) for parent in node.inbound_layers
            ],
            "shape": [y._keras_shape for y in self.outputs],
            "masks": [len(self.masks)],
            "weights": [(named(w), tuple(K.get_variable_shape(w))) for w in weights],
            "trained": [named(w) for w in self.layer.trainable_weights],
            "initial": self.layer.get_weights(),
        }
        self.layer.set_weights(
            case.values([tuple(K.get_variable_shape(w)) for w in weights], weights)
        )
        set_states(self.layer, case.seed)

    def tensors(self):
        """Outputs, masks, what is added to the loss, updates.

        The weights after training, if constrained.
        """
        return [
            *self.outputs,
            *(K.cast(mask, "float64") for mask in self.masks),
            *self.layer.losses,
            *(value for _, value in self.layer.updates),
            *(self.trained() if hasattr(self.layer, "W_constraint") else []),
        ]

    def trained(self):
        """The weights after a step of training."""
        trained = self.layer.trainable_weights
        loss = sum(K.sum(K.square(y) * (y + 1.0)) for y in self.outputs) + sum(
            self.layer.losses
        )
        gradients = K.gradients(loss, trained) if trained else []
        constraints = [
            self.layer.constraints.get(weight, lambda new: new) for weight in trained
        ]
        steps = zip(constraints, trained, gradients, strict=True)
        return [
            constraint(weight - RATE * gradient)
            for constraint, weight, gradient in steps
        ]


def same(one, other):
    """Tells whether two things seen are the same.

    Values, or lists of arrays that agree closely.
    """
    if not any(isinstance(part, np.ndarray) for part in (*one, *other)):
        return one == other
    if [np.shape(part) for part in one] != [np.shape(part) for part in other]:
        return False
    return all(
        np.allclose(a, b, rtol=1e-9, atol=1e-12)
        for a, b in zip(one, other, strict=True)
    )


def differ_at_once(one, other):
    """Tells whether two `Seen` differ in what no function need be compiled for."""
    return any(not same(part, other.at_once[key]) for key, part in one.at_once.items())


def computed(seen):
    """Returns the arrays of several `Seen`, in the training phase, from one
    function."""
    tensors = [part.tensors() for part in seen]
    options = {"jit_compile": False} if K.current().name == "tensorflow" else {}
    function = K.function(
        [*(x for part in seen for x in part.inputs), K.learning_phase()],
        [tensor for part in tensors for tensor in part],
        **options,
    )
    values = iter(function([*(array for part in seen for array in part.arrays), 1]))
    return [[next(values) for _ in part] for part in tensors]
