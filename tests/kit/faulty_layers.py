"""Layers with one fault each, which a test of shapes alone doesn't see, by the check
that must find it."""

import tempfile

import numpy as np
from oneiros import activations, constraints, initializations, regularizers
from oneiros import backend as K
from oneiros.engine.layer import Layer
from oneiros.layers import Dense

FAULTS = []
"""Pairs of a class and the name of the check."""


def found_by(check):
    """Lists a class under the check that finds its fault."""

    def listed(cls):
        cls.loadable = vars(cls).get("loadable", True)
        FAULTS.append((cls, check))
        return cls

    return listed


class Linear(Layer):
    """Without a fault: a product of the features and a bias."""

    loadable = True

    def __init__(self, gain=1.5, **kwargs):
        self.gain = gain
        super().__init__(**kwargs)

    def build(self, input_shape):
        size = input_shape[-1]
        self.W = self.add_weight((size, size), "uniform", name=f"{self.name}_W")
        self.b = self.add_weight((size,), "zero", name=f"{self.name}_b")

    def call(self, x, mask=None):
        return self.gain * K.dot(x, self.W) + self.b


class Mean(Layer):
    """Without a fault: the mean over steps."""

    loadable = True
    supports_masking = True

    def call(self, x, mask=None):
        if mask is None:
            return K.mean(x, axis=1)
        used = K.expand_dims(K.cast(mask, K.floatx()))
        return K.sum(x * used, axis=1) / (K.sum(used, axis=1) + K.epsilon())

    def compute_mask(self, x, mask=None):
        return None

    def get_output_shape_for(self, input_shape):
        return (input_shape[0], *input_shape[2:])


class Norm(Layer):
    """Without a fault: zero mean and unit variance, by running statistics in the test
    phase."""

    loadable = True

    def __init__(self, momentum=0.9, **kwargs):
        self.momentum = momentum
        super().__init__(**kwargs)

    def build(self, input_shape):
        shape = (input_shape[-1],)
        self.mean = self.add_weight(
            shape, "zero", name=f"{self.name}_mean", trainable=False
        )
        self.var = self.add_weight(
            shape, "one", name=f"{self.name}_running_std", trainable=False
        )

    def statistics(self, x):
        axes = list(range(K.ndim(x) - 1))
        mean = K.mean(x, axis=axes)
        return mean, K.mean(K.square(x - mean), axis=axes)

    def moved(self, old, new):
        return self.momentum * old + (1 - self.momentum) * new

    def kept(self, x, mean, var):
        return [
            (self.mean, self.moved(self.mean, mean)),
            (self.var, self.moved(self.var, var)),
        ]

    def call(self, x, mask=None):
        mean, var = self.statistics(x)
        self.add_update(self.kept(x, mean, var), x)
        trained = (x - mean) / K.sqrt(var + 1e-3)
        return K.in_train_phase(trained, (x - self.mean) / K.sqrt(self.var + 1e-3))


class Noise(Layer):
    """Without a fault: dropout."""

    loadable = True

    def __init__(self, p=0.5, **kwargs):
        self.p = p
        super().__init__(**kwargs)

    def call(self, x, mask=None):
        return K.in_train_phase(K.dropout(x, self.p), x)


class Memory(Layer):
    """Without a fault: adds what it saw in the batch before."""

    loadable = True
    conformance = {"input_shape": (4,)}

    def __init__(self, stateful=False, **kwargs):
        self.stateful = stateful
        super().__init__(**kwargs)

    def build(self, input_shape):
        if self.stateful:
            self.state = K.zeros(input_shape)

    def reset_states(self):
        K.set_value(self.state, np.zeros(K.int_shape(self.state)))

    def call(self, x, mask=None):
        if not self.stateful:
            return x
        seen = x + self.state
        self.add_update((self.state, seen), x)
        return seen


FAULTLESS = [Linear, Mean, Norm, Noise]


@found_by("check_defaults_stay")
class Grows(Linear):
    def __init__(self, gain=1.5, sizes=[], **kwargs):  # noqa: B006
        sizes.append(len(sizes))
        self.sizes = sizes
        super().__init__(gain, **kwargs)


