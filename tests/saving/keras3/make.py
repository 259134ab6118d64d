"""Writes the model files of this folder with a real Keras 3; the README says which one.

    KERAS_BACKEND=jax python make.py <folder>

Each model gives `<name>.keras`, some also `<name>.h5`, and all inputs, outputs and
losses go to `expected.npz`.
"""

import sys
from pathlib import Path

import keras
import numpy as np
import oneiros_keras3
from keras import layers as L

FOLDER = Path(sys.argv[1])
EXPECTED = {}
MODELS = {}
IN_HDF5 = ("dense", "masked")
"""Models that are saved in Keras's older format, too."""


def model(*shapes, integers=None, gaps=False, **options):
    """Registers a function that makes a model for inputs of these shapes."""

    def register(function):
        MODELS[function.__name__] = (function, shapes, integers, gaps, options)
        return function

    return register


def seq(*layers):
    return keras.Sequential(layers)


@model((4,), optimizer=keras.optimizers.Adam(0.01), loss="mse", metrics=["mae"])
def dense():
    return seq(
        keras.Input((4,)),
        L.Dense(
            5, activation="tanh", kernel_regularizer=keras.regularizers.L1L2(1e-3, 2e-3)
        ),
        L.Dense(4, use_bias=False, kernel_constraint=keras.constraints.MaxNorm(1.5)),
        L.Activation("relu"),
        L.Dense(3, bias_initializer="ones", name="a"),
    )


@model(
    (5,),
    (5,),
    optimizer=keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    loss={"sum": "mse", "joined": keras.losses.MeanAbsoluteError()},
)
def several():
    a, b = keras.Input((5,), name="left"), keras.Input((5,), name="right")
    shared = L.Dense(4, name="shared", activation="tanh")
    x, y = shared(a), shared(b)
    merged = L.Concatenate(axis=-1)(
        [L.Add()([x, y]), L.Multiply()([x, y]), L.Average()([x, y])]
    )
    joined = L.Dense(2, name="joined")(
        L.Concatenate()([merged, L.Maximum()([x, y]), L.Dot(axes=1)([x, y])])
    )
    return keras.Model([a, b], [L.Dense(3, name="sum")(merged), joined])


@model((4,))
def activations():
    x = keras.Input((4,), name="x")
    names = ["softmax", "elu", "softplus", "softsign", "relu", "tanh", "sigmoid"]
    outputs = [L.Dense(3, activation=name, name=name)(x) for name in names]
    registered = oneiros_keras3.hard_sigmoid
    outputs.append(L.Dense(3, activation=registered, name="registered")(x))
    outputs.append(L.Activation("linear", name="again")(outputs[0]))
    named = dict(zip("ihgfedcba", outputs, strict=True))
    return keras.Model({"x": x}, named)


@model((8, 7, 3), optimizer=keras.optimizers.Adamax(), loss="mse")
def conv2d():
    return seq(
        keras.Input((8, 7, 3)),
        L.Conv2D(4, (3, 2), strides=(2, 1), padding="same", activation="relu"),
        L.BatchNormalization(scale=False, epsilon=0.01, momentum=0.9),
        L.Conv2D(3, 2, dilation_rate=2, use_bias=False),
        L.MaxPooling2D(2, strides=1),
        L.Flatten(),
        L.Dense(2),
    )


@model((6, 6, 2))
def images():
    return seq(
        keras.Input((6, 6, 2)),
        L.SpatialDropout2D(0.1),
        L.ZeroPadding2D(((1, 0), (2, 1))),
        L.SeparableConv2D(3, 3, depth_multiplier=2, padding="same"),
        L.Cropping2D(((0, 1), (1, 1))),
        L.UpSampling2D((2, 1)),
        L.AveragePooling2D(2, padding="same"),
        L.Conv2DTranspose(4, 3, strides=2, padding="same"),
        L.Conv2DTranspose(2, (4, 3), strides=(2, 1)),
        L.BatchNormalization(center=False),
        L.LeakyReLU(0.2),
        L.GlobalAveragePooling2D(),
    )


@model((2, 6, 5))
def channels_first():
    order = {"data_format": "channels_first"}
    return seq(
        keras.Input((2, 6, 5)),
        L.ZeroPadding2D(1, **order),
        L.Conv2D(4, (3, 2), **order),
        L.BatchNormalization(axis=1),
        L.Conv2DTranspose(3, 2, strides=2, **order),
        L.SeparableConv2D(2, 2, **order),
        L.MaxPooling2D(2, **order),
        L.GlobalMaxPooling2D(**order),
    )


