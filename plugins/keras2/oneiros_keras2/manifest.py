"""Manifest: the names of this plugin, by reference, and how files describe them."""

from typing import Any

from oneiros import hookimpl

_PACKAGE = "oneiros_keras2"
_ACTIVATIONS = (
    "ActivationWith",
    "celu",
    "exponential",
    "gelu",
    "glu",
    "hard_shrink",
    "hard_silu",
    "hard_tanh",
    "keras3_hard_sigmoid",
    "leaky_relu",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "rectified",
    "relu6",
    "selu",
    "soft_shrink",
    "softmax_along",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh_shrink",
    "threshold",
)
ACTIVATIONS = {name: f"{_PACKAGE}.activations:{name}" for name in _ACTIVATIONS}
ACTIVATIONS["silu"] = ACTIVATIONS["swish"]
ACTIVATIONS["hard_swish"] = ACTIVATIONS["hard_silu"]
_RANDOM = (
    "AugMix",
    "RandAugment",
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomColorJitter",
    "RandomContrast",
    "RandomElasticTransform",
    "RandomErasing",
    "RandomFlip",
    "RandomGaussianBlur",
    "RandomGrayscale",
    "RandomHeight",
    "RandomHue",
    "RandomInvert",
    "RandomPerspective",
    "RandomPosterization",
    "RandomRotation",
    "RandomSaturation",
    "RandomSharpness",
    "RandomShear",
    "RandomTranslation",
    "RandomWidth",
    "RandomZoom",
)
_TABLES = (
    "CategoryCrossing",
    "HashedCrossing",
    "Hashing",
    "IntegerLookup",
    "StringLookup",
    "TextVectorization",
)
_RANKS = ("1D", "2D", "3D")
_CELLS = ("GRUCell", "LSTMCell", "SimpleRNNCell")
_RECURRENT = ("Keras2GRU", "Keras2LSTM", "Keras2SimpleRNN", "RNN", "StackedRNNCells")
_CONVOLUTIONS = (
    *(f"Keras2Conv{rank}" for rank in _RANKS),
    "Conv1DTranspose",
    "Keras2Conv2DTranspose",
    "Conv3DTranspose",
)
"""Layers with kernels that Keras 2 flipped on Theano."""
_CONVOLUTIONAL = ("ConvLSTM1D", "Keras2ConvLSTM2D", "ConvLSTM3D")
_FILES = "recurrent_files"
FILE_CLASSES = {
    **dict.fromkeys(_RECURRENT, f"{_FILES}:RecurrentMigration"),
    **dict.fromkeys(_CONVOLUTIONAL, f"{_FILES}:RecurrentMigration"),
    "Keras2Bidirectional": f"{_FILES}:Keras2BidirectionalMigration",
    "Keras2GRU": f"{_FILES}:Keras2GRUMigration",
    "Keras2LSTM": f"{_FILES}:Keras2LSTMMigration",
    "CenterCrop": "image_files:TrainingMigration",
    "Resizing": "image_files:TrainingMigration",
    "Normalization": "preprocessing:NormalizationMigration",
}
"""What reads and writes layers in files, where a row isn't enough."""
CUDNN = {"added": {"activation": "tanh", "recurrent_activation": "sigmoid"}}
"""The activations of NVIDIA's library."""
_LAYERS = {
    "advanced_activations": ("Keras2ReLU", "Keras2Softmax"),
    "attention": (
        "AdditiveAttention",
        "Attention",
        "GroupQueryAttention",
        "MultiHeadAttention",
    ),
    "bidirectional": ("Keras2Bidirectional",),
    "convolutional": (
        *_CONVOLUTIONS,
        "DepthwiseConv1D",
        "DepthwiseConv2D",
        "SeparableConv1D",
        "Keras2SeparableConv2D",
    ),
    "convolutional_recurrent": _CONVOLUTIONAL,
    "core": ("AlphaDropout", "EinsumDense", "Keras2Flatten"),
    "images": (
        "Keras2UpSampling2D",
        "Resizing",
        "CenterCrop",
        "RandomCrop",
        "Augmentation",
        "Keras2ZeroPadding1D",
        "Keras2ZeroPadding3D",
    ),
    "masks": ("Masked", "Unmasked"),
    "merging": ("Keras2Dot", "Minimum", "Subtract"),
    "normalization": (
        "GroupNormalization",
        "Keras2BatchNormalization",
        "LayerNormalization",
        "RMSNormalization",
        "UnitNormalization",
    ),
    "operations": ("TensorOperation",),
    "pooling": (
        "Keras2MaxPooling1D",
        "Keras2AveragePooling1D",
        *(f"Keras2GlobalMaxPooling{rank}" for rank in _RANKS),
        *(f"Keras2GlobalAveragePooling{rank}" for rank in _RANKS),
    ),
    "preprocessing": (
        "CategoryEncoding",
        "Discretization",
        "Normalization",
        "Rescaling",
    ),
    "recurrent": (*_CELLS, *_RECURRENT),
}
LAYERS = {
    name: f"{_PACKAGE}.{module}:{name}"
    for module, names in _LAYERS.items()
    for name in names
}
_SCHEDULED = ("schedule", "weight_clipnorm", "weight_decay")
_MOMENTA = ("beta_1", "beta_2")
_FTRL = (
    "learning_rate_power",
    "initial_accumulator_value",
    "beta",
    "l1_regularization_strength",
    "l2_regularization_strength",
    "l2_shrinkage_regularization_strength",
)
OPTIMIZER_ARGUMENTS = {
    "AdamW": (*_SCHEDULED, *_MOMENTA, "amsgrad"),
    "Ftrl": ("schedule", "weight_clipnorm", *_FTRL),
    "Keras2Adadelta": (*_SCHEDULED, "rho"),
    "Keras2Adagrad": (*_SCHEDULED, "initial_accumulator_value"),
    "Keras2Adam": (*_SCHEDULED, *_MOMENTA, "amsgrad"),
    "Keras2Adamax": (*_SCHEDULED, *_MOMENTA),
    "Keras2Nadam": ("weight_clipnorm", "weight_decay", *_MOMENTA, "schedule_decay"),
    "Keras2RMSprop": (*_SCHEDULED, "rho", "momentum", "centered"),
    "Keras2SGD": (*_SCHEDULED, "momentum", "nesterov"),
    "Lion": (*_SCHEDULED, *_MOMENTA),
}
"""The arguments of each optimizer but those that all have."""
OPTIMIZERS = {name: f"{_PACKAGE}.optimizers:{name}" for name in OPTIMIZER_ARGUMENTS}
INTERLEAVED = {"Keras2RMSprop": 1}
"""How many variables of a weight follow each other in files, if not two."""
_SOFT = ("from_logits", "label_smoothing")
LOSS_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "BinaryFocalCrossentropy": ("apply_class_balancing", "alpha", "gamma", *_SOFT),
    "CategoricalFocalCrossentropy": ("alpha", "gamma", *_SOFT),
    "CategoricalHinge": (),
    "CosineSimilarity": (),
    "Huber": ("delta",),
    "Keras2BinaryCrossentropy": _SOFT,
    "Keras2CategoricalCrossentropy": _SOFT,
    "Keras2Hinge": (),
    "Keras2SparseCategoricalCrossentropy": ("from_logits",),
    "Keras2SquaredHinge": (),
    "LogCosh": (),
}
"""The arguments of each loss."""
LOSSES = {name: f"{_PACKAGE}.losses:{name}" for name in LOSS_ARGUMENTS}
FUNCTIONS = {
    "binary_focal_crossentropy": "BinaryFocalCrossentropy",
    "categorical_focal_crossentropy": "CategoricalFocalCrossentropy",
    "categorical_hinge": "CategoricalHinge",
    "cosine_similarity": "CosineSimilarity",
    "huber": "Huber",
    "huber_loss": "Huber",
    "log_cosh": "LogCosh",
    "logcosh": "LogCosh",
}
"""The names of losses as functions in files, and their classes."""
OF_ATTENTION = ("use_causal_mask", "return_attention_scores")
"""Arguments of the calls of layers with attention."""
MASK = "attention_mask"
MULTI_HEAD: dict[str, Any] = {
    "base": f"{_PACKAGE}.attention_files:MultiHeadMigration",
    "inputs": ("value", "a second argument", "key", MASK),
    "settings": OF_ATTENTION,
    "groups": ("query_dense", "key_dense", "value_dense", "output_dense"),
    "neutral": {
        **dict.fromkeys(("query_shape", "key_shape", "value_shape")),
        "flash_attention": None,
        "sliding_window": (None,),
        "use_gate": (False,),
    },
}


