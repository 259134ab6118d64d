"""The beam search of `ctc_decode` on TensorFlow's own tensors."""

from oneiros.typing import Tensor, Tensors

from oneiros_backend_tensorflow.tensorflow_import import tf


def beam_search(
    logits, lengths, beam_width: int, top_paths: int
) -> tuple[Tensors, Tensor]:
    """Returns the best paths and their log-probabilities.

    A path is (batch, steps), with -1 after its end.
    """
    by_time = tf.transpose(logits, (1, 0, 2))
    if by_time.dtype != tf.float64:
        by_time = tf.cast(by_time, tf.float32)
    found, scores = tf.nn.ctc_beam_search_decoder(
        by_time, lengths, beam_width, top_paths
    )
    shape = tf.shape(logits, tf.int64)
    sizes = shape[:2]
    paths = []
    for x in found:
        whole = tf.SparseTensor(x.indices, x.values, sizes)
        path = tf.sparse.to_dense(whole, -1)
        path = tf.ensure_shape(path, logits.shape[:2])
        paths.append(path)
    scores = tf.cast(scores, logits.dtype)
    return paths, tf.ensure_shape(scores, (None, top_paths))
