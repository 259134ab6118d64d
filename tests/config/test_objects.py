"""From names and configurations to objects.

Custom objects, and what a file may not ask for.
"""

from typing import ClassVar

import numpy as np
import pytest
from oneiros import backend as K
from oneiros import config, load_context, optimizers, registry, regularizers
from oneiros.constraints import Constraint
from oneiros.engine.layer import Input, Layer
from oneiros.errors import ConfigError, UnknownNameError, UnsafeFileError
from oneiros.layers import Dense
from oneiros.models import Sequential
from oneiros.optimizers import Optimizer
from oneiros.regularizers import Regularizer
from oneiros.utils import generic_utils
from oneiros_old_files import stored_functions
from oneiros_safe_files import json_text
from oneiros_safe_files.budget import parameter_budget


class Open(Layer):
    loadable: ClassVar[bool] = True

    def __init__(self, size=1, **kwargs):
        super().__init__(**kwargs)
        self.size = size


class Derived(Open):
    pass


class Closed(Layer):
    pass


class Half(Regularizer):
    loadable: ClassVar[bool] = True

    def __init__(self, by=0.5):
        self.by = by

    def get_config(self):
        return {"name": "Half", "by": self.by}


def layer(name, /, **arguments):
    return {"class_name": name, "config": arguments}


# Custom objects


def test_scope_ends():
    before = dict(config.get_custom_objects())
    with config.custom_object_scope({"Open": Open}, {"Half": Half}) as scope:
        assert config.get_custom_objects()["Half"] is Half and scope.custom_objects == (
            {"Open": Open},
            {"Half": Half},
        )
        config.get_custom_objects()["Leak"] = 1
        with config.CustomObjectScope({"Open": Closed}):
            assert config.get_custom_objects()["Open"] is Closed
        assert config.get_custom_objects()["Open"] is Open
    assert config.get_custom_objects() == before == scope.backup


def test_scope_ends_after_an_error():
    with pytest.raises(ZeroDivisionError), config.custom_object_scope({"Open": Open}):
        _ = 1 / 0
    assert "Open" not in config.get_custom_objects()


def test_custom_objects_of_a_call_are_forgotten_after_it():
    built = config.layer_from_config(layer("Open", size=3), {"Open": Open})
    assert type(built) is Open and built.size == 3
    with pytest.raises(UnknownNameError):
        config.layer_from_config(layer("Open"))


def test_a_custom_object_comes_before_a_registered_one():
    class Dense(Layer):
        pass

    assert type(config.layer_from_config(layer("Dense"), {"Dense": Dense})) is Dense
    assert config.get_object("activation", "relu", custom_objects={"relu": len}) is len


# Names


def test_none_and_objects_are_returned_as_they_are():
    assert config.get_object("activation", None) is None
    marker = object()
    assert config.get_object("regularizer", marker) is marker
    half = Half()
    assert regularizers.get(half) is half


def test_names_give_functions_and_instances():
    assert config.get_object("activation", "relu") is registry.resolve(
        "activation", "relu"
    )
    assert (
        type(config.get_object("constraint", "nonneg", instantiate=True)).__name__
        == "NonNeg"
    )
    assert (
        config.get_object("constraint", "maxnorm", instantiate=True, kwargs={"m": 5}).m
        == 5
    )
    assert isinstance(
        config.get_object("optimizer", "sgd", instantiate=True), Optimizer
    )
    assert isinstance(config.get_object("optimizer", "sgd"), type)
    assert isinstance(
        config.get_object("regularizer", "l2", instantiate=True), Regularizer
    )
    half = Half()
    assert (
        config.get_object("regularizer", "mine", {"mine": half}, instantiate=True)
        is half
    )


def test_an_unknown_name_tells_how_to_pass_one_s_own():
    with pytest.raises(
        UnknownNameError,
        match=r"Unknown activation 'rela'.*'relu'.*custom_objects=\{'rela': …\}",
    ):
        config.get_object("activation", "rela")


# Configurations


