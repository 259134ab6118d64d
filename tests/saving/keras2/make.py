"""Writes the model files of this folder with a real Keras 2; the README says which one.

    python make.py <folder>

Each model gives `<name>.h5`, and all inputs, outputs and losses go to `expected.npz`.
"""

import os
import sys
from pathlib import Path

os.environ.update(
    TF_CPP_MIN_LOG_LEVEL="3", TF_USE_LEGACY_KERAS="1", CUDA_VISIBLE_DEVICES="-1"
)

import numpy as np
import tf_keras as keras
from tf_keras import layers as L
from tf_keras.src.layers.rnn.cudnn_lstm import CuDNNLSTM

FOLDER = Path(sys.argv[1])
EXPECTED = {}
MODELS = {}


def model(*shapes, integers=None, **options):
    """Registers a function that makes a model for inputs of these shapes."""

    def register(function):
        MODELS[function.__name__] = (function, shapes, integers, options)
        return function

    return register


def seq(*layers):
    return keras.Sequential(layers)


@model((4,), optimizer=("adam", {"learning_rate": 0.01}), loss="mse", metrics=["mae"])
def dense():
    return seq(
        L.InputLayer((4,)),
        L.Dense(
            5,
            activation="tanh",
            kernel_regularizer=keras.regularizers.l1_l2(1e-3, 2e-3),
        ),
        L.Dense(
            4,
            use_bias=False,
            kernel_constraint=keras.constraints.MaxNorm(1.5),
            name="b",
        ),
        L.Activation("relu"),
        L.Dense(3, bias_initializer="ones", name="a"),
    )


@model(
    (4,),
    optimizer=("SGD", {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True}),
    loss="mse",
)
def dense_sgd():
    return seq(L.Dense(3, input_shape=(4,), activation="sigmoid"), L.Dense(2))


@model((4,), optimizer=("rmsprop", {"learning_rate": 0.01, "rho": 0.8}), loss="mse")
def dense_rmsprop():
    return seq(L.Dense(3, input_shape=(4,), activation="sigmoid"), L.Dense(2))


@model(
    (4,), optimizer=("legacy.Adam", {"learning_rate": 0.02, "beta_1": 0.8}), loss="mse"
)
def dense_legacy_adam():
    return seq(
        L.Dense(3, input_shape=(4,), activation="sigmoid", name="z"),
        L.Dense(2, name="a"),
    )


@model((8, 7, 3), optimizer=("adamax", {}), loss="mse")
def conv2d():
    return seq(
        L.Conv2D(
            4,
            (3, 2),
            strides=(2, 1),
            padding="same",
            activation="relu",
            input_shape=(8, 7, 3),
        ),
        L.BatchNormalization(scale=False, epsilon=0.01, momentum=0.9),
        L.Conv2D(3, 2, dilation_rate=2, use_bias=False),
        L.MaxPooling2D(2, strides=1),
        L.Flatten(),
        L.Dense(2),
    )


@model((6, 6, 2))
def images():
    return seq(
        L.InputLayer((6, 6, 2)),
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
        L.InputLayer((2, 6, 5)),
        L.ZeroPadding2D(1, **order),
        L.Conv2D(4, (3, 2), **order),
        L.BatchNormalization(axis=1),
        L.Conv2DTranspose(3, 2, strides=2, **order),
        L.SeparableConv2D(2, 2, **order),
        L.MaxPooling2D(2, **order),
        L.LocallyConnected2D(2, 2, **order),
        L.GlobalMaxPooling2D(**order),
    )


@model((10, 4))
def sequences():
    return seq(
        L.InputLayer((10, 4)),
        L.ZeroPadding1D(1),
        L.Conv1D(5, 3, strides=2, activation="elu"),
        L.Conv1D(5, 2, dilation_rate=2, padding="same"),
        L.GaussianNoise(0.1),
        L.GaussianDropout(0.1),
        L.Dropout(0.25),
        L.UpSampling1D(2),
        L.Cropping1D((1, 0)),
        L.LocallyConnected1D(3, 2),
        L.MaxPooling1D(2),
        L.AveragePooling1D(2, padding="same"),
        L.GlobalMaxPooling1D(),
    )


