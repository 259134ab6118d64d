"""CTC against the sum over all paths and against TensorFlow's own loss."""

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
    pairs = itertools.pairwise([None, *path])
    return [c for before, c in pairs if c not in (before, blank)]


def by_enumeration(p, labels):
    """Returns the probability of the labels, which end with the first blank.

    The sum over all paths of classes that collapse to them.
    """
    steps, classes = p.shape
    blank = classes - 1
    wanted = list(itertools.takewhile(lambda c: c != blank, labels))
    return sum(
        np.prod(p[np.arange(steps), list(path)])
        for path in itertools.product(range(classes), repeat=steps)
        if collapsed(path, blank) == wanted
    )


def of_open_sizes(shape):
    """Returns a shape with all axes open but the last one."""
    return (*[None] * (len(shape) - 1), *shape[-1:])


SAMPLES = [
    *(([0, 1], 4), ([0, 0], 4), ([1], 3), ([], 4), ([1, 0, 1], 3), ([1, 1], 3)),
    *(([0], 1), ([], 0), ([0, 2], 4), ([2], 4), ([2, 2], 3)),
]
"""Labels, and the number of steps; Keras' example that reads words says with a blank
that an image has no label."""
P = probabilities(len(SAMPLES), 4, 3)


def batch(samples, width=3, filler=1, dtype="float32"):
    labels = np.full((len(samples), width), filler, dtype)
    for row, (sample, _) in zip(labels, samples, strict=True):
        row[: len(sample)] = sample
    lengths = np.array([[[n], [len(sample)]] for sample, n in samples], dtype)
    return labels, lengths[:, 0], lengths[:, 1]


def cost_of(samples, p, **options):
    labels, steps, count = batch(samples, **options)
    return evaluate(K.ctc_batch_cost, labels, p, steps, count)


def check_cost(declared, filler):
    labels, steps, count = batch(SAMPLES, filler=filler)
    cost = evaluate(K.ctc_batch_cost, labels, P, steps, count, declared=declared)
    expected = [
        -np.log(by_enumeration(q[:n], sample))
        for q, (sample, n) in zip(P, SAMPLES, strict=True)
    ]
    assert_allclose(cost, np.reshape(expected, (-1, 1)), rtol=1e-5, atol=1e-6)


def test_cost_is_the_sum_over_all_paths():
    check_cost(tuple, filler=7)


def test_cost_of_open_sizes(predicting_backend):
    check_cost(of_open_sizes, filler=-1)


def cost_and_gradient(labels, p, steps, count):
    cost = K.ctc_batch_cost(labels, p, steps, count)
    return [cost, *K.gradients(K.sum(cost), [p])]


def test_cost_and_gradient_agree_with_tensorflows_loss(backend, tf):
    draw = np.random.RandomState(2)
    p = np.vstack([probabilities(3, 40, 12, sharpness=power) for power in (1.0, 30.0)])
    labels = draw.randint(0, 11, (6, 9)).astype("int32")
    labels[:, 2] = labels[:, 1]
    count = draw.randint(1, 10, (6, 1)).astype("int32")
    steps = draw.randint(20, 41, (6, 1)).astype("int32")
    with tf.GradientTape() as tape:
        given = tf.constant(p)
        tape.watch(given)
        logits = tf.math.log(given + 1e-8)
        lengths = count[:, 0], steps[:, 0]
        loss = tf.nn.ctc_loss(labels, logits, *lengths, False, blank_index=-1)
    expected = tape.gradient(loss, given).numpy()
    cost, gradient = evaluate(cost_and_gradient, labels, p, steps, count)
    assert_allclose(cost[:, 0], loss.numpy(), rtol=1e-4)
    assert_allclose(gradient, expected, rtol=2e-3, atol=1e-4 * np.abs(expected).max())


def test_sum_over_impossible_and_wrong_samples():
    possible = [([0, 0, 0], 4), ([0, 1], 4)]
    wrong = [([0, 3], 4), ([2, 1], 4), ([0, -1], 4), ([0], 5), ([0, 1], -1)]
    labels, steps, count = batch(possible + wrong)
    p = probabilities(7, 4, 3)
    cost, gradient = evaluate(cost_and_gradient, labels, p, steps, count)
    assert np.isnan(cost[:, 0]).tolist() == [False] * 2 + [True] * 5
    assert cost[0, 0] == np.inf and np.isfinite(cost[1, 0])
    assert np.isfinite(gradient).all() and not gradient[0].any() and gradient[1].any()


