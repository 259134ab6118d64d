"""MusicTaggerCRNN: convolutions over a spectrogram, then two recurrent layers."""

from oneiros import backend as K
from oneiros.engine.topology import get_source_inputs
from oneiros.layers import (
    ELU,
    GRU,
    BatchNormalization,
    Convolution2D,
    Dense,
    MaxPooling2D,
    Permute,
    Reshape,
    ZeroPadding2D,
)
from oneiros.models import Model
from oneiros.typing import Tensor

from oneiros_applications.audio_conv_utils import TAGS
from oneiros_applications.image_networks import (
    RELEASES,
    Weights,
    channel_axis,
    check_weights,
    input_of,
    load_weights,
)

TH_WEIGHTS_PATH = (
    f"{RELEASES}/v0.3/music_tagger_crnn_weights_tf_kernels_th_dim_ordering.h5"
)
TF_WEIGHTS_PATH = (
    f"{RELEASES}/v0.3/music_tagger_crnn_weights_tf_kernels_tf_dim_ordering.h5"
)
BLOCKS = ((64, (2, 2)), (128, (3, 3)), (128, (4, 4)), (128, (4, 4)))
"""Filters and pool size of each block."""


SHAPES = {"th": (1, 96, 1366), "tf": (96, 1366, 1)}
"""The shape of a spectrogram."""
TIME_AXES = {"th": 3, "tf": 2}
"""The axis of time in a batch of spectrograms."""


def MusicTaggerCRNN(  # noqa: N802  the name of Keras 1
    weights: Weights = "msd",
    input_tensor: Tensor = None,
    include_top: bool = True,
    classes: int = len(TAGS),
):
    """Returns MusicTaggerCRNN, which tags music.

    # Example
        ```python
        from oneiros.applications.music_tagger_crnn import MusicTaggerCRNN

        model = MusicTaggerCRNN(weights=None)
        print(model.output_shape)  # (None, 50)
        ```

    # Arguments
        weights: `"msd"` for weights trained on the Million Song Dataset, the path of a
            weights file, or None for random weights.
        input_tensor: the tensor to use as input; None for a new input.
        include_top: bool, whether to include the dense layer.
        classes: int, the number of tags, with the top and without published weights.

    # Input shape
        `(samples, 96, 1366, 1)`, with `dim_ordering` "th" `(samples, 1, 96, 1366)`:
        spectrograms, see `preprocess_input`.

    # Output shape
        `(samples, classes)`; without the top `(samples, 32)`.

    # Returns
        An uncompiled `Model`.

    # Raises
        ValueError: if arguments contradict each other.

    # References
        - [Convolutional Recurrent Neural Networks for Music
          Classification](https://arxiv.org/abs/1609.04243)
    """
    wanted = classes if include_top else len(TAGS)
    check_weights("MusicTaggerCRNN", weights, "msd", wanted, len(TAGS))
    ordering = K.image_dim_ordering()
    spectrogram = input_of(input_tensor, SHAPES[ordering])
    output = _features(spectrogram, ordering)
    if include_top:
        output = Dense(classes, activation="sigmoid", name="output")(output)
    model = Model(get_source_inputs(spectrogram), output)
    url = TH_WEIGHTS_PATH if ordering == "th" else TF_WEIGHTS_PATH
    load_weights(model, weights, "msd", url, by_name=not include_top)
    return model


def _features(spectrogram: Tensor, dim_ordering: str) -> Tensor:
    x = ZeroPadding2D((0, 37))(spectrogram)
    x = BatchNormalization(axis=TIME_AXES[dim_ordering], name="bn_0_freq")(x)
    for block, (filters, pool) in enumerate(BLOCKS, 1):
        x = Convolution2D(filters, 3, 3, border_mode="same", name=f"conv{block}")(x)
        x = BatchNormalization(axis=channel_axis(), name=f"bn{block}")(x)
        x = ELU()(x)
        x = MaxPooling2D(pool, strides=pool, name=f"pool{block}")(x)
    if dim_ordering == "th":
        x = Permute((3, 1, 2))(x)
    x = Reshape((15, 128))(x)
    x = GRU(32, return_sequences=True, name="gru1")(x)
    return GRU(32, name="gru2")(x)
