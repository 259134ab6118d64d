"""Files of Keras 3: a real one wrote them, and they predict and go on training here as
they did there."""

import io
import json
import zipfile
from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np
import pytest
from genuine_files import Expected
from oneiros import backend as K
from oneiros.errors import ConfigError, FileFormatError, UnsafeFileError
from oneiros.layers import Dense, Layer
from oneiros.models import Sequential, load_model, model_from_json
from oneiros.saving import Budget
from oneiros_cli.file_tools.conversion import convert
from oneiros_cli.file_tools.inspection import inspect_file

FOLDER = Path(__file__).parent / "keras3"
EXPECTED = Expected(FOLDER)
WITH_RMSPROP = ("sequences",)
"""RMSprop of Keras 3 adds epsilon before it takes the root."""


def changed(tmp_path, name="dense", *, config=None, left_out=(), **members):
    """Writes a changed copy of a file.

    `config` changes the configuration in place, `members` replace whole members.
    """
    path = tmp_path / "changed.keras"
    with (
        zipfile.ZipFile(FOLDER / f"{name}.keras") as source,
        zipfile.ZipFile(path, "w") as target,
    ):
        for member in source.namelist():
            data = source.read(member)
            key = member.replace(".", "_")
            if member == "config.json" and config is not None:
                data = json.loads(data)
                config(data)
                data = json.dumps(data)
            if member not in left_out:
                target.writestr(member, members.get(key, data))
    return path


def layer_named(data, name):
    return next(
        entry
        for entry in data["config"]["layers"]
        if entry["config"]["name"] == name or entry["class_name"] == name
    )


def test_groups_that_contain_each_other_are_read_once(tmp_path):
    """Fifteen groups inside each other, with three names each."""
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        names = ["layers/dense", *(f"g{number}" for number in range(14))]
        for around, inside in pairwise(map(file.create_group, names)):
            for name in ("layer", "forward_layer", "backward_layer"):
                around[name] = inside
    path = changed(tmp_path, model_weights_h5=weights.getvalue())
    with pytest.raises(UnsafeFileError, match="the group has another name, too"):
        load_model(path)


def test_a_group_that_is_not_there_is_damage(tmp_path):
    path = tmp_path / "m.weights.h5"
    with h5py.File(path, "w") as file:
        group = file.create_group("layers/dense")
        address = h5py.h5o.get_info(group.id).addr.to_bytes(8, "little")
    path.write_bytes(path.read_bytes().replace(address, b"\x00\x00\x00\x40" + bytes(4)))
    with K.use("onnx"), pytest.raises(FileFormatError, match="beyond the end"):
        Sequential([Dense(1, input_dim=1)]).load_weights(path)


def test_there_are_models_of_every_kind():
    assert len(EXPECTED.names) >= 15 and len(EXPECTED.trained) >= 7


@pytest.mark.parametrize("name", EXPECTED.names)
def test_predictions(name):
    """ONNX compiles nothing, so this is quick."""
    with K.use("onnx"):
        EXPECTED.check_predictions(load_model(FOLDER / f"{name}.keras"), name)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPECTED.names)
def test_predictions_on_each_backend(name):
    EXPECTED.check_predictions(load_model(FOLDER / f"{name}.keras"), name)


def assert_goes_on_training(name, suffix="keras"):
    with K.use("tensorflow"):
        model = load_model(FOLDER / f"{name}.{suffix}")
    tolerance = 1e-4 if name in WITH_RMSPROP else 1e-5
    EXPECTED.check_training(model, name, tolerance)


def test_training_goes_on_where_it_was():
    """With Adam; with the other optimizers in the exhaustive run."""
    assert_goes_on_training("dense")


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPECTED.trained)
def test_training_goes_on_with_each_optimizer(name):
    assert_goes_on_training(name)


@pytest.mark.filterwarnings("error")
def test_keras_3_s_older_format_loads_too():
    with K.use("onnx"):
        EXPECTED.check_predictions(load_model(FOLDER / "masked.h5"), "masked")


@pytest.mark.slow
def test_training_goes_on_from_keras_3_s_older_format():
    assert_goes_on_training("dense", "h5")


def test_it_is_a_file_of_keras_1_when_it_is_saved_again(tmp_path):
    with K.use("onnx"):
        convert(FOLDER / "masked.keras", tmp_path / "again.h5")
        EXPECTED.check_predictions(load_model(tmp_path / "again.h5"), "masked")


