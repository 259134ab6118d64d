"""Augmentation in worker threads and processes, for a model that trains meanwhile."""

import numpy as np
import pytest
from oneiros.engine.training import GeneratorEnqueuer
from oneiros.layers import Dense, Flatten
from oneiros.models import Sequential
from oneiros.preprocessing.image import ImageDataGenerator, array_to_img

GENERATOR = ImageDataGenerator(
    rotation_range=20,
    width_shift_range=0.1,
    horizontal_flip=True,
    rescale=1 / 255,
    dim_ordering="tf",
)


def from_array(folder):
    x = np.random.randint(0, 256, (12, 6, 6, 1)).astype("uint8")
    return GENERATOR.flow(x, np.arange(12) % 2, batch_size=4)


def from_files(folder):
    for number in range(12):
        path = folder / f"class_{number % 2}" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        array_to_img(np.random.random((6, 6, 1)), "tf").save(path)
    return GENERATOR.flow_from_directory(
        folder,
        target_size=(6, 6),
        color_mode="grayscale",
        class_mode="binary",
        batch_size=4,
    )


SOURCES = {"array": from_array, "files": from_files}


@pytest.mark.parametrize("processes", [False, True])
@pytest.mark.parametrize("source", SOURCES)
def test_a_model_trains_on_what_workers_make(tmp_path, source, processes):
    model = Sequential([Flatten(input_shape=(6, 6, 1)), Dense(1)])
    model.compile("sgd", "mse")
    history = model.fit_generator(
        SOURCES[source](tmp_path),
        samples_per_epoch=12,
        nb_epoch=2,
        nb_worker=2,
        pickle_safe=processes,
        verbose=0,
    )
    assert np.isfinite(history.history["loss"]).all()


@pytest.mark.parametrize("source", SOURCES)
def test_the_batches_of_processes_follow_from_the_seed(tmp_path, source):
    batches = SOURCES[source](tmp_path)

    def made():
        np.random.seed(3)
        enqueuer = GeneratorEnqueuer(batches, pickle_safe=True)
        enqueuer.start(nb_worker=2)
        try:
            return [enqueuer.get() for _ in range(4)]
        finally:
            enqueuer.stop()

    for (x, y), (other_x, other_y) in zip(made(), made(), strict=True):
        np.testing.assert_array_equal(x, other_x)
        np.testing.assert_array_equal(y, other_y)
    assert not np.array_equal(made()[0][0], made()[1][0])
