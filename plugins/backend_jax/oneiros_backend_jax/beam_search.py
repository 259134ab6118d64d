"""The beam search of `ctc_decode`, computed on the host."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from oneiros.typing import Tensor
from oneiros_jax_support.jax_import import jax

Path = tuple[int, ...]
WORD = np.uint32


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
        score = np.logaddexp(self.ended, self.open)
        return float(score)

    def add_open(self, score: float) -> None:
        """Counts another way to have the path going on."""
        self.open = np.logaddexp(self.open, score)


Beams = dict[Path, _Beam]


def beam_search(
    logits, lengths, beam_width: int, top_paths: int
) -> tuple[list[Tensor], Tensor]:
    """Returns the best paths and their log-probabilities.

    A path is (batch, steps), with -1 after its end.

    JAX may call the host in another thread, in which 64-bit types are off. So the host
    gets and returns words of 32 bits.
    """
    samples, steps, _ = logits.shape
    paths_shape = (top_paths, samples, steps)
    dtype = np.promote_types(logits.dtype, np.float32)
    numbers = logits.astype(dtype)
    words = jax.lax.bitcast_convert_type(numbers, WORD)
    scores_shape = (samples, top_paths, *words.shape[3:])

    def search(words, lengths):
        paths = np.full(paths_shape, -1, np.int32)
        scores = np.full((samples, top_paths), -np.inf, dtype)
        contiguous = np.ascontiguousarray(words)
        flat = contiguous.view(dtype)
        all_rows = flat.reshape(logits.shape)
        step_counts = np.asarray(lengths)
        for sample, length in enumerate(map(int, step_counts)):
            rows = all_rows[sample, :length]
            best = _best(rows, beam_width)
            for place, (path, score) in enumerate(best[:top_paths]):
                steps_taken = len(path)
                paths[place, sample, :steps_taken] = path
                scores[sample, place] = score
        score_words = scores.view(WORD)
        return paths, score_words.reshape(scores_shape)

    like_paths = jax.ShapeDtypeStruct(paths_shape, np.int32)
    like_scores = jax.ShapeDtypeStruct(scores_shape, WORD)
    like = (like_paths, like_scores)
    paths, score_words = jax.pure_callback(search, like, words, lengths)
    paths = paths.astype(np.int64)
    scores = jax.lax.bitcast_convert_type(score_words, dtype)
    scores = scores.astype(logits.dtype)
    return list(paths), scores


def _best(rows, width: int):
    """Returns paths and log-probabilities, the most probable first.

    The last class is the blank.
    """
    rows = np.asarray(rows, np.float64)
    totals = np.logaddexp.reduce(rows, -1, keepdims=True)
    scores = rows - totals
    empty_path = _Beam(ended=0.0)
    beams: Beams = {(): empty_path}
    for row in scores:
        following = _extended(beams, row)
        items = following.items()
        best = sorted(items, key=_falling_score)
        beams = dict(best[:width])
    return [(path, beam.total) for path, beam in beams.items()]


def _falling_score(item):
    _, beam = item
    return -beam.total


def _extended(beams: Beams, row) -> Beams:
    """Returns the paths after another step with the log-probabilities `row`."""
    following: Beams = defaultdict(_Beam)
    *labels, blank = row
    for path, beam in beams.items():
        same = following[path]
        same.ended = beam.total + blank
        last = None
        if path:
            last = path[-1]
            score = beam.open + row[last]
            same.add_open(score)
        for label, score in enumerate(labels):
            is_repeated = label == last
            before = beam.ended if is_repeated else beam.total
            longer_path = (*path, label)
            longer = following[longer_path]
            total = before + score
            longer.add_open(total)
    return following
