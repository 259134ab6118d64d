"""Training, evaluating and predicting on batches that someone else makes, with the
kernel's loop."""

from __future__ import annotations

from typing import Any

from oneiros.arguments import check_int, refusal
from oneiros.engine.loop import predict_loop, test_loop

from oneiros_generators.flow import Flow
from oneiros_generators.streams import Afterwards, Generated, Listed


def batches(model: Any, source: Any, use: str, class_weight: Any = None) -> Any:
    """Returns the stream of a model's function over an object whose items are batches.

    # Arguments
        use: `"train"`, `"test"` or `"predict"`.
    """
    return Listed(model, source, use, class_weight)


def fit_batches(
    model: Any,
    source: Any,
    alone: dict[str, Any],
    class_weight: Any,
    validation_data: Any,
    epochs: range,
    callbacks: Any,
    shuffle: bool | str,
    params: dict[str, Any],
) -> Any:
    """Trains on an object whose items are batches.

    # Arguments
        alone: the arguments of `Model.fit` that make no sense here; they must be None.
        params: what callbacks are told, apart from the number of samples.
    """
    for name, value in alone.items():
        if value is not None:
            raise refusal(model, name, value, "nothing where x gives batches")
    training = Listed(model, source, "train", class_weight)
    checked, held_out = _held_out(model, validation_data, training)
    params = {**params, "nb_sample": training.samples}
    return model._train(
        lambda _: training, checked, held_out, epochs, callbacks, shuffle, params
    )


def _held_out(model: Any, validation_data: Any, training: Flow) -> tuple[Any, Any]:
    """Returns the stream to validate on, and its arrays if it has some; None for
    none."""
    held_out = model._held_out(validation_data)
    if held_out:
        model._function_for("test")
    if isinstance(held_out, list):
        return (
            (Afterwards(model, held_out, training), held_out)
            if held_out
            else (None, None)
        )
    return batches(model, held_out, "test"), None


def fit_generator(
    model: Any,
    generator: Any,
    samples_per_epoch: int,
    nb_epoch: int,
    verbose: int,
    callbacks: Any,
    validation_data: Any,
    nb_val_samples: int | None,
    class_weight: Any,
    initial_epoch: int,
    max_q_size: int,
    nb_worker: int,
    pickle_safe: bool,
) -> Any:
    """Trains on a generator; the arguments are those of `Model.fit_generator`."""
    nb_epoch = check_int(model, "nb_epoch", nb_epoch)
    initial_epoch = check_int(model, "initial_epoch", initial_epoch, minimum=0)
    workers = max_q_size, nb_worker, pickle_safe
    more = "train", class_weight, workers, initial_epoch
    training = Generated(
        model, generator, samples_per_epoch, "samples_per_epoch", *more
    )
    if hasattr(validation_data, "__next__"):
        checked: Any = Generated(
            model, validation_data, nb_val_samples, "nb_val_samples", "test"
        )
        model._function_for("test")
        held_out = None
    else:
        checked, held_out = _held_out(model, validation_data, training)
    params = {"nb_epoch": nb_epoch, "nb_sample": training.samples, "verbose": verbose}
    epochs = range(initial_epoch, nb_epoch)
    return model._train(
        lambda _: training, checked, held_out, epochs, callbacks, False, params
    )


def evaluate_generator(
    model: Any, generator: Any, val_samples: int, *workers: Any
) -> Any:
    """Returns what `evaluate` does; the arguments are those of
    `Model.evaluate_generator`."""
    stream = Generated(
        model, generator, val_samples, "val_samples", "test", None, workers
    )
    return model._go_over(test_loop, "test", stream, 1, 0)


def predict_generator(
    model: Any, generator: Any, val_samples: int, *workers: Any
) -> Any:
    """Returns what `predict` does; the arguments are those of
    `Model.predict_generator`."""
    stream = Generated(
        model, generator, val_samples, "val_samples", "predict", None, workers
    )
    found = model._go_over(predict_loop, "predict", stream, 1, 0)
    cut = [
        array[: stream.samples]
        for array in (found if isinstance(found, list) else [found])
    ]
    return cut if isinstance(found, list) else cut[0]
