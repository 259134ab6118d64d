"""The one table of golden cases that don't agree with Keras 1.2.2, or can't run yet, each with its reason.

Those of functions.json and layers.json have no exception. What agrees, or could run, may not stand here:
the tests that read this table check it.
"""

BEFORE_SUMMING = (
    "On TensorFlow an Embedding's gradient was one slice per lookup, and Keras 1.2.2 clipped each slice "
    "before those of one row were summed. On Theano it clipped the sum: its documented meaning."
)
OPTIMIZERS = {"emb_sgd_clipvalue": BEFORE_SUMMING}
"""Case ids of optimizers.json; they differ on both backends."""

CONVOLUTION = "its convolution and pooling layers come with issue 3"
RECURRENT = "its recurrent layers and wrappers come with issue 3"
TRAINING = {
    "conv_tf": CONVOLUTION,
    "conv_th": CONVOLUTION,
    "rnn_lstm": RECURRENT,
    "rnn_bidirectional": RECURRENT,
    "masked_loss_masking_lstm": RECURRENT,
    "masked_loss_embedding_gru_ce": RECURRENT,
    "temporal_sample_weight": RECURRENT,
    "temporal_sample_weight_zeros_masked": RECURRENT,
    "mask_embedding_lstm_last": RECURRENT,
    "stateful_lstm": RECURRENT,
    "reduce_lr_on_plateau": "its callback comes with a later issue",
}
"""Case ids of training.json."""

MODEL_LAYERS = {
    **dict.fromkeys(["LSTM", "GRU", "SimpleRNN", "TimeDistributed", "Bidirectional"], RECURRENT),
    **dict.fromkeys(["Convolution1D", "Convolution2D", "Convolution3D", "ConvLSTM2D"], CONVOLUTION),
    **dict.fromkeys(["SeparableConvolution2D", "ZeroPadding1D"], CONVOLUTION),
}
"""Layers without which a file in models/ can't be built."""