@model((10, 4), optimizer=keras.optimizers.RMSprop(0.01, rho=0.8), loss="mse")
def sequences():
    return seq(
        keras.Input((10, 4)),
        L.ZeroPadding1D(1),
        L.Conv1D(5, 3, strides=2, activation="elu"),
        L.Conv1D(5, 2, dilation_rate=2, padding="same"),
        L.UpSampling1D(2),
        L.Cropping1D((1, 0)),
        L.MaxPooling1D(2),
        L.AveragePooling1D(2, padding="same"),
        L.GlobalMaxPooling1D(),
    )


@model((4, 5, 4, 2))
def volumes():
    return seq(
        keras.Input((4, 5, 4, 2)),
        L.ZeroPadding3D(1),
        L.Conv3D(3, (2, 3, 2), activation="relu"),
        L.Cropping3D(((1, 0), (0, 0), (0, 1))),
        L.UpSampling3D(2),
        L.AveragePooling3D(2),
        L.MaxPooling3D(2),
        L.GlobalAveragePooling3D(),
    )


@model(
    (9,),
    integers=20,
    optimizer=keras.optimizers.Nadam(),
    loss="binary_crossentropy",
    metrics=["accuracy"],
)
def text_lstm():
    return seq(
        keras.Input((9,)),
        L.Embedding(20, 6, mask_zero=True),
        L.LSTM(5, return_sequences=True, recurrent_regularizer="l2"),
        L.LSTM(4, unit_forget_bias=False, dropout=0.0),
        L.Dense(1, activation="sigmoid"),
    )


@model((7, 3), gaps=True)
def masked():
    x = keras.Input((None, 3))
    steps = L.Masking(0.0)(x)
    gates = oneiros_keras3.hard_sigmoid
    steps = L.LSTM(4, return_sequences=True, recurrent_activation=gates)(steps)
    both = L.Bidirectional(L.LSTM(3), merge_mode="ave")(steps)
    last = L.GRU(4, reset_after=False)(L.Dropout(0.3)(steps))
    return keras.Model(x, L.Concatenate()([both, last]))


@model((6,), integers=3)
def words():
    """Its files hold the operations that compute masks."""
    x = keras.Input((6,), name="x")
    one = L.Embedding(3, 4, mask_zero=True)(x)
    two = L.Activation("tanh")(L.Embedding(3, 4, mask_zero=True)(x))
    steps = L.GRU(3, return_sequences=True, reset_after=False)(L.Add()([one, two]))
    return keras.Model(x, L.Bidirectional(L.LSTM(2))(steps))


@model((7, 3))
def recurrent():
    return seq(
        keras.Input((7, 3)),
        L.GRU(4, return_sequences=True, reset_after=False, dropout=0.2),
        L.Bidirectional(L.LSTM(3, return_sequences=True), merge_mode="sum"),
        L.TimeDistributed(L.Dense(4, activation="tanh")),
        L.Bidirectional(L.GRU(3, reset_after=False)),
        L.RepeatVector(2),
        L.SimpleRNN(3),
    )


@model((3, 6, 5, 2))
def conv_lstm():
    return seq(
        keras.Input((3, 6, 5, 2)),
        L.ConvLSTM2D(3, (2, 3), padding="same", return_sequences=True),
        L.ConvLSTM2D(2, 2, strides=2),
        L.Flatten(),
    )


@model((6, 3))
def advanced():
    return seq(
        keras.Input((6, 3)),
        L.GaussianNoise(0.1),
        L.GaussianDropout(0.1),
        L.Dropout(0.25, seed=3),
        L.SpatialDropout1D(0.2),
        L.ActivityRegularization(l2=1e-3),
        L.PReLU(shared_axes=[1]),
        L.ELU(0.7),
        L.Permute((2, 1)),
        L.Reshape((2, 9)),
        L.ReLU(),
        L.ReLU(negative_slope=0.1),
        L.Softmax(),
    )


@model((6, 6, 2), optimizer=keras.optimizers.Adadelta(0.5), loss="mse")
def nested():
    inner = seq(
        keras.Input((6, 6, 2)),
        L.Conv2D(3, 3, name="c"),
        L.BatchNormalization(name="n"),
        L.Flatten(name="f"),
    )
    x = keras.Input((6, 6, 2))
    sub_in = keras.Input((48,))
    fixed = L.Dense(3, name="one", trainable=False)(sub_in)
    sub = keras.Model(sub_in, [fixed, L.Dense(3, name="two")(sub_in)], name="sub")
    first, second = sub(inner(x))
    steps = L.Reshape((3, 2))(L.Concatenate()([first, second]))
    cells = L.LSTM(2, name="cells")(steps)
    twice = seq(keras.Input((2,)), L.Dense(2, name="t"))
    out = L.Add()([twice(cells), twice(twice(cells))])
    return keras.Model(x, L.Dense(2, name="out", trainable=False)(out))


