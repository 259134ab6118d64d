"""Layers that vary images, in files of Keras 2 and 3."""

from oneiros.migrations import Keras2Layer

COMMON = ("name", "trainable", "dtype", "batch_input_shape")
"""Arguments that every layer has."""


class TrainingMigration(Keras2Layer):
    """A layer whose calls in files of Keras 3 say that they are for training, which
    they are in training alone."""

    as_stored = True

    def called(self, config, inputs, arguments):
        """Returns the references to the inputs."""
        others = {**arguments, "training": None}
        return super().called(config, inputs, others)


class AugmentationMigration(TrainingMigration):
    """Augmentation, which keeps the arguments of the file as they are."""

    name = "Augmentation"

    def translated(self, name: str, config):
        """Returns the class and its arguments."""
        known = [key for key in COMMON if key in config]
        common = {key: config.pop(key) for key in known}
        class_here, arguments = super().translated(name, common)
        return class_here, {**arguments, "kind": name, "settings": config}

    def to_keras3(self, config, arrays):
        """Returns the layer that the file had."""
        self.keras3 = config["kind"]
        return super().to_keras3(config, arrays)

    def complete_there(self, arguments, config) -> None:
        """Gives the arguments of the file."""
        arguments.clear()
        arguments.update(config["settings"])


class RandomCropMigration(TrainingMigration):
    """RandomCrop, which Keras 3 has only in training."""

    name = "RandomCrop"
    keras3 = "Resizing"

    def translated(self, name: str, config):
        """Returns the class and its arguments."""
        if self.origin.keras > 2:
            return AugmentationMigration(self.origin).translated(name, config)
        return super().translated(name, config)

    def complete_there(self, arguments, config) -> None:
        """Cuts off what would be distorted."""
        arguments["crop_to_aspect_ratio"] = True
