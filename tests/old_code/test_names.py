"""Names as code of 2016 finds, imports and replaces them."""

import importlib
from types import SimpleNamespace

import numpy as np
import pytest
from oneiros import backend as K
from oneiros import settings
from oneiros.errors import ArgumentError, UnknownNameError
from oneiros.layers import BatchNormalization, Dense, Input
from oneiros.models import Model, Sequential, load_model, model_from_json
from oneiros.optimizers import SGD
from oneiros_old_code import visible
from small_models import compiled_dense

X = np.random.RandomState(0).uniform(size=(4, 3)).astype("float32")


def module(path):
    return importlib.import_module(f"oneiros.{path}")


def constant_loss(y_true, y_pred):
    return K.mean(y_pred * 0.0 + 2.0, axis=-1)


def test_losses_and_metrics_that_are_set_in_their_modules(monkeypatch, tmp_path):
    monkeypatch.setattr(module("objectives"), "mine", constant_loss, raising=False)
    monkeypatch.setattr(module("metrics"), "own", constant_loss, raising=False)
    model = compiled_dense(3, loss="mine", metrics=["own"])
    assert model.train_on_batch(X, np.zeros((4, 1))) == [2.0, 2.0]
    model.save(tmp_path / "m.h5")
    assert load_model(tmp_path / "m.h5").loss == "mine"
    assert module("objectives").get("mine") is constant_loss


@pytest.mark.parametrize("through_dict", [False, True])
def test_a_name_that_is_replaced_means_the_new_object(monkeypatch, through_dict):
    objectives = module("objectives")
    if through_dict:
        monkeypatch.setitem(objectives.__dict__, "mse", constant_loss)
    else:
        monkeypatch.setattr(objectives, "mse", constant_loss)
    model = compiled_dense(3)
    assert model.test_on_batch(X, np.zeros((4, 1))) == 2.0
    monkeypatch.undo()
    model.compile("sgd", "mse")
    assert model.loss_functions == [objectives.mean_squared_error]


def test_a_name_that_is_replaced_in_two_modules_comes_back():
    layers, core = module("layers"), module("layers.core")
    for each in (layers, core):
        each.Dense = each
    for each in (layers, core):
        del each.Dense
    assert layers.Dense is core.Dense is Dense


def test_other_kinds_that_are_set_in_their_modules(monkeypatch, tmp_path):
    class Half(module("constraints").Constraint):
        def __call__(self, p):
            return p * 0.5

    class Slow(SGD):
        pass

    class Wide(Dense):
        pass

    for path, name, value in (
        ("activations", "doubled", lambda x: x * 2.0),
        ("initializations", "ones", lambda shape, name=None: K.ones(shape, name=name)),
        ("constraints", "Half", Half),
        ("optimizers", "Slow", Slow),
        ("layers", "Wide", Wide),
    ):
        monkeypatch.setattr(module(path), name, value, raising=False)
    layer = Wide(2, activation="doubled", init="ones", W_constraint="Half", input_dim=3)
    model = Sequential([layer])
    np.testing.assert_allclose(model.predict(X)[:, 0], 2 * X.sum(axis=1), rtol=1e-5)
    assert isinstance(layer.W_constraint, Half)
    model.compile("Slow", "mse")
    assert isinstance(model.optimizer, Slow)
    made = Sequential([Wide(2, input_dim=3)])
    assert type(model_from_json(made.to_json()).layers[0]) is Wide


def test_a_file_may_not_name_what_settings_have_disabled():
    """What a module showed once is no object that the program has set in it."""
    layers = module("layers")
    text = Sequential([Dense(1, input_dim=3)]).to_json()
    assert layers.Dense is Dense and "Dense" not in vars(layers)
    with (
        settings.override(disable=["oneiros-layers-core"]),
        pytest.raises(UnknownNameError, match="which is disabled"),
    ):
        model_from_json(text)


