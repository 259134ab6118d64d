"""The service `copying`: how `copy`, `pickle` and resumed training copy objects."""

from oneiros import services

from oneiros_saving.pickling import reduced
from oneiros_saving.plain_data_encoding import plain_attributes


class Copying:
    """What the kernel calls."""

    reduced = staticmethod(reduced)
    plain_attributes = staticmethod(plain_attributes)


service: services.Copying = Copying()
