"""Names of Keras 2 and 3, and what to write in Keras 1.

The names of layers, losses, metrics and initializers come from the migrations, which
read them from files of these versions; each plugin owns the migrations of its classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oneiros import registry
from oneiros_old_files.base import migration_of

from oneiros_old_code.spellings import KERAS_2
from oneiros_old_code.wrong_calls import written_call

LEARNING_RATES = (
    "fit(callbacks=[LearningRateScheduler(lambda epoch: 0.1 * 0.9**epoch)])"
)
REPLACEMENTS = {
    "AUC": "sklearn.metrics.roc_auc_score(y, model.predict(x))",
    "Accuracy": "metrics=['accuracy']",
    "Constant": "init=lambda shape, name=None: K.variable(0.1 * np.ones(shape))",
    "Conv2DTranspose": "Deconvolution2D",
    "ExponentialDecay": LEARNING_RATES,
    "Initializer": "a function of a shape, as in initializations",
    "Precision": "metrics=['precision']",
    "Recall": "metrics=['recall']",
    "Sequence": "a function that yields batches, for model.fit_generator",
    "VarianceScaling": "init='glorot_uniform' or init='he_normal', for example",
    "clone_model": "Model.from_config(model.get_config())",
    "initializers": "from oneiros import initializations",
    "losses": "from oneiros import objectives",
    "ops": "from oneiros import backend as K",
    "plot_model": "from oneiros.utils.visualize_util import plot",
    "random": "K.random_normal(shape), for example",
    "register_keras_serializable": "load_model(path, custom_objects={'Mine': Mine})",
    "schedules": LEARNING_RATES,
}
"""What to write for names that no migration reads."""


def replacement(name: str) -> str:
    """Returns what to write in Keras 1 for a name of Keras 2 or 3, "" if it has nothing
    for it."""
    if name in REPLACEMENTS:
        return REPLACEMENTS[name]
    # The functions of Keras 2 that merge tensors are named as its layers.
    class_name = f"{name[:1].upper()}{name[1:]}"
    migration = migration_of(class_name)
    if migration is None or registry.find("layer", class_name):
        return ""
    return _written(*migration.translated(class_name, {}, KERAS_2))


def _written(name: str, arguments: Any) -> str:
    """Returns the source code that stands for a migrated object."""
    if name == "initialization":
        return f"init={arguments!r}"
    if name == "Merge":
        return f"merge([a, b], mode={arguments['mode']!r})"
    if registry.find("objective", name):
        return f"loss={name!r}"
    if registry.find("metric", name):
        return f"metrics=[{name!r}]"
    if registry.find("layer", name) and isinstance(arguments, Mapping):
        return written_call(name, (), dict(arguments))
    return ""
