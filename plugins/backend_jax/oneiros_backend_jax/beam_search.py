"""The beam search of `ctc_decode`, computed on the host."""

import numpy as np
from oneiros.typing import Tensor
from oneiros_backend_toolkit.beam_search import beam_search as search_on_host
from oneiros_jax_support.jax_import import jax

WORD = np.uint32


def beam_search(
    logits, lengths, beam_width: int, top_paths: int
) -> tuple[list[Tensor], Tensor]:
    """Returns the best paths and their log-probabilities.

    A path is (batch, steps), with -1 after its end.

    JAX may call the host in another thread, in which 64-bit types are off. So the host
    gets and returns words of 32 bits.
    """
    logits_shape = logits.shape
    samples, steps, _ = logits_shape
    paths_shape = (top_paths, samples, steps)
    own_dtype = logits.dtype
    dtype = np.promote_types(own_dtype, np.float32)
    numbers = logits.astype(dtype)
    words = jax.lax.bitcast_convert_type(numbers, WORD)
    scores_shape = (samples, top_paths, *words.shape[3:])

    def search(words, lengths):
        contiguous = np.ascontiguousarray(words)
        flat = contiguous.view(dtype)
        rows = flat.reshape(logits_shape)
        step_counts = np.asarray(lengths)
        found = search_on_host(rows, step_counts, beam_width, top_paths)
        paths, scores = found
        score_words = scores.view(WORD)
        score_words = score_words.reshape(scores_shape)
        return paths, score_words

    like_paths = jax.ShapeDtypeStruct(paths_shape, np.int32)
    like_scores = jax.ShapeDtypeStruct(scores_shape, WORD)
    like = (like_paths, like_scores)
    paths, score_words = jax.pure_callback(search, like, words, lengths)
    paths = paths.astype(np.int64)
    scores = jax.lax.bitcast_convert_type(score_words, dtype)
    scores = scores.astype(own_dtype)
    return list(paths), scores
