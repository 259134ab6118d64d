"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

RECURRENT = {
    "SimpleRNN": "oneiros_layers_recurrent.recurrent:SimpleRNN",
    "GRU": "oneiros_layers_recurrent.recurrent:GRU",
    "LSTM": "oneiros_layers_recurrent.recurrent:LSTM",
}
CONVOLUTIONAL = {"ConvLSTM2D": "oneiros_layers_recurrent.conv_lstm:ConvLSTM2D"}
LAYERS = {**RECURRENT, **CONVOLUTIONAL}
BASES = {
    "Recurrent": "oneiros_layers_recurrent.base:Recurrent",
    "time_distributed_dense": "oneiros_layers_recurrent.base:time_distributed_dense",
}
CONVOLUTIONAL_BASES = {
    "ConvRecurrent2D": "oneiros_layers_recurrent.conv_lstm:ConvRecurrent2D"
}


@hookimpl
def oneiros_layers():
    """The layers by name."""
    return LAYERS


@hookimpl
def oneiros_modules():
    """The modules `recurrent` and `convolutional_recurrent` of `oneiros.layers`."""
    return {
        "layers.recurrent": {**RECURRENT, **BASES},
        "layers.convolutional_recurrent": {**CONVOLUTIONAL, **CONVOLUTIONAL_BASES},
        "layers": {**BASES, **CONVOLUTIONAL_BASES},
    }