@found_by("check_arguments_are_kept")
class StoresUnderAnotherName(Linear):
    def __init__(self, factor=2.0, **kwargs):
        super().__init__(gain=factor, **kwargs)


@found_by("check_arguments_are_kept")
class ForgetsAnArgument(Linear):
    def get_config(self):
        return {"name": self.name, "trainable": self.trainable}


@found_by("check_arguments_are_kept")
class KeepsADefault(Linear):
    def get_config(self):
        return {**super().get_config(), "gain": 1.5}


@found_by("check_configuration_is_json")
class KeepsANumberOfNumpy(Linear):
    def get_config(self):
        return {**super().get_config(), "gain": np.float32(self.gain)}


@found_by("check_weights_tell_all")
class HoldsAnArray(Layer):
    def build(self, input_shape):
        self.pattern = np.random.normal(size=input_shape[-1])

    def call(self, x, mask=None):
        return x * K.variable(self.pattern)


@found_by("check_copy_computes_the_same")
class ForgetsWhatItWasTold(Linear):
    """Its configuration leads to a layer with another sign."""

    def call(self, x, mask=None):
        return super().call(x) * getattr(self, "sign", 1.0)

    @classmethod
    def from_config(cls, config):
        layer = super().from_config(config)
        layer.sign = -1.0
        return layer


@found_by("check_files_may_use_it")
class IsNotLoadable(Linear):
    loadable = False


@found_by("check_every_variable_is_a_weight")
class HoldsAVariable(Linear):
    def build(self, input_shape):
        super().build(input_shape)
        self.scale = K.variable(np.linspace(1, 2, input_shape[-1]))

    def call(self, x, mask=None):
        return super().call(x) * self.scale


@found_by("check_every_variable_is_a_weight")
class HoldsALayer(Layer):
    def build(self, input_shape):
        self.inner = Dense(input_shape[-1])
        self.inner.build((None, input_shape[-1]))

    def call(self, x, mask=None):
        return K.dot(x, self.inner.W)


@found_by("check_sharing")
class MakesWeightsInCall(Layer):
    def call(self, x, mask=None):
        size = K.int_shape(x)[-1]
        count = len(self.weights)
        W = self.add_weight((size, size), "uniform", name=f"{self.name}_W{count}")
        return K.dot(x, W)


@found_by("check_layers_share_nothing")
class KeepsWeightsInTheClass(Linear):
    shared = {}

    def build(self, input_shape):
        key = K.backend(), K.floatx(), input_shape[-1]
        if key not in self.shared:
            super().build(input_shape)
            self.shared[key] = self._trainable_weights
        self._trainable_weights = self.shared[key]
        self.W, self.b = self.shared[key]


@found_by("check_weight_names_differ")
class NamesWeightsAlike(Linear):
    def build(self, input_shape):
        size = input_shape[-1]
        self.W = self.add_weight((size, size), "uniform", name="weight")
        self.b = self.add_weight((size,), "zero", name="weight")


@found_by("check_order_of_weights_is_fixed")
class OrdersWeightsByName(Layer):
    def build(self, input_shape):
        for part in "ab":
            name = f"part_{K.get_uid('part')}"
            size = input_shape[-1]
            weight = self.add_weight((size, size), "uniform", name=name)
            setattr(self, part, weight)
        self._trainable_weights.sort(key=lambda weight: weight.name)

    def call(self, x, mask=None):
        return K.dot(x, self.a) + 2.0 * K.dot(x, self.b)


@found_by("check_set_weights_restores_get_weights")
class ReturnsWeightsInAnotherOrder(Linear):
    def build(self, input_shape):
        super().build(input_shape)
        self.c = self.add_weight((input_shape[-1],), "zero", name=f"{self.name}_c")

    def call(self, x, mask=None):
        return super().call(x) * (1.0 + self.c)

    def get_weights(self):
        W, b, c = super().get_weights()
        return [W, c, b]


@found_by("check_seed_repeats_weights")
class DrawsWeightsOfItsOwn(Linear):
    def build(self, input_shape):
        super().build(input_shape)
        shape = K.int_shape(self.W)
        K.set_value(self.W, np.random.default_rng().normal(size=shape))


