"""Storage for the values of variables."""

from oneiros.typing import Array


class Storage:
    """A variable's value.

    # Arguments
        array: the first value, which is the storage's from now on.

    # Properties
        array: the value; nobody changes it in place.
        version: int, how often it was replaced.
    """

    def __init__(self, array: Array) -> None:
        self.array = array
        self.version = 0

    def get(self) -> Array:
        """Returns a copy of the value."""
        return self.array.copy()

    def set(self, array: Array) -> None:
        """Stores an array, which is the storage's from now on."""
        self.array = array
        self.version += 1
