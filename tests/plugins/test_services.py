"""Services: what the kernel asks of plugins."""

import pytest
from oneiros import registry, services, settings
from oneiros.errors import UnknownNameError

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


def test_without_a_service_the_error_says_what_to_install():
    with (
        settings.override(disable=["oneiros-saving"]),
        pytest.raises(UnknownNameError, match="provided by oneiros-saving, which is"),
    ):
        services.saving


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(services, "no_such_service")


def test_another_distribution_can_replace_a_service():
    own = object()
    with (
        settings.override(prefer={"service:copying": "my-lab"}),
        registry.register("service", "copying", own, "my-lab"),
    ):
        assert services.copying is own