@found_by("check_every_weight_is_used")
class HasAWeightForNothing(Linear):
    def call(self, x, mask=None):
        return self.gain * K.dot(x, self.W) + 0.0 * self.b


@found_by("check_gradients")
class StopsGradients(Linear):
    def call(self, x, mask=None):
        return super().call(K.stop_gradient(x)) + x


@found_by("check_samples_are_independent")
class ComparesSamples(Linear):
    def call(self, x, mask=None):
        y = super().call(x)
        return y - 0.5 * K.mean(y, axis=0, keepdims=True)


@found_by("check_float64")
class ComputesInFloat32(Linear):
    def call(self, x, mask=None):
        return K.cast(super().call(x), "float32")


@found_by("check_float64")
class ComputesInFloat32Inside(Layer):
    def call(self, x, mask=None):
        return K.cast(K.cast(x, "float32") * 0.1, K.dtype(x))


@found_by("check_weights_argument")
class IgnoresItsFirstWeights(Linear):
    def __init__(self, gain=1.5, weights=None, **kwargs):
        super().__init__(gain, **kwargs)


@found_by("check_draws_keep_the_mean")
class DropsWithoutScaling(Noise):
    def call(self, x, mask=None):
        dropped = K.dropout(x, self.p) * (1 - self.p)
        return K.in_train_phase(dropped, x)


@found_by("check_predictions_repeat")
class DropsInTestsToo(Noise):
    def call(self, x, mask=None):
        return K.dropout(x, self.p)


@found_by("check_draws_differ")
class DrawsOnce(Noise):
    def call(self, x, mask=None):
        kept = np.random.binomial(1, 1 - self.p, K.int_shape(x)[-1:])
        return K.in_train_phase(x * K.variable(kept / (1 - self.p)), x)


@found_by("check_masked_steps_do_not_matter")
class AttendsToMaskedSteps(Mean):
    def call(self, x, mask=None):
        return super().call(x)


@found_by("check_padding_does_not_matter")
class CountsMaskedSteps(Mean):
    def call(self, x, mask=None):
        if mask is not None:
            x = x * K.expand_dims(K.cast(mask, K.floatx()))
        return K.mean(x, axis=1)


@found_by("check_mask_fits_the_output")
class PassesTheMaskOnTooFar(Mean):
    def compute_mask(self, x, mask=None):
        return mask


@found_by("check_mask_is_passed_on")
class LosesTheMask(Linear):
    supports_masking = True

    def call(self, x, mask=None):
        return x * self.gain + 0.1 * K.sum(self.W) + self.b

    def compute_mask(self, x, mask=None):
        return None


@found_by("check_a_mask_of_nothing_gives_numbers")
class DividesByNoSteps(Mean):
    def call(self, x, mask=None):
        if mask is None:
            return K.mean(x, axis=1)
        used = K.expand_dims(K.cast(mask, K.floatx()))
        return K.sum(x * used, axis=1) / K.sum(used, axis=1)


@found_by("check_reset_forgets")
class DoesNotReset(Memory):
    def reset_states(self):
        pass


@found_by("check_state_is_kept")
class NamesAnotherInput(Memory):
    def add_update(self, pair, x):
        super().add_update(pair, x + 1.0)


@found_by("check_state_is_kept")
class DoesNotKeepItsState(Memory):
    def add_update(self, pair, x):
        pass


@found_by("check_regularizers_take_effect")
class IgnoresItsRegularizer(Linear):
    def __init__(self, W_regularizer=None, **kwargs):
        self.W_regularizer = regularizers.get(W_regularizer)
        super().__init__(**kwargs)


@found_by("check_regularizers_take_effect")
class RegularizesTwice(Linear):
    def __init__(self, W_regularizer=None, **kwargs):
        self.W_regularizer = regularizers.get(W_regularizer)
        super().__init__(**kwargs)

    def build(self, input_shape):
        super().build(input_shape)
        for _ in range(2 if self.W_regularizer else 0):
            self.add_loss(self.W_regularizer(self.W))


