"""Functions of `K` as code for Keras 1 calls them, right and wrong."""

import numpy as np
from oneiros import backend as K

x = K.variable(np.ones((2, 3, 4)), dtype=np.float32)
n = np.int64(2)
print(K.zeros(3), K.zeros([n, 3]), K.ones(np.array([2, 3])), K.eye(n))
print(K.placeholder(shape=(None, 3)), K.placeholder(ndim=n))
print(K.reshape(x, (K.shape(x)[0], -1)), K.random_normal(K.shape(x), 0, np.float32(1)))
print(K.sum(x, axis=[0, n]), K.mean(x, axis=range(2), keepdims=True), K.argmax(x, n))
print(K.cast(K.equal(x, 1), np.dtype("float32")), K.cast(x, K.floatx()))
print(K.concatenate((x, x), axis=-1), K.stack([x, x]), K.tile(x, (2, 1, 1)))
print(K.permute_dimensions(x, [0, 2, 1]), K.expand_dims(x, n), K.repeat(x[0], n))
print(K.batch_dot(x, x, axes=(2, 2)), K.batch_dot(x, x, axes=n), K.clip(x, 0, x))
print(K.dropout(x, np.float32(0.5), noise_shape=(2, None, 4)), K.relu(x, alpha=0.1))
print(K.conv2d(x, x, strides=[n, 1], border_mode="same", image_shape=(2, 3, 4, None)))
print(K.function([x], [x, x], updates=[(x, x)])([np.ones((2, 3, 4))]))
last, outputs, states = K.rnn(lambda x, states: (x, states), x, [], mask=None)
K.set_value(x, K.eval(x) + K.get_value(x).mean())
K.batch_set_value(zip([x], K.batch_get_value([x]), strict=True))
K.set_learning_phase(True)

K.ones("bad")  # E: arg-type
K.zeros((2, 3), dtype=32)  # E: arg-type
K.zeros((2, 3), nam="w")  # E: call-arg
K.placeholder((2, 3), sparse="no")  # E: arg-type
K.random_uniform((2, 3), low="0")  # E: arg-type
K.sum(x, axis=1.5)  # E: arg-type
K.sum(x, axis="rows")  # E: arg-type
K.mean(x, keepdims="yes")  # E: arg-type
K.cast(x, None)  # E: arg-type
K.concatenate(5)  # E: arg-type
K.reshape(x, "flat")  # E: arg-type
K.one_hot(x, 3.5)  # E: arg-type
K.print_tensor(1, message=5)  # E: arg-type
K.dropout(x, "half")  # E: arg-type
K.conv2d(x, x, border_mode=1)  # E: arg-type
K.pool2d(x, "2")  # E: arg-type
K.rnn(5, x, [])  # E: arg-type
K.int_shape(x).append(3)  # E: attr-defined