def test_both_forms_of_configuration():
    for form in (
        {"name": "MaxNorm", "m": 3, "axis": 0},
        {"class_name": "MaxNorm", "config": {"m": 3, "axis": 0}},
    ):
        kept = dict(form)
        built = config.get_object("constraint", form)
        assert isinstance(built, Constraint) and built.m == 3 and form == kept
    assert regularizers.get(
        {"name": "L1L2Regularizer", "l1": 0.0, "l2": 0.5}
    ).l2 == np.float32(0.5)
    assert (
        optimizers.get({"class_name": "SGD", "config": {"lr": 0.5}}).get_config()["lr"]
        == 0.5
    )


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"m": 3},
        {"name": 3},
        {"class_name": None, "config": {}},
        {"class_name": "MaxNorm", "config": 3},
    ],
)
def test_a_configuration_of_no_known_form(form):
    with pytest.raises(
        ConfigError, match=r'configuration of the constraint looks like \{"class_name"'
    ):
        config.get_object("constraint", form)


def test_arguments_that_the_class_does_not_take():
    with pytest.raises(
        ConfigError, match=r"constraint 'MaxNorm' can't be built.*TypeError.*depth"
    ):
        config.get_object("constraint", {"name": "MaxNorm", "depth": 3})
    with pytest.raises(
        ConfigError, match=r"layer 'Open' can't be built.*unknown argument 'depth'"
    ):
        config.layer_from_config(layer("Open", depth=3), {"Open": Open})
    with pytest.raises(ConfigError, match="layer 'InputLayer' can't be built"):
        config.layer_from_config({"class_name": "InputLayer", "config": []})


def test_from_config_receives_custom_objects_if_it_takes_them():
    class Taking(Layer):
        @classmethod
        def from_config(cls, config, custom_objects=None):
            made = cls(**config)
            made.received = custom_objects
            return made

    objects = {"Taking": Taking}
    assert config.layer_from_config(layer("Taking"), objects).received is objects


def test_the_given_configuration_is_not_changed():
    class Popping(Layer):
        @classmethod
        def from_config(cls, config):
            config.pop("extra")
            return cls(**config)

    built = layer("Popping", extra=1)
    config.layer_from_config(built, {"Popping": Popping})
    assert built == layer("Popping", extra=1)


# What a file may ask for


def test_a_class_must_declare_that_files_may_have_it_built():
    with (
        registry.register("layer", "Open", Open),
        registry.register("layer", "Closed", Closed),
    ):
        assert type(config.layer_from_config(layer("Open"))) is Open
        with pytest.raises(UnsafeFileError) as caught:
            config.layer_from_config(layer("Closed"))
    message = str(caught.value)
    assert (
        "Closed" in message
        and "loadable = True" in message
        and "custom_objects={'Closed': Closed}" in message
    )
    assert type(config.layer_from_config(layer("Closed"), {"Closed": Closed})) is Closed


def test_a_base_class_s_declaration_does_not_count():
    with (
        registry.register("layer", "Derived", Derived),
        pytest.raises(
            UnsafeFileError, match="a base class's declaration doesn't count"
        ),
    ):
        config.layer_from_config(layer("Derived"))


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("layer", Half),
        ("regularizer", Open),
        ("optimizer", Open),
        ("constraint", Half),
        ("layer", len),
        ("layer", Input),
    ],
)
def test_a_place_takes_its_own_kind_alone(kind, wrong):
    with pytest.raises(
        UnsafeFileError, match=rf"names \w+ as its {kind}; it isn't a subclass of"
    ):
        config.check_loadable(wrong, kind, {"x": wrong})


@pytest.mark.parametrize(
    "kind", ["activation", "objective", "metric", "initialization"]
)
def test_functions_are_not_called_with_arguments_of_a_file(kind):
    functions = [
        name
        for name in registry.names(kind)
        if not isinstance(registry.resolve(kind, name), type)
    ]
    name = functions[0]
    with pytest.raises(UnsafeFileError, match=f"as its {kind}"):
        config.get_object(kind, {"name": name, "x": 1})


def test_a_name_within_a_file_is_checked_as_well():
    """By its name alone a class can be instantiated, too: `W_regularizer: "Evil"`."""
    calls = []

    class Evil(Regularizer):
        def __init__(self):
            calls.append(1)

    dense = layer("Dense", output_dim=2, W_regularizer="Evil", input_dim=3)
    with registry.register("regularizer", "Evil", Evil):
        with pytest.raises(UnsafeFileError, match="Evil"):
            config.layer_from_config(dense)
        assert calls == []
        assert isinstance(regularizers.get("Evil"), Evil)
        with config.custom_object_scope({"Evil": Evil}):
            assert isinstance(config.layer_from_config(dense).W_regularizer, Evil)