def test_weights_go_into_layers_of_the_same_names():
    with K.use("onnx"):
        model = load_model(FOLDER / "conv2d.keras")
        model.set_weights([value * 0 for value in model.get_weights()])
        model.load_weights(FOLDER / "conv2d.keras", by_name=True)
        EXPECTED.check_predictions(model, "conv2d")


def test_a_configuration_alone_says_by_itself_that_it_is_of_keras_3():
    with zipfile.ZipFile(FOLDER / "several.keras") as archive:
        text = archive.read("config.json").decode()
    with K.use("onnx"):
        model = model_from_json(text)
    assert model.input_names == ["left", "right"]
    assert model.output_names == ["sum", "joined"]


# What Keras 1 doesn't have


def of_unknown_functions(data):
    layer_named(data, "gates")["config"]["activation"] = "unknown"
    layer_named(data, "Add").update(class_name="Nonsense")


def test_all_layers_that_cannot_be_read_are_told_at_once(tmp_path):
    path = changed(tmp_path, "refused", config=of_unknown_functions)
    with K.use("onnx"), pytest.raises(ConfigError) as caught:
        load_model(path)
    first, *lines = str(caught.value).splitlines()
    assert first == "2 layers can't be read here:"
    for said in (
        "'gates' of Keras 3 can't be read: Keras 1 has no activation 'unknown'",
        "is the operation nonsense on tensors",
    ):
        assert any(said in line for line in lines), said


def test_inspection_shows_them_too(tmp_path):
    path = changed(tmp_path, "refused", config=of_unknown_functions)
    inspection = inspect_file(path)
    refused = {refusal.where: refusal.reason for refusal in inspection.refused}
    assert "gates" in refused
    assert inspect_file(FOLDER / "dense.keras").loads


def test_what_the_caller_supplies_is_used(tmp_path):
    def relu6(x):
        return K.clip(x, 0, 6)

    def with_relu6(data):
        layer_named(data, "a")["config"]["activation"] = "relu6"

    path = changed(tmp_path, config=with_relu6)
    with K.use("onnx"):
        model = load_model(path, custom_objects={"relu6": relu6})
        expected = np.clip(EXPECTED.arrays("dense", "y"), 0, 6)
        np.testing.assert_allclose(
            model.predict(EXPECTED.arrays("dense", "x")), expected, atol=1e-5
        )


@pytest.mark.parametrize("class_name", ["Twice", "mine>Twice"])
def test_a_layer_of_the_caller_s_is_no_operation(class_name):
    """HDF5 names no modules, and operations are told from layers by their arguments."""

    class Twice(Layer):
        def call(self, x, mask=None):
            return 2 * x

    shape = {"batch_shape": [None, 3], "name": "x"}
    history = {"config": {"keras_history": ["x", 0, 0]}}
    call = {"args": [{"class_name": "__keras_tensor__", **history}], "kwargs": {}}
    described = {"class_name": class_name, "name": "y", "config": {"name": "y"}}
    layers = [
        {"class_name": "InputLayer", "config": shape, "name": "x", "inbound_nodes": []},
        {**described, "inbound_nodes": [call]},
    ]
    ends = {"input_layers": ["x", 0, 0], "output_layers": ["y", 0, 0]}
    graph = {"class_name": "Functional", "config": {"layers": layers, **ends}}
    text = json.dumps({**graph, "keras_version": "3.1.0"})
    with K.use("onnx"):
        model = model_from_json(text, custom_objects={"Twice": Twice})
        assert model.predict(np.ones((1, 3))).tolist() == [[2, 2, 2]]


def of_another_module(data):
    entry = layer_named(data, "Dense")
    entry.update(module="evil", registered_name="evil>Dense")


def of_half_precision(data):
    layer_named(data, "Dense")["config"]["dtype"]["config"]["name"] = "float16"


def of_mixed_precision(data):
    layer_named(data, "Dense")["config"]["dtype"]["config"]["name"] = "mixed_float16"


def test_what_is_computed_in_half_precision_is_computed_in_full_here(tmp_path):
    path = changed(tmp_path, config=of_mixed_precision)
    with K.use("onnx"), pytest.warns(UserWarning, match="compute in float32") as caught:
        model = load_model(path)
        outputs = model.predict(EXPECTED.arrays("dense", "x"))
    assert len(caught) == 1
    np.testing.assert_allclose(outputs, EXPECTED.arrays("dense", "y"), atol=1e-5)


