"""The service `default_callbacks`: the callbacks that every fit has."""

from oneiros import services

from oneiros_callbacks.averages import BaseLogger, History


class EveryFit:
    """What the kernel calls."""

    history = History
    base_logger = BaseLogger


service: services.DefaultCallbacks = EveryFit()