@model((4, 5, 4, 2))
def volumes():
    return seq(
        L.InputLayer((4, 5, 4, 2)),
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
    optimizer=("adam", {}),
    loss="binary_crossentropy",
    metrics=["accuracy"],
)
def text_lstm():
    return seq(
        L.Embedding(20, 6, mask_zero=True, input_length=9),
        L.LSTM(5, return_sequences=True, recurrent_regularizer="l2"),
        L.LSTM(4, recurrent_activation="hard_sigmoid", unit_forget_bias=False),
        L.Dense(1, activation="sigmoid"),
    )


@model((7, 3), optimizer=("legacy.Nadam", {}), loss="mse")
def recurrent():
    return seq(
        L.InputLayer((7, 3)),
        L.Masking(0.0),
        L.GRU(4, return_sequences=True, reset_after=False),
        L.Bidirectional(L.LSTM(3, return_sequences=True), merge_mode="sum"),
        L.TimeDistributed(L.Dense(4, activation="tanh")),
        L.Bidirectional(L.GRU(3, reset_after=False, go_backwards=True)),
        L.RepeatVector(2),
        L.SimpleRNN(3),
    )


@model((3, 6, 5, 2))
def conv_lstm():
    return seq(
        L.ConvLSTM2D(
            3, (2, 3), padding="same", return_sequences=True, input_shape=(3, 6, 5, 2)
        ),
        L.ConvLSTM2D(2, 2, strides=2),
        L.Flatten(),
    )


@model((6, 3))
def advanced():
    return seq(
        L.InputLayer((6, 3)),
        L.PReLU(shared_axes=[1]),
        L.ELU(0.7),
        L.Permute((2, 1)),
        L.ThresholdedReLU(0.1),
        L.Reshape((2, 9)),
        L.ReLU(),
        L.ReLU(negative_slope=0.1),
        L.Softmax(),
        L.ActivityRegularization(l2=1e-3),
    )


