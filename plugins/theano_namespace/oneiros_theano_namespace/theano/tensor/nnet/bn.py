"""Batch normalization."""


def batch_normalization(inputs, gamma, beta, mean, std, mode: str = "low_mem"):
    """Scales and shifts by statistics that are given.

    # Arguments
        inputs: tensor.
        gamma, beta, mean, std: tensors that fit its shape.
        mode: ignored.
    """
    return (inputs - mean) * (gamma / std) + beta
