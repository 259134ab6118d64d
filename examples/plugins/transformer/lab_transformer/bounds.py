"""What keeps a transformer's weights and scores in bounds: a regularizer and a
constraint."""

from oneiros import backend as K
from oneiros.arguments import check_int, check_number
from oneiros.constraints import Constraint
from oneiros.regularizers import Regularizer
from oneiros.typing import Tensor


class ZLoss(Regularizer):
    """Penalises scores that drift: `weight` times the mean square of the logarithm of
    what softmax divides by.

    Adding a number to all scores changes no probability, so nothing else holds them.
    Pass it as `activity_regularizer` of the layer whose outputs softmax receives.

    # Arguments
        weight: float.

    # Example
        ```python
        import numpy as np
        from oneiros import backend as K
        from oneiros.regularizers import ZLoss

        scores = K.variable(np.log([[0.5, 0.5]]))  # they are probabilities already
        print(abs(K.eval(ZLoss()(scores))) < 1e-6)  # True
        ```

    # References
        - Chowdhery et al.: PaLM, arXiv:2204.02311, section 5
    """

    loadable = True
    arguments = ("weight",)

    def __init__(self, weight: float = 1e-4) -> None:
        self.weight = float(check_number(self, "weight", weight))

    def __call__(self, x: Tensor) -> Tensor:
        """Returns the penalty of scores `(…, classes)`."""
        largest = K.max(x, axis=-1, keepdims=True)
        sums = K.sum(K.exp(x - largest), axis=-1, keepdims=True)
        return self.weight * K.mean(K.square(largest + K.log(sums)))


class ZeroRow(Constraint):
    """Keeps a row of a weight at zero, such as the vector of padding in an embedding.

    # Arguments
        row: int, its number.

    # Example
        ```python
        import numpy as np
        from oneiros import backend as K
        from oneiros.constraints import ZeroRow

        print(K.eval(ZeroRow()(K.variable(np.ones((2, 3))))))
        # [[0. 0. 0.]
        #  [1. 1. 1.]]
        ```
    """

    loadable = True
    arguments = ("row",)

    def __init__(self, row: int = 0) -> None:
        self.row = check_int(self, "row", row, minimum=0)

    def __call__(self, p: Tensor) -> Tensor:
        """Returns the weight with this row at zero."""
        numbers = K.arange(K.shape(p)[0])
        is_kept = K.cast(K.not_equal(numbers, self.row), K.floatx())
        others = [1] * (K.ndim(p) - 1)
        return p * K.reshape(is_kept, (-1, *others))
