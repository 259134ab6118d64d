"""Services: what the kernel asks of plugins."""

import pickle

import numpy as np
import pytest
from oneiros import registry, services, settings
from oneiros.errors import UnknownNameError
from oneiros.layers import Dense
from oneiros.models import Sequential
from oneiros.plugins import manager

PROTOCOLS = {
    name: getattr(services, protocol)
    for name, protocol in services.__annotations__.items()
}


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_plugin_provides_the_functions_of_each_service(name):
    service = getattr(services, name)
    functions = [each for each in vars(PROTOCOLS[name]) if not each.startswith("_")]
    assert functions
    for function in functions:
        assert callable(getattr(service, function))


def test_plugins_provide_no_other_services():
    assert registry.names("service") == sorted(PROTOCOLS)


USES = {
    "configurations": Sequential.to_json,
    "copying": pickle.dumps,
    "default_callbacks": lambda model: model.fit(np.ones((1, 2)), np.ones((1, 3))),
    "old_code": lambda model: Dense(3, activatoin="relu"),
    "saving": lambda model: model.save("model.h5"),
    "summaries": Sequential.summary,
}
"""A use of each service; notebooks show a model's repr without theirs."""


@pytest.mark.parametrize("name", USES)
def test_without_a_service_the_error_says_what_to_install(name, monkeypatch):
    model = Sequential([Dense(3, input_dim=2)])
    model.compile("sgd", "mse")
    owner = registry.owners()["service"][name]
    with settings.override(disable=[owner]):
        monkeypatch.delitem(manager().records, owner)
        with pytest.raises((UnknownNameError, TypeError)) as caught:
            USES[name](model)
        assert model._repr_html_()
    message = str(caught.value)
    assert message.endswith(
        f"This needs the service {name!r}. It is provided by {owner}, which is not "
        f"installed. Type: pip install {owner}"
    )
    if name == "old_code":
        advice = "the unknown argument 'activatoin'. Did you mean 'activation'? "
        assert message.startswith(f"Dense received {advice}")


def test_notebooks_show_a_models_repr_without_the_plugin_that_makes_tables():
    with settings.override(disable=["oneiros-visualization"]):
        assert Sequential()._repr_html_() is None


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(services, "no_such_service")


def test_another_distribution_can_replace_a_service():
    own = object()
    with (
        settings.override(prefer={"service:copying": "my-lab"}),
        registry.register("service", "copying", own, "my-lab"),
    ):
        assert services.copying is own
