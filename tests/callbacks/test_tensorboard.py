"""TensorBoard's files, read back by the tensorboard package."""

import io

import numpy as np
import pytest
from oneiros.callbacks import TensorBoard
from oneiros.errors import ArgumentError, FileAccessError
from oneiros.layers import LSTM, Convolution2D, Dense, Dropout, Flatten, Input, merge
from oneiros.models import Model, Sequential
from oneiros.utils.io_utils import HDF5Matrix, save_array
from PIL import Image
from processes import run_python
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def read(folder):
    """Returns what TensorBoard reads in a folder, all of it."""
    sizes = {"histograms": 0, "images": 0, "scalars": 0}
    accumulator = EventAccumulator(str(folder), size_guidance=sizes)
    accumulator.Reload()
    return accumulator


def steps(events):
    return [event.step for event in events]


@pytest.fixture
def small():
    model = Sequential(
        [Dense(3, input_dim=2, activation="tanh", name="a"), Dense(1, name="b")]
    )
    model.compile("sgd", "mse", metrics=["mae"])
    x = np.random.random((12, 2))
    return model, x, x[:, :1]


def test_scalars_are_those_of_the_history(small, tmp_path):
    model = Sequential.from_config(small[0].get_config())
    model.compile("sgd", "mse", metrics=["mae"])
    _, x, y = small
    board = TensorBoard(tmp_path / "made" / "logs")
    history = model.fit(
        x, y, nb_epoch=3, verbose=0, validation_split=0.5, callbacks=[board]
    )
    logged = read(tmp_path / "made" / "logs")
    assert sorted(logged.Tags()["scalars"]) == sorted(history.history)
    for name, values in history.history.items():
        events = logged.Scalars(name)
        assert steps(events) == [0, 1, 2]
        np.testing.assert_allclose([e.value for e in events], values, rtol=1e-6)
    assert logged.Tags()["histograms"] == logged.Tags()["images"] == []


def test_histograms_of_weights_gradients_and_outputs(tmp_path):
    model = Sequential([Dense(3, input_dim=2, name="a"), Dropout(0.5), Dense(1)])
    model.layers[2].name = "b"
    model.compile("sgd", "mse")
    x = np.random.random((6, 2)).astype("float32")
    y = x[:, :1]
    weights = {}

    class Noting(TensorBoard):
        def on_epoch_end(self, epoch, logs=None):
            super().on_epoch_end(epoch, logs)
            weights[epoch] = self.model.get_weights()

    model.fit(
        x,
        y,
        nb_epoch=4,
        verbose=0,
        validation_data=(x, y),
        callbacks=[Noting(tmp_path, histogram_freq=3)],
    )
    logged = read(tmp_path)
    kernel, bias, last, last_bias = weights[3]
    hidden = x @ kernel + bias
    error = 2 * (hidden @ last + last_bias - y) / len(x)
    expected = {
        "a_W": kernel,
        "a_b": bias,
        "a_out": hidden,
        "a_W_grad": x.T @ (error @ last.T),
        "a_b_grad": (error @ last.T).sum(0),
        f"{model.layers[1].name}_out": hidden,
    }
    for name, values in expected.items():
        events = logged.Histograms(name)
        assert steps(events) == [0, 3]
        measured = events[1].histogram_value
        assert measured.num == values.size
        np.testing.assert_allclose(
            [measured.min, measured.max, measured.sum, measured.sum_squares],
            [values.min(), values.max(), values.sum(), np.square(values).sum()],
            rtol=1e-4,
            atol=1e-6,
        )


def test_without_validation_arrays_weights_are_all(small, tmp_path):
    model, x, y = small
    board = TensorBoard(tmp_path, histogram_freq=1)
    with pytest.warns(RuntimeWarning, match="only histograms of weights.*validation_s"):
        model.fit(x, y, nb_epoch=2, verbose=0, callbacks=[board])
    assert sorted(read(tmp_path).Tags()["histograms"]) == ["a_W", "a_b", "b_W", "b_b"]


def test_validation_data_in_a_file(small, tmp_path):
    """It may have fewer rows than a batch."""
    model, x, y = small
    for name, values in (("x", x), ("y", y)):
        save_array(values, tmp_path / name)
    data = tuple(HDF5Matrix(tmp_path / name, "data") for name in "xy")
    board = TensorBoard(tmp_path, histogram_freq=1)
    model.fit(x, y, nb_epoch=1, verbose=0, validation_data=data, callbacks=[board])
    assert "a_out" in read(tmp_path).Tags()["histograms"]


def test_a_folder_that_can_not_be_made_is_told_before_training(small, tmp_path):
    model, x, y = small
    (tmp_path / "logs").touch()
    before = model.get_weights()
    board = TensorBoard(tmp_path / "logs")
    with pytest.raises(
        FileAccessError, match=r"logs: Not a directory\. Pass another log_dir"
    ):
        model.fit(x, y, verbose=0, callbacks=[board])
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_its_methods_need_no_logs(small, tmp_path):
    board = TensorBoard(tmp_path)
    board.set_model(small[0])
    board.on_train_begin()
    board.on_epoch_end(0, {"loss": 1.0})
    board.on_train_end()
    assert read(tmp_path).Tags()["scalars"] == ["loss"]


def test_weights_that_are_no_numbers_are_left_out(small, tmp_path):
    model, _x, _y = small
    model.layers[0].set_weights([np.full((2, 3), np.nan), np.ones(3)])
    board = TensorBoard(tmp_path, histogram_freq=1, write_images=True)
    board.set_model(model)
    board.set_params({"batch_size": 3})
    board.on_train_begin()
    with pytest.warns(RuntimeWarning, match="only histograms"):
        board.on_epoch_end(0, {"loss": float("nan")})
    board.on_train_end({})
    events = read(tmp_path)
    assert sorted(events.Tags()["histograms"]) == ["a_b", "b_W", "b_b"]
    assert np.isnan(events.Scalars("loss")[0].value)


