"""The beam search of `ctc_decode` on TensorFlow's own tensors."""

from oneiros_backend_toolkit.tensors import Tensor, Tensors

from oneiros_backend_tensorflow.tensorflow_import import tf


def beam_search(
    logits, lengths, beam_width: int, top_paths: int
) -> tuple[Tensors, Tensor]:
    """Returns the best paths and their log-probabilities.

    A path is (batch, steps), with -1 after its end.
    """
    by_time = tf.transpose(
        logits if logits.dtype == tf.float64 else tf.cast(logits, tf.float32), (1, 0, 2)
    )
    paths, scores = tf.nn.ctc_beam_search_decoder(
        by_time, lengths, beam_width, top_paths
    )
    sizes = tf.shape(logits, tf.int64)[:2]
    filled = [
        tf.sparse.to_dense(tf.SparseTensor(x.indices, x.values, sizes), -1)
        for x in paths
    ]
    scores = tf.ensure_shape(tf.cast(scores, logits.dtype), (None, top_paths))
    return [tf.ensure_shape(x, logits.shape[:2]) for x in filled], scores
