"""The names that Keras 1 itself published, which plugins may use like any Keras
code."""

KERAS_MODULES = frozenset(
    {
        "activations",
        "applications",
        "applications.audio_conv_utils",
        "applications.imagenet_utils",
        "applications.inception_v3",
        "applications.music_tagger_crnn",
        "applications.resnet50",
        "applications.vgg16",
        "applications.vgg19",
        "applications.xception",
        "backend",
        "backend.common",
        "callbacks",
        "constraints",
        "datasets.cifar",
        "datasets.cifar10",
        "datasets.cifar100",
        "datasets.imdb",
        "datasets.mnist",
        "datasets.reuters",
        "engine",
        "engine.topology",
        "engine.training",
        "initializations",
        "layers",
        "layers.advanced_activations",
        "layers.convolutional",
        "layers.convolutional_recurrent",
        "layers.core",
        "layers.embeddings",
        "layers.local",
        "layers.noise",
        "layers.normalization",
        "layers.pooling",
        "layers.recurrent",
        "layers.wrappers",
        "metrics",
        "models",
        "objectives",
        "optimizers",
        "preprocessing.image",
        "preprocessing.sequence",
        "preprocessing.text",
        "regularizers",
        "utils.data_utils",
        "utils.generic_utils",
        "utils.io_utils",
        "utils.layer_utils",
        "utils.np_utils",
        "utils.test_utils",
        "utils.visualize_util",
        "wrappers.scikit_learn",
    }
)
"""Modules of Keras 1.2.2, by their paths below `keras`."""

OLDER_MODULES = frozenset(
    {"datasets.data_utils", "layers.containers", "legacy.models", "utils.theano_utils"}
)
"""Modules of older versions."""

KERAS_PRIVATE = frozenset(
    {
        "_collected_trainable_weights",
        "_fit_loop",
        "_keras_history",
        "_keras_shape",
        "_make_predict_function",
        "_make_test_function",
        "_make_train_function",
        "_predict_loop",
        "_test_loop",
        "_uses_learning_phase",
    }
)
"""Underscore names that code for Keras 1 uses."""
