"""The service `data`: a user's data."""

from oneiros import services

from oneiros_training.arrays.adapter import ArrayAdapter


class Data:
    """What the kernel calls."""

    adapter = ArrayAdapter


service: services.Data = Data()
