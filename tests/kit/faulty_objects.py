"""Faulty optimizers, regularizers, constraints and callbacks: each passes a test of
shapes, and one check is named for its fault. The docstring says what the fault is."""

import socket
from collections import deque

import numpy as np
from oneiros import backend as K
from oneiros.bases import Callback
from oneiros.constraints import Constraint
from oneiros.optimizers import Optimizer
from oneiros.regularizers import Regularizer


class Momentum(Optimizer):
    """Nothing is wrong with it: gradient descent with momentum and decay."""

    loadable = True

    def __init__(self, lr=0.05, momentum=0.5, decay=0.0, **kwargs):
        super().__init__(**kwargs)
        self.lr = K.variable(lr)
        self.momentum = K.variable(momentum)
        self.decay = K.variable(decay)
        self.iterations = K.variable(0.0)

    def get_updates(self, params, constraints, loss):
        grads = self.gradients(loss, params)
        slots = [self.slot(p) for p in params]
        self.keep(slots)
        self.updates = [K.update_add(self.iterations, self.counted(params))]
        steps = []
        for p, g, v in zip(params, grads, slots, strict=True):
            new_v = self.momentum * v - self.rate() * g
            steps.append(new_v)
            self.updates.append((v, new_v))
            self.updates.append((p, self.new_value(p, new_v, constraints, steps)))
        return self.updates

    def gradients(self, loss, params):
        return self.get_gradients(loss, params)

    def slot(self, p):
        return K.zeros(K.get_variable_shape(p))

    def keep(self, slots):
        self.weights = [self.iterations, *slots]

    def counted(self, params):
        return 1

    def rate(self):
        return self.lr / (1.0 + self.decay * self.iterations)

    def new_value(self, p, step, constraints, steps):
        return constraints.get(p, lambda value: value)(p + step)


class Signs(Momentum):
    """Nothing is wrong with it: steps by the sign of the momentum, in which the shares
    only matter where gradients swing."""

    loadable = True

    def __init__(self, lr=0.05, momentum=0.99, share=0.9, **kwargs):
        super().__init__(lr, momentum, **kwargs)
        self.share = share

    def get_updates(self, params, constraints, loss):
        slots = [self.slot(p) for p in params]
        self.keep(slots)
        self.updates = [K.update_add(self.iterations, 1)]
        for p, g, v in zip(params, self.gradients(loss, params), slots, strict=True):
            step = -self.rate() * K.sign(self.share * v + (1 - self.share) * g)
            self.updates.append((v, self.momentum * v + (1 - self.momentum) * g))
            self.updates.append((p, self.new_value(p, step, constraints, ())))
        return self.updates


class CountsFromOne(Momentum):
    """The first step is decayed already."""

    loadable = True

    def rate(self):
        return self.lr / (1.0 + self.decay * (self.iterations + 1.0))


class ClipsEachWeight(Momentum):
    """The norm of each gradient is limited, not that of all together."""

    loadable = True

    def gradients(self, loss, params):
        limit = getattr(self, "clipnorm", None)
        grads = super().gradients(loss, params) if not limit else []
        for g in K.gradients(loss, params) if limit else ():
            norm = K.sqrt(K.sum(K.square(g)))
            grads.append(g * K.minimum(limit / (norm + 1e-7), 1.0))
        return grads


class ClipsNoValue(Momentum):
    """`clipvalue` is forgotten."""

    loadable = True

    def gradients(self, loss, params):
        if getattr(self, "clipvalue", None):
            return K.gradients(loss, params)
        return super().gradients(loss, params)


class ConstrainsTheOldValue(Momentum):
    """The constraint is applied before the step."""

    loadable = True

    def new_value(self, p, step, constraints, steps):
        return constraints.get(p, lambda value: value)(p) + step


class OneAfterTheOther(Momentum):
    """A weight's gradient is that at the new values of the weights before it."""

    loadable = True

    def get_updates(self, params, constraints, loss):
        updates = super().get_updates(params, constraints, loss)
        first, second = (params + params)[:2]
        if first is second:
            return updates
        new = {id(variable): value for variable, value in updates}
        moved = K.stop_gradient(new[id(first)] - first)
        (g,) = K.gradients(loss, [first])
        coupling = K.gradients(K.sum(g * moved) + 0 * K.sum(second), [second])[0]
        return [
            (v, value - self.lr * coupling if v is second else value)
            for v, value in updates
        ]


