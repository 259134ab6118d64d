"""What `fit` and the others may take, beside hand-written loops and Keras 3 measured in
the same run.

Times depend on the machine, so a limit in milliseconds became a ratio: to the
hand-written loop, or to Keras 3, that was measured together with it when the limits
were set.
"""

from __future__ import annotations

from dataclasses import dataclass

HAND = "hand-written"
KERAS = "Keras 3"
PYTORCH = "PyTorch"
KERAS_PLAIN = "keras3-tensorflow"
"""Keras 3 with one step per execution: 4.56 and 24.2 ms, twice the 2.27 and 1.2 times
the 20.1 asked for."""
ENGINES = ("theano", "tensorflow", "jax")
"""Of Oneiros. The Theano backend runs on JAX: its loops by hand, and its Keras 3, are
those of JAX."""


@dataclass(frozen=True)
class Limit:
    """The most that a figure may be, in units of `against`.

    # Arguments
        row: the line of the table of limits that it stands for.
        against: HAND for the engine's best hand-written loop, KERAS for Keras 3's best
            on the engine, PYTORCH for PyTorch's best hand-written loop, or a contender.
        below: whether the figure must stay below the limit, instead of reaching it at
            most.
    """

    row: str
    case: str
    measure: str
    engine: str
    against: str
    factor: float
    below: bool = False

    def kept(self, ratio: float) -> bool:
        """Tells whether a ratio is within the limit."""
        return ratio < self.factor if self.below else ratio <= self.factor


def _limits() -> list[Limit]:
    limits = [
        Limit("d tiny MLP", "d", "fit", "jax", HAND, 0.019 / 0.017),
        Limit("d tiny MLP", "d", "fit", "tensorflow", HAND, 0.030 / 0.0265),
        Limit("d tiny MLP", "d", "fit", "theano", HAND, 0.025 / 0.017),
        *(Limit("a MLP", "a", "fit", engine, HAND, 1.05) for engine in ENGINES),
        Limit("a MLP: twice Keras 3", "a", "fit", "tensorflow", KERAS_PLAIN, 1 / 2),
        Limit("b CNN", "b", "fit", "tensorflow", HAND, 1.05),
        Limit(
            "b CNN: 1.2 times Keras 3", "b", "fit", "tensorflow", KERAS_PLAIN, 1 / 1.2
        ),
        Limit("b CNN", "b", "fit", "theano", "jax-step", 1.0, below=True),
        Limit("c LSTM", "c", "fit", "jax", KERAS, 0.75),
        Limit("c LSTM", "c", "fit", "tensorflow", KERAS, 0.90),
        Limit(
            "b CNN, Theano beside TensorFlow",
            "b",
            "fit",
            "theano",
            "tensorflow-step",
            1.8,
        ),
        Limit("c LSTM beside a plain scan", "c", "fit", "theano", "jax-loop", 0.75),
        Limit(
            "c LSTM beside a plain scan",
            "c",
            "fit",
            "tensorflow",
            "tensorflow-xla-loop",
            0.90,
        ),
        Limit("predict of one row", "d", "one row", "tensorflow", HAND, 0.15 / 0.078),
        *(
            Limit("predict of one row", "d", "one row", e, KERAS, 0.1 / 0.5)
            for e in ("jax", "theano")
        ),
        Limit("train_on_batch", "d", "train_on_batch", "jax", HAND, 0.09 / 0.050),
        Limit(
            "train_on_batch", "d", "train_on_batch", "tensorflow", HAND, 0.35 / 0.304
        ),
        *(
            Limit("import to first batch", "d", "first batch", e, KERAS, 1.0, True)
            for e in ENGINES
        ),
    ]
    for engine in ("theano", "jax"):
        limits += [
            Limit("c LSTM beside PyTorch", "c", "fit", engine, PYTORCH, 1.0),
            Limit("c LSTM beside PyTorch", "c", "predict", engine, PYTORCH, 1.1),
            Limit("b CNN beside PyTorch", "b", "fit", engine, PYTORCH, 1.0),
        ]
    for engine in ENGINES:
        for case in "abcdef":
            special = case == "d" and engine == "jax"
            limits += [
                Limit(
                    "predict",
                    case,
                    "predict",
                    engine,
                    HAND,
                    0.006 / 0.0032 if special else 1.1,
                ),
                Limit("evaluate, as predict", case, "evaluate", engine, HAND, 1.1),
                Limit("peak memory", case, "memory", engine, KERAS, 1.0, below=True),
                Limit("ahead of Keras 3", case, "fit", engine, KERAS, 1.0, below=True),
            ]
            if (case, "fit", engine, HAND) not in [
                (x.case, x.measure, x.engine, x.against) for x in limits
            ]:
                limits.append(Limit("best loop", case, "fit", engine, HAND, 1.1))
    return limits


LIMITS = _limits()