@model(
    (5,),
    (5,),
    optimizer=("adagrad", {"learning_rate": 0.05}),
    loss={"sum": "mse", "joined": "mae"},
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


@model((6, 6, 2), optimizer=("adadelta", {"learning_rate": 0.5}), loss="mse")
def nested():
    inner = seq(
        L.Conv2D(3, 3, input_shape=(6, 6, 2), name="c"),
        L.BatchNormalization(name="n"),
        L.Flatten(name="f"),
    )
    x = keras.Input((6, 6, 2))
    sub_in = keras.Input((48,))
    sub = keras.Model(
        sub_in,
        [L.Dense(3, name="one")(sub_in), L.Dense(3, name="two")(sub_in)],
        name="sub",
    )
    first, second = sub(inner(x))
    cells = L.LSTM(2, name="cells")(L.Reshape((3, 2))(L.Concatenate()([first, second])))
    return keras.Model(x, L.Dense(2, name="out", trainable=False)(cells))


@model((6, 3))
def nested_recurrent():
    inner = seq(
        L.LSTM(3, return_sequences=True, input_shape=(6, 3)),
        L.GRU(2, reset_after=False),
    )
    return seq(inner, L.Dense(2))


def chosen(optimizer):
    if optimizer is None:
        return None
    name, arguments = optimizer
    if name.startswith("legacy."):
        return getattr(keras.optimizers.legacy, name.removeprefix("legacy."))(
            **arguments
        )
    return keras.optimizers.get({"class_name": name, "config": arguments})


def main():
    keras.utils.set_random_seed(7)
    random = np.random.RandomState(0)
    for name, (function, shapes, integers, options) in MODELS.items():
        made = function()
        made.set_weights(
            [v + random.normal(0, 0.1, v.shape) for v in made.get_weights()]
        )
        for layer in made._flatten_layers():
            if isinstance(layer, L.BatchNormalization):
                layer.moving_variance.assign(
                    random.uniform(0.5, 1.5, layer.moving_variance.shape)
                )
        x = [random.normal(size=(4, *shape)).astype("float32") for shape in shapes]
        if integers:
            x = [random.randint(0, integers, (4, *shape)) for shape in shapes]
        if options:
            made.compile(
                chosen(options["optimizer"]),
                options["loss"],
                metrics=options.get("metrics"),
            )
            y = [np.abs(np.tanh(v)) for v in outputs(made, x)]
            for _ in range(3):
                made.train_on_batch(x, y if len(y) > 1 else y[0])
        made.save(FOLDER / f"{name}.h5", save_format="h5")
        record = {f"x{i}": v for i, v in enumerate(x)}
        record |= {f"y{i}": v for i, v in enumerate(outputs(made, x))}
        if options:
            record |= {f"t{i}": v for i, v in enumerate(y)}
            steps = [
                made.train_on_batch(x, y if len(y) > 1 else y[0]) for _ in range(3)
            ]
            record["losses"] = np.array([np.ravel(step)[0] for step in steps])
        EXPECTED.update({f"{name}/{key}": value for key, value in record.items()})
    made = MODELS["dense"][0]()
    made.save_weights(FOLDER / "weights_only.h5", save_format="h5")
    lstm = MODELS["text_lstm"][0]()
    lstm.save_weights(FOLDER / "text_lstm_weights.h5", save_format="h5")
    refused = seq(L.GRU(3, reset_after=True, input_shape=(4, 2)))
    refused.save(FOLDER / "refused_reset_after.h5", save_format="h5")
    masked = masked_both()
    masked.compile("sgd", "hinge")
    masked.save(FOLDER / "refused_masked_both.h5", save_format="h5")
    cudnn_lstm(random)
    x = EXPECTED["text_lstm/x0"]
    EXPECTED["text_lstm_weights/y0"] = lstm.predict(x, verbose=0)
    EXPECTED["weights_only/y0"] = made.predict(EXPECTED["dense/x0"], verbose=0)
    np.savez_compressed(FOLDER / "expected.npz", **EXPECTED)


def masked_both():
    """Returns a model whose Bidirectional gives zeros at masked steps."""
    x = keras.Input((5, 3))
    both = L.Bidirectional(L.LSTM(2, return_sequences=True), name="both")
    steps = L.Dropout(0.5)(both(L.Masking()(x)))
    return keras.Model(x, L.TimeDistributed(L.Dense(1))(steps))


def cudnn_lstm(random):
    """Saves LSTMs as CuDNN's, which needs no GPU.

    The plain ones tell what they predict.
    """
    plain, cudnn = (
        seq(
            cls(3, return_sequences=True, input_shape=(5, 2), name="l"),
            L.Bidirectional(cls(2, name="b"), name="w"),
        )
        for cls in (L.LSTM, CuDNNLSTM)
    )
    plain.set_weights([v + random.normal(0, 0.1, v.shape) for v in plain.get_weights()])
    plain.save_weights(FOLDER / "cudnn_lstm.h5", save_format="h5")
    cudnn.load_weights(FOLDER / "cudnn_lstm.h5")
    cudnn.save(FOLDER / "cudnn_lstm.h5", save_format="h5")
    x = random.normal(size=(4, 5, 2)).astype("float32")
    EXPECTED.update({"cudnn_lstm/x0": x, "cudnn_lstm/y0": plain.predict(x, verbose=0)})


def outputs(made, x):
    predictions = made.predict(x if len(x) > 1 else x[0], verbose=0)
    return predictions if isinstance(predictions, list) else [predictions]


if __name__ == "__main__":
    main()
