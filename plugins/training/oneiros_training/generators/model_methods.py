"""Training, evaluation and prediction on user-supplied batches."""

from __future__ import annotations

from typing import Any

from oneiros import services
from oneiros.engine.loop import Stream
from oneiros.engine.model import FitOptions
from oneiros.engine.node import one_or_all, to_list

from oneiros_training.arrays.standardize import has_numbered_batches
from oneiros_training.generators.batch_stream import BatchStream, Workers
from oneiros_training.generators.epochs import Iterated, Listed
from oneiros_training.generators.generated import Generated, ValidationArrays


def batches(
    model: Any, source: Any, use: str, class_weight: Any = None
) -> Listed | Iterated:
    """Returns a `Stream` that reads a user's stream.

    # Arguments
        model: the compiled `Model`.
        source: the user's stream.
        use: `"train"`, `"test"` or `"predict"`.
        class_weight: as in `Model.fit`.

    # Returns
        A `Stream`: `Listed` if batches have numbers, otherwise `Iterated`.
    """
    kind = Listed if has_numbered_batches(source) else Iterated
    return kind(model, source, use, class_weight)


def fit_batches(
    model: Any,
    source: Any,
    options: FitOptions,
    class_weight: Any,
    validation_data: Any,
) -> Any:
    """Trains on a user's stream; `Model.fit` calls it.

    # Arguments
        model: the compiled `Model`.
        source: the user's stream.
        options: the `FitOptions` of `Model.fit`.
        class_weight, validation_data: as in `Model.fit`.

    # Returns
        The `History`.
    """
    training = batches(model, source, "train", class_weight)
    training.epoch = options.epochs.start
    validation, validation_arrays = _validation(model, validation_data, training)
    sizes = {"nb_sample": training.samples}
    return model.train(options, training, validation, validation_arrays, sizes)


def fit_generator(
    model: Any,
    generator: Any,
    options: FitOptions,
    samples_per_epoch: Any,
    validation_data: Any,
    nb_val_samples: Any,
    class_weight: Any,
    workers: Workers,
) -> Any:
    """Trains on a generator; `Model.fit_generator` calls it.

    # Arguments
        model: the compiled `Model`.
        generator: yields batches for ever.
        options: the `FitOptions` of `Model.fit_generator`.
        samples_per_epoch, validation_data, nb_val_samples, class_weight: as there.
        workers: tuple of max_q_size, nb_worker and pickle_safe.

    # Returns
        The `History`.
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
    model: Any, validation_data: Any, training: BatchStream
) -> tuple[Stream | None, Any]:
    """Returns the stream to validate on, and its arrays if it has some."""
    source = model.adapter.validation_source(validation_data)
    if not isinstance(source, list):
        return batches(model, source, "test"), None
    if not source:
        return None, None
    return ValidationArrays(model, source, training), source


def go_over(
    model: Any, use: str, generator: Any, val_samples: Any, workers: Workers
) -> Any:
    """Implements `Model.evaluate_generator` and `predict_generator`.

    # Arguments
        model: the `Model`.
        use: `"test"` or `"predict"`.
        generator, val_samples: as there.
        workers: tuple of max_q_size, nb_worker and pickle_safe.
    """
    stream = Generated(
        model, generator, val_samples, "val_samples", use=use, workers=workers
    )
    if use == "test":
        return model.evaluate_stream(stream)
    outputs = to_list(model.predict_stream(stream))
    return one_or_all([output[: stream.samples] for output in outputs])


class Generators:
    """The service `generators`."""

    fit_batches = staticmethod(fit_batches)
    fit_generator = staticmethod(fit_generator)
    go_over = staticmethod(go_over)


generators: services.Generators = Generators()
