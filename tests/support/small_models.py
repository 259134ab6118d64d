"""The smallest model that trains."""

from oneiros.layers import Dense
from oneiros.models import Sequential


def compiled_dense(
    inputs=1, units=1, optimizer="sgd", loss="mse", metrics=None, **arguments
):
    """Returns a compiled Sequential of one Dense layer, which gets the other
    arguments."""
    model = Sequential([Dense(units, input_dim=inputs, **arguments)])
    model.compile(optimizer, loss, metrics=metrics)
    return model