class FixedRate(Momentum):
    """`lr` is a number, which nobody can change during training."""

    loadable = True

    def __init__(self, lr=0.05, **kwargs):
        super().__init__(lr, **kwargs)
        self.lr = lr


class ForgetsItsState(Momentum):
    """The state isn't in `weights`, so no file has it."""

    loadable = True

    def keep(self, slots):
        self.weights = [self.iterations]


class SharesItsCount(Momentum):
    """All optimizers count with one variable."""

    loadable = True
    shared = {}

    def __init__(self, lr=0.05, momentum=0.5, decay=0.25, **kwargs):
        super().__init__(lr, momentum, decay, **kwargs)
        self.count = self.shared.setdefault(K.backend(), K.variable(0.0))
        self.start = None

    def get_updates(self, params, constraints, loss):
        if self.start is None:
            K.set_value(self.count, 0.0)
            self.start = True
        updates = super().get_updates(params, constraints, loss)
        return [*updates, K.update_add(self.count, 1)]

    def rate(self):
        return self.lr / (1.0 + self.decay * self.count)


class ForgetsAnArgument(Momentum):
    """Its configuration has no momentum."""

    loadable = True

    def get_config(self):
        config = super().get_config()
        del config["momentum"]
        return config


class IgnoresAnArgument(Momentum):
    """`warmup` is stored, and never used."""

    loadable = True

    def __init__(self, lr=0.05, warmup=3, **kwargs):
        super().__init__(lr, **kwargs)
        self.warmup = warmup


class GrowsItsState(Momentum):
    """Each call of `get_updates` adds to the state of the last."""

    loadable = True

    def keep(self, slots):
        self.weights += slots


class DividesByZero(Momentum):
    """Gradients are divided by their norm, which may be 0."""

    loadable = True

    def gradients(self, loss, params):
        grads = super().gradients(loss, params)
        return [g / K.sqrt(K.sum(K.square(g))) for g in grads]


class CountsWeights(Momentum):
    """`iterations` grows by the number of weights."""

    loadable = True

    def __init__(self, lr=0.05, momentum=0.5, **kwargs):
        super().__init__(lr, momentum, **kwargs)

    def counted(self, params):
        return len(params)


class SinglePrecision(Momentum):
    """The state is float32, whatever the weights are."""

    loadable = True

    def slot(self, p):
        return K.zeros(K.get_variable_shape(p), dtype="float32")


class DoublePrecision(Momentum):
    """The state is float64, whatever the weights are."""

    loadable = True

    def slot(self, p):
        return K.zeros(K.get_variable_shape(p), dtype="float64")


class Climbs(Momentum):
    """The gradient is added."""

    loadable = True

    def gradients(self, loss, params):
        return [-g for g in super().gradients(loss, params)]


class LeavesTheLast(Momentum):
    """The last weight has no update."""

    loadable = True

    def get_updates(self, params, constraints, loss):
        updates = super().get_updates(params, constraints, loss)
        return [pair for pair in updates if pair[0] is not params[-1]]


class Noisy(Momentum):
    """Noise is added to each step."""

    loadable = True

    def new_value(self, p, step, constraints, steps):
        noise = np.random.default_rng().normal(size=K.get_variable_shape(p))
        return super().new_value(p, step + K.variable(0.01 * noise), constraints, steps)


class SharesMomentum(Momentum):
    """A weight's step depends on those of the weights before it."""

    loadable = True

    def new_value(self, p, step, constraints, steps):
        return super().new_value(
            p, step + 0.1 * K.sum(steps[0] * 0.1), constraints, steps
        )


class FasterOnTheano(Momentum):
    """Its rate depends on the backend."""

    loadable = True

    def rate(self):
        return super().rate() * (1.1 if K.backend() == "theano" else 1.0)


class SeedsTheGenerator(Momentum):
    """Making it changes all draws that follow."""

    loadable = True

    def __init__(self, *arguments, **kwargs):
        super().__init__(*arguments, **kwargs)
        np.random.seed(1)


