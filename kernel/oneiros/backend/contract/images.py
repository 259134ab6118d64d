"""The contract of `K`: sequences, images and volumes.

`dim_ordering` is `'tf'`, channels last; `'th'`, channels first; or `'default'`, the
current setting (`image_dim_ordering()`). `border_mode` is `'valid'`, without padding;
`'same'`, which gives `ceil(size / stride)` steps, with an odd zero added at the end; or
`'full'`, with `window - 1` zeros on both sides.
"""


class Convolution:
    """Convolutions. They are cross-correlations on every backend: kernels are not
    flipped, unless `set_convolution('theano')` was called."""

    def conv1d(
        self,
        x,
        kernel,
        stride=1,
        border_mode="valid",
        image_shape=None,
        filter_shape=None,
    ):
        """Convolves sequences.

        # Arguments
            x: tensor `(batch, steps, channels)`.
            kernel: tensor `(length, in, out)`, or `(length, 1, in, out)` as in
                Convolution1D.
            stride: int of at least 1.
            border_mode: `'valid'`, `'same'` or `'full'`.
            image_shape: ignored.
            filter_shape: ignored.

        # Returns
            A tensor `(batch, new steps, out)`.

        # Raises
            ArgumentError: for another `border_mode`.
            ShapeError: if the ranks or the channels don't fit.
        """

    def conv2d(
        self,
        x,
        kernel,
        strides=(1, 1),
        border_mode="valid",
        dim_ordering="default",
        image_shape=None,
        filter_shape=None,
        filter_dilation=(1, 1),
    ):
        """Convolves images.

        # Arguments
            x: tensor `(batch, rows, columns, channels)`, or
                `(batch, channels, rows, columns)` for `'th'`.
            kernel: tensor `(rows, columns, in, out)`, or `(out, in, rows, columns)` for
                `'th'`.
            strides: int or pair of ints of at least 1.
            border_mode: `'valid'`, `'same'` or `'full'`.
            dim_ordering: `'tf'`, `'th'` or `'default'`.
            image_shape: ignored.
            filter_shape: ignored.
            filter_dilation: int or pair of ints of at least 1, the distance of its
                cells.

        # Returns
            A tensor of images with `out` channels, in the same order of axes.

        # Raises
            ArgumentError: for another `border_mode` or `dim_ordering`.
            ShapeError: if the ranks or the channels don't fit, or the window is larger
                than the image.

        # Example
            ```python
            from oneiros import backend as K

            x = K.placeholder((None, 28, 28, 3))
            kernel = K.ones((5, 5, 3, 8))
            K.int_shape(K.conv2d(x, kernel, dim_ordering="tf"))  # (None, 24, 24, 8)
            ```
        """

    def deconv2d(
        self,
        x,
        kernel,
        output_shape,
        strides=(1, 1),
        border_mode="valid",
        dim_ordering="default",
        image_shape=None,
        filter_shape=None,
    ):
        """Computes a transposed convolution of images: the derivative of a convolution
        by its input.

        # Arguments
            x: tensor `(batch, rows, columns, channels)`, or
                `(batch, channels, rows, columns)` for `'th'`.
            kernel: tensor `(rows, columns, in, out)`, or `(out, in, rows, columns)` for
                `'th'`: `in` channels of `x`, `out` of the result.
            output_shape: shape of the result in the order of `dim_ordering`; the batch
                size may be None. Strides above 1 leave a choice of sizes.
            strides: int or pair of ints of at least 1, those of the convolution.
            border_mode: `'valid'`, `'same'` or `'full'`: that of the convolution.
            dim_ordering: `'tf'`, `'th'` or `'default'`.
            image_shape: ignored.
            filter_shape: ignored.

        # Returns
            A tensor of images of `output_shape`.

        # Raises
            ArgumentError: for another `border_mode` or `dim_ordering`.
            ShapeError: if the ranks, the channels or `output_shape` don't fit.
        """

    def deconv3d(
        self,
        x,
        kernel,
        output_shape,
        strides=(1, 1, 1),
        border_mode="valid",
        dim_ordering="default",
    ):
        """Computes a transposed convolution of volumes. Keras 1 doesn't have it.

        # Arguments
            x: tensor `(batch, planes, rows, columns, channels)`, or
                `(batch, channels, planes, rows, columns)` for `'th'`.
            kernel: tensor `(planes, rows, columns, in, out)`, or
                `(out, in, planes, rows, columns)` for `'th'`.
            output_shape: shape of the result in the order of `dim_ordering`; the batch
                size may be None.
            strides: int or three ints of at least 1, those of the convolution.
            border_mode: `'valid'`, `'same'` or `'full'`: that of the convolution.
            dim_ordering: `'tf'`, `'th'` or `'default'`.

        # Returns
            A tensor of volumes of `output_shape`.

        # Raises
            ArgumentError: for another `border_mode` or `dim_ordering`.
            ShapeError: if the ranks, the channels or `output_shape` don't fit.
        """

    def atrous_conv2d(
        self,
        x,
        kernel,
        rate=1,
        border_mode="valid",
        dim_ordering="default",
        image_shape=None,
        filter_shape=None,
    ):
        """Convolves images with a dilated kernel: `conv2d` with `filter_dilation=rate`.

        # Arguments
            x: tensor `(batch, rows, columns, channels)`, or
                `(batch, channels, rows, columns)` for `'th'`.
            kernel: tensor `(rows, columns, in, out)`, or `(out, in, rows, columns)` for
                `'th'`.
            rate: int or pair of ints of at least 1, the spacing of the kernel's cells.
            border_mode: `'valid'`, `'same'` or `'full'`.
            dim_ordering: `'tf'`, `'th'` or `'default'`.
            image_shape: ignored.
            filter_shape: ignored.

        # Returns
            A tensor of images with `out` channels, in the same order of axes.

        # Raises
            ArgumentError: for another `border_mode` or `dim_ordering`.
            ShapeError: if the ranks or the channels don't fit.
        """

    def separable_conv2d(
        self,
        x,
        depthwise_kernel,
        pointwise_kernel,
        strides=(1, 1),
        border_mode="valid",
        dim_ordering="default",
        *,
        filter_dilation=(1, 1),
    ):
        """Convolves images channel by channel, then across channels.

        # Arguments
            x: tensor `(batch, rows, columns, channels)`, or
                `(batch, channels, rows, columns)` for `'th'`.
            depthwise_kernel: tensor `(rows, columns, in, multiplier)`, or
                `(multiplier, in, rows, columns)` for `'th'`.
            pointwise_kernel: tensor `(1, 1, in * multiplier, out)`, or
                `(out, in * multiplier, 1, 1)` for `'th'`; None for no second step.
            strides: int or pair of ints of at least 1.
            border_mode: `'valid'`, `'same'` or `'full'`.
            dim_ordering: `'tf'`, `'th'` or `'default'`.
            filter_dilation: int or pair of ints of at least 1, the distance of the
                first kernel's cells.

        # Returns
            A tensor of images with `out` channels, in the same order of axes.

        # Raises
            ArgumentError: for another `border_mode` or `dim_ordering`.
            ShapeError: if the ranks, windows or channels don't fit.
        """

    def conv3d(
        self,
        x,
        kernel,
        strides=(1, 1, 1),
        border_mode="valid",
        dim_ordering="default",
        volume_shape=None,
        filter_shape=None,
        filter_dilation=(1, 1, 1),
    ):
        """Convolves volumes.

        # Arguments
            x: tensor `(batch, planes, rows, columns, channels)`, or
                `(batch, channels, planes, rows, columns)` for `'th'`.
            kernel: tensor `(planes, rows, columns, in, out)`, or
                `(out, in, planes, rows, columns)` for `'th'`.
            strides: int or three ints of at least 1.
            border_mode: `'valid'`, `'same'` or `'full'`.
            dim_ordering: `'tf'`, `'th'` or `'default'`.
            volume_shape: ignored.
            filter_shape: ignored.
            filter_dilation: int or three ints of at least 1, the spacing of the
                kernel's cells.

        # Returns
            A tensor of volumes with `out` channels, in the same order of axes.

        # Raises
            ArgumentError: for another `border_mode` or `dim_ordering`.
            ShapeError: if the ranks or the channels don't fit.
        """


