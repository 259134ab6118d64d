"""Whole networks at random: several inputs and outputs, shared layers, nested models,
merged branches, masks, all layers with all their arguments.

A network grows layer by layer. A layer that can't take the tensor that it was drawn for
is left out. Hypothesis draws the seed and the number of layers: had it drawn each
choice, many networks would be almost the same.
"""

from random import Random

import numpy as np
from hypothesis import strategies as st
from layer_strategies import STRATEGIES, VARIANCE, Pick
from oneiros import backend as K
from oneiros.errors import OneirosError
from oneiros.layers import Embedding, Input, Masking, merge
from oneiros.models import Model, Sequential

NB_WORDS = 6
MASK_VALUES = (9.0, 0.0, -1.0)
DEEPEST = 2
FEWEST_LAYERS = 3
MOST_LAYERS = 20
ATTEMPTS = 10
"""For each layer that a network shall have."""
LARGEST = 2000
"""Values in a sample of a tensor; larger tensors are dropped."""
NB_ROWS = 16
OPEN_SIZES = (6, 7)

ANY = (
    "Activation",
    "BatchNormalization",
    "Dropout",
    "ELU",
    "LeakyReLU",
    "PReLU",
    "Permute",
    "Reshape",
)
SELDOM = (
    "ActivityRegularization",
    "GaussianDropout",
    "GaussianNoise",
    "Lambda",
    "ParametricSoftplus",
    "SReLU",
    "ThresholdedReLU",
)
"""Layers for tensors of any rank; one of those that are drawn seldom stands for all."""
BY_RANK = {
    1: ("Dense", "Dense", "Highway", "MaxoutDense", "RepeatVector"),
    2: (
        *("Bidirectional", "Bidirectional", "GRU", "LSTM", "LSTM", "SimpleRNN"),
        *("TimeDistributed", "TimeDistributed", "TimeDistributedDense"),
        *("Convolution1D", "AtrousConvolution1D", "LocallyConnected1D"),
        *("AveragePooling1D", "MaxPooling1D", "UpSampling1D", "ZeroPadding1D"),
        *("Cropping1D", "GlobalAveragePooling1D", "GlobalMaxPooling1D"),
        *("SpatialDropout1D", "Flatten", "Dense"),
    ),
    3: (
        *("Convolution2D", "Convolution2D", "AtrousConvolution2D", "Deconvolution2D"),
        *("SeparableConvolution2D", "LocallyConnected2D", "MaxPooling2D"),
        *("AveragePooling2D", "UpSampling2D", "UpSampling2D", "ZeroPadding2D"),
        *("Cropping2D", "GlobalAveragePooling2D", "GlobalMaxPooling2D"),
        *("SpatialDropout2D", "Flatten", "TimeDistributed"),
    ),
    4: (
        *("Convolution3D", "Convolution3D", "MaxPooling3D", "AveragePooling3D"),
        *("UpSampling3D", "ZeroPadding3D", "Cropping3D", "GlobalAveragePooling3D"),
        *("GlobalMaxPooling3D", "SpatialDropout3D", "Flatten"),
        *("TimeDistributed", "ConvLSTM2D"),
    ),
}
OF_OPEN_LENGTH = (
    *("Bidirectional", "GRU", "LSTM", "SimpleRNN", "TimeDistributed", "Dense"),
    *("Convolution1D", "MaxPooling1D", "UpSampling1D", "ZeroPadding1D"),
    *("GlobalAveragePooling1D", "GlobalMaxPooling1D", "Activation", "Dropout"),
)
"""Layers for steps whose number isn't known."""
TIMED = {
    1: ("Dense", "Dense", "Highway", "Activation", "Dropout", "@model"),
    2: ("LSTM", "Convolution1D", "Flatten", "Activation", "BatchNormalization"),
    3: ("Convolution2D", "MaxPooling2D", "Flatten", "Dropout"),
}
"""Layers inside TimeDistributed, by the rank of a step."""
SETTLED = {
    "@batch": False,
    "@first": "input",
    "@mask": None,
    "@open": False,
    "@output_batch": None,
    "@seed": 0,
    "layers": None,
    "name": None,
    "noise_shape": None,
    "stateful": False,
    "weights": None,
}
"""What is the same for each layer of a network."""
INSIDE = "@inside_"
"""How the picks for a layer in a wrapper begin."""


