"""Manifest: the names of this plugin, and what later versions call classes."""

from oneiros import hookimpl

from oneiros_old_files.rows import ROWS, MigrationRow

NAMES = {
    "Migration": "oneiros_old_files.base:Migration",
    "Origin": "oneiros_old_files.base:Origin",
    "OptimizerMigration": "oneiros_old_files.classes.optimizers:OptimizerMigration",
    "Keras2Layer": "oneiros_old_files.keras2:Keras2Layer",
    "Keras3Layer": "oneiros_old_files.keras3:Keras3Layer",
    "migrated": "oneiros_old_files.configs:migrated",
    "from_cudnn": "oneiros_old_files.classes.recurrent:from_cudnn",
}
_CONVOLUTIONS = {
    "Convolution1D": "Conv1D",
    "AtrousConvolution1D": "Conv1D",
    "Deconvolution2D": "Conv2DTranspose",
}
_CLASSES = {
    "convolutions": (
        *dict.fromkeys(_CONVOLUTIONS.values()),
        *("LocallyConnected2D", "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D"),
    ),
    "core": (
        *("Dense", "Activation", "ActivityRegularization"),
        *("Dropout", "Flatten", "Permute", "Lambda", "Merge", "Embedding"),
        *("ReLU", "BatchNormalization", "TimeDistributed", "Bidirectional"),
    ),
    "optimizers": ("RMSprop", "Nadam"),
    "recurrent": ("SimpleRNN", "LSTM", "CuDNNLSTM", "GRU", "ConvLSTM2D"),
}


def _reference(file: str, name: str) -> str:
    return f"oneiros_old_files.classes.{file}:{name}Migration"


@hookimpl
def oneiros_modules():
    """The module `oneiros.migrations`."""
    return {"migrations": NAMES}


@hookimpl
def oneiros_migrations():
    """The classes of later versions of Keras."""
    found: dict[str, str | MigrationRow] = {**ROWS}
    for file, names in _CLASSES.items():
        for name in names:
            found[name] = _reference(file, name)
    for name, target in _CONVOLUTIONS.items():
        found[name] = _reference("convolutions", target)
    found["BatchNormalizationV1"] = found["BatchNormalization"]
    return found