class Pooling:
    """Maxima and averages over windows."""

    def pool2d(
        self,
        x,
        pool_size,
        strides=(1, 1),
        border_mode="valid",
        dim_ordering="default",
        pool_mode="max",
    ):
        """Computes the maximum or the average over windows of images.

        # Arguments
            x: tensor `(batch, rows, columns, channels)`, or
                `(batch, channels, rows, columns)` for `'th'`.
            pool_size: int or pair of ints of at least 1, the window.
            strides: int or pair of ints of at least 1; None means the window.
            border_mode: `'valid'` or `'same'`; the border doesn't count in averages.
            dim_ordering: `'tf'`, `'th'` or `'default'`.
            pool_mode: `'max'` or `'avg'`.

        # Returns
            A tensor of images, in the same order of axes: `ceil(size / stride)` windows
            for `'same'`, as many as fit for `'valid'`.

        # Raises
            ArgumentError: for another `border_mode`, `pool_mode` or `dim_ordering`.
            ShapeError: if the rank is wrong, or the window is larger than the image.
        """

    def pool3d(
        self,
        x,
        pool_size,
        strides=(1, 1, 1),
        border_mode="valid",
        dim_ordering="default",
        pool_mode="max",
    ):
        """Computes the maximum or the average over windows of volumes.

        # Arguments
            x: tensor `(batch, planes, rows, columns, channels)`, or
                `(batch, channels, planes, rows, columns)` for `'th'`.
            pool_size: int or three ints of at least 1, the window.
            strides: int or three ints of at least 1; None means the window.
            border_mode: `'valid'` or `'same'`; the border doesn't count in averages.
            dim_ordering: `'tf'`, `'th'` or `'default'`.
            pool_mode: `'max'` or `'avg'`.

        # Returns
            A tensor of volumes, in the same order of axes, as from `pool2d`.

        # Raises
            ArgumentError: for another `border_mode`, `pool_mode` or `dim_ordering`.
            ShapeError: if the rank is wrong, or the window is larger than the volume.
        """


