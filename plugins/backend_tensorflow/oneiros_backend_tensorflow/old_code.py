"""TensorFlow code of 2016 on tensors of `K`.

A session computes them. What can't take them, `tf.gradients(loss, [w])`, says what to
write instead.
"""

import functools
from operator import attrgetter

from oneiros import backend as K
from oneiros_backend_toolkit.lazy_graph.array_functions import Function

from oneiros_backend_tensorflow import older_names
from oneiros_backend_tensorflow.native_functions import nodes_in
from oneiros_backend_tensorflow.older_names import OldCallError
from oneiros_backend_tensorflow.tensorflow_import import tf
from oneiros_backend_tensorflow.versions import versions_1

UPDATE = "K.function(inputs, outputs, [K.{}]), or K.set_value(variable, array)"
OPTIMIZER = "model.compile(TFOptimizer(optimizer), loss), of oneiros.optimizers"
INSTEAD = {
    "assign": UPDATE.format("update(variable, value)"),
    "assign_add": UPDATE.format("update_add(variable, value)"),
    "assign_sub": UPDATE.format("update_sub(variable, value)"),
    "gradients": "K.gradients(loss, variables)",
    "train.Optimizer.compute_gradients": OPTIMIZER,
    "train.Optimizer.minimize": OPTIMIZER,
    "train.Saver.__init__": "model.save_weights(path), model.load_weights(path)",
}
"""What to write in the place of functions that can't take tensors of `K`."""


@functools.cache
def install() -> None:
    """Has TensorFlow's functions explain why they don't take tensors of `K`."""
    older_names.install()
    _replace(tf, "gradients", _refusing)
    for version in versions_1():
        for path in INSTEAD:
            _replace(version, path, _refusing)
    for session in (tf.compat.v1.Session, tf.compat.v1.InteractiveSession):
        session.run = _running_tensors_of_keras(session.run)


def _replace(version, path: str, make: Function) -> None:
    """Replaces a function of TensorFlow by what is made of it."""
    prefix, _, name = path.rpartition(".")
    owner = version
    if prefix:
        owner = attrgetter(prefix)(version)
    function = getattr(owner, name)
    named_alike = functools.wraps(function)
    made = make(path, function)
    setattr(owner, name, named_alike(made))


def _refusing(path: str, function: Function) -> Function:
    """Returns a function that refuses tensors of `K`."""

    def checked(*args, **kwargs):
        if nodes_in([*args, *kwargs.values()]):
            raise OldCallError(
                f"tf.{path} rejects tensors of K. Write {INSTEAD[path]}."
            )
        return function(*args, **kwargs)

    return checked


def _running_tensors_of_keras(run: Function) -> Function:
    """Returns a session's method that has Keras' tensors computed by `K`."""

    @functools.wraps(run)
    def run_any(session, fetches, feed_dict=None, *args, **kwargs):
        if not nodes_in(fetches):
            return run(session, fetches, feed_dict, *args, **kwargs)
        with K.use("tensorflow"):
            return K.get_session().run(fetches, feed_dict)

    return run_any