@hookimpl
def oneiros_activations():
    """The activation functions by name."""
    return ACTIVATIONS


@hookimpl
def oneiros_layers():
    """The layers by name."""
    return LAYERS


@hookimpl
def oneiros_modules():
    """The classes in the modules of their kinds."""
    return {"layers": LAYERS, "optimizers": OPTIMIZERS}


@hookimpl
def oneiros_objectives():
    """The losses by name."""
    return LOSSES


@hookimpl
def oneiros_optimizers():
    """The optimizers by name."""
    return OPTIMIZERS


@hookimpl
def oneiros_migrations():
    """How files describe the layers: with the arguments that they have here."""
    rows: dict[str, Any] = {
        name: {"as_stored": True, "keras3": name.removeprefix("Keras2")}
        for name in LAYERS
    }
    rows["Keras2ReLU"]["elementwise"] = True
    for name in (*_CONVOLUTIONS, *_CONVOLUTIONAL):
        rows[name]["flips"] = True
    rows["Unmasked"]["keras3"] = "Identity"
    rows["Masked"]["keras3"] = None
    rows["Keras2Softmax"]["inputs"] = ("mask", "a second argument")
    for name in ("GroupQueryAttention", "MultiHeadAttention"):
        rows[name] |= MULTI_HEAD
    grouped = {**rows["GroupQueryAttention"], "name": "GroupQueryAttention"}
    rows["GroupedQueryAttention"] = grouped
    for name in ("AdditiveAttention", "Attention"):
        rows[name] |= {"settings": OF_ATTENTION}
    rows["Identity"] = {"name": "Activation", "added": {"activation": "linear"}}
    rows["CategoryEncoding"]["inputs"] = ("count_weights", "a second argument")
    rows["Discretization"]["neutral"] = {"num_bins": None, "epsilon": None}
    for name, reference in FILE_CLASSES.items():
        rows[name]["base"] = f"{_PACKAGE}.{reference}"
    rows["CuDNNGRU"] = {**rows["Keras2GRU"], "name": "Keras2GRU", **CUDNN}
    rows["Keras2CuDNNLSTM"] = {**rows["Keras2LSTM"], "name": "Keras2LSTM", **CUDNN}
    rows["Resizing"]["neutral"] = {
        **{"antialias": (False,), "pad_to_aspect_ratio": (False,)},
        **{"fill_mode": None, "fill_value": None},
    }
    for name in ("SlicingOpLambda", "TFOpLambda", "TensorOperation"):
        rows[name] = f"{_PACKAGE}.operation_files:OperationMigration"
    rows["ActivationWith"] = f"{_PACKAGE}.activation_files:ActivationWithMigration"
    for name in _TABLES:
        rows[name] = f"{_PACKAGE}.preprocessing:TextMigration"
    for name in ("Augmentation", "RandomCrop"):
        rows[name] = f"{_PACKAGE}.image_files:{name}Migration"
    rows |= dict.fromkeys(_RANDOM, rows["Augmentation"])
    for name, arguments in OPTIMIZER_ARGUMENTS.items():
        rows[name] = {
            "base": f"{_PACKAGE}.optimizer_files:Keras2OptimizerMigration",
            "keras3": name.removeprefix("Keras2"),
            "own_arguments": arguments,
            "interleaved": INTERLEAVED.get(name, 2),
        }
    for name, arguments in LOSS_ARGUMENTS.items():
        rows[name] = {
            "base": f"{_PACKAGE}.loss_files:LossMigration",
            "keras3": name.removeprefix("Keras2"),
            "own_arguments": arguments,
        }
    for name, class_name in FUNCTIONS.items():
        rows[name] = {**rows[class_name], "name": class_name}
    for name in _CELLS:
        rows[name] |= {"neutral": {"implementation": None}}
    return rows
