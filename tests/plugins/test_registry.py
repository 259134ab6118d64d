"""The registry in one process.

Names, registrations, conflicts between them, provenance.
"""

import oneiros
import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from oneiros import plugins, registry, settings
from oneiros.discovery import PluginRecord
from oneiros.errors import ArgumentError, NameConflictError, UnknownNameError
from oneiros.plugins import KINDS
from oneiros.saving import provenance
from processes import run_python

NAMES = st.from_regex(r"[A-Z][A-Za-z0-9]{3,12}Zz", fullmatch=True)


class Mine:
    pass


def record(name):
    return PluginRecord(name, "1", name, f"{name}.manifest", 1)


def test_a_name_is_found_without_importing_and_resolved_by_importing():
    code = """
import sys
from oneiros import registry
module = "oneiros_optimizers.sgd"
entry = registry.find("optimizer", "SGD")
print(entry.reference, entry.distribution, module in sys.modules)
print(registry.resolve("optimizer", "SGD").__name__, module in sys.modules)
"""
    done = run_python(code)
    assert (
        done.stdout == "oneiros_optimizers.sgd:SGD oneiros-optimizers False\nSGD True\n"
    )


def test_canonical_names():
    assert registry.resolve("layer", "oneiros-layers-core:Dense") is registry.resolve(
        "layer", "Dense"
    )
    assert registry.find("layer", "my-lab:Dense") is None
    with pytest.raises(
        UnknownNameError, match=r"Unknown layer 'my-lab:Dense'\. Did you mean 'Dense'"
    ):
        registry.resolve("layer", "my-lab:Dense")


def test_every_name_of_every_kind_resolves_and_comes_from_its_plugin():
    manager = plugins.manager()
    for kind in set(KINDS) - {"module"}:
        for name in registry.names(kind):
            entry = registry.find(kind, name)
            if entry.distribution not in manager.records:
                continue  # code in the docs registered it in this process
            assert registry.resolve(
                kind, f"{entry.distribution}:{name}"
            ) is registry.load(entry)
            assert name in manager.records[entry.distribution].kinds[kind]


def test_every_name_of_every_module_resolves():
    for path, table in plugins.manager().modules.items():
        for name, providers in table.items():
            for entry in providers:
                value = registry.load(entry)
                is_read_later = name == "CLASS_INDEX"
                assert value is not None or is_read_later, f"{path}.{name}"


def test_no_plugin_of_this_repository_has_a_problem():
    assert {
        record.distribution: record.problems
        for record in plugins.manager().records.values()
        if record.problems
    } == {}


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("layer", "dense", "Did you mean 'Dense'?"),
        ("optimizer", "adaam", "'adam'"),
        ("objective", "zzzzz", "`oneiros plugins` lists all, such as "),
    ],
)
def test_unknown_names_get_a_hint(kind, name, expected):
    with pytest.raises(UnknownNameError) as caught:
        registry.resolve(kind, name)
    assert str(caught.value).startswith(
        f"Unknown {kind} {name!r}. "
    ) and expected in str(caught.value)


def test_unknown_kinds_list_the_kinds():
    with pytest.raises(
        ArgumentError,
        match=r"There is no kind 'layers'\. The kinds are: layer, activation, ",
    ):
        registry.resolve("layers", "Dense")


@budget(deadline=None)
@given(name=NAMES)
def test_registering_lasts_as_long_as_the_block(name):
    with registry.register("metric", name, Mine):
        assert registry.resolve("metric", name) is Mine
        assert registry.resolve("metric", f"(this process):{name}") is Mine
        assert name in registry.names("metric")
    assert registry.find("metric", name) is None
    assert name not in registry.names("metric")


def test_remove_leaves_a_newer_registration_alone():
    old = registry.register("metric", "twice", min)
    new = registry.register("metric", "twice", max)
    old.close()
    assert registry.resolve("metric", "twice") is max
    new.close()
    new.close()
    assert registry.find("metric", "twice") is None


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        ("layers", "Dense", "no kind 'layers'"),
        ("layer", "my:Dense", "not 'my:Dense'"),
        ("layer", "", "not ''"),
    ],
)
def test_register_refuses_what_could_never_be_asked_for(kind, name, message):
    with pytest.raises(ArgumentError, match=message):
        registry.register(kind, name, Mine)


def test_a_registration_never_replaces_a_plugins_object():
    with registry.register("layer", "Dense", Mine, distribution="my-lab"):
        said = "my-lab and oneiros-layers-core both provide the layer 'Dense'"
        with pytest.warns(UserWarning, match=said):
            assert registry.resolve("layer", "Dense") is not Mine
        assert registry.resolve("layer", "my-lab:Dense") is Mine
        with settings.override(prefer={"layer:Dense": "my-lab"}):
            assert registry.resolve("layer", "Dense") is Mine
        with settings.override(prefer={"layer:Dense": "oneiros-layers-core"}):
            assert (
                registry.resolve("layer", "Dense").__module__
                == "oneiros_layers_core.dense"
            )
        with (
            settings.override(prefer={"layer:Dense": "nobody"}),
            pytest.raises(
                NameConflictError, match="`prefer` names nobody, which doesn't"
            ),
        ):
            registry.resolve("layer", "Dense")
        with (
            settings.override(prefer={"metric:Dense": "my-lab"}),
            pytest.warns(UserWarning, match=said),
        ):
            assert registry.resolve("layer", "Dense") is not Mine
    assert registry.resolve("layer", "Dense") is not Mine


def test_what_is_registered_appears_in_oneiros_layers():
    with registry.register("layer", "MineAlone", Mine):
        assert oneiros.layers.MineAlone is Mine
        assert (
            "MineAlone" in dir(oneiros.layers) and "MineAlone" in oneiros.layers.__all__
        )
    assert not hasattr(oneiros.layers, "MineAlone")


def test_disabling_in_code_hides_a_plugin_for_as_long_as_the_block():
    with settings.override(disable=["oneiros-metrics"]):
        with pytest.raises(
            UnknownNameError,
            match=r"oneiros-metrics, which is disabled.*\(settings.override\)",
        ):
            registry.resolve("metric", "mse")
        assert "mse" not in registry.names("metric")
    assert registry.resolve("metric", "mse")


def test_provenance():
    expected = {"distribution": "oneiros-layers-core", "version": oneiros.__version__}
    dense = registry.resolve("layer", "Dense")
    assert provenance(dense) == expected
    assert provenance(dense(3)) == expected
    assert (
        provenance(registry.resolve("objective", "mse"))["distribution"]
        == "oneiros-objectives"
    )
    assert (
        provenance(registry.resolve("layer", "Container"))["distribution"]
        == "oneiros-kernel"
    )
    assert provenance(Mine) is None
    with registry.register("layer", "MineAlone", Mine, distribution="my-lab"):
        assert provenance(Mine())["distribution"] == "my-lab"
