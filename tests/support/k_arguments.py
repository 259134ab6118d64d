"""Arguments of every function of K, by their names of Keras 1.2.2."""

import operator

import numpy as np
from oneiros import backend as K

OF_ONE_TENSOR = """
    abs sign round exp log sqrt square sin cos sigmoid hard_sigmoid tanh softplus erf
    softsign softmax shape int_shape ndim dtype get_value get_variable_shape
    count_params eval transpose flatten
"""
SCALAR = dict(dtype="float32", name="made")
REDUCED = dict(axis=1, keepdims=True)


def tensor(*shape):
    return K.variable(np.linspace(0.1, 0.9, int(np.prod(shape))).reshape(shape))


def integers(*shape):
    return K.variable(np.arange(int(np.prod(shape))).reshape(shape), dtype="int32")


def convolution(**more):
    common = dict(border_mode="same", dim_ordering="tf", **more)
    return dict(x=tensor(2, 4, 4, 3), kernel=tensor(2, 2, 3, 5), **common)


def loop(**more):
    common = dict(initial_states=[tensor(2, 4)], mask=None, go_backwards=True, **more)
    return dict(activation="tanh", W=None, b=None, **common)


def spatial(rank, **more):
    sizes = {3: (2, 4, 3), 4: (2, 4, 4, 3), 5: (2, 4, 4, 4, 3)}[rank]
    return dict(x=tensor(*sizes), **more)


def each(names, **received):
    """Returns the same arguments for several functions."""
    return dict.fromkeys(names.split(), received)


