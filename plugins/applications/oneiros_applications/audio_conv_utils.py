"""Prepares audio for MusicTaggerCRNN, and decodes its predictions into tags."""

import os

import numpy as np
from oneiros.typing import Array

from oneiros_applications.preparation import (
    checked_ordering,
    checked_predictions,
    most_probable,
)

TAGS = [
    "rock",
    "pop",
    "alternative",
    "indie",
    "electronic",
    "female vocalists",
    "dance",
    "00s",
    "alternative rock",
    "jazz",
    "beautiful",
    "metal",
    "chillout",
    "male vocalists",
    "classic rock",
    "soul",
    "indie rock",
    "Mellow",
    "electronica",
    "80s",
    "folk",
    "90s",
    "chill",
    "instrumental",
    "punk",
    "oldies",
    "blues",
    "hard rock",
    "ambient",
    "acoustic",
    "experimental",
    "female vocalist",
    "guitar",
    "Hip-Hop",
    "70s",
    "party",
    "country",
    "easy listening",
    "sexy",
    "catchy",
    "funk",
    "electro",
    "heavy metal",
    "Progressive rock",
    "60s",
    "rnb",
    "indie pop",
    "sad",
    "House",
    "happy",
]
"""The 50 most frequent tags of the Million Song Dataset, in the network's order."""
SAMPLING_RATE = 12000
"""Samples per second."""
WINDOW = 512
"""Samples per Fourier transform."""
HOP = 256
"""Samples from one transform to the next."""
MELS = 96
"""Frequency bands."""
SECONDS = 29.12
"""Seconds that the network hears, from the middle of a piece."""


def preprocess_input(
    audio_path: str | os.PathLike[str], dim_ordering: str = "default"
) -> np.ndarray:
    """Returns the spectrogram of the middle 29.12 seconds of a piece, in decibels.

    It pads shorter pieces with silence.

    # Arguments
        audio_path: path of an audio file.
        dim_ordering: "th", "tf", or "default" for `K.image_dim_ordering()`.

    # Returns
        Array `(1, 96, 1366)` with "th", `(96, 1366, 1)` with "tf": frequency bands,
        then time, in decibels.

    # Raises
        ValueError: if `dim_ordering` is unknown.
        ImportError: if the package librosa isn't installed.
    """
    ordering = checked_ordering(dim_ordering)
    import librosa

    sound, _ = librosa.load(audio_path, sr=SAMPLING_RATE)
    spectrogram = librosa.feature.melspectrogram(
        y=middle(sound, int(SECONDS * SAMPLING_RATE)),
        sr=SAMPLING_RATE,
        hop_length=HOP,
        n_fft=WINDOW,
        n_mels=MELS,
    )
    decibels = librosa.power_to_db(spectrogram**2, ref=1.0)
    return np.expand_dims(decibels, 0 if ordering == "th" else -1)


def middle(sound: np.ndarray, length: int) -> np.ndarray:
    """Returns the middle of a sound; pads a shorter one with zeros."""
    missing = length - len(sound)
    if missing > 0:
        return np.hstack((sound, np.zeros(missing)))
    start = (len(sound) - length) // 2
    return sound[start : start + length]


def decode_predictions(preds: Array, top_n: int = 5) -> list[list[tuple[str, float]]]:
    """Returns the most probable tags.

    # Arguments
        preds: array, `(samples, 50)`.
        top_n: int, the number of tags per sample.

    # Returns
        One list per sample, with the name and probability of each tag, the most
        probable first.

    # Raises
        ValueError: if the predictions don't have the shape `(samples, 50)`.

    # Example
        ```python
        import numpy as np
        from oneiros.applications.music_tagger_crnn import decode_predictions

        probabilities = np.zeros((1, 50))
        probabilities[0, :2] = [0.5, 0.25]
        ((first, second),) = decode_predictions(probabilities, top_n=2)
        print(first[0], second[0])  # rock pop
        ```
    """
    probabilities = checked_predictions(preds, len(TAGS))
    return most_probable(probabilities, [(tag,) for tag in TAGS], top_n)
