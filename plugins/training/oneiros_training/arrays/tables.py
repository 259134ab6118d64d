"""Tables: data of classes that a plugin converts to arrays."""

from oneiros import registry


def reader_of(value):
    """Returns the function that converts a value to an array, found by its class; None
    if no plugin has one."""
    table_names = set(registry.names("table"))
    for base in type(value).__mro__:
        name = f"{base.__module__.partition('.')[0]}.{base.__name__}"
        if name in table_names:
            return registry.resolve("table", name)
    return None