@found_by("check_constraints_take_effect")
class IgnoresItsConstraint(Linear):
    def __init__(self, W_constraint=None, **kwargs):
        self.W_constraint = W_constraint
        super().__init__(**kwargs)


@found_by("check_activity_regularizer")
class AddsItsPenaltyItself(Linear):
    def __init__(self, activity_regularizer=None, **kwargs):
        self.activity_regularizer = regularizers.get(activity_regularizer)
        super().__init__(**kwargs)

    def call(self, x, mask=None):
        y = super().call(x)
        if self.activity_regularizer:
            self.add_loss(self.activity_regularizer(y), x)
        return y


@found_by("check_statistics_run_to_the_batch")
class KeepsTheUnbiasedVariance(Norm):
    def kept(self, x, mean, var):
        count = K.cast(K.prod(K.shape(x)[:-1]), K.floatx())
        return super().kept(x, mean, var * count / (count - 1.0))


@found_by("check_statistics_run_to_the_batch")
class TakesMomentumForItsOpposite(Norm):
    def moved(self, old, new):
        return (1 - self.momentum) * old + self.momentum * new


@found_by("check_updates_belong_to_their_call")
class UpdatesWithoutInputs(Norm):
    def add_update(self, pairs, x):
        super().add_update(pairs)


@found_by("check_output_shape_for_unknown_sizes")
class CountsUnknownSteps(Layer):
    def call(self, x, mask=None):
        return K.concatenate([x, x], axis=1)

    def get_output_shape_for(self, input_shape):
        return (input_shape[0], input_shape[1] * 2, *input_shape[2:])


@found_by("check_unknown_sizes_change_nothing")
class DividesByTheDeclaredSteps(Layer):
    def call(self, x, mask=None):
        return K.sum(x, axis=1) / float(K.int_shape(x)[1] or 1)

    def get_output_shape_for(self, input_shape):
        return (input_shape[0], *input_shape[2:])


@found_by("check_constructor_touches_nothing")
class OpensAFile(Linear):
    def __init__(self, gain=1.5, **kwargs):
        tempfile.TemporaryFile().close()
        super().__init__(gain, **kwargs)


@found_by("check_constructor_touches_nothing")
class DrawsInTheConstructor(Linear):
    def __init__(self, gain=1.5, **kwargs):
        self.number = np.random.normal()
        super().__init__(gain, **kwargs)


@found_by("check_takes_what_every_layer_takes")
class TakesNoName(Linear):
    def __init__(self, gain=1.5):
        super().__init__(gain)


@found_by("check_trainable_is_heeded")
class ThawsWhenBuilt(Linear):
    def build(self, input_shape):
        super().build(input_shape)
        self.trainable = True


@found_by("check_trainable_is_heeded")
class IsAlwaysTrained(Linear):
    @property
    def trainable_weights(self):
        return self._trainable_weights


@found_by("check_last_step_is_the_output")
class ReturnsTheFirstStep(Layer):
    def __init__(self, return_sequences=False, **kwargs):
        self.return_sequences = return_sequences
        super().__init__(**kwargs)

    def call(self, x, mask=None):
        return x * 2.0 if self.return_sequences else x[:, 0] * 2.0

    def get_output_shape_for(self, input_shape):
        if self.return_sequences:
            return input_shape
        return (input_shape[0], *input_shape[2:])


@found_by("check_backends_agree")
class DiffersByBackend(Linear):
    def call(self, x, mask=None):
        y = super().call(x)
        return y + 0.1 if K.backend() == "theano" else y


@found_by("check_earlier_configurations")
class RefusesItsPast(Linear):
    conformance = {"earlier": [{"version": "0.9", "config": {"volume": 2.0}}]}


