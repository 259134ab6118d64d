"""What `oneiros.export` does with any destination: here one that NumPy computes."""

import json
from pathlib import Path
from typing import ClassVar

import numpy as np
import oneiros
import pytest
from oneiros import backend as K
from oneiros import registry
from oneiros.errors import ArgumentError, FileMissingError, PluginLoadError
from oneiros.exports import Export, ExportError, Port, Refusal, Written
from oneiros.layers import Activation, Dense, Dropout, Lambda
from oneiros.models import Sequential
from oneiros_exports import exporting

SUPPORT = Path(__file__).resolve().parents[1] / "support"


class NumpyExport(Export):
    """Dense layers and activations as arrays."""

    title: ClassVar[str] = "NumPy"
    runtime: ClassVar[str] = "numpy_runtime:run"
    renamed: ClassVar[dict[str, str]] = {}

    def refusals(self, model):
        return [
            Refusal(layer, "NumPy has no such layer.", "Use Dense.")
            for layer in model.layers
            if not isinstance(layer, (Dense, Dropout))
        ]

    def write(self, model, path):
        dense = [layer for layer in model.layers if isinstance(layer, Dense)]
        activations = [layer.activation.__name__ for layer in dense]
        arrays = {}
        for i, layer in enumerate(dense):
            arrays[f"W{i}"], arrays[f"b{i}"] = layer.get_weights()
        names = [self.renamed.get(name, name) for name in activations]
        with path.open("wb") as file:
            np.savez(file, activations=json.dumps(names), **arrays)
        outputs = [Port(f"y{i}", "float32", ("batch", 2)) for i in range(len(dense))]
        return Written(
            f"{len(dense)} products",
            [Port("x", "float32", ("batch", 3))],
            outputs[-len(model.outputs) :],
            ["Dropout 'idle'"],
        )


@pytest.fixture
def destination(monkeypatch, tmp_path):
    """Registers a subclass of NumpyExport for files that end in `.dense`."""
    monkeypatch.setenv("PYTHONPATH", str(SUPPORT))
    monkeypatch.chdir(tmp_path)

    def register(**attributes):
        cls = type("Mine", (NumpyExport,), attributes)
        return registry.register("export", "dense", cls)

    with register(), K.use("theano"):
        yield register


def network():
    return Sequential(
        [
            Dense(5, activation="tanh", input_dim=3, name="first"),
            Dense(4, activation="hard_sigmoid", name="gate"),
            Dense(2, name="last"),
        ]
    )


def test_a_file_that_computes_the_same_is_written_and_described(destination):
    model = network()
    model.add(Dropout(0.5, name="idle"))
    model.compile("sgd", "mse")
    weights = model.get_weights()
    report = oneiros.export(model, "model.dense")
    assert 0 < report.comparison.largest.relative < 1e-5
    lines = str(report).splitlines()
    assert lines[0].endswith(" bytes, 3 products")
    assert lines[1:3] == [
        "input   x   float32 (batch, 3)",
        "output  y2  float32 (batch, 2)",
    ]
    assert lines[3].startswith("replayed: noise, wide noise, one row, zeros, on theano")
    assert lines[3].endswith(f"and on NumPy {np.__version__}")
    assert lines[4].startswith("largest difference: ")
    assert lines[5] == "left out: Dropout 'idle', optimizer, loss"
    assert Path("model.dense").stat().st_size == report.size
    assert model.optimizer and np.array_equal(model.get_weights()[0], weights[0])


def test_the_hard_sigmoid_of_keras_3_is_caught_and_the_layer_named(destination):
    destination(renamed={"hard_sigmoid": "hard_sigmoid of Keras 3"})
    Path("model.dense").write_text("old")
    with pytest.raises(ExportError, match="computes something else") as caught:
        oneiros.export(network(), "model.dense", overwrite=True)
    assert "First layer whose output differs: Dense 'gate'" in str(caught.value)
    assert str(caught.value).endswith("Please report this.")
    assert Path("model.dense").read_text() == "old"
    assert [path.name for path in Path.cwd().iterdir()] == ["model.dense"]