@pytest.mark.parametrize("ordering", ["th", "tf"])
def test_images_of_weights(tmp_path, ordering):
    shape = (1, 6, 6) if ordering == "th" else (6, 6, 1)
    convolution = Convolution2D(
        3, 2, 4, input_shape=shape, dim_ordering=ordering, name="c"
    )
    model = Sequential([convolution, Flatten(), Dense(2, name="d")])
    model.compile("sgd", "mse")
    x = np.random.random((4, *shape))
    model.fit(
        x,
        np.ones((4, 2)),
        nb_epoch=1,
        verbose=0,
        validation_split=0.5,
        callbacks=[TensorBoard(tmp_path, histogram_freq=1, write_images=True)],
    )
    events = read(tmp_path)

    def image(name):
        (event,) = events.Images(name)
        return np.asarray(
            Image.open(io.BytesIO(event.encoded_image_string)).convert("L")
        )

    def grey(values):
        return np.uint8(255 * (values - values.min()) / (values.max() - values.min()))

    kernel, bias, matrix, _ = map(np.float64, model.get_weights())
    if ordering == "tf":
        kernel = kernel.transpose(3, 2, 0, 1)
    shown = image("c_W")
    tiles = [shown[:2, start : start + 4] for start in (0, 5, 10)]
    assert shown.shape == (3, 15) and not shown[2].any() and not shown[:, 4::5].any()
    np.testing.assert_array_equal(tiles, grey(kernel)[:, 0])
    np.testing.assert_array_equal(image("c_b"), grey(bias)[None])
    assert image("d_W").shape == matrix.T.shape
    np.testing.assert_array_equal(image("d_W"), grey(matrix.T))


def edges(graph):
    return {node.name: (node.op, sorted(node.input)) for node in graph.node}


def test_the_graph_is_that_of_the_layers(tmp_path):
    inner = Sequential([Dense(4, input_dim=3, name="one")], name="inner")
    a, b = Input((3,), name="a"), Input((3,), name="b")
    shared = Dense(3, name="shared")
    joined = merge([shared(a), shared(b)], mode="concat", name="joined")
    model = Model([a, b], [inner(shared(a)), Dense(2, name="top")(joined)])
    model.compile("sgd", "mse")
    x = np.ones((4, 3))
    model.fit(
        [x, x],
        [np.ones((4, 4)), np.ones((4, 2))],
        nb_epoch=1,
        verbose=0,
        callbacks=[TensorBoard(tmp_path)],
    )
    graph = read(tmp_path).Graph()
    (inside,) = [
        name
        for name, (op, _) in edges(graph).items()
        if name.startswith("inner/") and op == "InputLayer"
    ]
    assert edges(graph) == {
        "a": ("InputLayer", []),
        "b": ("InputLayer", []),
        "shared": ("Dense", ["a", "b"]),
        "joined": ("Merge", ["shared"]),
        "top": ("Dense", ["joined"]),
        inside: ("InputLayer", ["shared"]),
        "inner/one": ("Dense", [inside]),
    }
    (top,) = [node for node in graph.node if node.name == "top"]
    (sizes,) = top.attr["_output_shapes"].list.shape
    assert [dim.size for dim in sizes.dim] == [-1, 2]


def test_recurrent_models_with_masks_and_states(tmp_path):
    model = Sequential(
        [LSTM(2, batch_input_shape=(2, 3, 1), stateful=True), Dense(1, name="d")]
    )
    model.compile("sgd", "mse")
    x = np.random.random((4, 3, 1))
    y = np.ones((4, 1))
    model.fit(
        x,
        y,
        batch_size=2,
        nb_epoch=1,
        verbose=0,
        validation_data=(x, y),
        callbacks=[TensorBoard(tmp_path, histogram_freq=1)],
    )
    assert {"d_W", "d_W_grad", "d_out"} <= set(read(tmp_path).Tags()["histograms"])


def test_batches_come_in_runs():
    from oneiros.callbacks import CallbackList

    assert not CallbackList([TensorBoard(histogram_freq=1)]).want_each_batch()


def test_without_the_writer_the_error_says_what_to_install(tmp_path):
    program = (
        "import sys; sys.modules['tensorboardX'] = None\n"
        "from oneiros.callbacks import TensorBoard\n"
        "from oneiros.errors import PluginLoadError\n"
        "try: TensorBoard()\n"
        "except PluginLoadError as error: print(error)"
    )
    done = run_python(program)
    assert "'oneiros-callbacks[tensorboard]'" in done.stdout, done.stderr


def test_it_imports_no_tensorflow(tmp_path):
    program = (
        "import sys; import numpy as np\n"
        "from oneiros.callbacks import TensorBoard\n"
        "from oneiros.layers import Dense\n"
        "from oneiros.models import Sequential\n"
        "model = Sequential([Dense(1, input_dim=1)]); model.compile('sgd', 'mse')\n"
        "x = np.ones((4, 1))\n"
        f"board = TensorBoard({str(tmp_path)!r}, 1, True, True)\n"
        "model.fit(x, x, 2, 1, 0, [board], 0.5)\n"
        "print(sorted({'tensorflow', 'tensorboard'} & set(sys.modules)))"
    )
    assert run_python(program).stdout == "[]\n"


def test_bad_arguments():
    with pytest.raises(
        ArgumentError, match=r"received histogram_freq=-1\. Expected an i"
    ):
        TensorBoard(histogram_freq=-1)
