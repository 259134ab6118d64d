"""Values of tensors that are built of placeholders."""

from oneiros import backend as K


def of_open_batch(shape):
    """Returns a shape with its first axis open."""
    return (None, *shape[1:]) if shape else shape


def evaluate(build, *arrays, declared=of_open_batch):
    """Returns the value or values of `build(*placeholders)`, of which rank, type and
    shape are those that were told before.

    # Arguments
        build: function that returns a tensor or a list of tensors.
        arrays: what is fed.
        declared: function from an array's shape to that of its placeholder.
    """
    inputs = [
        K.placeholder(shape=declared(x.shape), dtype=x.dtype.name) for x in arrays
    ]
    built = build(*inputs)
    are_several = isinstance(built, (list, tuple))
    outputs = list(built) if are_several else [built]
    values = K.function(inputs, outputs)(list(arrays))
    for output, value in zip(outputs, values, strict=True):
        assert K.dtype(output) == value.dtype.name
        sizes = zip(K.int_shape(output), value.shape, strict=True)
        assert all(told in (None, size) for told, size in sizes)
    return values if are_several else values[0]