STARS = {
    "layers.core": "K np inspect copy warnings Layer InputSpec Merge activations",
    "layers.convolutional": "K Layer InputSpec initializations conv_output_length",
    "layers.recurrent": "K np Layer InputSpec activations LSTM",
    "layers": "K np Input InputLayer Layer InputSpec Merge merge Dense",
    "models": "K np json Model Layer Merge optimizers Sequential Graph",
    "engine.topology": "K np Layer Merge Input Node Container merge warnings",
    "engine.training": "K np Model Container make_batches objectives",
    "callbacks": "K np json time warnings deque Callback",
    "objectives": "K np mse",
    "regularizers": "K l2",
    "applications.vgg16": "K Model Dense get_file warnings get_source_inputs VGG16",
    "applications.resnet50": "K merge BatchNormalization preprocess_input ResNet50",
    "applications.imagenet_utils": "K np json get_file decode_predictions",
    "datasets.cifar10": "K np os get_file load_batch load_data",
    "datasets.imdb": "np sys zip get_file load_data",
    "preprocessing": "image sequence text",
    "preprocessing.sequence": "np random pad_sequences",
    "preprocessing.image": "K np re os range linalg ndi ImageDataGenerator",
    "preprocessing.text": "np sys string zip maketrans Tokenizer",
    "utils.data_utils": "os tarfile hashlib urlretrieve Progbar get_file",
    "utils.io_utils": "np sys defaultdict h5py HDF5Matrix",
    "utils.test_utils": "K np assert_allclose Sequential Input layer_test",
    "wrappers.scikit_learn": "np copy types Sequential to_categorical KerasRegressor",
}


@pytest.mark.parametrize("path", STARS)
def test_star_imports_bring_what_keras_1_brought(path):
    space = {}
    exec(f"from oneiros.{path} import *", space)
    assert [name for name in STARS[path].split() if name not in space] == []


@pytest.mark.parametrize(
    ("path", "name"), [("optimizers", "six"), ("engine.topology", "yaml")]
)
def test_packages_are_passed_on_where_they_are_installed(monkeypatch, path, name):
    package = pytest.importorskip(name)
    assert getattr(module(path), name) is package
    assert name in module(path).__all__
    monkeypatch.setattr("oneiros_old_code.visible.find_spec", lambda name: None)
    assert name not in module(path).__all__
    with pytest.raises(AttributeError, match=f"no attribute '{name}'"):
        visible.optimizers(name)


def test_the_shape_of_images_for_networks_of_other_packages():
    obtain = module("applications.imagenet_utils")._obtain_input_shape
    assert module("applications.vgg16")._obtain_input_shape is obtain
    assert obtain(None, 224, 48, "th", include_top=True) == (3, 224, 224)
    assert obtain(None, 224, 48, "tf", include_top=False) == (None, None, 3)
    assert obtain((64, 50, 3), 224, 48, "tf", include_top=False) == (64, 50, 3)
    with pytest.raises(ValueError, match="at least 48 x 48"):
        obtain((3, 40, 50), 224, 48, "th", include_top=False)


def test_helpers_under_the_names_of_other_versions():
    training = module("engine.training")
    assert training._standardize_input_data is training.standardize_input_data
    assert training._slice_arrays is training.slice_X
    x = Input((2,))
    model = Model(x, Dense(1, name="b")(Dense(2, name="a")(x)))
    names = [weight.name for weight in training.collect_trainable_weights(model)]
    assert names == sorted(names) and len(names) == 4
    masked = training._masked_objective(lambda t, p: K.mean(K.abs(p - t), axis=-1))
    target = np.zeros((2, 3, 1))
    guess = np.arange(6.0).reshape(2, 3, 1)
    mask = np.array([[1, 0, 0], [0, 0, 1]])
    loss = masked(*map(K.variable, (target, guess, mask)))
    np.testing.assert_allclose(K.eval(loss), guess[mask == 1].mean())


def test_collected_weights_have_one_order_whatever_engines_add_to_their_names():
    names = ["b1", "W1:0", "b:0", "W:0"]
    layer = SimpleNamespace(
        trainable_weights=[SimpleNamespace(name=name) for name in names]
    )
    collected = module("engine.training").collect_trainable_weights(layer)
    assert [weight.name for weight in collected] == ["W:0", "W1:0", "b:0", "b1"]