def with_registered_regularizer(data):
    regularizer = layer_named(data, "Dense")["config"]["kernel_regularizer"]
    regularizer.update(module="evil", registered_name="evil>L1L2")


def with_registered_relu(data):
    layer_named(data, "Activation")["config"]["activation"] = "evil>relu"


def with_lora(data):
    layer_named(data, "Dense")["config"]["lora_rank"] = 4


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (of_another_module, r"of the class Dense of 'evil'.*custom_objects"),
        (of_half_precision, "computes in 'float16'"),
        (with_registered_regularizer, "'evil>L1L2' isn't Keras's own"),
        (with_registered_relu, "no activation 'evil>relu'"),
        (with_lora, "has lora_rank=4"),
    ],
)
def test_what_only_looks_like_keras_is_refused(tmp_path, change, said):
    with K.use("onnx"), pytest.raises(ConfigError, match=said):
        load_model(changed(tmp_path, config=change))


def with_one_mask_less(data):
    embedding = layer_named(data, "Embedding")
    embedding["config"]["mask_zero"] = False


def with_another_mask(data):
    operation = layer_named(data, "NotEqual")
    operation["inbound_nodes"][0]["args"][1] = 2


def with_a_mask_by_numbers(data):
    operation = layer_named(data, "NotEqual")
    numbers = {"class_name": "__numpy__", "config": {"value": [0]}}
    operation["inbound_nodes"][0]["args"][1] = numbers


def with_a_product_as_output(data):
    layer_named(data, "Add")["class_name"] = "Multiply"
    data["config"]["output_layers"] = [["add_1", 0, 0]]


def with_a_constant(data):
    numbers = {"class_name": "__numpy__", "config": {"value": [5.0]}}
    layer_named(data, "Add")["inbound_nodes"][0]["args"][0].append(numbers)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("several", with_a_constant, "gets .*numpy.*where Keras 1 needs a tensor"),
        ("words", with_a_product_as_output, "gives zeros at masked steps, where"),
        ("words", with_one_mask_less, "joins inputs with different masks"),
        ("words", with_a_mask_by_numbers, "called with mask besides its input"),
        ("words", with_another_mask, "called with mask besides its input"),
    ],
)
def test_what_keras_1_would_compute_in_another_way_is_refused(
    tmp_path, name, change, said
):
    with K.use("onnx"), pytest.raises(ConfigError, match=said):
        load_model(changed(tmp_path, name, config=change))


def test_functions_in_a_file_are_never_run(tmp_path):
    def with_lambda(data):
        entry = layer_named(data, "ReLU")
        function = {"class_name": "__lambda__", "config": {"value": ["4wE=", None]}}
        entry["class_name"] = "Lambda"
        entry["config"] = {"name": "twice", "function": function, "arguments": {}}

    path = changed(tmp_path, "advanced", config=with_lambda)
    with K.use("onnx"):
        with pytest.raises(UnsafeFileError, match="'twice' is stored as"):
            load_model(path)
        model = load_model(path, functions={"twice": K.relu})
        EXPECTED.check_predictions(model, "advanced")


def test_only_layers_count_against_the_limit_of_layers():
    """Beside each layer, a file has its initializers, its type and its inputs. A shared
    layer counts for each call."""
    with zipfile.ZipFile(FOLDER / "several.keras") as archive:
        config = json.loads(archive.read("config.json"))
    layers = config["config"]["layers"]
    count = sum(max(1, len(layer["inbound_nodes"])) for layer in layers) + 1
    with K.use("onnx"):
        load_model(FOLDER / "several.keras", budget=Budget(layers=count))
        reason = f"{count} layers and their calls are over"
        with pytest.raises(UnsafeFileError, match=reason):
            load_model(FOLDER / "several.keras", budget=Budget(layers=count - 1))