class Words(Layer):
    """Without a fault: vectors of words, which masks padding."""

    loadable = True
    supports_masking = True
    conformance = {"input_shape": (5,), "input_dtype": "int32"}

    def __init__(self, mask_zero=True, **kwargs):
        self.mask_zero = mask_zero
        super().__init__(**kwargs)

    def build(self, input_shape):
        self.W = self.add_weight((6, 3), "uniform", name=f"{self.name}_W")

    def call(self, x, mask=None):
        return K.gather(self.W, x)

    def compute_mask(self, x, mask=None):
        return K.not_equal(x, 0) if self.mask_zero else None

    def get_output_shape_for(self, input_shape):
        return (*input_shape, 3)


class Looks(Layer):
    """Without a fault: for each step of the first sequence, a mean of the second."""

    loadable = True
    supports_masking = True
    conformance = {"input_shape": [(5, 4), (6, 4)]}

    def call(self, x, mask=None):
        asked, told = x
        scores = K.exp(K.batch_dot(asked, told, axes=[2, 2]))
        if mask is not None and mask[1] is not None:
            scores *= K.expand_dims(self.seen(mask[1]), 1)
        shares = scores / (K.sum(scores, axis=-1, keepdims=True) + K.epsilon())
        return K.batch_dot(shares, told, axes=[2, 1])

    def seen(self, mask):
        return K.cast(mask, K.floatx())

    def compute_mask(self, x, mask=None):
        return mask[0] if mask else None

    def get_output_shape_for(self, input_shape):
        return input_shape[0]


class Doubles(Layer):
    """Without a fault: doubles, and keeps the mask."""

    loadable = True
    supports_masking = True

    def call(self, x, mask=None):
        return x * 2


class Hides(Doubles):
    """Without a fault: doubles, and may set masked steps to zero."""

    loadable = True

    def __init__(self, hides=False, **kwargs):
        self.hides = hides
        super().__init__(**kwargs)

    def call(self, x, mask=None):
        x = super().call(x)
        if mask is None or not self.hides:
            return x
        return x * K.expand_dims(K.cast(mask, K.floatx()))


class Full(Layer):
    """Without a fault: a dense layer with all that may be told."""

    loadable = True

    def __init__(
        self,
        output_dim=3,
        init="glorot_uniform",
        activation="linear",
        bias=True,
        W_regularizer=None,
        b_regularizer=None,
        W_constraint=None,
        b_constraint=None,
        **kwargs,
    ):
        self.output_dim = output_dim
        self.init = initializations.get(init)
        self.activation = activations.get(activation)
        self.bias = bias
        self.W_regularizer = regularizers.get(W_regularizer)
        self.b_regularizer = regularizers.get(b_regularizer)
        self.W_constraint = constraints.get(W_constraint)
        self.b_constraint = constraints.get(b_constraint)
        super().__init__(**kwargs)

    def initial(self):
        return self.init

    def has_bias(self):
        return self.bias

    def penalties(self):
        return self.W_regularizer, self.b_regularizer

    def limits(self):
        return self.W_constraint, self.b_constraint

    def activated(self, y):
        return self.activation(y)

    def build(self, input_shape):
        shapes = {"W": (input_shape[-1], self.output_dim), "b": (self.output_dim,)}
        if not self.has_bias():
            del shapes["b"]
        init = {"W": self.initial(), "b": "zero"}
        self.parts = [
            self.add_weight(
                shape,
                init[part],
                name=f"{self.name}_{part}",
                regularizer=penalty,
                constraint=limit,
            )
            for (part, shape), penalty, limit in zip(
                shapes.items(), self.penalties(), self.limits()
            )
        ]

    def call(self, x, mask=None):
        W, *biases = self.parts
        return self.activated(sum(biases, K.dot(x, W)))

    def get_output_shape_for(self, input_shape):
        return (*input_shape[:-1], self.output_dim)


FAULTLESS += [Words, Looks, Doubles, Hides, Full]


@found_by("check_masked_steps_do_not_matter")
class AttendsToMaskedStepsOfSix(Mean):
    conformance = {"input_shape": (6, 4)}

    def call(self, x, mask=None):
        return super().call(x)


@found_by("check_masked_steps_do_not_matter")
class LooksAtMaskedSteps(Looks):
    def seen(self, mask):
        return 1.0 + 0.0 * super().seen(mask)


