"""Functions of an engine that tensors of the current backend can't be given to."""

from oneiros import backend as K
from oneiros import registry
from oneiros.errors import ArgumentError

ENGINES = {"jax": "jax", "pytensor": "theano", "tensorflow": "tensorflow"}
"""Packages of engines, and the backends that compute with them."""


def check_engine(function, code: str) -> None:
    """Checks that tensors of the current backend can be given to a function.

    Functions of jax need values; `K.apply` calls them when a function runs.

    # Arguments
        function: any function; those of other packages aren't checked.
        code: str, how a program passes it, with `{}` in its place.

    # Raises
        ArgumentError: for a function of another backend's engine, or of jax.
    """
    package = str(getattr(function, "__module__", "")).partition(".")[0]
    backend = ENGINES.get(package, K.backend())
    is_foreign = backend != K.backend()
    if not is_foreign and package != "jax":
        return
    name = getattr(function, "__name__", "function")
    advice = "Pass a function of K"
    if is_foreign and name in registry.names("activation"):
        advice = f"Write Activation(activation={name!r}), pass a function of K"
    steps = []
    if is_foreign:
        steps.append(f"choose the backend first, K.set_backend({backend!r})")
    if package == "jax":
        recorded = code.format(f"lambda x: K.apply({name}, x)")
        steps.append(f"write {recorded}")
    raise ArgumentError(
        f"{code.format(name)}: a function of {package} doesn't take the tensors of the "
        f"backend {K.backend()!r}. {advice}, or {' and '.join(steps)}."
    )
