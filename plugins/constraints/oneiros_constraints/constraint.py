"""The base class of constraints."""

from typing import Any

from oneiros.typing import Tensor


class Constraint:
    """Base class of constraints, which change a weight's new value after each update.

    # Example
        ```python
        from oneiros import backend as K
        from oneiros.constraints import Constraint

        class AtMostOne(Constraint):
            def __call__(self, p):
                return K.minimum(p, 1.0)

        print(K.eval(AtMostOne()(K.variable([0.5, 3.0]))))  # [0.5 1. ]
        ```
    """

    loadable = False
    arguments: tuple[str, ...] = ()
    """The constructor's arguments, which are attributes, too."""

    def __call__(self, p: Tensor) -> Tensor:
        """Returns the constrained value of tensor `p`, of the same shape."""
        return p

    def get_config(self) -> dict[str, Any]:
        """Returns the class name and the arguments that rebuild this object."""
        config = {"name": type(self).__name__}
        for name in self.arguments:
            config[name] = getattr(self, name)
        return config