def test_a_queue_of_a_generator():
    queue, stop = module("engine.training").generator_queue(iter([1, 2, 3]))
    assert queue.get() == 1
    stop.set()


def test_graph_models_are_shown_rewritten():
    graphs = [module(path).Graph for path in ("models", "legacy.models")]
    graphs.append(module("layers.containers").Graph)
    for graph in graphs:
        with pytest.raises(NotImplementedError, match=r"model = Model\(input=x"):
            graph()
    assert module("layers.containers").Sequential is Sequential


def test_layers_of_keras_0():
    core = module("layers.core")
    steps = np.random.RandomState(1).uniform(size=(2, 4, 3)).astype("float32")
    for mode, merged in (("sum", np.sum), ("ave", np.mean), ("mul", np.prod)):
        with pytest.warns(UserWarning, match=r"GlobalAveragePooling1D\(\)"):
            layer = core.TimeDistributedMerge(mode, input_shape=(4, 3))
        model = Sequential([layer])
        assert model.output_shape == (None, 3)
        np.testing.assert_allclose(model.predict(steps), merged(steps, 1), rtol=1e-5)

    class Halved(core.MaskedLayer):
        def call(self, x, mask=None):
            return x * 0.5

    masked = Halved()(core.Masking()(Input((4, 3))))
    assert masked._keras_history[0].output_mask is not None


def test_helpers_of_keras_0():
    utils = module("utils.theano_utils")
    assert K.get_value(utils.sharedX([1, 2])).dtype == K.floatx()
    assert K.get_value(utils.shared_scalar(3)) == 3
    np.testing.assert_array_equal(K.get_value(utils.shared_ones((2, 1))), [[1], [1]])
    assert K.eval(utils.alloc_zeros_matrix(2, 3)).shape == (2, 3)
    assert K.ndim(utils.ndim_tensor(3)) == 3
    assert K.dtype(utils.ndim_itensor(2)) == "int32"
    models = module("models")
    assert models.standardize_X(X)[0] is X and models.standardize_X([X])[0] is X
    assert models.standardize_y([1, 2]).shape == (2, 1)


def test_get_file_is_where_data_sets_had_it():
    assert module("datasets.data_utils").get_file is module("utils.data_utils").get_file


def test_batch_normalization_of_a_shape_says_to_leave_it_out():
    with pytest.raises(ArgumentError, match="leave out the shape"):
        BatchNormalization((64,))


def test_numbers_of_names_can_be_reset():
    prefixes = importlib.import_module("oneiros.backend.common")._UID_PREFIXES
    K.reset_uids()
    assert Dense(1).name == "dense_1" and prefixes["dense"] == 1
    prefixes.clear()
    assert Dense(1).name == "dense_1"


def test_a_name_that_isnt_there_is_passed_over_by_the_import_function():
    """`fromlist` only has the module of the full name returned."""
    core = __import__("oneiros.layers.core", fromlist=["x"])
    assert core.__name__ == "oneiros.layers.core"


def test_a_name_that_is_set_reaches_the_code_that_uses_it(monkeypatch, tmp_path):
    data_utils = module("utils.data_utils")
    asked = []

    def everything_is_valid(path, *arguments, **options):
        asked.append(path)
        return True

    monkeypatch.setattr(data_utils, "validate_file", everything_is_valid)
    file = tmp_path / "datasets" / "numbers.txt"
    file.parent.mkdir()
    file.write_text("1 2 3")
    path = data_utils.get_file(
        "numbers.txt",
        "http://127.0.0.1:1/numbers.txt",
        md5_hash="0" * 32,
        cache_subdir="datasets",
        cache_dir=str(tmp_path),
    )
    assert path == str(file) and len(asked) == 1
    monkeypatch.undo()
    assert not data_utils.validate_file(str(file), "0" * 32)