class Padding:
    """Zeros around sequences, images and volumes."""

    def temporal_padding(self, x, padding=1):
        """Adds zeros before and after the steps of sequences.

        # Arguments
            x: tensor `(batch, steps, channels)`.
            padding: int of at least 0, the number of zeros on each side.

        # Returns
            A tensor with `2 * padding` more steps.

        # Raises
            ShapeError: if the rank of `x` isn't 3.
            ArgumentError: if `x` isn't a tensor, or the padding is below 0 or no int.
        """

    def asymmetric_temporal_padding(self, x, left_pad=1, right_pad=1):
        """Adds different numbers of zeros before and after the steps of sequences.

        # Arguments
            x: tensor `(batch, steps, channels)`.
            left_pad: int of at least 0, the number of zeros before the first step.
            right_pad: int of at least 0, the number of zeros after the last step.

        # Returns
            A tensor with `left_pad + right_pad` more steps.

        # Raises
            ShapeError: if the rank of `x` isn't 3.
            ArgumentError: if `x` isn't a tensor, or the padding is below 0 or no int.
        """

    def spatial_2d_padding(self, x, padding=(1, 1), dim_ordering="default"):
        """Adds zeros around images.

        # Arguments
            x: tensor `(batch, rows, columns, channels)`, or
                `(batch, channels, rows, columns)` for `'th'`.
            padding: int or pair of ints of at least 0: the number of zeros above and
                below, and left and right.
            dim_ordering: `'tf'`, `'th'` or `'default'`.

        # Returns
            A tensor of images, larger by the zeros, in the same order of axes.

        # Raises
            ArgumentError: for another `dim_ordering`.
            ShapeError: if the rank of `x` isn't 4.
        """

    def asymmetric_spatial_2d_padding(
        self,
        x,
        top_pad=1,
        bottom_pad=1,
        left_pad=1,
        right_pad=1,
        dim_ordering="default",
    ):
        """Adds a different number of zeros on each side of images.

        # Arguments
            x: tensor `(batch, rows, columns, channels)`, or
                `(batch, channels, rows, columns)` for `'th'`.
            top_pad: int of at least 0, rows of zeros above.
            bottom_pad: int of at least 0, rows of zeros below.
            left_pad: int of at least 0, columns of zeros on the left.
            right_pad: int of at least 0, columns of zeros on the right.
            dim_ordering: `'tf'`, `'th'` or `'default'`.

        # Returns
            A tensor of images, larger by the zeros, in the same order of axes.

        # Raises
            ArgumentError: for another `dim_ordering`.
            ShapeError: if the rank of `x` isn't 4.
        """

    def spatial_3d_padding(self, x, padding=(1, 1, 1), dim_ordering="default"):
        """Adds zeros around volumes.

        # Arguments
            x: tensor `(batch, planes, rows, columns, channels)`, or
                `(batch, channels, planes, rows, columns)` for `'th'`.
            padding: int or three ints of at least 0: the number of zeros on both sides
                of each spatial axis.
            dim_ordering: `'tf'`, `'th'` or `'default'`.

        # Returns
            A tensor of volumes, larger by the zeros, in the same order of axes.

        # Raises
            ArgumentError: for another `dim_ordering`.
            ShapeError: if the rank of `x` isn't 5.
        """


class Resizing:
    """Enlarging images and volumes by integer factors."""

    def resize_images(self, X, height_factor, width_factor, dim_ordering):
        """Repeats the rows and columns of images.

        # Arguments
            X: tensor `(batch, rows, columns, channels)`, or
                `(batch, channels, rows, columns)` for `'th'`.
            height_factor: int of at least 1, how often each row appears.
            width_factor: int of at least 1, how often each column appears.
            dim_ordering: `'tf'`, `'th'` or `'default'`.

        # Returns
            A tensor of images, each size times its factor, in the same order of axes.

        # Raises
            ArgumentError: for another `dim_ordering`.
            ShapeError: if the rank of `X` isn't 4.
        """

    def resize_volumes(
        self, X, depth_factor, height_factor, width_factor, dim_ordering
    ):
        """Repeats the planes, rows and columns of volumes.

        # Arguments
            X: tensor `(batch, planes, rows, columns, channels)`, or
                `(batch, channels, planes, rows, columns)` for `'th'`.
            depth_factor: int of at least 1, how often each plane appears.
            height_factor: int of at least 1, how often each row appears.
            width_factor: int of at least 1, how often each column appears.
            dim_ordering: `'tf'`, `'th'` or `'default'`.

        # Returns
            A tensor of volumes, each size times its factor, in the same order of axes.

        # Raises
            ArgumentError: for another `dim_ordering`.
            ShapeError: if the rank of `X` isn't 5.
        """
