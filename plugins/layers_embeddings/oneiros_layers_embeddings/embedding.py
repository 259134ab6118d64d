"""Embedding: a table of vectors, looked up by index."""

from typing import Any, Unpack

from oneiros import backend as K
from oneiros import constraints, initializations, regularizers
from oneiros.arguments import (
    check_bool,
    check_fraction,
    check_int,
    check_optional_int,
    label,
)
from oneiros.engine.layer import Layer
from oneiros.errors import ShapeError
from oneiros.typing import (
    Array,
    ConstraintLike,
    Initialization,
    LayerOptions,
    RegularizerLike,
    Shape,
    Tensor,
)


class Embedding(Layer):
    """Turns integers, such as word indices, into learned vectors.

    # Example
        ```python
        import numpy as np
        from oneiros.layers import Embedding
        from oneiros.models import Sequential

        model = Sequential([Embedding(1000, 64, input_length=10)])
        model.output_shape  # (None, 10, 64)
        model.predict(np.random.randint(1000, size=(32, 10))).shape  # (32, 10, 64)
        ```

    # Arguments
        input_dim: int, number of rows: the largest index plus 1.
        output_dim: int, size of the vectors.
        init: name or function `(shape, name=None)`, initialization of the table.
        input_length: int, number of steps if it is constant; needed if `Flatten` and
            `Dense` follow.
        W_regularizer: regularizer of the table.
        activity_regularizer: regularizer of the output.
        W_constraint: constraint of the table.
        mask_zero: bool, whether index 0 marks steps to skip; words then count from 1.
        weights: list of one array, the initial table.
        dropout: float between 0 and 1, fraction of the rows to drop in each training
            step. 0 and 1 drop nothing.

    # Input shape
        2D, `(samples, steps)`, of int32 or of floats with integer values; an index of
        `input_dim` or more gives NaN.

    # Output shape
        3D, `(samples, steps, output_dim)`.

    # References
        - Gal, Ghahramani: A Theoretically Grounded Application of Dropout in Recurrent
          Neural Networks, arXiv:1512.05287
    """

    loadable = True
    W: Any

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        init: Initialization = "uniform",
        input_length: int | None = None,
        W_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        W_constraint: ConstraintLike = None,
        mask_zero: bool = False,
        weights: list[Array] | None = None,
        dropout: float = 0.0,
        **kwargs: Unpack[LayerOptions],
    ):
        owner = type(self).__name__
        input_length = check_optional_int(owner, "input_length", input_length)
        kwargs.setdefault("input_shape", (input_length,))
        kwargs["input_dtype"] = "int32"
        super().__init__(**kwargs)
        self.input_dim = check_int(self, "input_dim", input_dim)
        self.output_dim = check_int(self, "output_dim", output_dim)
        self.init = initializations.get(init)
        self.input_length = input_length
        self.mask_zero = check_bool(self, "mask_zero", mask_zero)
        self.dropout = check_fraction(self, "dropout", dropout)
        self.uses_learning_phase = 0.0 < dropout < 1.0
        self.W_regularizer = regularizers.get(W_regularizer)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.W_constraint = constraints.get(W_constraint)
        self.initial_weights = weights

    def build(self, input_shape: Shape) -> None:
        """Makes the table `W` of shape `(input_dim, output_dim)`."""
        self.W = self.add_weight(
            (self.input_dim, self.output_dim),
            initializer=self.init,
            name=f"{self.name}_W",
            regularizer=self.W_regularizer,
            constraint=self.W_constraint,
        )
        self.set_initial_weights()

    def compute_mask(self, x, mask=None) -> Tensor:
        """Returns which indices aren't 0, if `mask_zero`; otherwise None."""
        return K.not_equal(x, 0) if self.mask_zero else None

    def get_output_shape_for(self, input_shape: Shape) -> Shape:
        """Checks the input's length, and returns its shape with `output_dim` added."""
        if not self.input_length or len(input_shape) != 2:
            return (*input_shape, self.output_dim)
        if input_shape[1] not in (None, self.input_length):
            raise ShapeError(
                f"{label(self)} received an input of shape {tuple(input_shape)}; it "
                f"was made with input_length={self.input_length}. Remove that "
                "argument, or pad the sequences to this length."
            )
        return (input_shape[0], self.input_length, self.output_dim)

    def call(self, x, mask=None) -> Tensor:
        """Returns the rows of the table for the indices `x`."""
        indices = x if K.dtype(x) == "int32" else K.cast(x, "int32")
        table = self.W
        if self.uses_learning_phase:
            keep_mask = K.random_binomial((self.input_dim, 1), p=1.0 - self.dropout)
            table = K.in_train_phase(table * keep_mask / (1.0 - self.dropout), table)
        return K.gather(table, indices)
