"""Arguments of layers and functions as code for Keras 1 has them, right and wrong."""

import numpy as np
from oneiros import backend as K
from oneiros.activations import elu
from oneiros.applications.resnet50 import ResNet50
from oneiros.callbacks import LambdaCallback
from oneiros.layers import (
    AveragePooling3D,
    Convolution2D,
    Cropping2D,
    Deconvolution2D,
    Dense,
    DepthwiseConv2D,
    Input,
    Keras2Conv2D,
    Keras2Conv2DTranspose,
    Keras2GRU,
    Keras2LSTM,
    Keras2ReLU,
    Lambda,
    LSTMCell,
    MaxPooling2D,
    MultiHeadAttention,
    Normalization,
    TimeDistributed,
    UpSampling2D,
    ZeroPadding1D,
    ZeroPadding2D,
    merge,
)
from oneiros.optimizers import Adagrad
from oneiros.preprocessing.image import ImageDataGenerator, load_img
from oneiros.preprocessing.sequence import pad_sequences, skipgrams
from oneiros.utils.np_utils import normalize, to_categorical

Keras2ReLU(max_value=6.0, name="six")
Normalization(mean=[0.0, 1.0], variance=np.ones(2), input_shape=(2,))
LSTMCell(3, activation=None, kernel_initializer="orthogonal")
Keras2LSTM(3, recurrent_activation="sigmoid", return_state=True, stateful=True)
Keras2GRU(3, reset_after=False, return_sequences=True, input_shape=(4, 2))
MultiHeadAttention(2, 3, output_shape=5, dropout=0.1, kernel_regularizer="l2")
Keras2Conv2DTranspose(3, (2, 2), padding="same", use_bias=False, name="up")
TimeDistributed(Dense(2), input_shape=(3, 4))
Adagrad(lr=0.1, clipnorm=1.0)
elu(K.variable([1.0]), alpha=2.0)
ResNet50(weights=None, input_tensor=Input(shape=(3, 224, 224)))
image = np.ones((2, 8, 8, 3))
Convolution2D(4, 3, 3, subsample=[2, 2], input_shape=image.shape[1:])
MaxPooling2D([2, 2], strides=(1, 1))
Cropping2D(cropping=[(1, 1), (2, 2)])
ZeroPadding1D({"left_pad": 1})
ZeroPadding2D(padding={"top_pad": 1})
Deconvolution2D(3, 3, 3, output_shape=[None, 14, 14, 3])
Lambda(lambda x: x, output_shape=lambda shape: shape)
x = Input(shape=(3,))
merge([x, x], mode=lambda xs: xs[0], output_shape=(3,), dot_axes=[1, 1])
flow = ImageDataGenerator(zoom_range=[0.5, 1]).flow(image, [0, 1], save_to_dir=None)
print(next(flow), load_img("cat.png", target_size=(8, 8)).size)
print(to_categorical([0, 1, np.int64(2)], 3).shape, normalize([[1.0, 2.0]], order=1))
print(pad_sequences([[1], [1, 2]], dtype=np.float32, value=-1), skipgrams([1, 2], 3))

Convolution2D(4, 3, 3, subsample=2)  # E: arg-type
MaxPooling2D(2)  # E: arg-type
AveragePooling3D(strides="2")  # E: arg-type
UpSampling2D(size=2.0)  # E: arg-type
Cropping2D(cropping=1)  # E: arg-type
ZeroPadding1D("1")  # E: arg-type
ZeroPadding2D(padding=1)  # E: arg-type
Deconvolution2D(3, 3, 3, output_shape=14)  # E: arg-type
Lambda(lambda x: x, output_shape=3)  # E: arg-type
merge([x, x], mode="dot", dot_axes=1.5)  # E: arg-type
ImageDataGenerator(zoom_range="0.5")  # E: arg-type
ImageDataGenerator().flow_from_directory(5)  # E: arg-type
load_img("cat.png", target_size=8)  # E: arg-type
skipgrams(5, 3)  # E: arg-type
Keras2ReLU(nam="six")  # E: call-arg
Normalization(mean="0")  # E: arg-type
Keras2Conv2D(3, 3, activation=5)  # E: arg-type
Keras2Conv2D(3, 3, paddin="same")  # E: call-arg
Keras2LSTM(3, return_sequence=True)  # E: call-arg
DepthwiseConv2D(3, depthwise_initializer=0)  # E: arg-type
TimeDistributed("Dense")  # E: arg-type
Adagrad(clip=1.0)  # E: call-arg
LambdaCallback(on_epoch_end=5)  # E: arg-type