@model((4,), optimizer=keras.optimizers.Adagrad(0.05), loss="mse")
def model_at_the_end():
    """Ends with models, to whose outputs it refers."""
    x = keras.Input((4,))
    y = keras.Input((3,))
    first = keras.Model(y, L.Dense(2)(y))
    second = seq(keras.Input((2,)), L.Dense(2))
    return keras.Model(x, second(first(L.Dense(3)(x))))


@model((6, 4))
def registered():
    """Has the layers of `oneiros_keras3`."""
    x = keras.Input((6, 4), name="x")
    flat = L.Flatten()(x)
    wide = oneiros_keras3.Highway(activation="tanh")(flat)
    penalty = oneiros_keras3.SummedL1L2(l2=0.01)
    wide = oneiros_keras3.MaxoutDense(units=5, maps=3, activity_regularizer=penalty)(
        wide
    )
    wide = oneiros_keras3.SReLU()(oneiros_keras3.ParametricSoftplus()(wide))
    wide = oneiros_keras3.BatchNormalization(mode=1)(wide)
    local = oneiros_keras3.LocallyConnected1D(2, [3], [1], activation="relu")(x)
    image = L.Reshape((6, 4, 1))(x)
    image = oneiros_keras3.LocallyConnected2D(2, [2, 3], [2, 1])(image)
    local = L.Concatenate()([L.Flatten()(local), L.Flatten()(image)])
    local = oneiros_keras3.ThresholdedReLU(0.2)(L.Dense(5)(local))
    local = L.Activation("linear", activity_regularizer=penalty)(local)
    alike = L.Flatten()(oneiros_keras3.Cosine([1, 1])([wide, local]))
    return keras.Model(x, L.Concatenate()([wide, local, alike]))


def main():
    keras.utils.set_random_seed(7)
    random = np.random.RandomState(0)
    for name, (function, shapes, integers, gaps, options) in MODELS.items():
        made = function()
        made.set_weights(
            [v + random.normal(0, 0.3, v.shape) for v in made.get_weights()]
        )
        for layer in made._flatten_layers():
            if isinstance(layer, L.BatchNormalization):
                layer.moving_variance.assign(
                    random.uniform(0.5, 1.5, layer.moving_variance.shape)
                )
        x = [random.normal(size=(4, *shape)).astype("float32") for shape in shapes]
        if integers:
            x = [random.randint(0, integers, (4, *shape)) for shape in shapes]
        if gaps:
            x[0][1, 2:] = 0
            x[0][2, 3] = 0
            x[0][3] = 0
        if options:
            made.compile(**options)
            y = [np.abs(np.tanh(v)) for v in outputs(made, x)]
            targets = y if len(y) > 1 else y[0]
            if isinstance(options["loss"], dict):
                targets = dict(zip(options["loss"], y, strict=True))
            for _ in range(3):
                made.train_on_batch(one_or_all(x), targets)
        made.save(FOLDER / f"{name}.keras")
        if name in IN_HDF5:
            made.save(FOLDER / f"{name}.h5")
        record = {f"x{i}": v for i, v in enumerate(x)}
        record |= {f"y{i}": v for i, v in enumerate(outputs(made, x))}
        if options:
            record |= {f"t{i}": v for i, v in enumerate(y)}
            steps = [made.train_on_batch(one_or_all(x), targets) for _ in range(3)]
            record["losses"] = np.array([np.ravel(step)[0] for step in steps])
        EXPECTED.update({f"{name}/{key}": value for key, value in record.items()})
    refused().save(FOLDER / "refused.keras")
    np.savez_compressed(FOLDER / "expected.npz", **EXPECTED)


def refused():
    """Returns a model of layers that Keras 1 doesn't have, and of some that it has."""
    x = keras.Input((5, 4), name="x")
    steps = L.Dense(4, activation="gelu", name="soft")(x)
    steps = L.LSTM(
        4, return_sequences=True, recurrent_activation="hard_sigmoid", name="gates"
    )(steps)
    steps = L.GRU(4, return_sequences=True, name="after")(steps)
    steps = L.LayerNormalization(name="norm")(steps)
    steps = keras.ops.add(steps, 1.0)
    steps = L.Masking(name="gaps")(steps)
    steps = L.Bidirectional(L.LSTM(2, return_sequences=True), name="both")(steps)
    return keras.Model(x, L.Dense(2, name="fine")(steps))


def one_or_all(values):
    return values if len(values) > 1 else values[0]


def outputs(made, x):
    predictions = made.predict(one_or_all(x), verbose=0)
    if isinstance(predictions, dict):
        return [predictions[name] for name in sorted(predictions)]
    return predictions if isinstance(predictions, list) else [predictions]


if __name__ == "__main__":
    main()
