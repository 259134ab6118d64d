"""InputLayer and Input: the inputs of a model."""

from __future__ import annotations

from typing import Any

from oneiros import backend as K
from oneiros.arguments import check_bool
from oneiros.engine.hints import open_to_old_code
from oneiros.engine.layer import Layer
from oneiros.engine.node import Node, Tensor, connect, label
from oneiros.errors import ArgumentError, GraphError


class InputLayer(Layer):
    """The layer that a model's input comes from; `Input` makes it.

    # Arguments
        input_shape: tuple, the shape of one sample; or
        batch_input_shape: tuple, the same with the batch size (None for any) in front.
        input_dtype: str, the type; the default float type if None.
        input_tensor: tensor to use instead of a new placeholder.
        sparse: bool, whether the placeholder is sparse.
        name: str.
    """

    loadable = True

    def __init__(
        self,
        input_shape: Any = None,
        batch_input_shape: Any = None,
        input_dtype: str | None = None,
        input_tensor: Tensor = None,
        sparse: bool = False,
        name: str | None = None,
    ) -> None:
        shapes = {"input_shape": input_shape, "batch_input_shape": batch_input_shape}
        shapes = {key: shape for key, shape in shapes.items() if shape is not None}
        sparse = check_bool("InputLayer", "sparse", sparse)
        name = name or f"input_{K.get_uid('input')}"
        super().__init__(name=name, trainable=False, input_dtype=input_dtype, **shapes)
        if input_tensor is not None:
            self._adopt(input_tensor, input_dtype)
        elif len(shapes) == 1:
            input_tensor = K.placeholder(
                self.batch_input_shape, dtype=self.input_dtype, sparse=sparse, name=name
            )
        else:
            raise ArgumentError(
                f"{label(self)} needs either the shape of one sample or the shape of a "
                f"batch; received {shapes or 'neither'}. For vectors of 100 numbers: "
                "Input(shape=(100,))."
            )
        self.built = True
        self.sparse = sparse
        input_tensor._keras_shape = self.batch_input_shape
        input_tensor._uses_learning_phase = False
        connect(self, [input_tensor])
        Node.of_source(self, [input_tensor], [input_tensor])

    def _adopt(self, tensor: Tensor, input_dtype: str | None) -> None:
        self._check_tensors([tensor])
        if hasattr(tensor, "_keras_history"):
            raise GraphError(
                f"{label(self)} received an output of "
                f"{label(tensor._keras_history[0])}. Use it directly; "
                "only a tensor that comes from no layer needs Input(tensor=…)."
            )
        if not hasattr(self, "batch_input_shape"):
            self.batch_input_shape = K.int_shape(tensor)
        self.input_dtype = input_dtype or K.dtype(tensor)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments, except for a tensor."""
        return {
            key: getattr(self, key)
            for key in ("batch_input_shape", "input_dtype", "sparse", "name")
        }


@open_to_old_code
def Input(  # noqa: N802  the name of Keras 1
    shape: Any = None,
    batch_shape: Any = None,
    name: str | None = None,
    dtype: str | None = None,
    sparse: bool = False,
    tensor: Tensor = None,
) -> Tensor:
    """Returns a tensor that is an input of a model.

    # Arguments
        shape: tuple, the shape of one sample: `(32,)` for vectors of 32 numbers; None
            leaves a size open.
        batch_shape: tuple, the same with the batch size (None for any) in front,
            instead of `shape`.
        name: str, the input's name in the model.
        dtype: str, the type; the default float type if None.
        sparse: bool, whether the data is sparse.
        tensor: tensor to use instead of a new placeholder.

    # Example
        ```python
        from oneiros.layers import Dense, Input
        from oneiros.models import Model

        a = Input(shape=(32,))
        b = Dense(10, activation="softmax")(a)
        model = Model(input=a, output=b)
        ```

    # Raises
        ArgumentError: without a shape. ShapeError: for a shape that isn't a tuple of
            sizes.
    """
    layer = InputLayer(
        input_shape=shape if batch_shape is None else None,
        batch_input_shape=batch_shape,
        input_dtype=dtype,
        input_tensor=tensor,
        sparse=sparse,
        name=name,
    )
    return layer.inbound_nodes[0].output_tensors[0]
