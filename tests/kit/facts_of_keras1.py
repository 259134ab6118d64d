"""Which planted faults break a fact of Keras 1.2.2: its numbers, its order of weights
and updates, and what it does with masks.

Only facts that are laws for any component are here, whoever wrote it. Those of a class
of Keras 1, such as the order of an LSTM's gates, are tested with golden data.
"""

FACTS = {
    "masked steps keep output and states": [
        "AttendsToMaskedSteps",
        "CarriesMaskedStepsOn",
        "EmitsZerosForMaskedSteps",
        "LooksAtMaskedSteps",
        "Maskless",
        "ReversesTheSequenceAlone",
        "UnrollsWithoutTheMask",
    ],
    "masks pass through where steps are left": [
        "InvertsTheMask",
        "LosesTheMask",
        "PassesTheMaskOnTooFar",
        "UnmasksAll",
    ],
    "a step is padding if all its numbers are": [
        "MasksAllButPadding",
        "MutesStepsWithOneZero",
    ],
    "go_backwards leaves outputs in the order of processing": ["TurnsItsOutputsRound"],
    "get_weights: layer by layer, the trained first": [
        "OrdersWeightsByName",
        "ReturnsStatisticsFirst",
        "ReturnsWeightsInAnotherOrder",
        "SortsLayers",
    ],
    "files hold weights by name and in order, layers without any too": [
        "CutsNames",
        "DropsEmptyLayers",
        "NamesWeightsAlike",
        "ShortensNames",
        "SortsWeights",
    ],
    "batch normalization: running mean and biased variance": [
        "KeepsItsFirstStatistics",
        "KeepsTheDeviation",
        "KeepsTheUnbiasedVariance",
        "TakesMomentumForItsOpposite",
        "UsesTheBatchInTests",
    ],
    "LSTM and GRU: gates in the same order in each mode": [
        "SplitsItsGatesInAnotherOrder"
    ],
    "LSTM and GRU: init is for W, inner_init for U, each regularizer for its weight": [
        "IgnoresItsInitialization",
        "InitializesAllAlike",
        "RegularizesTheOtherWeight",
    ],
    "ConvLSTM2D loses regularizers and arguments, which is a bug": [
        "ForgetsAnArgument",
        "IgnoresItsRegularizer",
        "LosesItsRegularizer",
    ],
    "PReLU loses shared_axes, padding dim_ordering, which is a bug": [
        "LosesItsOrdering",
        "LosesSharedAxes",
    ],
    "TimeDistributed: a declared batch size changes no number": [
        "DividesByTheDeclaredBatch"
    ],
    "penalties are added once, whatever the batch": [
        "AddsItsPenaltyItself",
        "PenalizesBySample",
        "RegularizesTwice",
    ],
    "l2 has no factor 1/2": ["PenalizesByHalf"],
    "constraints are applied to the new value": [
        "ConstrainsTheOldValue",
        "ConstrainsTheStep",
    ],
    "constraints: a column of zeros stays": ["UnitColumns"],
    "all updates are computed from the old values": ["OneAfterTheOther", "Sequential"],
    "decay counts from 0, and steps": [
        "CountsFromOne",
        "CountsWeights",
        "DoesNotCount",
    ],
    "an epsilon beside the root": ["DividesByZero", "RootAlone"],
    "clipnorm: of all gradients, only above the limit; clipvalue then": [
        "ClipsEachWeight",
        "ClipsNoValue",
        "ClipsValuesFirst",
        "DividesByTheNorm",
        "ScalesToTheLimit",
    ],
    "Nadam's schedule moves once a step": ["MovesItsScheduleByWeight"],
    "files hold the slots of optimizers": ["ForgetsItsState"],
    "SGD: nesterov": ["IgnoresNesterov"],
    "the mean over masked steps counts those that are left": ["CountsMaskedSteps"],
    "the weighted loss: a value for each sample and step": [
        "mean_of_means",
        "mean_of_samples",
    ],
    "categorical_crossentropy: shares of the last axis, clipped": [
        "normalised_over_the_batch",
        "shares_of_steps",
        "without_clipping",
    ],
    "binary_crossentropy is clipped": ["binary_without_clipping"],
    "poisson: the logarithm of the prediction plus an epsilon": [
        "poisson_of_targets",
        "poisson_without_epsilon",
    ],
    "mape clips the targets": ["percentage_of_zeros"],
    "kld: both are clipped; a sum over the last axis": [
        "divergence_of_all_steps",
        "divergence_without_clipping",
    ],
    "cosine_proximity: with a minus, of lengths that aren't 0": [
        "proximity",
        "proximity_of_nothing",
    ],
    "metrics are plain means over a batch": [
        "each_right",
        "of_the_last_step",
        "right_ones",
    ],
    "precision adds an epsilon": ["precision_of_none"],
    "softmax: of the last axis, without the largest": [
        "naive_softmax",
        "softmax_of_the_batch",
        "softmax_of_the_steps",
    ],
    "elu chooses before the exponential": ["exponential_of_all"],
    "K.sqrt of negative numbers is 0": ["NanOfRoots"],
    "border_mode='same': an odd zero at the end, which means don't count": [
        "BorderInMeans",
        "OddZeroFirst",
    ],
    "convolutions hand initializations their dim_ordering": ["without_ordering"],
}
"""Names of planted faults, by the fact that they break."""
