"""The service `default_callbacks`: the callbacks that every fit has."""

from oneiros import services

from oneiros_callbacks.averages import BaseLogger, History
from oneiros_callbacks.callback_list import CallbackList


class EveryFit:
    """What the kernel calls."""

    callback_list = CallbackList
    history = History
    base_logger = BaseLogger


service: services.DefaultCallbacks = EveryFit()
