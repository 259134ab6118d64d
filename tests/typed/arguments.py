"""Arguments of layers and functions as code for Keras 1 has them, right and wrong."""

import numpy as np
from oneiros.layers import (
    AveragePooling3D,
    Convolution2D,
    Cropping2D,
    Deconvolution2D,
    Input,
    Lambda,
    MaxPooling2D,
    UpSampling2D,
    ZeroPadding1D,
    ZeroPadding2D,
    merge,
)
from oneiros.preprocessing.image import ImageDataGenerator, load_img
from oneiros.preprocessing.sequence import pad_sequences, skipgrams
from oneiros.utils.np_utils import normalize, to_categorical

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
