"""Functions of Keras 1 that Keras 3 lacks, registered for `.keras` files.

Import this package before you load a file that Oneiros wrote, if the file needs it. It
needs Keras alone.
"""

from typing import Any

import keras

register = keras.saving.register_keras_serializable("oneiros_keras3")


@register  # type: ignore[untyped-decorator]  # keras has no types
def hard_sigmoid(x: Any) -> Any:
    """Returns clip(0.2 x + 0.5, 0, 1), the hard sigmoid of Keras 1."""
    return keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)