@found_by("check_mask_of_its_own")
class MasksAllButPadding(Words):
    def compute_mask(self, x, mask=None):
        return K.equal(x, 0) if self.mask_zero else None


@found_by("check_mask_stays_the_same")
class InvertsTheMask(Doubles):
    def compute_mask(self, x, mask=None):
        return None if mask is None else K.equal(K.cast(mask, K.floatx()), 0.0)


@found_by("check_mask_stays_the_same")
class UnmasksAll(Doubles):
    def compute_mask(self, x, mask=None):
        return None if mask is None else K.greater(K.cast(mask, K.floatx()), -1.0)


@found_by("check_every_layer_argument_counts")
class IgnoresAnArgumentOfItsBase(Linear):
    def __init__(self, shift=0.5, **kwargs):
        self.shift = shift
        super().__init__(**kwargs)

    def call(self, x, mask=None):
        return K.dot(x, self.W) + self.b + self.shift


@found_by("check_every_layer_argument_counts")
class HidesNothing(Hides):
    def call(self, x, mask=None):
        return x * 2


@found_by("check_every_layer_argument_counts")
class IgnoresItsActivation(Full):
    def activated(self, y):
        return y


@found_by("check_every_layer_argument_counts")
class IgnoresItsInitialization(Full):
    def initial(self):
        return "uniform"


@found_by("check_every_layer_argument_counts")
class AlwaysHasABias(Full):
    def has_bias(self):
        return True


@found_by("check_every_layer_argument_counts")
class SaysThatItsGainIsUnused(Linear):
    conformance = {"unused": ("gain",)}


@found_by("check_regularizers_take_effect")
class RegularizesTheOtherWeight(Full):
    def penalties(self):
        return self.b_regularizer, self.W_regularizer


@found_by("check_constraints_take_effect")
class ConstrainsTheOtherWeight(Full):
    def limits(self):
        return self.b_constraint, self.W_constraint


@found_by("check_output_shape")
class FailsWithAFlag(Linear):
    def __init__(self, gain=1.5, flag=False, **kwargs):
        self.flag = flag
        super().__init__(gain, **kwargs)

    def call(self, x, mask=None):
        return super().call(x) + (len(5) if self.flag else 0)


@found_by("check_declaration")
class RunsNowhere(Layer):
    conformance = {"backends": []}

    def call(self, x, mask=None):
        return 2 * x


@found_by("check_every_layer_argument_counts")
class TakesItsDefaultOnly(Linear):
    def __init__(self, gain=1.5, **kwargs):
        if gain != 1.5:
            raise ValueError("There is no other gain.")
        super().__init__(gain, **kwargs)


class LooksBack(Looks):
    """Without a fault: looks at a sequence of as many steps."""

    loadable = True
    conformance = {"input_shape": [(5, 4), (5, 4)]}


class Sums(Layer):
    """Without a fault: the sum of two sequences, where both have steps."""

    loadable = True
    supports_masking = True
    conformance = {"input_shape": [(5, 4), (5, 4)]}

    def call(self, x, mask=None):
        one, other = x
        return one + other

    def compute_mask(self, x, mask=None):
        seen = [K.cast(each, K.floatx()) for each in mask or () if each is not None]
        return K.not_equal(self.joined(*seen), 0.0) if len(seen) == 2 else None

    def joined(self, one, other):
        return one * other

    def get_output_shape_for(self, input_shape):
        return input_shape[0]


FAULTLESS += [LooksBack, Sums]


@found_by("check_masked_steps_do_not_matter")
class SwapsItsMasks(LooksBack):
    def call(self, x, mask=None):
        return super().call(x, mask and mask[::-1])


@found_by("check_masked_steps_do_not_matter")
class UsesTheFirstMaskForBoth(LooksBack):
    def call(self, x, mask=None):
        return super().call(x, mask and [mask[0], mask[0]])


@found_by("check_masked_steps_do_not_matter")
class PassesOnTheOtherMask(LooksBack):
    def compute_mask(self, x, mask=None):
        return mask[1] if mask else None


@found_by("check_masked_steps_do_not_matter")
class PassesOnTheFirstMaskOfASum(Sums):
    def joined(self, one, other):
        return one