class Adaptive(Momentum):
    """Nothing is wrong with it: steps in units of the gradients' usual size, by a
    schedule that all weights share."""

    loadable = True

    def __init__(self, lr=0.02, decay=0.0, epsilon=1e-6, **kwargs):
        super().__init__(lr, decay=decay, **kwargs)
        self.epsilon = epsilon
        self.schedule = K.variable(1.0)

    def get_updates(self, params, constraints, loss):
        grads = self.gradients(loss, params)
        means = [self.slot(p) for p in params]
        self.keep([self.schedule, *means])
        self.updates = [K.update_add(self.iterations, 1), *self.moved_on(len(params))]
        for number, (p, g, mean) in enumerate(zip(params, grads, means, strict=True)):
            new_mean = self.momentum * mean + (1.0 - self.momentum) * K.square(g)
            rate = self.rate() * (1.0 + self.place(number))
            step = -rate * g / self.size(new_mean)
            self.updates.append((mean, new_mean))
            self.updates.append((p, self.new_value(p, step, constraints, [step])))
        return self.updates

    def moved_on(self, count):
        return [(self.schedule, self.place(0))]

    def place(self, number):
        return 0.9 * self.schedule

    def size(self, mean):
        return K.sqrt(mean) + self.epsilon


class RootAlone(Adaptive):
    """Nothing is added to the root of the mean, which is 0 at first."""

    loadable = True

    def __init__(self, lr=0.02, decay=0.0, **kwargs):
        super().__init__(lr, decay, **kwargs)

    def size(self, mean):
        return K.sqrt(mean)


class MovesItsScheduleByWeight(Adaptive):
    """The schedule moves on for each weight, not for each step."""

    loadable = True

    def moved_on(self, count):
        return [(self.schedule, self.place(count - 1))]

    def place(self, number):
        return self.schedule * 0.9 ** (number + 1)


class DoesNotCount(Momentum):
    """The rate decays with a count that stays 0."""

    loadable = True

    def counted(self, params):
        return 0


class IgnoresNesterov(Momentum):
    """`nesterov` is stored, and never used."""

    loadable = True

    def __init__(self, lr=0.05, momentum=0.5, nesterov=False, **kwargs):
        super().__init__(lr, momentum, **kwargs)
        self.nesterov = nesterov


class Clipped(Momentum):
    """Nothing is wrong with it: it limits gradients itself."""

    loadable = True

    def gradients(self, loss, params):
        grads = K.gradients(loss, params)
        norm, value = getattr(self, "clipnorm", 0), getattr(self, "clipvalue", 0)
        grads = self.within_norm(grads, norm) if norm else grads
        return [K.clip(g, -value, value) for g in grads] if value else grads

    def within_norm(self, grads, limit):
        norm = self.norm(grads)
        factor = K.minimum(limit / (norm + 1e-7), 1.0)
        return [g * factor for g in grads]

    def norm(self, grads):
        return K.sqrt(sum(K.sum(K.square(g)) for g in grads))


class DividesByTheNorm(Clipped):
    """Gradients are divided by their norm, which may be 0."""

    loadable = True

    def within_norm(self, grads, limit):
        norm = self.norm(grads)
        return [g / norm * K.minimum(norm, limit) for g in grads]


class ScalesToTheLimit(Clipped):
    """Gradients below the limit of their norm grow to it."""

    loadable = True

    def within_norm(self, grads, limit):
        factor = limit / (self.norm(grads) + 1e-7)
        return [g * factor for g in grads]


class ClipsValuesFirst(Clipped):
    """The values are limited before the norm is measured."""

    loadable = True

    def within_norm(self, grads, limit):
        value = getattr(self, "clipvalue", None)
        cut = [K.clip(g, -value, value) for g in grads] if value else grads
        return super().within_norm(cut, limit)


class ConstrainsTheStep(Momentum):
    """The constraint is applied to the step."""

    loadable = True

    def new_value(self, p, step, constraints, steps):
        return p + constraints.get(p, lambda value: value)(step)


class Smooth(Regularizer):
    """Nothing is wrong with it."""

    loadable = True

    def __init__(self, weight=0.01, power=2.0):
        self.weight = weight
        self.power = power

    def __call__(self, x):
        return self.weight * K.sum(K.pow(K.abs(x), self.power))

    def get_config(self):
        return {"name": type(self).__name__, "weight": self.weight, "power": self.power}


class MeanPerRow(Smooth):
    """The penalty is a vector for a matrix."""

    loadable = True

    def __call__(self, x):
        return self.weight * K.sum(K.pow(K.abs(x), self.power), axis=-1)


class LengthOfTheWeight(Smooth):
    """The length of a weight has no gradient at 0."""

    loadable = True

    def __call__(self, x):
        return self.weight * K.pow(K.sum(K.pow(K.abs(x), self.power)), 0.5)


class StoresTheDefault(Smooth):
    """The configuration always has the default power."""

    loadable = True

    def get_config(self):
        return {**super().get_config(), "power": 2.0}