def test_a_failure_of_the_library_names_it_and_leaves_the_old_file(destination):
    def write(self, model, path):
        path.write_text("half a file")
        raise TypeError("'Size' object cannot be interpreted\nas an integer")

    destination(write=write)
    Path("model.dense").write_text("old")
    with pytest.raises(
        ExportError, match=r"NumPy can't hold this model: TypeError: "
    ) as caught:
        oneiros.export(network(), "model.dense", overwrite=True)
    assert "cannot be interpreted. Try another destination: ." in str(caught.value)
    assert isinstance(caught.value.__cause__, TypeError)
    assert Path("model.dense").read_text() == "old"
    assert [path.name for path in Path.cwd().iterdir()] == ["model.dense"]


@pytest.mark.parametrize("tolerance", [float("nan"), -1, "1e-4", None])
def test_an_impossible_tolerance_is_refused_at_once(destination, tolerance):
    with pytest.raises(ArgumentError, match=r"tolerance=.*a fraction between 0 and 1"):
        oneiros.export(network(), "model.dense", tolerance=tolerance)


def test_inputs_are_arrays_for_a_model_that_is_not_compiled(destination):
    report = oneiros.export(network(), "model.dense", inputs=[np.ones((2, 3))])
    assert report.path == Path("model.dense")
    for inputs in ("x.npz", 3):
        with pytest.raises(ArgumentError, match="inputs as a list of arrays"):
            oneiros.export(network(), "m.dense", inputs=inputs)
    with pytest.raises(ArgumentError, match="for each of its inputs: dense_input"):
        oneiros.export(network(), "m.dense", inputs=[])


def test_a_tolerance_admits_what_is_below_it(destination):
    destination(renamed={"hard_sigmoid": "hard_sigmoid of Keras 3"})
    report = oneiros.export(network(), "model.dense", tolerance=1)
    assert 0.01 < report.comparison.largest.relative < 1


def test_a_difference_that_may_be_rounding_says_what_to_allow(destination):
    """The last layer subtracts large numbers that are almost equal."""

    def write(self, model, path):
        kernel, bias = model.layers[-1].get_weights()
        model.layers[-1].set_weights([kernel * np.float32([[1 + 1e-7], [1]]), bias])
        return NumpyExport.write(self, model, path)

    destination(write=write)
    model = Sequential([Dense(2, input_dim=3), Dense(1)])
    first = np.float32([[1, 1.001]] * 3)
    model.set_weights([first, np.zeros(2), np.float32([[1000], [-1000]]), np.zeros(1)])
    with pytest.raises(ExportError, match=r"may be rounding.*--tolerance \de-04"):
        oneiros.export(model, "model.dense")


@pytest.mark.parametrize("shift", [6.4e-8, 2e-5])
def test_tiny_probabilities_may_differ_by_rounding_alone(destination, shift):
    """Their own size doesn't show what was rounded."""

    def write(self, model, path):
        written = NumpyExport.write(self, model, path)
        stored = dict(np.load(path))
        stored["b0"] += shift / 2e-4  # shifts the outputs by `shift`
        with path.open("wb") as file:
            np.savez(file, **stored)
        return written

    destination(write=write)
    model = Sequential([Dense(2, activation="sigmoid", input_dim=3)])
    model.set_weights([np.full((3, 2), 1e-3), np.full(2, np.log(2e-4))])
    if shift < 1e-6:
        assert oneiros.export(model, "model.dense").comparison.agrees
        return
    with pytest.raises(ExportError, match="The outputs differ by more than is allowed"):
        oneiros.export(model, "model.dense")


def test_all_refusals_come_at_once_and_nothing_is_written(destination):
    model = network()
    model.add(Activation("tanh", name="squash"))
    model.add(Lambda(lambda x: 2 * x, name="double"))
    with pytest.raises(ExportError) as caught:
        oneiros.export(model, "model.dense")
    assert str(caught.value).splitlines() == [
        "NumPy can't hold this model exactly:",
        "  Activation 'squash': NumPy has no such layer. Use Dense.",
        "  Lambda 'double': NumPy has no such layer. Use Dense.",
    ]
    assert not Path("model.dense").exists()


