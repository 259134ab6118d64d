"""The beam search of `ctc_decode`, computed on the host."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from oneiros_backend_toolkit.tensors import Tensor
from oneiros_jax_support.jax_import import jax

Array = np.ndarray[Any, Any]
Path = tuple[int, ...]


@dataclass
class _Beam:
    """Log-probabilities of a path so far.

    # Properties
        ended: of the path followed by a blank.
        open: of the path whose last label may continue.
    """

    ended: float = -np.inf
    open: float = -np.inf

    @property
    def total(self) -> float:
        """That of either."""
        return float(np.logaddexp(self.ended, self.open))

    def add_ended(self, score: float) -> None:
        """Counts another way to have the path ended."""
        self.ended = np.logaddexp(self.ended, score)

    def add_open(self, score: float) -> None:
        """Counts another way to have the path going on."""
        self.open = np.logaddexp(self.open, score)


def beam_search(
    logits: Tensor, lengths: Tensor, beam_width: int, top_paths: int
) -> tuple[list[Tensor], Tensor]:
    """Returns the best paths and their log-probabilities.

    A path is (batch, steps), with -1 after its end.

    JAX may call the host in another thread, in which 64-bit types are off. So the host
    returns 32-bit types: paths of int32, and a float64 as two halves.
    """
    samples, steps, _ = logits.shape
    paths_shape = (top_paths, samples, steps)
    scores_shape = (samples, top_paths)
    dtype = np.dtype(logits.dtype)
    is_wide = dtype == np.float64

    def search(logits: Array, lengths: Array) -> tuple[Array, Array]:
        paths = np.full(paths_shape, -1, np.int32)
        scores = np.full(scores_shape, -np.inf, dtype)
        for sample, length in enumerate(np.asarray(lengths)):
            rows = np.asarray(logits)[sample, : int(length)].astype(np.float64)
            best = _best(rows, beam_width)[:top_paths]
            for place, (path, score) in enumerate(best):
                paths[place, sample, : len(path)] = path
                scores[sample, place] = score
        return paths, scores[..., None].view(np.int32) if is_wide else scores

    halves = jax.ShapeDtypeStruct((*scores_shape, 2), np.dtype(np.int32))
    like = (
        jax.ShapeDtypeStruct(paths_shape, np.dtype(np.int32)),
        halves if is_wide else jax.ShapeDtypeStruct(scores_shape, dtype),
    )
    arguments = (jnp.asarray(logits), jnp.asarray(lengths))
    paths, scores = jax.pure_callback(search, like, *arguments)
    if is_wide:
        scores = jax.lax.bitcast_convert_type(scores, np.float64)
    return list(paths.astype(np.int64)), scores


def _best(rows: Array, width: int) -> list[tuple[Path, float]]:
    """Returns paths and log-probabilities, the most probable first.

    The last class is the blank.
    """
    rows = rows - np.logaddexp.reduce(rows, -1, keepdims=True)
    beams: dict[Path, _Beam] = {(): _Beam(ended=0.0)}
    for row in rows:
        following = _extended(beams, row)
        ranked = sorted(following.items(), key=lambda item: -item[1].total)
        beams = dict(ranked[:width])
    return [(path, beam.total) for path, beam in beams.items()]


def _extended(beams: dict[Path, _Beam], row: Array) -> dict[Path, _Beam]:
    """Returns the paths after another step with the log-probabilities `row`."""
    following: dict[Path, _Beam] = defaultdict(_Beam)
    blank = len(row) - 1
    for path, beam in beams.items():
        last = path[-1] if path else None
        following[path].add_ended(beam.total + row[blank])
        if last is not None:
            following[path].add_open(beam.open + row[last])
        for label in range(blank):
            score = beam.ended if label == last else beam.total
            following[(*path, label)].add_open(score + row[label])
    return following
