"""The beam search of `ctc_decode`, computed on the host."""

import numpy as np
from oneiros.typing import Tensor, Tensors
from oneiros_backend_toolkit.beam_search import beam_search as search_on_host
from oneiros_backend_toolkit.lazy_graph.trial_sizes import inferring

from torch_for_oneiros.tensors import to_array, to_tensor
from torch_for_oneiros.torch_import import torch


def beam_search(
    logits, lengths, beam_width: int, top_paths: int
) -> tuple[Tensors, Tensor]:
    """Returns the best paths and their log-probabilities.

    A path is (batch, steps), with -1 after its end.
    """
    samples, steps, _ = logits.shape
    if inferring():
        path = torch.empty((samples, steps), dtype=torch.int64)
        scores = torch.empty((samples, top_paths), dtype=logits.dtype)
        paths = [path] * top_paths
        return paths, scores
    rows = to_array(logits)
    counts = to_tensor(lengths)
    step_counts = to_array(counts)
    found, scores = search_on_host(rows, step_counts, beam_width, top_paths)
    long_paths = found.astype(np.int64)
    paths = list(map(to_tensor, long_paths))
    return paths, to_tensor(scores)
