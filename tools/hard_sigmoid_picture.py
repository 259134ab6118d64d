"""Draws the two functions that are called hard_sigmoid, and what an LSTM makes of them.

    python3 run.py --group test tools/hard_sigmoid_picture.py

The picture is docs/hard-sigmoid.png. The lower panel is an LSTM of four units with
Keras 1's function, and the same weights with Keras 3's, on the same noise.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from oneiros import backend as K
from oneiros.layers import LSTM
from oneiros.models import Sequential

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "hard-sigmoid.png"
NB_STEPS = 60
SCALE = 4.0


def of_keras_1(x: Any) -> Any:
    """Returns clip(0.2 x + 0.5, 0, 1)."""
    return K.clip(0.2 * x + 0.5, 0, 1)


def of_keras_3(x: Any) -> Any:
    """Returns relu6(x + 3) / 6."""
    return K.clip(x + 3, 0, 6) / 6


def outputs(gate: Any, weights: list[Any] | None, noise: Any) -> tuple[Any, list[Any]]:
    """Returns an LSTM's first output at each step, and its weights."""
    layer = LSTM(
        4, inner_activation=gate, return_sequences=True, input_shape=(NB_STEPS, 3)
    )
    model = Sequential([layer])
    if weights is not None:
        model.set_weights(weights)
    return model.predict(noise)[0, :, 0], model.get_weights()


def main() -> None:
    """Draws the picture."""
    np.random.seed(7)
    noise = np.random.normal(0, SCALE, (1, NB_STEPS, 3)).astype("float32")
    right, weights = outputs(of_keras_1, None, noise)
    wrong, _ = outputs(of_keras_3, weights, noise)

    figure = Figure((9, 6), layout="constrained")
    upper, lower = figure.subplots(2)
    x = np.linspace(-4, 4, 400)
    upper.plot(
        x, np.clip(0.2 * x + 0.5, 0, 1), label="Keras 1: clip(0.2 x + 0.5, 0, 1)"
    )
    upper.plot(x, np.clip(x + 3, 0, 6) / 6, "--", label="Keras 3: relu6(x + 3) / 6")
    upper.set(title="Two functions of one name: hard_sigmoid", xlabel="x")
    upper.legend()
    lower.plot(right, label="the model of 2016")
    lower.plot(wrong, "--", label="the same weights, gates of Keras 3")
    worst = np.abs(right - wrong).max()
    lower.set(
        title=f"An LSTM's output: the largest difference is {worst:.2f}", xlabel="step"
    )
    lower.legend()
    figure.savefig(PICTURE, dpi=90)
    print(f"{PICTURE}: largest difference {worst:.4f}")


if __name__ == "__main__":
    main()
