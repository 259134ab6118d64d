"""CTC on each backend, against the sum over all paths and against TensorFlow's own
loss."""

import itertools

import numpy as np
import pytest
from computed import evaluate
from numpy.testing import assert_allclose, assert_array_equal
from oneiros import backend as K
from oneiros.errors import CapabilityError


def probabilities(*shape, seed=0, sharpness=1.0):
    powers = np.exp(sharpness * np.random.RandomState(seed).randn(*shape))
    return (powers / powers.sum(-1, keepdims=True)).astype("float32")


def collapsed(path, blank):
    return [
        c
        for c, before in zip(path, [None, *path], strict=False)
        if c not in (before, blank)
    ]


def by_enumeration(p, labels):
    """Returns the probability of the labels.

    The sum over all paths of classes that collapse to them.
    """
    steps, classes = p.shape
    return sum(
        np.prod(p[np.arange(steps), list(path)])
        for path in itertools.product(range(classes), repeat=steps)
        if collapsed(path, classes - 1) == list(labels)
    )


def of_open_sizes(shape):
    """Returns a shape with all axes open but the last one."""
    return (*[None] * (len(shape) - 1), *shape[-1:])


SAMPLES = [  # labels, how many steps
    ([0, 1], 4),
    ([0, 0], 4),
    ([1], 3),
    ([], 4),
    ([1, 0, 1], 3),
    ([1, 1], 3),
    ([0], 1),
    ([], 0),
]


def batch(samples, width=3, filler=1, dtype="float32"):
    labels = np.full((len(samples), width), filler, dtype)
    for row, (sample, _) in zip(labels, samples, strict=True):
        row[: len(sample)] = sample
    lengths = np.array([[[n], [len(sample)]] for sample, n in samples], dtype)
    return labels, lengths[:, 0], lengths[:, 1]


@pytest.mark.parametrize(
    ("declared", "filler"), [(tuple, 7), (of_open_sizes, -1)], ids=["known", "open"]
)
def test_cost_is_the_sum_over_all_paths(declared, filler, predicting_backend):
    p = probabilities(len(SAMPLES), 4, 3)
    (labels, steps, count) = batch(SAMPLES, filler=filler)
    cost = evaluate(K.ctc_batch_cost, labels, p, steps, count, declared=declared)
    expected = [
        -np.log(by_enumeration(q[:n], sample))
        for q, (sample, n) in zip(p, SAMPLES, strict=True)
    ]
    assert cost.shape == (len(SAMPLES), 1)
    assert_allclose(cost[:, 0], expected, rtol=1e-5, atol=1e-6)