def test_steps_and_labels_beyond_the_lengths_dont_count():
    labels, steps, count = batch(SAMPLES)
    inputs = [K.placeholder(x.shape) for x in (labels, P, steps, count)]
    f = K.function(inputs, cost_and_gradient(*inputs))
    costs, gradient = f([labels, P, steps, count])
    beyond = np.arange(4) >= steps
    assert not gradient[beyond].any() and gradient[~beyond].any()
    changed = np.where(beyond[..., None], 0.9, P)
    others = np.where(np.arange(3) < count, labels, 0)
    assert_array_equal(f([others, changed, steps, count])[0], costs)


def test_probabilities_of_zero_and_one():
    p = np.zeros((2, 6, 4), "float32")
    p[:, np.arange(6), [0, 3, 1, 1, 3, 2]] = 1
    labels, steps, count = batch([([0, 1, 2], 6), ([0, 1, 1], 6)])
    cost, gradient = evaluate(cost_and_gradient, labels, p, steps, count)
    assert_allclose(cost[0], 0, atol=1e-6)
    # The second needs one class of probability 1e-8 at least.
    assert -np.log(1e-8 * 10) < cost[1] < 2 * -np.log(1e-8) + 1
    assert np.isfinite(gradient).all()


def test_long_sequences_dont_underflow():
    p = probabilities(1, 600, 5, sharpness=2.0)
    (cost,) = cost_of([([0, 1, 2] * 20, 600)], p, width=60, dtype="int32")
    assert 300 < cost[0] < 3000


def decoded(p, steps):
    (labels,), score = K.ctc_decode(p, steps)
    return [labels, score]


def test_half_precision():
    half = cost_of(SAMPLES, P.astype("float16"))
    assert half.dtype == np.float16
    assert_allclose(half, cost_of(SAMPLES, P), rtol=1e-2, atol=1e-2)
    sure = np.eye(3, dtype="float16")[[[0, 0, 2, 1]]]
    labels, score = evaluate(decoded, sure, np.array([4]))
    assert_array_equal(labels, [[0, 1, -1, -1]])
    assert score.dtype == np.float16 and score == 0


# One sequence


def test_cost_of_one_sequence():
    p = probabilities(4, 3)
    every = [np.array(each, "int32") for each in ([0, 1], [0, 0], [1], [1, 0, 1])]
    costs = evaluate(
        lambda p, *every: [K.ctc_cost(p, each) for each in every], p, *every
    )
    for labels, cost in zip(every, costs, strict=True):
        smoothed = (1 - 1e-4) * p + 1e-4 / (2 * len(labels) + 1)
        assert_allclose(cost, -np.log(4 * by_enumeration(smoothed, labels)), rtol=1e-5)


def test_each_step_of_the_path_probabilities_has_them_all():
    p = probabilities(5, 3)
    labels = np.array([0, 0, 1], "int32")

    def build(p, labels):
        with_blanks = K.ctc_interleave_blanks(labels)
        log_probs, mask = K.ctc_path_probs(p, with_blanks, alpha=0.0)
        total = K.sum(K.exp(K.switch(mask, log_probs, -100.0)))
        return [log_probs, mask, *K.gradients(total, [p])]

    log_probs, mask, gradient = evaluate(build, p, labels)
    totals = np.where(mask, np.exp(log_probs), 0).sum(1)
    assert_allclose(totals, [by_enumeration(p, labels)] * 5, rtol=1e-5)
    assert np.isfinite(gradient).all() and gradient.any()
    # Four steps are needed, since the blank between equal labels can't be skipped; the
    # fifth is free.
    possible = ["1100000", "0110000", "0011000", "0001110", "0000011"]
    assert_array_equal(mask, [[c == "1" for c in row] for row in possible])


def test_interleaved_blanks_and_skips():
    labels = K.variable([4, 4, 2, 7], "int32")
    with_blanks = K.ctc_interleave_blanks(labels)
    results = [with_blanks, K.ctc_create_skip_idxs(with_blanks)]
    blanks, skips = K.function([], results)([])
    assert_array_equal(blanks, [-1, 4, -1, 4, -1, 2, -1, 7, -1])
    assert_array_equal(skips, [9, 3, 5])


@pytest.mark.parametrize(
    ("active", "skips", "reached"),
    [(3, [1], 4), (4, [1, 3], 6), (6, [5, 7], 7), (1, [], 2)],
)
def test_one_step_of_the_forward_pass(active, skips, reached):
    prev, curr = np.random.RandomState(0).randn(2, 7).astype("float32")
    given = [K.variable(skips, "int32"), K.zeros((7,)), K.variable(active, "int32")]
    step = K.ctc_update_log_p(*given, K.variable(curr), K.variable(prev))
    count, log_p = K.function([], list(step))([])
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