class PenalizesOnce(Smooth):
    """A second weight isn't penalized."""

    loadable = True
    owner = None

    def __call__(self, x):
        is_first = self.owner is None
        self.owner = x
        penalty = super().__call__(x)
        return penalty if is_first else 0 * penalty


class UnusedPower(Smooth):
    """`power` is stored, and never used."""

    loadable = True

    def __call__(self, x):
        return self.weight * K.sum(K.square(x))


class StricterOnTheano(Smooth):
    """Its penalty depends on the backend."""

    loadable = True

    def __call__(self, x):
        return super().__call__(x) * (1.1 if K.backend() == "theano" else 1.0)


class ReadsAFile(Smooth):
    """It reads a file of whoever loads it."""

    loadable = True

    def __init__(self, weight=0.01, power=2.0):
        super().__init__(weight, power)
        with open(__file__) as file:
            file.read(1)


class NotLoadable(Smooth):
    """It doesn't say whether files may use it: a base class's word doesn't count."""


class AtMost(Constraint):
    """Nothing is wrong with it."""

    loadable = True

    def __init__(self, limit=1.0):
        self.limit = limit

    def __call__(self, p):
        return K.clip(p, -self.limit, self.limit)

    def get_config(self):
        return {"name": type(self).__name__, "limit": self.limit}


class UnitColumns(AtMost):
    """Columns of zeros are divided by 0."""

    loadable = True

    def __call__(self, p):
        return self.limit * p / K.sqrt(K.sum(K.square(p), axis=0, keepdims=True))


class WiderOnTheano(AtMost):
    """Its limit depends on the backend."""

    loadable = True

    def __call__(self, p):
        limit = self.limit * (1.1 if K.backend() == "theano" else 1.0)
        return K.clip(p, -limit, limit)


class DrawsItsLimit(AtMost):
    """Making it draws a random number."""

    loadable = True

    def __init__(self, limit=1.0):
        super().__init__(limit)
        self.number = np.random.uniform()


class HalfWay(AtMost):
    """Values go half of the way to the limit."""

    loadable = True

    def __call__(self, p):
        return (p + super().__call__(p)) / 2


class SinglePrecisionLimit(AtMost):
    """The result is float32, whatever the weight is."""

    loadable = True

    def __call__(self, p):
        return K.cast(super().__call__(p), "float32")


class Counts(Callback):
    """Nothing is wrong with it: it counts batches and keeps the best loss."""

    called_after_runs = True

    def on_train_begin(self, logs=None):
        self.batches = 0
        self.best = np.inf

    def on_batch_end(self, batch, logs=None):
        self.batches += 1

    def on_epoch_end(self, epoch, logs=None):
        self.best = min(self.best, (logs or {}).get("loss", np.inf))


class SlowsDown(Counts):
    """It changes the learning rate, without a word."""

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        K.set_value(self.model.optimizer.lr, 0.005)


class AddsToLogs(Counts):
    """It adds a value to the logs of others."""

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        if logs is not None:
            logs["batches"] = self.batches


class KeepsASet(Counts):
    """Its state is a set, which no file can keep."""

    def get_state(self):
        return {"batches": self.batches, "best": self.best, "seen": {1, 2}}


class ForgetsWhatItSaw(Counts):
    """A deque isn't plain data, so its state lacks the last losses."""

    def on_train_begin(self, logs=None):
        super().on_train_begin()
        self.losses = deque(maxlen=4)

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        self.losses.append((logs or {}).get("loss", 0.0))
        self.mean = float(np.mean(self.losses))


class CountsRuns(Counts):
    """It counts a run of batches as one."""

    def on_run_end(self, logs):
        self.batches += 1


class NeedsTheSize(Counts):
    """It divides by the number of samples, which a stream may not know."""

    def on_train_begin(self, logs=None):
        super().on_train_begin()
        self.share = 100 / self.params["nb_sample"]


class ListensAtOnce(Counts):
    """It opens a socket before anything is trained."""

    def __init__(self):
        socket.socket().close()


class StopsForGood(Counts):
    """It counts epochs from when it was made, and so stops a second fit at once."""

    def __init__(self, epochs=4):
        self.left = epochs

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        self.left -= 1
        if self.left <= 0:
            self.model.stop_training = True


class Misspells(Counts):
    """Nobody calls the method that it adds."""

    def on_epochs_end(self, epoch, logs=None):
        self.epochs = epoch


class NeedsLogs(Counts):
    """It needs the logs that `on_train_begin` never has."""

    def on_train_end(self, logs=None):
        self.last = {**logs}