def test_first_party_layers_declare_it():
    closed = []
    for kind in ("layer", "optimizer", "regularizer", "constraint"):
        for name in registry.names(kind):
            resolved = registry.resolve(kind, name)
            if (
                isinstance(resolved, type)
                and vars(resolved).get("loadable") is not True
            ):
                closed.append(f"{kind}:{name}")
    assert closed in ([], ["optimizer:TFOptimizer", "optimizer:tfoptimizer"])


# Budgets of parameters


def test_the_bound_holds_for_all_layers_together():
    many = [layer("Dense", output_dim=10, input_dim=10, name=f"d{i}") for i in range(4)]
    with parameter_budget(4 * 110):
        assert (
            config.layer_from_config(
                {"class_name": "Sequential", "config": many}
            ).count_params()
            == 440
        )
    with (
        parameter_budget(4 * 110 - 1),
        pytest.raises(UnsafeFileError, match="limit is 439 parameters"),
    ):
        config.layer_from_config({"class_name": "Sequential", "config": many})


def test_calls_in_nested_models_are_bounded_and_the_caller_may_raise_the_bound():
    inner = Sequential(
        [Dense(3, input_dim=3, name="i"), Dense(3, name="j")], name="inner"
    )
    entry = {"class_name": "Sequential", "config": inner.get_config(), "name": "inner"}
    places = {"input_layers": [["x", 0, 0]], "output_layers": [["inner", 4, 0]]}
    start = {
        **layer("InputLayer", name="x", batch_input_shape=[None, 3]),
        "name": "x",
        "inbound_nodes": [],
    }
    calls = [[["x", 0, 0]], *[[["inner", index, 0]] for index in (1, 2, 3)]]
    model = {
        "name": "m",
        "layers": [start, {**entry, "inbound_nodes": calls}],
        **places,
    }
    with (
        parameter_budget(calls=7),
        pytest.raises(UnsafeFileError, match=r"'[ij]' ask for a call.* 7 calls"),
    ):
        config.layer_from_config({"class_name": "Model", "config": model})
    with parameter_budget(calls=8), parameter_budget(100):
        assert (
            config.layer_from_config(
                {"class_name": "Model", "config": model}
            ).count_params()
            == 24
        )


@pytest.mark.parametrize("error", [RuntimeError, MemoryError, OverflowError, OSError])
def test_whatever_a_constructor_raises_names_the_layer(error):
    class Fails(Dense):
        loadable = True

        def __init__(self, **kwargs):
            raise error("from the depths")

    with (
        registry.register("layer", "Fails", Fails),
        pytest.raises(ConfigError, match=r"'Fails'.*from the depths"),
    ):
        config.layer_from_config(layer("Fails"))


def test_code_is_not_bounded():
    load_context.count_weight((10**12,), "a layer")
    assert Sequential([Dense(3, input_dim=2)]).count_params() == 9


# Functions


def f(x):
    return x


def g(x):
    return x


def test_functions_supplied_by_the_caller():
    assert stored_functions.get_function(f, "lambda_1", "function") is f
    with stored_functions.function_scope(
        {"lambda_1": f, "merge_1": {"mode": f, "output_shape": g}}
    ):
        assert (
            stored_functions.get_function(["bytes", None, None], "lambda_1", "function")
            is f
        )
        assert stored_functions.get_function(None, "lambda_1", "mode") is f
        assert stored_functions.get_function("4wEAAAA=", "merge_1", "output_shape") is g
        with stored_functions.function_scope({"lambda_1": g}):
            assert stored_functions.get_function("x", "lambda_1", "function") is g
            assert stored_functions.get_function("x", "merge_1", "mode") is f
        with pytest.raises(UnsafeFileError):
            stored_functions.get_function("x", "lambda_1", "output_shape")
    with pytest.raises(UnsafeFileError):
        stored_functions.get_function("x", "lambda_1", "function")


def test_functions_known_by_name():
    relu = registry.resolve("activation", "relu")
    assert stored_functions.get_function("relu", "l", "function") is relu
    assert (
        stored_functions.get_function("oneiros-activations:relu", "l", "function")
        is relu
    )
    marker = {"class_name": "__function__", "name": "here.<locals>.f"}
    with config.custom_object_scope({"f": f}):
        assert stored_functions.get_function(marker, "l", "function") is f
        assert stored_functions.get_function("f", "l", "function") is f


def thirds(x):
    return x / 3


