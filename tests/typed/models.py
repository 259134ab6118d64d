"""Models trained as code for Keras 1 does it, right and wrong."""

from collections.abc import Iterator

import numpy as np
from oneiros.callbacks import EarlyStopping, ModelCheckpoint
from oneiros.layers import Dense, Input
from oneiros.models import Model, Sequential
from oneiros.optimizers import Adam
from oneiros.typing import Tensor
from oneiros.utils.io_utils import HDF5Matrix

x = np.ones((4, 2))
y = np.ones((4, 1))


def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    while True:
        yield x, y


def own_loss(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return y_true - y_pred


inputs = Input(shape=(2,))
model = Model(input=inputs, output=[Dense(1, name=name)(inputs) for name in "ab"])
model.compile("sgd", {"a": "mse", "b": own_loss}, loss_weights=[1, 0.5])
model.compile(Adam(), ["mse", own_loss], metrics={"a": "accuracy"})
one = Sequential([Dense(1, input_dim=2)])
one.compile("sgd", own_loss, metrics=["mae", own_loss], sample_weight_mode=None)

stops = [EarlyStopping(patience=1)]
history = one.fit(x, y, nb_epoch=2, callbacks=stops, validation_data=(x, y))
print(history.history["loss"][-1], history.epoch)
one.fit(x.tolist(), y.tolist(), class_weight={np.int64(1): 0.5}, shuffle="batch")
one.fit([x], y, validation_data=[x, y, np.ones(4)], sample_weight=np.ones(4))
one.fit([(x, y), (x, y)], nb_epoch=1, validation_data=[(x, y)])
model.fit(x, {"a": y, "b": y}, sample_weight={"a": np.ones(4)}, callbacks=None)
model.fit({"input_1": x}, [y, y], batch_size=2, verbose=0, validation_split=0.5)
one.fit(HDF5Matrix("data.h5", "x"), HDF5Matrix("data.h5", "y"))
one.fit_generator(batches(), 4, nb_epoch=1, validation_data=batches(), nb_val_samples=4)
checkpoint = ModelCheckpoint("weights.h5", save_best_only=True)
one.fit_generator(batches(), 4, 1, callbacks=[checkpoint, *stops])
loss, error = one.evaluate(x, y, sample_weight=[1, 1, 1, 0])
print(one.evaluate(x, y)[0] + 1, model.evaluate_generator(batches(), 4) * 100)
print(
    one.predict(x).argmax(axis=-1), one.predict_classes(x), one.predict_proba(x).min()
)
a, b = model.predict_on_batch(x)
print(one.train_on_batch(x, y, class_weight={0: 1.0}), one.test_on_batch(x, y))
print(one.predict_generator(batches(), val_samples=4).shape)

one.fit(5, y)  # E: arg-type
one.fit("x", y)  # E: arg-type
one.fit(x, y, validation_data=5)  # E: arg-type
one.fit(x, y, sample_weight="x")  # E: arg-type
one.fit(x, y, callbacks=EarlyStopping())  # E: arg-type
one.fit(x, y, callbacks=["stop"])  # E: list-item
one.fit(x, y, class_weight=0.5)  # E: arg-type
one.fit(x, y, validation_split="half")  # E: arg-type
print(one.fit(x, y).histroy)  # E: attr-defined
one.evaluate(x, y, sample_weight=1)  # E: arg-type
print(one.predict(x).shap)  # E: union-attr
one.predict(x, batchsize=3)  # E: call-arg
one.fit_generator(5, 4, 1)  # E: arg-type
one.fit_generator(batches(), 4)  # E: call-arg
one.fit_generator(batches(), "4", 1)  # E: arg-type
one.train_on_batch(x)  # E: call-arg
one.compile("sgd")  # E: call-arg
one.compile(0.1, "mse")  # E: arg-type
one.compile("sgd", 5)  # E: arg-type
model.compile("sgd", "mse", metrics=5)  # E: arg-type
model.compile("sgd", "mse", loss_weights="1")  # E: arg-type
