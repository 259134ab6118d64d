"""The beam search of `ctc_decode`, computed by the host."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import jax.numpy as jnp
import numpy as np
from oneiros_jax_support.jax_import import jax

T = Any
Array = np.ndarray[Any, Any]
Path = tuple[int, ...]


def beam_search(
    logits: T, lengths: T, beam_width: int, top_paths: int
) -> tuple[list[T], T]:
    """Returns the best paths, each (batch, steps) with -1 behind its end, and their
    log-probabilities."""
    samples, steps, _ = logits.shape
    paths = jax.ShapeDtypeStruct((top_paths, samples, steps), np.dtype(np.int64))
    scores = jax.ShapeDtypeStruct((samples, top_paths), logits.dtype)

    def search(logits: Array, lengths: Array) -> tuple[Array, Array]:
        found = (
            np.full(paths.shape, -1, np.int64),
            np.full(scores.shape, -np.inf, scores.dtype),
        )
        for sample, (rows, length) in enumerate(
            zip(np.asarray(logits), np.asarray(lengths), strict=True)
        ):
            best = _best(rows[: int(length)].astype(np.float64), beam_width)[:top_paths]
            for place, (path, score) in enumerate(best):
                found[0][place, sample, : len(path)] = path
                found[1][sample, place] = score
        return found

    found = jax.pure_callback(
        search, (paths, scores), jnp.asarray(logits), jnp.asarray(lengths)
    )
    return list(found[0]), found[1]


def _best(rows: Array, width: int) -> list[tuple[Path, float]]:
    """Returns paths and log-probabilities, the most probable first; the last class is
    the blank."""
    rows = rows - np.logaddexp.reduce(rows, -1, keepdims=True)
    blank = rows.shape[-1] - 1
    beams: dict[Path, tuple[float, float]] = {(): (0.0, -np.inf)}
    for row in rows:
        following: dict[Path, list[float]] = defaultdict(lambda: [-np.inf, -np.inf])
        for path, (ended, open_) in beams.items():
            total = np.logaddexp(ended, open_)
            same = following[path]
            same[0] = np.logaddexp(same[0], total + row[blank])
            if path:
                same[1] = np.logaddexp(same[1], open_ + row[path[-1]])
            for label in range(blank):
                before = ended if path and label == path[-1] else total
                longer = following[(*path, label)]
                longer[1] = np.logaddexp(longer[1], before + row[label])
        kept = sorted(following.items(), key=lambda item: -_joined(*item[1]))[:width]
        beams = {path: (ends[0], ends[1]) for path, ends in kept}
    return [(path, _joined(*ends)) for path, ends in beams.items()]


def _joined(a: float, b: float) -> float:
    return float(np.logaddexp(a, b))
