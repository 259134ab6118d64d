"""`keras.utils.theano_utils` of Keras 0.x, in terms of the current backend."""

from oneiros import backend as K

Shape = tuple[int, ...]


def floatX(X):  # noqa: N802  Keras' name
    """Returns an array of the default float type."""
    return K.cast_to_floatx(X)


def sharedX(  # noqa: N802  Keras' name
    X, dtype: str | None = None, name: str | None = None
):
    """Returns a variable with a value, of floats unless `dtype` says otherwise."""
    return K.variable(X, dtype or K.floatx(), name)


def shared_zeros(shape: Shape, dtype: str | None = None, name: str | None = None):
    """Returns a variable that is all zeros."""
    return K.zeros(shape, dtype or K.floatx(), name)


def shared_ones(shape: Shape, dtype: str | None = None, name: str | None = None):
    """Returns a variable that is all ones."""
    return K.ones(shape, dtype or K.floatx(), name)


def shared_scalar(val: float = 0.0, dtype: str | None = None, name: str | None = None):
    """Returns a variable that is a single number."""
    return sharedX(val, dtype, name)


def alloc_zeros_matrix(*dims: int):
    """Returns a matrix of zeros with these dimensions."""
    return K.zeros(dims)


def ndim_tensor(ndim: int):
    """Returns a placeholder of floats with `ndim` axes."""
    return K.placeholder(ndim=ndim)


def ndim_itensor(ndim: int, name: str | None = None):
    """Returns a placeholder of integers with `ndim` axes."""
    return K.placeholder(ndim=ndim, dtype="int32", name=name)
