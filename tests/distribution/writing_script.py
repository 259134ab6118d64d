"""A script with every callback that writes, for several processes."""

import os

import numpy as np
from oneiros import processes
from oneiros.callbacks import (
    CSVLogger,
    LambdaCallback,
    ModelCheckpoint,
    ReduceLROnPlateau,
    RemoteMonitor,
    Resume,
    TensorBoard,
)
from oneiros.distribution import DataParallel, barrier, info
from oneiros.layers import Dense
from oneiros.models import Sequential

x = np.random.RandomState(1).random_sample((40, 4))
np.random.seed(int(os.environ["ONEIROS_RANK"]))  # the first one's weights count
model = Sequential([Dense(2, input_dim=4, activation="tanh"), Dense(1)])
model.compile("sgd", "mse", distribution=DataParallel())


def stop(epoch, logs):
    model.stop_training = processes.is_first() and epoch == 2


callbacks = [
    CSVLogger("log.csv"),
    ModelCheckpoint("best-{epoch}.h5", verbose=1),
    ReduceLROnPlateau("loss", epsilon=10.0, patience=0, verbose=1),
    RemoteMonitor("http://127.0.0.1:9"),
    Resume("resume.h5", keep=True),
    TensorBoard("logs", histogram_freq=1),
    LambdaCallback(on_epoch_end=stop),
]
model.train_on_batch(x, x[:, :1])
np.save(f"early-{info().rank}.npy", model.get_weights()[0])
if processes.current().rank == 1:
    model.set_weights([0 * weight for weight in model.get_weights()])
    np.random.random(100)  # what only one process draws changes nothing
history = model.fit(
    x, x[:, :1], nb_epoch=9, verbose=2, validation_split=0.2, callbacks=callbacks
)
model.evaluate(x, x[:, :1], verbose=1)
model.save("model.h5")
barrier("the model is saved")
np.save(f"weights-{info().rank}.npy", model.get_weights()[0])
print("epochs", len(history.epoch))