class Fitting(Pick):
    """Picks the arguments of a layer for a tensor.

    # Arguments
        random: `random.Random`.
        layer: str, the layer's class.
        shape: tuple, the tensor's shape without the batch.
        ordering: `"th"` or `"tf"`, where the images of this network have channels.
        count: int, the number of tensors, for a Merge.
    """

    def __init__(self, random, layer, shape, ordering, count=1):
        self.random = random
        self.known = {**SETTLED, **sizes(shape, ordering), "@count": count}
        self.known["@outer_steps"] = shape[0]
        if None in shape:
            self.known["unroll"] = False
        self.inside_known = self.known
        if layer == "TimeDistributed":
            self.inside_known = {**SETTLED, **sizes(shape[1:], ordering)}
        self.timed = TIMED.get(len(shape) - 1)

    def __call__(self, name, *options):
        known = self.known
        if name.startswith(INSIDE):
            known = self.inside_known
        if name == "@kind" and "@model" in options:
            options = self.timed
        own_name = name.removeprefix(INSIDE)
        if own_name in known:
            return known[own_name]
        return self.random.choice(options)


def sizes(shape, ordering):
    """Returns the picks that describe a tensor; an image may follow a number of
    steps."""
    known = {"@shape": list(shape), "@steps": shape[0], "@features": shape[-1]}
    known["dim_ordering"] = ordering
    image = list(shape[-3:] if len(shape) < 4 else shape)
    channels = image.pop(0 if ordering == "th" else -1)
    names = ("@rows", "@columns", "@depth")
    return {**known, "@channels": channels, **dict(zip(names, image, strict=False))}


class Network:
    """A model under construction.

    # Arguments
        random: `random.Random`.
        nb_layers: int, how many layers it shall have.
        shapes: list of the inputs' shapes without the batch; None draws them.
        depth: int, how many models this one is nested in.
    """

    def __init__(self, random, nb_layers, shapes=None, depth=0):
        self.random = random
        self.depth = depth
        self.ordering = self.pick("tf", "th")
        self.layers = []
        if shapes is None:
            self.inputs = []
            self.tensors = [self.entrance() for _ in range(self.pick(1, 2, 3))]
        else:
            self.inputs = [Input(shape) for shape in shapes]
            self.tensors = list(self.inputs)
        nb_entrances = len(self.tensors)
        for _ in range(ATTEMPTS * nb_layers):
            if len(self.tensors) < nb_entrances + nb_layers:
                self.grow()
        grown = self.tensors[nb_entrances:]
        if not grown:
            raise ValueError("no layer fits")
        late = grown[-5:]
        self.outputs = self.random.sample(late, min(len(late), self.pick(1, 2, 3, 4)))

    @property
    def model(self):
        """The model, with wide random weights."""
        model = Model(self.inputs, self.outputs)
        set_wide_weights(model, self.pick(*range(99)))
        return model

    def pick(self, *options):
        return self.random.choice(options)

    def entrance(self):
        """Adds an input; returns it, or what a mask or embedding makes of it."""
        kind = self.pick("steps", "image", "vector", "words", "volume")
        x = Input(self.shape_of(kind), dtype="int32" if kind == "words" else None)
        self.inputs.append(x)
        if kind == "words":
            return Embedding(NB_WORDS, 3, mask_zero=self.pick(False, True))(x)
        if kind == "steps" and self.pick(True, False):
            return Masking(self.pick(*MASK_VALUES))(x)
        return x

    def shape_of(self, kind):
        if kind == "vector":
            return (self.pick(4, 3, 2),)
        if kind == "words":
            return (self.pick(None, 5, 4),)
        if kind == "steps":
            return (self.pick(None, 5, 4, 5), self.pick(3, 2, 4))
        sizes = [self.pick(8, 7, 6) for _ in range(2)]
        if kind == "volume":
            sizes = [self.pick(5, 4) for _ in range(3)]
        channels = self.pick(2, 1, 3)
        return (channels, *sizes) if self.ordering == "th" else (*sizes, channels)

    def grow(self):
        """Adds a layer, if what was drawn fits."""
        kinds = ["layer"] * 6 + ["merge"] * 2 + ["again"]
        if self.depth < DEEPEST:
            kinds += ["nested", "chain"]
        before = len(self.tensors)
        try:
            getattr(self, f"add_{self.pick(*kinds)}")()
        except (OneirosError, TypeError, ValueError, ZeroDivisionError):
            del self.tensors[before:]
        self.tensors = [x for x in self.tensors if has_fitting_size(x)]

    def add_layer(self):
        x = self.tensor()
        self.call(self.layer_for(shape_of(x)), x)

    def layer_for(self, shape):
        names = BY_RANK[len(shape)]
        names = (*names, *ANY, self.pick(*SELDOM))
        if None in shape:
            names = OF_OPEN_LENGTH
        name = self.pick(*names)
        return STRATEGIES[name](Fitting(self.random, name, shape, self.ordering)).made()

    def call(self, layer, x):
        self.add(layer(x))
        self.layers.append(layer)

    def add(self, outputs):
        self.tensors += outputs if isinstance(outputs, list) else [outputs]

    def tensor(self):
        """Returns a tensor, a late one more often than an early one."""
        tensors = [x for x in self.tensors if len(shape_of(x)) in BY_RANK]
        return self.pick(*tensors, *tensors[-2:] * len(tensors))

    def add_again(self):
        """Calls a layer once more, or nothing if there is none yet."""
        if self.layers:
            self.call(self.pick(*self.layers), self.tensor())

    def add_merge(self):
        """Merges tensors that differ: of a tensor and itself, a difference would be
        rounding."""
        first = self.tensor()
        others = [
            x
            for x in self.tensors
            if x is not first and len(shape_of(x)) == len(shape_of(first))
        ]
        nb_others = min(len(others), self.pick(1, 2))
        tensors = [first, *self.random.sample(others, nb_others)]
        if len({shape_of(x) for x in tensors}) > 1:
            axis = self.pick(*range(1, len(shape_of(first)) + 1))
            self.add(merge(tensors, mode="concat", concat_axis=axis))
            return
        shape = shape_of(first)
        fitting = Fitting(self.random, "Merge", shape, self.ordering, len(tensors))
        self.add(STRATEGIES["Merge"](fitting).made()(tensors))

    def add_nested(self):
        tensors = [self.tensor() for _ in range(self.pick(1, 2))]
        shapes = [shape_of(x) for x in tensors]
        nb_layers = self.pick(2, 3, 4)
        inner = Network(self.random, nb_layers, shapes, self.depth + 1).model
        self.call(inner, tensors if len(tensors) > 1 else tensors[0])

    def add_chain(self):
        """Adds a Sequential."""
        x = self.tensor()
        chain = Sequential()
        for number in range(self.pick(2, 3)):
            shape = shape_of(x) if number == 0 else chain.output_shape[1:]
            if len(shape) not in BY_RANK:
                break
            layer = self.layer_for(shape)
            if number == 0:
                layer.batch_input_shape = (None, *shape)
                layer.input_dtype = "float32"
            chain.add(layer)
        self.call(chain, x)


