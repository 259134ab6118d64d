"""What a user writes, right and wrong. Each expected error stands on its line."""

import numpy as np
import oneiros
from oneiros import backend as K
from oneiros.callbacks import EarlyStopping
from oneiros.layers import LSTM, Dense, Input
from oneiros.layers.core import Dropout
from oneiros.models import Model, Sequential
from oneiros.optimizers import SGD, Adam, AdamW, Keras2SGD
from oneiros_keras2.losses import BinaryFocalCrossentropy, LogCosh

model = Sequential([Dense(3, activation="relu", input_shape=(4,)), Dropout(0.5)])
model.add(Dense(2, W_regularizer="l2", name="out"))
model.compile(SGD(lr=0.1, clipnorm=1.0), "mse", metrics=["accuracy"])
stopping = EarlyStopping(patience=3)
model.fit(np.ones((2, 4)), np.ones((2, 2)), nb_epoch=2, callbacks=[stopping])
x = Input(shape=(3, 4))
y = LSTM(2, return_sequences=True, consume_less="gpu")(x)
print(Model(input=x, output=y).layers, K.int_shape(K.dot(x, y)))
AdamW(lr=0.1, weight_decay=0.01, beta_1=0.8, clipnorm=1.0)
Keras2SGD(0.1, 0.9, nesterov=True, weight_decay=0.01)
print(BinaryFocalCrossentropy(gamma=1.0, from_logits=True), LogCosh())
print(oneiros.layers.Dense(3), oneiros.__version__)

Dense("x", nonsense=True)  # E: arg-type, call-arg
Dense(3, activation=5)  # E: arg-type
Dense(3, inputshape=(3,))  # E: call-arg
LSTM(3, unroll="x")  # E: arg-type
LSTM(3, return_sequence=True)  # E: call-arg
model.fit(x, y, nb_epoch="3")  # E: arg-type
model.fit(x, y, nb_epochs=3)  # E: call-arg
K.dot(x)  # E: call-arg
SGD(lr="fast")  # E: arg-type
Adam(clip=2)  # E: call-arg
AdamW(lr="x", nonsense=1)  # E: arg-type, call-arg
Keras2SGD(weight_deca=0.01)  # E: call-arg
BinaryFocalCrossentropy(from_logit=True)  # E: call-arg
LogCosh(nonsense=1)  # E: call-arg
print(oneiros.layers.Dens)  # E: attr-defined
