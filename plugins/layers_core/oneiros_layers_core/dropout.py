"""Dropout, element by element or for whole feature maps."""

from typing import Any, Unpack

from oneiros import backend as K
from oneiros.arguments import check_fraction, check_optional_int, label
from oneiros.engine.layer import InputSpec, Layer
from oneiros.errors import ShapeError
from oneiros.typing import LayerOptions, Shape, Tensor

from oneiros_layers_core.spatial import check_dim_ordering


class Dropout(Layer):
    """Sets a random fraction of the input to zero in training, and scales up the rest.

    # Example
        ```python
        from oneiros.layers import Dense, Dropout
        from oneiros.models import Sequential

        model = Sequential([Dense(32, input_dim=16), Dropout(0.5), Dense(10)])
        model.uses_learning_phase  # True
        ```

    # Arguments
        p: float between 0 and 1, fraction of the values to drop. 0 and 1 drop nothing,
            as in Keras 1.2.2.
        noise_shape: tuple, shape of the random mask, including the batch. An axis of
            size 1 drops its values together; None means the input's size. For example,
            `(None, 1, None)` drops the same features at all steps.
        seed: int, for the same draws in every run, whatever NumPy's generator.

    # Input shape
        Any.

    # Output shape
        The same.

    # References
        - Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov: Dropout, JMLR 15,
          2014
    """

    loadable = True
    supports_masking = True

    def __init__(
        self,
        p: float,
        noise_shape: Shape | None = None,
        seed: int | None = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.p = check_fraction(self, "p", p)
        if noise_shape is not None:
            noise_shape = tuple(noise_shape)
        self.noise_shape: Shape | None = noise_shape
        self.seed = check_optional_int(self, "seed", seed)
        self.uses_learning_phase = 0.0 < self.p < 1.0

    def _get_noise_shape(self, x: Tensor) -> Shape | None:
        shape = K.int_shape(x)
        if self.noise_shape is not None and not _fits(self.noise_shape, shape):
            raise ShapeError(
                f"{label(self)} received an input of shape {shape} and "
                f"noise_shape={self.noise_shape}. noise_shape needs {len(shape)} "
                "entries, each None, 1 or the input's size on that axis."
            )
        return self.noise_shape

    def call(self, x, mask=None) -> Tensor:
        """Returns the input, with dropout in the training phase."""
        if not self.uses_learning_phase:
            return x
        noise_shape = self._get_noise_shape(x)
        dropped = K.dropout(x, self.p, noise_shape, seed=self.seed)
        return K.in_train_phase(dropped, x)


def _fits(noise_shape: Shape, shape: Shape) -> bool:
    """Returns whether each size of the noise is None, 1 or the input's."""
    if len(noise_shape) != len(shape):
        return False
    pairs = zip(noise_shape, shape, strict=True)
    return all(noise in (None, 1, size) or size is None for noise, size in pairs)


class DropoutOptions(LayerOptions, total=False):
    """The arguments of every dropout by feature maps, besides its own."""

    seed: int | None


class _SpatialDropout(Dropout):
    """Drops whole feature maps; subclasses define the axes of a map."""

    _rank: int
    dim_ordering = "tf"

    def __init__(self, p: float, **kwargs: Unpack[DropoutOptions]):
        super().__init__(p=p, **kwargs)
        self.input_spec = [InputSpec(ndim=self._rank)]

    def _get_noise_shape(self, x: Tensor) -> Shape | None:
        places = (1,) * (self._rank - 2)
        if self.dim_ordering == "th":
            return (None, None, *places)
        return (None, *places, None)

    def argument_config(self, argument: str) -> dict[str, Any]:
        """Leaves out the shape of the noise, which follows from the class."""
        return {} if argument == "noise_shape" else super().argument_config(argument)


class _ImageDropout(_SpatialDropout):
    """Base class of SpatialDropout2D and SpatialDropout3D."""

    def __init__(
        self, p: float, dim_ordering: str = "default", **kwargs: Unpack[DropoutOptions]
    ):
        super().__init__(p=p, **kwargs)
        self.dim_ordering = check_dim_ordering(self, dim_ordering)


class SpatialDropout1D(_SpatialDropout):
    """Dropout of features of a sequence: at all steps or at none.

    # Example
        ```python
        from oneiros.layers import SpatialDropout1D
        from oneiros.models import Sequential

        model = Sequential([SpatialDropout1D(0.3, input_shape=(20, 8))])
        model.output_shape  # (None, 20, 8)
        ```

    # Arguments
        p: float between 0 and 1, fraction of the features to drop.

    # Input shape
        3D, `(samples, steps, channels)`.

    # Output shape
        The same.

    # References
        - Tompson, Goroshin, Jain, LeCun, Bregler: Efficient Object Localization Using
          Convolutional Networks, arXiv:1411.4280
    """

    loadable = True
    _rank = 3


class SpatialDropout2D(_ImageDropout):
    """Dropout of channels of images: everywhere or nowhere.

    # Example
        ```python
        from oneiros.layers import SpatialDropout2D
        from oneiros.models import Sequential

        layer = SpatialDropout2D(0.3, dim_ordering="tf", input_shape=(8, 8, 3))
        model = Sequential([layer])
        model.output_shape  # (None, 8, 8, 3)
        ```

    # Arguments
        p: float between 0 and 1, fraction of the channels to drop.
        dim_ordering: `"tf"`, `"th"`, or `"default"`: `K.image_dim_ordering()`.

    # Input shape
        4D, `(samples, rows, columns, channels)` for `"tf"`,
        `(samples, channels, rows, columns)` for `"th"`.

    # Output shape
        The same.

    # References
        - Tompson, Goroshin, Jain, LeCun, Bregler: Efficient Object Localization Using
          Convolutional Networks, arXiv:1411.4280
    """

    loadable = True
    _rank = 4


class SpatialDropout3D(_ImageDropout):
    """Dropout of channels of volumes: everywhere or nowhere.

    # Example
        ```python
        from oneiros.layers import SpatialDropout3D
        from oneiros.models import Sequential

        layer = SpatialDropout3D(0.3, dim_ordering="tf", input_shape=(4, 4, 4, 2))
        model = Sequential([layer])
        model.output_shape  # (None, 4, 4, 4, 2)
        ```

    # Arguments
        p: float between 0 and 1, fraction of the channels to drop.
        dim_ordering: `"tf"`, `"th"`, or `"default"`: `K.image_dim_ordering()`.

    # Input shape
        5D, `(samples, d1, d2, d3, channels)` for `"tf"`,
        `(samples, channels, d1, d2, d3)` for `"th"`.

    # Output shape
        The same.

    # References
        - Tompson, Goroshin, Jain, LeCun, Bregler: Efficient Object Localization Using
          Convolutional Networks, arXiv:1411.4280
    """

    loadable = True
    _rank = 5