def check_greedy_decoding(declared):
    p = probabilities(5, 9, 3, sharpness=2.0)
    p[3, 1], p[3, 2] = p[3, 0], p[3, 0]
    steps = np.array([9, 5, 1, 9, 0], "int32")
    labels, score = evaluate(decoded, p, steps, declared=declared)
    best = [q[:n].argmax(-1).tolist() for q, n in zip(p, steps, strict=True)]
    rows = [collapsed(path, 2) for path in best]
    assert max(map(len, rows)) > 3
    assert_array_equal(labels, [row + [-1] * (9 - len(row)) for row in rows])
    taken = np.where(np.arange(9) < steps[:, None], p.max(-1) + 1e-8, 1)
    assert_allclose(score, -np.log(taken).sum(-1, keepdims=True), rtol=1e-5)


def test_greedy_decoding():
    check_greedy_decoding(tuple)


def test_greedy_decoding_of_open_sizes(predicting_backend):
    check_greedy_decoding(of_open_sizes)


def test_values_of_decoded_predictions_end_with_the_longest_labels(predicting_backend):
    """So scripts read them: K.get_value(K.ctc_decode(predictions, …)[0][0])."""
    predictions = 0.9 * np.eye(3)[[[0, 2, 1, 1], [1, 2, 2, 2]]] + 0.03
    steps = np.ones(2) * predictions.shape[1]
    (labels,), scores = K.ctc_decode(predictions, input_length=steps)
    assert K.get_value(labels).tolist() == [[0, 1], [1, -1]]
    assert K.get_value(scores).shape == (2, 1)
    (nothing,), _ = K.ctc_decode(predictions, steps * 0)
    assert K.get_value(nothing).shape == (2, 0)


FEW = probabilities(3, 4, 3, seed=5)
FEW_STEPS = np.array([4, 3, 2], "int32")


def searched(p, steps, width=50, paths=2):
    options = {"greedy": False, "beam_width": width, "top_paths": paths}
    labels, scores = K.ctc_decode(p, steps, **options)
    return [*labels, scores]


def test_beam_search_where_the_engine_has_one(backend):
    if backend == "theano":
        message = r"'theano' has no beam search.*greedy=True"
        with pytest.raises(CapabilityError, match=message):
            searched(K.variable(FEW), K.variable(FEW_STEPS))
        return
    *paths, scores = evaluate(searched, FEW, FEW_STEPS)
    for i, n in enumerate(FEW_STEPS):
        every = (itertools.product(range(2), repeat=length) for length in range(n + 1))
        chances = {
            labels: by_enumeration(FEW[i, :n], labels)
            for labels in itertools.chain(*every)
        }
        best = sorted(chances, key=chances.get, reverse=True)[:2]
        assert [tuple(c for c in path[i] if c >= 0) for path in paths] == best
        expected = [chances[labels] for labels in best]
        assert_allclose(scores[i], np.log(expected), rtol=1e-4)


@pytest.mark.parametrize(
    ("backend", "floatx"),
    [("tensorflow", "float32"), ("jax", "float32"), ("jax", "float64")],
    indirect=["backend"],
)
def test_beam_searches_at_once(backend, floatx, float64):
    K.set_floatx(floatx)
    given = K.variable(FEW), K.variable(FEW_STEPS)
    products = [K.dot(K.ones((300, 300)), K.ones((300, 300))) for _ in range(20)]
    searches = [x for width in range(10, 16) for x in searched(*given, width, paths=1)]
    values = K.function([], [*searches, *products])([])[: len(searches)]
    path, scores = K.function([], searched(*given, 10, paths=1))([])
    assert {str(x.dtype) for x in values} == {"int64", floatx}
    for one, other in zip(values[::2], values[1::2], strict=True):
        assert_array_equal(one, path)
        assert_allclose(other, scores, rtol=1e-5)


def test_a_beam_search_in_float64(on_jax):
    p = np.array([[[0.3, 0.5, 0.2]]])
    _, scores = K.ctc_decode(K.variable(p, "float64"), np.ones(1), greedy=False)
    positive = p + 1e-8
    expected = np.log(positive.max() / positive.sum())
    assert_allclose(K.eval(scores), [[expected]], rtol=1e-12)


def test_labels_with_their_end_marked():
    labels = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]], "float32")
    marked = K.ctc_label_dense_to_sparse(labels, np.array([2, 0, 3], "int32"))
    assert_array_equal(K.eval(marked), [[1, 2, -1], [-1, -1, -1], [7, 8, 9]])
