"""Training, evaluating and predicting on batches that someone else makes."""

from __future__ import annotations

from typing import Any

from oneiros.arguments import refusal
from oneiros.engine.model import FitOptions
from oneiros.engine.stream import Stream

from oneiros_generators.flow import Flow, Workers
from oneiros_generators.streams import Afterwards, Generated, Listed


def batches(model: Any, source: Any, use: str) -> Stream:
    """Returns the stream over an object whose items are batches.

    # Arguments
        use: `"train"`, `"test"` or `"predict"`.
    """
    return Listed(model, source, use)


def fit_batches(
    model: Any,
    source: Any,
    options: FitOptions,
    *,
    class_weight: Any,
    validation_data: Any,
    unused: dict[str, Any],
) -> Any:
    """Trains on an object whose items are batches.

    # Arguments
        options: the `FitOptions` of `Model.fit`.
        class_weight, validation_data: as in `Model.fit`.
        unused: the arguments of `Model.fit` that make no sense here; they must be None.
    """
    for name, value in unused.items():
        if value is not None:
            raise refusal(model, name, value, "nothing where x gives batches")
    training = Listed(model, source, "train", class_weight)
    validation, validation_arrays = _validation(model, validation_data, training)
    sizes = {"nb_sample": training.samples}
    return model.train(options, training, validation, validation_arrays, sizes)


def fit_generator(
    model: Any,
    generator: Any,
    options: FitOptions,
    *,
    samples_per_epoch: Any,
    validation_data: Any,
    nb_val_samples: Any,
    class_weight: Any,
    workers: Workers,
) -> Any:
    """Trains on a generator.

    # Arguments
        options: the `FitOptions` of `Model.fit_generator`.
        samples_per_epoch, validation_data, nb_val_samples, class_weight: as there.
        workers: max_q_size, nb_worker and pickle_safe.
    """
    training = Generated(
        model,
        generator,
        samples_per_epoch,
        "samples_per_epoch",
        use="train",
        class_weight=class_weight,
        workers=workers,
        epoch=options.epochs.start,
    )
    if hasattr(validation_data, "__next__"):
        validation: Any = Generated(
            model, validation_data, nb_val_samples, "nb_val_samples", use="test"
        )
        validation_arrays = None
    else:
        validation, validation_arrays = _validation(model, validation_data, training)
    sizes = {"nb_sample": training.samples}
    return model.train(options, training, validation, validation_arrays, sizes)


def _validation(
    model: Any, validation_data: Any, training: Flow
) -> tuple[Stream | None, Any]:
    """Returns the stream to validate on, and its arrays if it has some."""
    source = model.adapter.validation_source(validation_data)
    if not source:
        return None, None
    if isinstance(source, list):
        return Afterwards(model, source, training), source
    return Listed(model, source, "test"), None


def evaluate_generator(
    model: Any, generator: Any, val_samples: Any, workers: Workers
) -> Any:
    """Returns what `Model.evaluate_generator` does."""
    stream = Generated(
        model, generator, val_samples, "val_samples", use="test", workers=workers
    )
    return model.evaluate_stream(stream)


def predict_generator(
    model: Any, generator: Any, val_samples: Any, workers: Workers
) -> Any:
    """Returns what `Model.predict_generator` does."""
    stream = Generated(
        model, generator, val_samples, "val_samples", use="predict", workers=workers
    )
    outputs = model.predict_stream(stream)
    if isinstance(outputs, list):
        return [output[: stream.samples] for output in outputs]
    return outputs[: stream.samples]