def long_batch(samples=6, steps=40, classes=12, width=9, sharpness=3.0):
    draw = np.random.RandomState(2)
    p = probabilities(samples, steps, classes, seed=3, sharpness=sharpness)
    labels = draw.randint(0, classes - 1, (samples, width)).astype("int32")
    labels[:, 2] = labels[:, 1]
    count = draw.randint(1, width + 1, (samples, 1)).astype("int32")
    lengths = draw.randint(steps // 2, steps + 1, (samples, 1)).astype("int32")
    return labels, p, lengths, count


def cost_and_gradient(labels, p, steps, count):
    cost = K.ctc_batch_cost(labels, p, steps, count)
    return [cost, *K.gradients(K.sum(cost), [p])]


@pytest.mark.parametrize("sharpness", [1.0, 30.0])
def test_cost_and_gradient_agree_with_tensorflows_loss(sharpness, backend):
    import tensorflow as tf

    labels, p, steps, count = long_batch(sharpness=sharpness)
    with tf.GradientTape() as tape:
        probabilities = tf.constant(p)
        tape.watch(probabilities)
        logits = tf.math.log(probabilities + 1e-8)
        loss = tf.nn.ctc_loss(
            labels, logits, count[:, 0], steps[:, 0], False, blank_index=-1
        )

    cost, gradient = evaluate(cost_and_gradient, labels, p, steps, count)
    assert_allclose(cost[:, 0], loss.numpy(), rtol=1e-4)
    expected = tape.gradient(loss, probabilities).numpy()
    assert_allclose(gradient, expected, rtol=2e-3, atol=1e-4 * np.abs(expected).max())


def test_sum_over_impossible_and_wrong_samples(backend):
    samples = [
        ([0, 0, 0], 4),
        ([0, 1], 4),
        ([0, 3], 4),
        ([2, 1], 4),
        ([0, -1], 4),
        ([0], 5),
        ([0, 1], -1),
    ]
    labels, steps, count = batch(samples)
    p = probabilities(len(samples), 4, 3)

    cost, gradient = evaluate(cost_and_gradient, labels, p, steps, count)
    assert_array_equal(
        np.isnan(cost[:, 0]), [False, False, True, True, True, True, True]
    )
    assert cost[0, 0] == np.inf and np.isfinite(cost[1, 0])
    assert np.isfinite(gradient).all() and not gradient[0].any() and gradient[1].any()


def test_a_blank_ends_the_labels(predicting_backend):
    """Keras' example that reads words says so that an image has none."""
    labels, steps, count = batch([([0, 2], 4), ([2], 4), ([2, 2], 3)])
    p = probabilities(3, 4, 3)
    cost = evaluate(K.ctc_batch_cost, labels, p, steps, count)
    ends = [(p[0], [0]), (p[1], []), (p[2, :3], [])]
    expected = [-np.log(by_enumeration(*sample)) for sample in ends]
    assert_allclose(cost[:, 0], expected, rtol=1e-5)


def test_steps_and_labels_beyond_the_lengths_dont_count(backend):
    p = probabilities(len(SAMPLES), 4, 3)
    (labels, steps, count) = batch(SAMPLES)
    inputs = [K.placeholder(x.shape) for x in (labels, p, steps, count)]
    cost = K.ctc_batch_cost(*inputs)
    f = K.function(inputs, [cost, *K.gradients(K.sum(cost), inputs[1:2])])
    costs, gradient = f([labels, p, steps, count])
    beyond = np.arange(4) >= steps
    assert not gradient[beyond].any() and gradient[~beyond].any()
    changed = np.where(beyond[..., None], 0.9, p)
    others = np.where(np.arange(3) < count, labels, 0)
    assert_array_equal(f([others, changed, steps, count])[0], costs)


def test_probabilities_of_zero_and_one(backend):
    p = np.zeros((2, 6, 4), "float32")
    p[:, np.arange(6), [0, 3, 1, 1, 3, 2]] = 1
    labels, steps, count = batch([([0, 1, 2], 6), ([0, 1, 1], 6)])

    cost, gradient = evaluate(cost_and_gradient, labels, p, steps, count)
    assert_allclose(cost[0], 0, atol=1e-6)
    # The second needs one class of probability 1e-8 at least.
    assert -np.log(1e-8 * 10) < cost[1] < 2 * -np.log(1e-8) + 1
    assert np.isfinite(gradient).all()


def test_long_sequences_dont_underflow(predicting_backend):
    p = probabilities(1, 600, 5, sharpness=2.0)
    labels, steps, count = batch([([0, 1, 2] * 20, 600)], width=60, dtype="int32")
    (cost,) = evaluate(K.ctc_batch_cost, labels, p, steps, count)
    assert 300 < cost[0] < 3000


def test_half_precision(predicting_backend):
    p = probabilities(len(SAMPLES), 4, 3)
    (labels, steps, count) = batch(SAMPLES)
    full = evaluate(K.ctc_batch_cost, labels, p, steps, count)
    half = evaluate(K.ctc_batch_cost, labels, p.astype("float16"), steps, count)
    assert half.dtype == np.float16
    assert_allclose(half, full, rtol=1e-2, atol=1e-2)
    sure = np.eye(3, dtype="float16")[[[0, 0, 2, 1]]]

    def decode(p):
        (labels,), score = K.ctc_decode(p, K.variable([4]))
        return [labels, score]

    decoded, score = evaluate(decode, sure)
    assert_array_equal(decoded, [[0, 1, -1, -1]])
    assert score.dtype == np.float16 and score == 0


# One sequence


@pytest.mark.parametrize("labels", [[0, 1], [0, 0], [1], [1, 0, 1]])
def test_cost_of_one_sequence(labels, predicting_backend):
    p = probabilities(4, 3)
    labels = np.array(labels, "int32")
    cost = evaluate(K.ctc_cost, p, labels)
    smoothed = (1 - 1e-4) * p + 1e-4 / (2 * len(labels) + 1)
    assert_allclose(cost, -np.log(4 * by_enumeration(smoothed, labels)), rtol=1e-5)


def test_each_step_of_the_path_probabilities_has_them_all(backend):
    p = probabilities(5, 3)
    labels = np.array([0, 0, 1], "int32")

    def build(p, labels):
        log_probs, mask = K.ctc_path_probs(
            p, K.ctc_interleave_blanks(labels), alpha=0.0
        )
        return [
            log_probs,
            mask,
            *K.gradients(K.sum(K.exp(K.switch(mask, log_probs, -100.0))), [p]),
        ]

    log_probs, mask, gradient = evaluate(build, p, labels)
    totals = np.where(mask, np.exp(log_probs), 0).sum(1)
    assert_allclose(totals, [by_enumeration(p, labels)] * 5, rtol=1e-5)
    assert np.isfinite(gradient).all() and gradient.any()
    # Four steps are needed, since the blank between equal labels can't be skipped; the
    # fifth is free.
    possible = ["1100000", "0110000", "0011000", "0001110", "0000011"]
    assert_array_equal(mask, [[c == "1" for c in row] for row in possible])


def test_interleaved_blanks_and_skips(predicting_backend):
    labels = np.array([4, 4, 2, 7], "int32")

    def build(labels):
        with_blanks = K.ctc_interleave_blanks(labels)
        return [with_blanks, K.ctc_create_skip_idxs(with_blanks)]

    with_blanks, skips = evaluate(build, labels)
    assert_array_equal(with_blanks, [-1, 4, -1, 4, -1, 2, -1, 7, -1])
    assert_array_equal(skips, [9, 3, 5])


def test_one_step_of_the_forward_pass(predicting_backend):
    draw = np.random.RandomState(0)
    prev = draw.randn(7)
    curr = draw.randn(7)
    zeros = np.zeros(7)

    def build(prev, curr, zeros, skips, active):
        return list(K.ctc_update_log_p(skips, zeros, active, curr, prev))

    for active, skips, reached in [
        (3, [1], 4),
        (4, [1, 3], 6),
        (6, [5, 7], 7),
        (1, [], 2),
    ]:
        inputs = [x.astype("float32") for x in (prev, curr, zeros)]
        inputs += [np.array(skips, "int32"), np.array(active, "int32")]
        count, log_p = evaluate(build, *inputs)
        before = np.where(np.arange(7) < active, np.exp(prev), 0)
        after = before.copy()
        after[1:] += before[:-1]
        for s in [s for s in skips if s < active and s + 2 < 7]:
            after[s + 2] += before[s]
        expected = np.zeros(7)
        expected[:reached] = np.log(after[:reached]) + curr[:reached]
        assert count == reached
        assert_allclose(log_p, expected, rtol=1e-5, atol=1e-6)


# Decoding


def greedily(p, steps):
    best = p[:steps].argmax(-1)
    return collapsed(best.tolist(), p.shape[-1] - 1), -np.log(
        p[:steps].max(-1) + 1e-8
    ).sum()


@pytest.mark.parametrize("declared", [tuple, of_open_sizes], ids=["known", "open"])
def test_greedy_decoding(declared, predicting_backend):
    p = probabilities(5, 9, 3, sharpness=2.0)
    p[3, 1], p[3, 2] = p[3, 0], p[3, 0]
    steps = np.array([9, 5, 1, 9, 0], "int32")

    def build(p, steps):
        (labels,), score = K.ctc_decode(p, steps)
        return [labels, score]

    labels, score = evaluate(build, p, steps, declared=declared)
    assert labels.shape == (5, 9) and score.shape == (5, 1)
    expected = [greedily(q, n) for q, n in zip(p, steps, strict=True)]
    rows = [row + [-1] * (9 - len(row)) for row, _ in expected]
    assert max(len(row) for row, _ in expected) > 3
    assert_array_equal(labels, rows)
    assert_allclose(score[:, 0], [right for _, right in expected], rtol=1e-5)


def test_values_of_decoded_predictions_end_with_the_longest_labels(predicting_backend):
    """So scripts read them: K.get_value(K.ctc_decode(predictions, …)[0][0])."""
    predictions = 0.9 * np.eye(3)[[[0, 2, 1, 1], [1, 2, 2, 2]]] + 0.03
    steps = np.ones(2) * predictions.shape[1]
    (labels,), scores = K.ctc_decode(predictions, input_length=steps)
    assert K.get_value(labels).tolist() == [[0, 1], [1, -1]]
    assert K.get_value(scores).shape == (2, 1)
    (nothing,), _ = K.ctc_decode(predictions, steps * 0)
    assert K.get_value(nothing).shape == (2, 0)


def test_beam_search_where_the_engine_has_one(backend):
    p = probabilities(3, 4, 3, seed=5)
    steps = np.array([4, 3, 2], "int32")
    if backend == "theano":
        with pytest.raises(
            CapabilityError, match=r"'theano' has no beam search.*greedy=True"
        ):
            K.ctc_decode(K.variable(p), K.variable(steps), greedy=False)
        return

    def build(p, steps):
        paths, scores = K.ctc_decode(p, steps, greedy=False, beam_width=50, top_paths=2)
        return [*paths, scores]

    *paths, scores = evaluate(build, p, steps)
    for i, n in enumerate(steps):
        by_labels = {}
        for length in range(n + 1):
            for labels in itertools.product(range(2), repeat=length):
                by_labels[labels] = by_enumeration(p[i, :n], labels)
        best = sorted(by_labels, key=by_labels.get, reverse=True)[:2]
        assert [tuple(c for c in path[i] if c >= 0) for path in paths] == best
        assert_allclose(
            scores[i], np.log([by_labels[labels] for labels in best]), rtol=1e-4
        )


@pytest.mark.parametrize("floatx", ["float32", "float64"])
@pytest.mark.parametrize("backend", ["tensorflow", "jax"], indirect=True)
def test_beam_searches_at_once(floatx, backend):
    K.set_floatx(floatx)
    p = probabilities(3, 4, 3, seed=5)
    steps = np.array([4, 3, 2], "int32")

    def searched(width):
        (path,), scores = K.ctc_decode(
            K.variable(p), K.variable(steps), greedy=False, beam_width=width
        )
        return [path, scores]

    products = [K.dot(K.ones((300, 300)), K.ones((300, 300))) for _ in range(20)]
    searches = [x for width in range(10, 16) for x in searched(width)]
    values = K.function([], [*searches, *products])([])[: len(searches)]
    path, scores = K.function([], searched(10))([])
    K.set_floatx("float32")
    assert {str(x.dtype) for x in values} == {"int64", floatx}
    for one, other in zip(values[::2], values[1::2], strict=True):
        assert_array_equal(one, path)
        assert_allclose(other, scores, rtol=1e-5)


@pytest.mark.parametrize("backend", ["jax"], indirect=True)
def test_a_beam_search_in_float64(backend):
    p = np.array([[[0.3, 0.5, 0.2]]])
    _, scores = K.ctc_decode(K.variable(p, "float64"), np.ones(1), greedy=False)
    positive = p + 1e-8
    expected = np.log(positive.max() / positive.sum())
    assert_allclose(K.eval(scores), [[expected]], rtol=1e-12)


def test_labels_with_their_end_marked(predicting_backend):
    labels = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]], "float32")
    marked = evaluate(K.ctc_label_dense_to_sparse, labels, np.array([2, 0, 3], "int32"))
    assert_array_equal(marked, [[1, 2, -1], [-1, -1, -1], [7, 8, 9]])