def test_the_process_that_wrote_a_function_finds_it_again():
    marker = json_text.loads(json_text.dumps(thirds))
    assert stored_functions.get_function(marker, "l", "function") is thirds
    for other in ({"name": "thirds"}, {"code_sha256": "0" * 64}, {"code_sha256": [1]}):
        foreign = {**marker, "code_sha256": None, **other}
        with pytest.raises(UnsafeFileError):
            stored_functions.get_function(foreign, "l", "function")


def test_a_function_that_the_program_dropped_is_gone():
    marker = json_text.loads(json_text.dumps(lambda x: x / 7))
    with pytest.raises(UnsafeFileError):
        stored_functions.get_function(marker, "l", "function")


@pytest.mark.parametrize("factor", [2, 3])
def test_functions_with_values_of_their_own_are_not_found_again(factor):
    def closure(x):
        return x * factor

    def default(x, factor=factor):
        return x * factor

    for function in (closure, default):
        marker = json_text.loads(json_text.dumps(function))
        assert "code_sha256" not in marker
        with pytest.raises(UnsafeFileError):
            stored_functions.get_function(marker, "l", "function")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["YwEAAAAB", None, None], "is stored as Python bytecode"),
        ({"code": "YwEAAAAB"}, "is stored as Python bytecode"),
        ("func_load", "names the function 'func_load'"),
        ("eval", "names the function 'eval'"),
        ("os.system", "names the function 'os.system'"),
        ("oneiros-utils:func_load", "names the function"),
        ({"class_name": "__function__", "name": "f"}, "names the function 'f'"),
        ("x" * 10_000, "names the function 'xxx"),
    ],
    ids=str,
)
def test_other_functions_are_refused_with_the_way_out(value, expected):
    with pytest.raises(UnsafeFileError) as caught:
        stored_functions.get_function(value, "lambda_1", "function")
    message = str(caught.value)
    assert expected in message and len(message) < 500
    assert "load_model(path, functions={'lambda_1': {'function': fn}})" in message
    assert "model_from_json(text, functions={'lambda_1': {'function': fn}})" in message


# Names of Keras 1


def test_get_from_module():
    names = {"f": f, "Half": Half, "Open": Open, "Closed": Closed}
    get = generic_utils.get_from_module
    assert (
        get("f", names, "thing") is f
        and get(None, names, "thing") is None
        and get(g, names, "thing") is g
    )
    assert get("Half", names, "thing", instantiate=True, kwargs={"by": 2}).by == 2
    entry = {"name": "Half", "by": 3}
    assert get(entry, names, "thing").by == 3 and entry == {"name": "Half", "by": 3}
    with config.custom_object_scope({"f": g}):
        assert get("f", names, "thing") is g
    with pytest.raises(
        UnknownNameError, match=r"Unknown thing 'h'.*custom_object_scope"
    ):
        get("h", names, "thing")
    with pytest.raises(UnsafeFileError, match="loadable = True"):
        get({"name": "Closed"}, names, "thing")
    with pytest.raises(UnsafeFileError, match="names f as its thing"):
        get({"name": "f", "x": 1}, names, "thing")
    with pytest.raises(ConfigError, match="configuration of a thing"):
        get({"by": 3}, names, "thing")


def test_bytecode_functions_explain_themselves():
    with pytest.raises(
        UnsafeFileError,
        match=r"func_dump\(f\) would write bytecode.*functions=\{'layer name'",
    ):
        generic_utils.func_dump(f)
    with pytest.raises(
        UnsafeFileError, match=r"func_load would run bytecode.*functions=\{'layer name'"
    ):
        generic_utils.func_load("4wEAAAA=", defaults=None, closure=None, globs={})
    assert generic_utils.make_tuple(1, 2) == (1, 2)


@pytest.mark.parametrize("value", [5, -1.5, True, [], [None], b"x", ()])
@pytest.mark.parametrize(
    ("kind", "argument"),
    [
        ("constraint", "W_constraint"),
        ("constraint", "b_constraint"),
        ("regularizer", "W_regularizer"),
        ("initialization", "init"),
        ("activation", "activation"),
    ],
)
def test_what_stands_for_no_object_is_told_where_it_is_given(kind, argument, value):
    with (
        K.use("theano"),
        pytest.raises(ConfigError, match=f"isn't a valid {kind}: pass a name"),
    ):
        Dense(3, input_dim=4, **{argument: value}).build((None, 4))
