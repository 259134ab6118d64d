"""The service `generators`: streams and generators of a user."""

from oneiros import services

from oneiros_training.generators.model_methods import (
    evaluate_generator,
    fit_batches,
    fit_generator,
    predict_generator,
)


class Generators:
    """What the kernel calls."""

    fit_batches = staticmethod(fit_batches)
    fit_generator = staticmethod(fit_generator)
    evaluate_generator = staticmethod(evaluate_generator)
    predict_generator = staticmethod(predict_generator)


service: services.Generators = Generators()
