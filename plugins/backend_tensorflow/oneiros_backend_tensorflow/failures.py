"""TensorFlow's error messages in one line."""

from oneiros_backend_tensorflow.tensorflow_import import tf

BAD_INPUT = (
    tf.errors.InvalidArgumentError,
    tf.errors.OutOfRangeError,
    tf.errors.FailedPreconditionError,
    tf.errors.UnimplementedError,
    tf.errors.NotFoundError,
)
"""Errors that TensorFlow raises if a function can't compute with its inputs."""
_NOISE = ("Graph execution error", "Detected at node", "File ", "<stack traces", "[[{{")
"""Prefixes of lines that say where in TensorFlow something happened, not what."""


def reason(error: Exception) -> str:
    """Returns an error's text without the names of nodes in TensorFlow's graphs."""
    message = getattr(error, "message", None) or str(error)
    lines = [line.strip() for line in message.splitlines()]
    filled = [line for line in lines if line]
    telling = (line for line in filled if not line.startswith(_NOISE))
    text = next(telling, repr(error))
    while text.startswith("{{"):
        _, _, rest = text.partition("}}")
        text = rest.strip()
    text, _, _ = text.partition(" for '{{node")
    text, _, _ = text.partition(" [Op:")
    return text