@found_by("check_masked_steps_do_not_matter")
class SumsWhereEitherHasSteps(Sums):
    def joined(self, one, other):
        return one + other


@found_by("check_mask_stays_the_same")
class PassesOnWhereMasksDiffer(Sums):
    def joined(self, one, other):
        return one - other


class Fades(Layer):
    """Without a fault: a sum over steps that fades; masked steps leave it as it is."""

    loadable = True
    supports_masking = True
    conformance = {"input_shape": (5, 4)}

    def __init__(
        self, return_sequences=False, go_backwards=False, unroll=False, **kwargs
    ):
        self.return_sequences = return_sequences
        self.go_backwards = go_backwards
        self.unroll = unroll
        super().__init__(**kwargs)

    def step(self, x, states):
        faded = 0.5 * states[0] + x
        return faded, [faded]

    def run(self, x, mask, go_backwards):
        length = K.int_shape(x)[1]
        start = [0 * x[:, 0]]
        options = {"unroll": self.unroll, "input_length": length}
        last, outputs, _ = K.rnn(self.step, x, start, go_backwards, mask, **options)
        return last, outputs

    def call(self, x, mask=None):
        last, outputs = self.run(x, mask, self.go_backwards)
        return outputs if self.return_sequences else last

    def compute_mask(self, x, mask=None):
        return mask if self.return_sequences else None

    def get_output_shape_for(self, input_shape):
        if self.return_sequences:
            return input_shape
        return (input_shape[0], *input_shape[2:])


class Gates(Layer):
    """Without a fault: a gated layer, in two ways that compute the same."""

    loadable = True
    conformance = {"input_shape": (4,), "unused": ("implementation",)}

    def __init__(self, implementation=1, **kwargs):
        self.implementation = implementation
        super().__init__(**kwargs)

    def build(self, input_shape):
        size = input_shape[-1]
        self.W = self.add_weight((size, 2 * size), "uniform", name=f"{self.name}_W")

    def blocks(self, x):
        size = K.int_shape(x)[-1]
        if self.implementation == 1:
            return K.dot(x, self.W[:, :size]), K.dot(x, self.W[:, size:])
        both = K.dot(x, self.W)
        return both[:, :size], both[:, size:]

    def call(self, x, mask=None):
        value, gate = self.blocks(x)
        return value * K.sigmoid(gate)


class Mutes(Layer):
    """Without a fault: masks the steps of which each number is padding."""

    loadable = True
    supports_masking = True
    conformance = {"input_shape": (5, 4)}

    def call(self, x, mask=None):
        return x * 1.0

    def compute_mask(self, x, mask=None):
        return self.joined(K.not_equal(x, 0.0))

    def joined(self, kept):
        return K.any(kept, axis=-1)


FAULTLESS += [Fades, Gates, Mutes]


@found_by("check_masked_steps_do_not_matter")
class CarriesMaskedStepsOn(Fades):
    def run(self, x, mask, go_backwards):
        return super().run(x, None, go_backwards)


@found_by("check_padding_does_not_matter")
class EmitsZerosForMaskedSteps(Fades):
    def call(self, x, mask=None):
        output = super().call(x, mask)
        if mask is None or self.return_sequences:
            return output
        end = 0 if self.go_backwards else -1
        return output * K.expand_dims(K.cast(mask, K.floatx())[:, end])


@found_by("check_backwards_heeds_the_mask")
class ReversesTheSequenceAlone(Fades):
    def run(self, x, mask, go_backwards):
        return super().run(K.reverse(x, 1) if go_backwards else x, mask, False)


@found_by("check_unrolled_heeds_the_mask")
class UnrollsWithoutTheMask(Fades):
    def run(self, x, mask, go_backwards):
        return super().run(x, None if self.unroll else mask, go_backwards)


@found_by("check_backwards_is_reversed")
class TurnsItsOutputsRound(Fades):
    conformance = {"input_shape": (5, 4), "arguments": {"return_sequences": True}}

    def run(self, x, mask, go_backwards):
        last, outputs = super().run(x, mask, go_backwards)
        return last, K.reverse(outputs, 1) if go_backwards else outputs