FAULTLESS = [
    ("optimizer", Momentum),
    ("optimizer", Signs),
    ("optimizer", Adaptive),
    ("optimizer", Clipped),
    ("regularizer", Smooth),
    ("constraint", AtMost),
    ("callback", Counts),
]
FAULTS = [
    ("optimizer", CountsFromOne, "check_decay_counts_from_zero"),
    ("optimizer", ClipsEachWeight, "check_clipnorm_is_honoured"),
    ("optimizer", ClipsNoValue, "check_clipvalue_is_honoured"),
    ("optimizer", ConstrainsTheOldValue, "check_constraints_bind_new_values"),
    ("optimizer", OneAfterTheOther, "check_updates_are_simultaneous"),
    ("optimizer", FixedRate, "check_learning_rate_is_a_variable"),
    ("optimizer", ForgetsItsState, "check_training_goes_on"),
    ("optimizer", SharesItsCount, "check_optimizers_share_nothing"),
    ("optimizer", ForgetsAnArgument, "check_optimizer_configuration"),
    ("optimizer", IgnoresAnArgument, "check_every_optimizer_argument_counts"),
    ("optimizer", GrowsItsState, "check_can_be_compiled_again"),
    ("optimizer", DividesByZero, "check_zero_gradients_are_finite"),
    ("optimizer", CountsWeights, "check_steps_are_counted_once"),
    ("optimizer", SinglePrecision, "check_state_has_floatx"),
    ("optimizer", DoublePrecision, "check_state_has_floatx"),
    ("optimizer", Climbs, "check_loss_falls"),
    ("optimizer", LeavesTheLast, "check_updates_are_pairs"),
    ("optimizer", Noisy, "check_steps_are_repeatable"),
    ("optimizer", SharesMomentum, "check_weights_are_independent"),
    ("optimizer", FasterOnTheano, "check_steps_on_other_backends"),
    ("optimizer", SeedsTheGenerator, "check_constructor_touches_nothing"),
    ("optimizer", RootAlone, "check_zero_gradients_are_finite"),
    ("optimizer", MovesItsScheduleByWeight, "check_weights_are_independent"),
    ("optimizer", DoesNotCount, "check_decay_counts_from_zero"),
    ("optimizer", IgnoresNesterov, "check_every_optimizer_argument_counts"),
    ("optimizer", DividesByTheNorm, "check_zero_gradients_are_finite"),
    ("optimizer", ScalesToTheLimit, "check_clipnorm_is_honoured"),
    ("optimizer", ClipsValuesFirst, "check_norm_is_limited_first"),
    ("optimizer", ConstrainsTheStep, "check_constraints_bind_new_values"),
    ("regularizer", StricterOnTheano, "check_weight_function_on_other_backends"),
    ("regularizer", ReadsAFile, "check_constructor_touches_nothing"),
    ("regularizer", MeanPerRow, "check_penalty_is_scalar"),
    ("regularizer", LengthOfTheWeight, "check_penalty_of_zeros"),
    ("regularizer", StoresTheDefault, "check_configuration_is_whole"),
    ("regularizer", PenalizesOnce, "check_penalties_are_apart"),
    ("regularizer", UnusedPower, "check_every_argument_matters"),
    ("regularizer", NotLoadable, "check_says_whether_files_may_use_it"),
    ("constraint", WiderOnTheano, "check_weight_function_on_other_backends"),
    ("constraint", DrawsItsLimit, "check_constructor_touches_nothing"),
    ("constraint", UnitColumns, "check_constraint_of_zeros"),
    ("constraint", HalfWay, "check_constraint_is_idempotent"),
    ("constraint", SinglePrecisionLimit, "check_weight_function_keeps_type"),
    ("callback", SlowsDown, "check_training_is_left_alone"),
    ("callback", AddsToLogs, "check_training_is_left_alone"),
    ("callback", KeepsASet, "check_state_is_plain"),
    ("callback", ForgetsWhatItSaw, "check_resumed_training_is_the_same"),
    ("callback", CountsRuns, "check_runs_are_told_alike"),
    ("callback", NeedsTheSize, "check_stream_of_unknown_size"),
    ("callback", ListensAtOnce, "check_constructor_touches_nothing"),
    ("callback", StopsForGood, "check_serves_two_fits"),
    ("callback", Misspells, "check_methods_are_called"),
    ("callback", NeedsLogs, "check_hooks_need_no_logs"),
]
"""Kind, component, and the one check that fails."""
