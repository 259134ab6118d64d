"""Whole networks as people wrote them in 2016 and 2017, small."""

from oneiros.layers import (
    GRU,
    LSTM,
    Activation,
    AveragePooling3D,
    BatchNormalization,
    Bidirectional,
    Convolution1D,
    Convolution2D,
    Convolution3D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling1D,
    Input,
    Masking,
    MaxPooling2D,
    MaxPooling3D,
    RepeatVector,
    TimeDistributed,
    UpSampling2D,
    ZeroPadding2D,
    merge,
)
from oneiros.models import Model, Sequential


def unet(ordering, depth=3):
    """Concatenates at each depth what the way down and the way up have."""
    axis = 1 if ordering == "th" else 3
    options = {"dim_ordering": ordering}
    size = 2**depth

    def convolved(x, filters):
        for _ in range(2):
            x = Convolution2D(
                filters, 3, 3, border_mode="same", activation="relu", **options
            )(x)
        return x

    x = Input((2, size, size) if ordering == "th" else (size, size, 2))
    inputs = x
    seen = []
    for level in range(depth):
        x = convolved(x, 2 + level)
        seen.append(x)
        x = MaxPooling2D(**options)(x)
    x = Dropout(0.5)(convolved(x, 2 + depth))
    for level in reversed(range(depth)):
        x = UpSampling2D(**options)(x)
        x = merge([x, seen[level]], mode="concat", concat_axis=axis)
        x = convolved(x, 2 + level)
    mask = Convolution2D(1, 1, 1, activation="sigmoid", name="mask", **options)
    return Model(inputs, mask(x))


def volumes(ordering):
    """Five outputs from a scan, as in the search for nodules in lungs."""
    options = {"dim_ordering": ordering}
    shape = (1, 8, 8, 8) if ordering == "th" else (8, 8, 8, 1)
    inputs = Input(shape)
    x = AveragePooling3D((2, 1, 1), border_mode="same", **options)(inputs)
    for filters in (2, 3):
        x = Convolution3D(
            filters, 3, 3, 3, activation="relu", border_mode="same", **options
        )(x)
        x = MaxPooling3D((1, 2, 2), border_mode="valid", **options)(x)
    ends = {"class": "sigmoid", "malignancy": None, "diameter": "linear"}
    outputs = []
    for name, activation in {**ends, "margin": None, "texture": "relu"}.items():
        end = Convolution3D(1, 4, 2, 2, name=f"last_{name}", **options)(x)
        end = Flatten(name=name)(end)
        outputs.append(Activation(activation)(end) if activation else end)
    return Model(inputs, outputs)


def tagger():
    """Bidirectional LSTMs over words of unknown number, with gaps."""
    words = Input((None,), dtype="int32")
    x = Embedding(6, 4, mask_zero=True)(words)
    for _ in range(2):
        x = Bidirectional(LSTM(3, return_sequences=True, dropout_W=0.2))(x)
    return Model(words, TimeDistributed(Dense(4, activation="softmax"))(x))


def bidirectional_on_signals():
    """LSTMs in both directions, merged in each way."""
    signal = Input((6, 3))
    x = Masking()(signal)
    ends = [
        Bidirectional(LSTM(3, consume_less=consume_less), merge_mode=mode)(x)
        for mode, consume_less in [
            ("concat", "cpu"),
            ("sum", "mem"),
            ("mul", "gpu"),
            ("ave", "cpu"),
        ]
    ]
    return Model(signal, merge(ends, mode="concat"))


def siamese():
    """One network for two images, and their distance."""
    options = {"dim_ordering": "th", "activation": "relu"}
    base = Sequential(
        [
            ZeroPadding2D((1, 1), dim_ordering="th", input_shape=(1, 8, 8)),
            Convolution2D(3, 3, 3, subsample=(2, 2), **options),
            BatchNormalization(axis=1),
            Convolution2D(3, 2, 2, **options),
            Flatten(),
            Dense(4, activation="tanh"),
        ]
    )
    left = Input((1, 8, 8))
    right = Input((1, 8, 8))
    ends = [base(left), base(right)]
    joined = merge([merge(ends, mode="mul"), merge(ends, mode="max")], mode="concat")
    return Model([left, right], Dense(1, activation="sigmoid")(joined))


def seq2seq():
    """Reads a sequence, and writes another."""
    layers = [
        LSTM(5, input_shape=(6, 3)),
        RepeatVector(4),
        LSTM(5, return_sequences=True),
        GRU(4, return_sequences=True),
        TimeDistributed(Dense(3, activation="softmax")),
    ]
    return Sequential(layers)


def caption():
    """An image, and words with a mask."""
    image = Input((6, 6, 2))
    seen = Convolution2D(3, 3, 3, activation="relu", dim_ordering="tf")(image)
    seen = RepeatVector(5)(GlobalAveragePooling2D(dim_ordering="tf")(seen))
    words = Input((5,), dtype="int32")
    heard = GRU(4, return_sequences=True)(Embedding(6, 3)(words))
    joined = merge([seen, heard], mode="concat", concat_axis=-1)
    return Model([image, words], Dense(6, activation="softmax")(LSTM(4)(joined)))


def sentences():
    """Windows of several lengths over words, as for sentences."""
    words = Input((7,), dtype="int32")
    x = Embedding(6, 4, dropout=0.2)(words)
    ends = [
        GlobalMaxPooling1D()(Convolution1D(3, length, activation="relu")(x))
        for length in (2, 3, 4)
    ]
    return Model(words, Dense(1, activation="sigmoid")(merge(ends, mode="concat")))


def frames():
    """A network for images at each step, then an LSTM."""
    network = Sequential(
        [
            Convolution2D(2, 3, 3, input_shape=(1, 6, 6), dim_ordering="th"),
            MaxPooling2D(dim_ordering="th"),
            Flatten(),
        ]
    )
    return Sequential(
        [
            TimeDistributed(network, input_shape=(4, 1, 6, 6)),
            LSTM(3),
            Dense(2, activation="softmax"),
        ]
    )


def similar():
    """A shared LSTM for two sentences, compared by dot product."""
    reader = LSTM(3)
    left = Input((5, 2))
    right = Input((4, 2))
    ends = [reader(left), reader(right)]
    return Model([left, right], [merge(ends, mode="dot", dot_axes=1), *ends])


NETWORKS = {
    "U-Net, channels first": lambda: unet("th"),
    "U-Net, channels last": lambda: unet("tf"),
    "volumes, channels first": lambda: volumes("th"),
    "volumes, channels last": lambda: volumes("tf"),
    "tagger": tagger,
    "bidirectional": bidirectional_on_signals,
    "siamese": siamese,
    "seq2seq": seq2seq,
    "caption": caption,
    "sentences": sentences,
    "frames": frames,
    "similar": similar,
}