@found_by("check_every_layer_argument_counts")
class SplitsItsGatesInAnotherOrder(Gates):
    def blocks(self, x):
        one, other = super().blocks(x)
        return (one, other) if self.implementation == 1 else (other, one)


@found_by("check_mask_of_its_own")
class MutesStepsWithOneZero(Mutes):
    def joined(self, kept):
        return K.all(kept, axis=-1)


@found_by("check_samples_are_independent")
class UsesTheBatchInTests(Norm):
    def call(self, x, mask=None):
        mean, var = self.statistics(x)
        self.add_update(self.kept(x, mean, var), x)
        return (x - mean) / K.sqrt(var + 1e-3)


@found_by("check_statistics_run_to_the_batch")
class KeepsTheDeviation(Norm):
    def kept(self, x, mean, var):
        return super().kept(x, mean, K.sqrt(var))


@found_by("check_statistics_run_to_the_batch")
class KeepsItsFirstStatistics(Norm):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)

    def kept(self, x, mean, var):
        return []


@found_by("check_set_weights_restores_get_weights")
class ReturnsStatisticsFirst(Norm):
    def build(self, input_shape):
        super().build(input_shape)
        name = f"{self.name}_gamma"
        self.gamma = self.add_weight((input_shape[-1],), "one", name=name)

    def call(self, x, mask=None):
        return super().call(x) * self.gamma

    def get_weights(self):
        gamma, *statistics = super().get_weights()
        return [*statistics, gamma]


@found_by("check_every_layer_argument_counts")
class InitializesAllAlike(Linear):
    def __init__(self, init="uniform", inner_init="orthogonal", **kwargs):
        self.init = initializations.get(init)
        self.inner_init = initializations.get(inner_init)
        super().__init__(**kwargs)

    def build(self, input_shape):
        size = input_shape[-1]
        self.W, self.U = (
            self.add_weight((size, size), self.init, name=f"{self.name}_{part}")
            for part in "WU"
        )

    def call(self, x, mask=None):
        return self.gain * K.dot(K.dot(x, self.W), self.U)


@found_by("check_regularizers_take_effect")
class PenalizesByHalf(Linear):
    def __init__(self, W_regularizer=None, **kwargs):
        self.W_regularizer = regularizers.get(W_regularizer)
        super().__init__(**kwargs)

    def build(self, input_shape):
        super().build(input_shape)
        if self.W_regularizer:
            self.add_loss(0.5 * self.W_regularizer(self.W))


@found_by("check_regularizers_take_effect")
class PenalizesBySample(Linear):
    def __init__(self, W_regularizer=None, **kwargs):
        self.W_regularizer = regularizers.get(W_regularizer)
        super().__init__(**kwargs)

    def call(self, x, mask=None):
        if self.W_regularizer:
            count = K.cast(K.shape(x)[0], K.floatx())
            self.add_loss(self.W_regularizer(self.W) / count, x)
        return super().call(x)


@found_by("check_unknown_sizes_change_nothing")
class DividesByTheDeclaredBatch(Linear):
    def call(self, x, mask=None):
        return super().call(x) / float(K.int_shape(x)[0] or 1)


@found_by("check_arguments_are_kept")
class LosesSharedAxes(Linear):
    conformance = {"arguments": {"shared_axes": [1]}}

    def __init__(self, shared_axes=None, **kwargs):
        self.shared_axes = shared_axes
        super().__init__(**kwargs)

    def get_config(self):
        config = super().get_config()
        del config["shared_axes"]
        return config


@found_by("check_arguments_are_kept")
class LosesItsRegularizer(Full):
    def get_config(self):
        return {**super().get_config(), "W_regularizer": None}


@found_by("check_arguments_are_kept")
class LosesItsOrdering(Linear):
    conformance = {"arguments": {"dim_ordering": "tf"}}

    def __init__(self, dim_ordering="default", **kwargs):
        self.dim_ordering = dim_ordering
        super().__init__(**kwargs)

    def get_config(self):
        config = super().get_config()
        del config["dim_ordering"]
        return config