def test_a_library_that_fails_is_quoted(destination):
    destination(runtime="numpy_runtime:fail")
    with pytest.raises(ExportError, match=r"RuntimeError: no such operation: Frob"):
        oneiros.export(network(), "model.dense")
    assert not list(Path.cwd().iterdir())


def test_other_shapes_are_an_error(destination):
    destination(runtime="numpy_runtime:transposed")
    with pytest.raises(ExportError, match=r"\(2, 32\) there, and \(32, 2\) here"):
        oneiros.export(network(), "model.dense")


def test_given_inputs_are_compared(destination):
    x = np.full((3, 3), 7, "float32")
    report = oneiros.export(network(), "model.dense", inputs=[x])
    assert "replayed: the given inputs, on theano" in str(report)


def test_options_are_arguments_of_the_class_and_others_are_refused(destination):
    with pytest.raises(ArgumentError, match=r"NumPy has no option opset; .*takes none"):
        oneiros.export(network(), "model.dense", opset=18)

    def scaled(self, *, scale: float = 1.0):
        self.title = f"NumPy times {scale}"

    destination(__init__=scaled, runtime="numpy_runtime:fail")
    with pytest.raises(ExportError, match="NumPy times 2"):
        oneiros.export(network(), "model.dense", scale=2)
    with pytest.raises(ArgumentError, match=r"model.dense takes scale"):
        oneiros.export(network(), "model.dense", shift=2)


def test_a_model_that_draws_random_numbers_cannot_be_compared(destination):
    destination(refusals=lambda self, model: [])
    model = network()
    model.add(Lambda(lambda x: x + K.random_normal(K.shape(x))))
    with pytest.raises(ExportError, match="predicts something else each time"):
        oneiros.export(model, "model.dense")


@pytest.mark.parametrize(
    ("model", "path", "error", "said"),
    [
        (network, "nowhere/m.dense", FileMissingError, "there is no folder"),
        (network, "m.pmml", ArgumentError, "names no library to export to"),
        (lambda: "model.h5", "m.dense", ArgumentError, "received 'model.h5'"),
    ],
)
def test_wrong_arguments_are_explained(destination, model, path, error, said):
    with pytest.raises(error, match=said):
        oneiros.export(model(), path)


def test_a_file_that_is_there_stays(destination):
    Path("m.dense").write_text("old")
    with pytest.raises(ArgumentError, match="Pass overwrite=True"):
        oneiros.export(network(), "m.dense")
    assert Path("m.dense").read_text() == "old"


@pytest.mark.parametrize("main_file", ["", "model.txt"])
def test_a_folder_of_somebody_else_is_never_replaced(destination, main_file):
    destination(main_file=main_file)
    Path("m.dense").mkdir()
    Path("m.dense", "letter").write_text("dear")
    with pytest.raises(ArgumentError, match="a folder that NumPy didn't write"):
        oneiros.export(network(), "m.dense", overwrite=True)
    assert Path("m.dense", "letter").read_text() == "dear"
    Path("m.dense", "letter").unlink()
    oneiros.export(network(), "m.dense", overwrite=True)
    assert Path("m.dense").is_file()


@pytest.mark.parametrize(
    ("suffix", "extra"),
    [(name, libraries[0]) for name, libraries in exporting.LIBRARIES.items()],
)
def test_a_destination_without_its_library_says_what_to_install(
    suffix, extra, monkeypatch, tmp_path
):
    monkeypatch.setattr(exporting, "find_spec", lambda package: None)
    model = Sequential([Dense(1, input_dim=1)])
    with pytest.raises(
        PluginLoadError, match=rf"pip install 'oneiros-exports\[{extra}"
    ):
        oneiros.export(model, tmp_path / f"m.{suffix}")
    assert not list(tmp_path.iterdir())