def arguments():
    """Returns the arguments of each function by name, made on the current backend."""
    x, y, square = tensor(2, 3), tensor(2, 3), tensor(3, 3)
    announced = dict(image_shape=None, filter_shape=None)
    windows = dict(border_mode="valid", dim_ordering="tf")
    draw = dict(shape=(2, 3), dtype="float32", seed=3)
    crossentropy = dict(output=x, from_logits=False)
    loss = K.sum(K.square(x))
    steps = tensor(2, 3, 4)
    return {
        **each(OF_ONE_TENSOR, x=x),
        **each("max min sum prod mean var std any all", x=x, **REDUCED),
        **each("maximum minimum equal not_equal greater", x=x, y=y),
        **each("greater_equal lesser lesser_equal", x=x, y=y),
        **each("zeros ones", shape=(2, 3), **SCALAR),
        **each("zeros_like ones_like", x=x, **SCALAR),
        **each("argmax argmin l2_normalize", x=x, axis=1),
        **each("in_train_phase in_test_phase", x=x, alt=y),
        **each("foldl foldr", fn=operator.add, elems=x, initializer=None, name="f"),
        "arange": dict(start=1, stop=5, step=2, dtype="int32"),
        "asymmetric_spatial_2d_padding": spatial(
            4, top_pad=1, bottom_pad=2, left_pad=0, right_pad=1, dim_ordering="tf"
        ),
        "asymmetric_temporal_padding": spatial(3, left_pad=1, right_pad=2),
        "atrous_conv2d": convolution(rate=2, **announced),
        "batch_dot": dict(x=x, y=y, axes=1),
        "batch_flatten": dict(x=steps),
        "batch_get_value": dict(xs=[x, y]),
        "batch_normalization": dict(x=x, mean=y, var=y, beta=y, gamma=y, epsilon=0.001),
        "batch_set_value": dict(tuples=[(x, np.ones((2, 3)))]),
        "binary_crossentropy": dict(target=y, **crossentropy),
        "cast": dict(x=x, dtype="int32"),
        "categorical_crossentropy": dict(target=y, **crossentropy),
        "clear_session": {},
        "clip": dict(x=x, min_value=0, max_value=1),
        "concatenate": dict(tensors=[x, y], axis=0),
        "conv1d": dict(
            x=steps, kernel=tensor(2, 4, 5), stride=1, border_mode="same", **announced
        ),
        "conv2d": convolution(strides=(2, 2), filter_dilation=(1, 1), **announced),
        "conv3d": spatial(
            5,
            kernel=tensor(2, 2, 2, 3, 2),
            strides=(1, 1, 1),
            volume_shape=None,
            filter_shape=None,
            filter_dilation=(1, 1, 1),
            **windows,
        ),
        "ctc_batch_cost": dict(
            y_true=integers(1, 2),
            y_pred=K.softmax(tensor(1, 5, 4)),
            input_length=K.variable([[5]], dtype="int32"),
            label_length=K.variable([[2]], dtype="int32"),
        ),
        "ctc_cost": dict(predict=K.softmax(tensor(5, 4)), Y=integers(2)),
        "ctc_create_skip_idxs": dict(Y=integers(5)),
        "ctc_decode": dict(
            y_pred=K.softmax(tensor(1, 5, 4)),
            input_length=K.variable([5], dtype="int32"),
            greedy=True,
            beam_width=10,
            top_paths=1,
        ),
        "ctc_interleave_blanks": dict(Y=integers(2)),
        "ctc_label_dense_to_sparse": dict(
            labels=integers(2, 2), label_lengths=K.variable([1, 2], dtype="int32")
        ),
        "ctc_path_probs": dict(
            predict=K.softmax(tensor(5, 5)), Y=integers(5), alpha=0.001
        ),
        "ctc_update_log_p": dict(
            skip_idxs=integers(1),
            zeros=tensor(5) * 0,
            active=K.cast(1, "int32"),
            log_p_curr=tensor(5),
            log_p_prev=tensor(5),
        ),
        "deconv2d": convolution(output_shape=(2, 4, 4, 5), strides=(1, 1), **announced),
        "deconv3d": spatial(
            5,
            kernel=tensor(2, 2, 2, 3, 5),
            output_shape=(2, 5, 5, 5, 5),
            strides=(1, 1, 1),
            **windows,
        ),
        "dot": dict(x=x, y=square),
        "dropout": dict(x=x, level=0.5, noise_shape=(2, 1), seed=1),
        "elu": dict(x=x, alpha=0.5),
        "expand_dims": dict(x=x, dim=0),
        "eye": dict(size=3, **SCALAR),
        "function": dict(inputs=[], outputs=[x], updates=[(y, x)]),
        "gather": dict(reference=x, indices=integers(2)),
        "gradients": dict(loss=loss, variables=[x]),
        "gru": dict(
            x=tensor(2, 3, 12), U=tensor(4, 12), **loop(inner_activation="sigmoid")
        ),
        "in_top_k": dict(predictions=x, targets=integers(2), k=1),
        "is_explicit_shape": dict(shape=(None, 3)),
        "is_sparse": dict(tensor=x),
        "learning_phase": {},
        "lstm": dict(
            x=tensor(2, 3, 16),
            U=tensor(4, 16),
            **{
                **loop(inner_activation="sigmoid"),
                "initial_states": [tensor(2, 4), tensor(2, 4)],
            },
        ),
        "manual_variable_initialization": dict(value=True),
        "map_fn": dict(fn=lambda row: row * 2, elems=x, name="f"),
        "moving_average_update": dict(variable=x, value=y, momentum=0.9),
        "normalize_batch_in_training": dict(
            x=x, gamma=tensor(3), beta=tensor(3), reduction_axes=[0], epsilon=0.01
        ),
        "one_hot": dict(indices=integers(2), nb_classes=3),
        "pattern_broadcast": dict(x=x, broatcastable=[False, False]),
        "permute_dimensions": dict(x=x, pattern=(1, 0)),
        "placeholder": dict(shape=(2,), ndim=1, dtype="int32", sparse=False, name="p"),
        "pool2d": spatial(
            4, pool_size=(2, 2), strides=(1, 1), pool_mode="avg", **windows
        ),
        "pool3d": spatial(
            5, pool_size=(2, 2, 2), strides=(1, 1, 1), pool_mode="max", **windows
        ),
        "pow": dict(x=x, a=2),
        "print_tensor": dict(x=x, message="x is"),
        "random_binomial": dict(p=0.5, **draw),
        "random_normal": dict(mean=1.0, std=2.0, **draw),
        "random_normal_variable": dict(mean=0.0, scale=1.0, name="v", **draw),
        "random_uniform": dict(low=-1.0, high=1.0, **draw),
        "random_uniform_variable": dict(low=0.0, high=1.0, name="v", **draw),
        "relu": dict(x=x, alpha=0.1, max_value=0.5),
        "repeat": dict(x=x, n=2),
        "repeat_elements": dict(x=x, rep=2, axis=1),
        "reshape": dict(x=x, shape=(3, 2)),
        "resize_images": dict(
            X=tensor(2, 4, 4, 3), height_factor=2, width_factor=3, dim_ordering="tf"
        ),
        "resize_volumes": dict(
            X=tensor(2, 2, 2, 2, 3),
            depth_factor=1,
            height_factor=2,
            width_factor=3,
            dim_ordering="tf",
        ),
        "reverse": dict(x=x, axes=1),
        "rnn": dict(
            step_function=lambda row, states: (row, states),
            inputs=steps,
            initial_states=[tensor(2, 4)],
            go_backwards=False,
            mask=None,
            constants=None,
            unroll=False,
            input_length=None,
        ),
        "separable_conv2d": spatial(
            4,
            depthwise_kernel=tensor(2, 2, 3, 2),
            pointwise_kernel=tensor(1, 1, 6, 2),
            strides=(1, 1),
            **windows,
        ),
        "set_learning_phase": dict(value=0),
        "set_value": dict(x=y, value=np.zeros((2, 3))),
        "simple_rnn": dict(x=tensor(2, 3, 4), U=tensor(4, 4), **loop()),
        "sparse_categorical_crossentropy": dict(target=integers(2), **crossentropy),
        "spatial_2d_padding": spatial(4, padding=(1, 2), dim_ordering="tf"),
        "spatial_3d_padding": spatial(5, padding=(1, 2, 1), dim_ordering="tf"),
        "squeeze": dict(x=tensor(2, 1), axis=1),
        "stack": dict(x=[x, y]),
        "stop_gradient": dict(variables=x),
        "switch": dict(
            condition=K.greater(x, 0.5), then_expression=x, else_expression=y
        ),
        "temporal_padding": spatial(3, padding=2),
        "tile": dict(x=x, n=(1, 2)),
        "to_dense": dict(tensor=x),
        "update": dict(x=x, new_x=y),
        "update_add": dict(x=x, increment=y),
        "update_sub": dict(x=x, decrement=y),
        "variable": dict(value=[1, 2], **SCALAR),
    }
