"""A script with a fault in one process, during training on JAX or Theano.

python fitting_script.py fault
"""

import sys

import numpy as np
from oneiros import processes
from oneiros.callbacks import TerminateOnNaN
from oneiros.distribution import DataParallel
from oneiros.layers import Dense
from oneiros.models import Sequential

fault = sys.argv[1]
if fault == "device":
    from oneiros_jax_support.jax_import import jnp

    jnp.ones(3).block_until_ready()
np.random.seed(1)
x = np.random.random((64, 4))
with DataParallel():
    is_odd = processes.current().rank == 1
    model = Sequential([Dense(1 + (fault == "model" and is_odd), input_dim=4)])
    model.compile("sgd", "mse")
    targets = np.zeros((64, 1 + (fault == "model" and is_odd)))
    if fault == "data" and is_odd:
        targets += 1
    size = 16 if fault == "arguments" and is_odd else 32
    if fault == "predict":
        model.predict(x)
        model.train_on_batch(x, targets)
        model.predict(x) if is_odd else model.train_on_batch(x, targets)
    elif fault == "sizes":
        larger = Sequential([Dense(30, input_dim=4)])
        larger.compile("sgd", "mse")
        for trained in (model, larger):
            trained.train_on_batch(x, np.zeros((64, trained.output_shape[1])))
        trained = larger if is_odd else model
        for _ in range(100):
            trained.train_on_batch(x, np.zeros((64, trained.output_shape[1])))
    elif fault != "alone" or is_odd:
        callbacks = [TerminateOnNaN()]  # wraps the data
        model.fit(
            x, targets, batch_size=size, nb_epoch=2, verbose=0, callbacks=callbacks
        )
    if fault == "batch":
        model.evaluate(x, targets + is_odd, verbose=0, batch_size=64)
