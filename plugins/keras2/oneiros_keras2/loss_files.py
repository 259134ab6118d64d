"""Losses, in files of Keras 2 and 3."""

from oneiros.errors import ConfigError
from oneiros.migrations import Keras3Layer, Migration

NEUTRAL = {
    "axis": (-1,),
    "dtype": ("float32", None),
    "fn": None,
    "ignore_class": (None,),
    "name": None,
    "reduction": ("auto", "sum_over_batch_size"),
}
"""Arguments without an effect here, and the values that say so; None for any."""


class LossMigration(Migration):
    """A loss with arguments, which keep their names.

    # Properties
        name: str, its class here.
        own_arguments: tuple of str, its arguments.
        keras3: str, its class in Keras 3.
    """

    name: str
    own_arguments: tuple[str, ...] = ()
    keras3: str

    def translated(self, name: str, config):
        """Returns the class and its arguments."""
        arguments = {}
        for argument, value in config.items():
            if argument in self.own_arguments:
                arguments[argument] = value
                continue
            neutral = NEUTRAL.get(argument, ())
            if neutral is not None and value not in neutral:
                raise ConfigError(
                    f"its loss {self.keras3} has {argument}={value!r:.80}, which isn't "
                    "done here."
                )
        return self.name, arguments

    def to_keras3(self, config, arrays):
        """Returns the loss of Keras 3."""
        return Keras3Layer(self.keras3, dict(config), arrays)
