"""The beam search of `ctc_decode`, computed on the host."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from oneiros_backend_toolkit.tensors import Tensor
from oneiros_jax_support.jax_import import jax

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

    def add_open(self, score: float) -> None:
        """Counts another way to have the path going on."""
        self.open = np.logaddexp(self.open, score)


def beam_search(
    logits, lengths, beam_width: int, top_paths: int
) -> tuple[list[Tensor], Tensor]:
    """Returns the best paths and their log-probabilities.

    A path is (batch, steps), with -1 after its end.

    JAX may call the host in another thread, in which 64-bit types are off. So the host
    returns 32-bit types.
    """
    samples, steps, _ = logits.shape
    paths_shape = (top_paths, samples, steps)
    scores_shape = (samples, top_paths)

    def search(logits, lengths):
        paths = np.full(paths_shape, -1, np.int32)
        scores = np.full(scores_shape, -np.inf, np.float32)
        all_rows = np.asarray(logits, np.float64)
        for sample, length in enumerate(np.asarray(lengths)):
            rows = all_rows[sample, : int(length)]
            best = _best(rows, beam_width)
            for place, (path, score) in enumerate(best[:top_paths]):
                paths[place, sample, : len(path)] = path
                scores[sample, place] = score
        return paths, scores

    like = (
        jax.ShapeDtypeStruct(paths_shape, np.int32),
        jax.ShapeDtypeStruct(scores_shape, np.float32),
    )
    paths, scores = jax.pure_callback(search, like, logits, lengths)
    return list(paths.astype(np.int64)), scores.astype(logits.dtype)


def _best(rows, width: int) -> list[tuple[Path, float]]:
    """Returns paths and log-probabilities, the most probable first.

    The last class is the blank.
    """
    rows = rows - np.logaddexp.reduce(rows, -1, keepdims=True)
    beams: dict[Path, _Beam] = {(): _Beam(ended=0.0)}
    for row in rows:
        following = _extended(beams, row)
        by_score = sorted(following, key=lambda path: -following[path].total)
        beams = {path: following[path] for path in by_score[:width]}
    return [(path, beam.total) for path, beam in beams.items()]


def _extended(beams: dict[Path, _Beam], row) -> dict[Path, _Beam]:
    """Returns the paths after another step with the log-probabilities `row`."""
    following: dict[Path, _Beam] = defaultdict(_Beam)
    *labels, blank = row
    for path, beam in beams.items():
        following[path].ended = beam.total + blank
        last = path[-1] if path else None
        if last is not None:
            following[path].add_open(beam.open + row[last])
        for label, score in enumerate(labels):
            before = beam.ended if label == last else beam.total
            following[*path, label].add_open(before + score)
    return following