def shape_of(x):
    return K.int_shape(x)[1:]


def has_fitting_size(x):
    """Whether a tensor has values, but not too many."""
    known = [size for size in shape_of(x) if size is not None]
    return 0 < np.prod(known) <= LARGEST


def set_wide_weights(model, seed, spread=2.0):
    """Gives a model weights that saturate gates; the sums of a layer have about the
    spread of its inputs, times `spread`."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        shape = K.get_variable_shape(weight)
        if weight.name.removesuffix(":0").endswith(VARIANCE):
            array = rng.uniform(0.3, 2.0, shape)
        else:
            fan_in = max(1, np.prod(shape[:-1]))
            array = rng.normal(0, spread / np.sqrt(fan_in), shape)
        K.set_value(weight, array)


@st.composite
def networks(draw):
    """Draws models that predict, whatever the open sizes are."""
    random = Random(draw(st.integers(0, 2**32 - 1)))
    nb_layers = draw(st.integers(FEWEST_LAYERS, MOST_LAYERS))
    return network_for_any_sizes(random, nb_layers)


def network_for_any_sizes(random, nb_layers):
    """Returns a model whose branches fit together for several open sizes, not for one
    alone."""
    while True:
        model = Network(random, nb_layers).model
        if all(predicts(model, size) for size in OPEN_SIZES):
            return model


def predicts(model, open_size):
    try:
        model.predict_on_batch(batch_for(model, 0, open_size))
    except OneirosError:
        return False
    return True


def batch_for(model, seed, open_size=OPEN_SIZES[0]):
    """Returns a batch of inputs, with steps that masks hide."""
    rng = np.random.default_rng(seed)
    arrays = []
    for x in model.inputs:
        sizes = [size or open_size for size in shape_of(x)]
        shape = (NB_ROWS, *sizes)
        if K.dtype(x) == "int32":
            arrays.append(rng.integers(0, NB_WORDS, shape, dtype="int32"))
            continue
        array = rng.normal(0, 1.5, shape)
        if len(sizes) == 2:
            hidden = rng.random(shape[:2]) < 0.3
            array[hidden] = rng.choice(MASK_VALUES)
        arrays.append(array.astype("float32"))
    return arrays
