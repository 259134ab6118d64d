"""Manifest: the names of this plugin, by reference."""

from typing import Any

from oneiros import hookimpl


@hookimpl
def oneiros_commands():
    """The command that starts several processes."""
    return {"launch": "oneiros_distribution.launch:launch"}


@hookimpl
def oneiros_modules():
    """The module `oneiros.distribution`."""
    package = "oneiros_distribution"
    return {
        "distribution": {
            "DataParallel": f"{package}.data_parallel:DataParallel",
            "barrier": f"{package}.data_parallel:barrier",
            "info": f"{package}.data_parallel:info",
        }
    }


@hookimpl
def oneiros_default_callbacks(model, params: dict[str, Any]) -> list[Any]:
    """What keeps processes together that train one model."""
    from oneiros import backend as K
    from oneiros import processes

    if processes.current().count == 1 or K.current().placement is None:
        return []
    from oneiros_distribution.agreement import Agreement

    return [Agreement()]