# How it was compiled


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"loss": {"class_name": "Tversky", "config": {}}}, "'Tversky'"),
        (
            {
                "loss": {
                    "module": "keras.losses",
                    "class_name": "MeanSquaredError",
                    "config": {"reduction": "sum"},
                    "registered_name": None,
                }
            },
            "reduction='sum'",
        ),
    ],
)
def test_a_compilation_without_a_counterpart_leaves_a_model_that_predicts(
    tmp_path, change, said
):
    path = changed(tmp_path, config=lambda data: data["compile_config"].update(change))
    with (
        K.use("onnx"),
        pytest.warns(UserWarning, match=f"loaded but not compiled: .*{said}"),
    ):
        EXPECTED.check_predictions(load_model(path), "dense")


@pytest.mark.parametrize("kind", ["metrics", "weighted_metrics"])
def test_a_model_is_compiled_without_metrics_that_are_not_there(tmp_path, kind):
    def change(data):
        auc = {"class_name": "AUC", "config": {"curve": "ROC"}}
        data["compile_config"][kind] = [auc, "of_mine"]

    words = "compiled, but without the metrics AUC, of_mine"
    with K.use("onnx"), pytest.warns(UserWarning, match=words):
        assert load_model(changed(tmp_path, config=change)).loss


def compiled(tmp_path, **changes):
    """Returns a model with other arguments of `compile`."""

    def change(data):
        compilation = data["compile_config"]
        compilation["loss"] = changes.pop("loss", "mse")
        compilation["optimizer"]["config"].update(changes)

    with K.use("onnx"):
        return load_model(changed(tmp_path, config=change))


def test_the_schedule_that_keras_1_calls_decay_becomes_it(tmp_path):
    rates = {"initial_learning_rate": 0.2, "decay_steps": 4, "decay_rate": 2.0}
    schedule = {"class_name": "InverseTimeDecay", "config": rates}
    optimizer = compiled(tmp_path, learning_rate=schedule).optimizer.get_config()
    assert optimizer["lr"] == pytest.approx(0.2)
    assert optimizer["decay"] == pytest.approx(0.5)


def test_the_norm_of_all_gradients_is_keras_1_s_clipnorm(tmp_path):
    optimizer = compiled(tmp_path, global_clipnorm=2.0).optimizer
    assert optimizer.get_config()["clipnorm"] == 2.0
    of_each = compiled(tmp_path, clipnorm=2.0).optimizer
    assert of_each.get_config()["weight_clipnorm"] == 2.0


def test_a_loss_of_keras_1_is_told_from_keras_3_s_of_the_same_name(tmp_path):
    function = {"module": "builtins", "class_name": "function"}
    registered = {**function, "config": "oneiros_keras3>hinge"}
    assert compiled(tmp_path, loss=registered).loss == "hinge"
    of_keras_3 = {"hinge": "Keras2Hinge", "squared_hinge": "Keras2SquaredHinge"}
    for name, here in of_keras_3.items():
        loss = compiled(tmp_path, loss={**function, "config": name}).loss
        assert loss == [{"class_name": here, "config": {}}]


def test_numbers_of_shared_objects_don_t_tell_two_directions_apart(tmp_path):
    """Keras gives them to each policy of types, to equal ones two."""

    def with_numbers(data):
        config = layer_named(data, "Bidirectional")["config"]
        for number, part in enumerate([config["layer"], config["backward_layer"]]):
            part["config"]["dtype"]["shared_object_id"] = number

    with K.use("onnx"):
        EXPECTED.check_predictions(
            load_model(changed(tmp_path, "recurrent", config=with_numbers)), "recurrent"
        )


# Damage


@pytest.mark.parametrize("member", ["metadata.json", "config.json", "model.weights.h5"])
def test_a_missing_member_is_told(tmp_path, member):
    path = changed(tmp_path, left_out=[member])
    with pytest.raises(FileFormatError, match=f"the archive has no {member}"):
        load_model(path)


def test_other_contents_are_told(tmp_path):
    path = changed(tmp_path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("assets/vocabulary.txt", "a")
    with K.use("onnx"), pytest.warns(UserWarning, match="weren't read: assets/vocab"):
        EXPECTED.check_predictions(load_model(path), "dense")


@pytest.mark.parametrize("version", ["4.0.0", "1.2.2", "²", "9" * 5000, None, 3])
def test_other_versions_are_an_error(tmp_path, version):
    metadata = json.dumps({"keras_version": version})
    path = changed(tmp_path, metadata_json=metadata)
    with pytest.raises(FileFormatError, match=r"only \.keras files of Keras 2 and 3"):
        load_model(path)
