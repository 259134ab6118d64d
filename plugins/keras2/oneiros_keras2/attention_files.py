"""Layers with attention, in files of Keras 2 and 3."""

from oneiros.errors import ConfigError
from oneiros.migrations import Keras2Layer

from oneiros_keras2.manifest import MASK


class MultiHeadMigration(Keras2Layer):
    """MultiHeadAttention, to which a call may give a mask: the last input here."""

    def called(self, config, inputs, arguments):
        """Returns the references to the inputs.

        # Raises
            ConfigError: if the mask is no tensor of the model.
        """
        mask = arguments.get(MASK)
        if mask is None:
            return super().called(config, inputs, arguments)
        names = mask if isinstance(mask[0], str) else mask[0]
        if not isinstance(names[0], str):
            raise ConfigError(
                f"The layer {config.get('name')!r} is called with a constant {MASK}. "
                "Make it an input of the model, and save it again."
            )
        config[MASK] = True
        return super().called(config, inputs, arguments)

    def complete_there(self, arguments, config):
        """Refuses a mask.

        # Raises
            ConfigError: if there is one.
        """
        if config.get(MASK):
            raise ConfigError(
                f"it has {MASK}=True, and a query that sees no key gets something else "
                "in Keras 3."
            )
