"""The beam search of `ctc_decode` on NumPy's arrays, for engines that have none."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from oneiros.typing import Array

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
        score = np.logaddexp(self.ended, self.open)
        return float(score)

    def add_open(self, score: float) -> None:
        """Counts another way to have the path going on."""
        self.open = np.logaddexp(self.open, score)


Beams = dict[Path, _Beam]


def beam_search(
    logits: Array, lengths: Array, beam_width: int, top_paths: int
) -> tuple[Array, Array]:
    """Returns the best paths and their log-probabilities.

    # Arguments
        logits: (samples, steps, classes).
        lengths: (samples,).
        beam_width: how many paths are kept at each step.
        top_paths: how many are returned.

    # Returns
        Paths, int32 (top_paths, samples, steps), with -1 after the end of each; scores,
        (samples, top_paths), of the type of the logits.
    """
    samples, steps, _ = logits.shape
    paths = np.full((top_paths, samples, steps), -1, np.int32)
    scores = np.full((samples, top_paths), -np.inf, logits.dtype)
    for sample, length in enumerate(map(int, lengths)):
        rows = logits[sample, :length]
        best = _best(rows, beam_width)
        for place, (path, score) in enumerate(best[:top_paths]):
            steps_taken = len(path)
            paths[place, sample, :steps_taken] = path
            scores[sample, place] = score
    return paths, scores


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
