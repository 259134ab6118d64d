"""`K.gradients`, built on an engine's own derivatives."""

from collections.abc import Sequence

from oneiros.arguments import refusal, shown
from oneiros.errors import ArgumentError, GraphError
from oneiros.typing import Tensor, Tensors

from oneiros_backend_toolkit.derived import Derived
from oneiros_backend_toolkit.images import MADE_OF_FORM, first_order
from oneiros_backend_toolkit.size_checks import CHANNELS_LAST_FORM


class Gradients(Derived):
    """Differentiates with respect to one tensor or several, including tensors with
    channels first that layers didn't use themselves."""

    def _gradients(self, loss, variables: Sequence[Tensor]) -> Tensors:
        """Returns the gradients of a tensor, summed if it isn't a scalar; None for
        variables on which it doesn't depend.

        An engine defines it.
        """
        raise NotImplementedError

    def gradients(
        self, loss, variables, *, upstream=None, allow_unconnected=False
    ) -> Tensors:
        if self.owns(variables):
            variables = [variables]
        variables = list(variables)
        if isinstance(loss, str) or loss is None:
            raise refusal("K.gradients", "loss", loss, "a tensor, or a list of tensors")
        for x in variables:
            if not self.owns(x):
                raise refusal("K.gradients", "variables", x, "variables and tensors")
        self._check_floats("variables", variables)
        losses = [loss]
        if isinstance(loss, (list, tuple)):
            losses = list(loss)
        self._check_floats("loss", losses)
        total = self._total(loss, upstream)
        if self.owns(total):
            gradients = self._with_forms(total, variables)
        else:
            gradients = [None] * len(variables)
        unconnected = []
        for x, gradient in zip(variables, gradients):
            if gradient is None:
                name = getattr(x, "name", None)
                unconnected.append(str(name or x))
        if unconnected and not allow_unconnected:
            raise GraphError(
                f"The loss doesn't depend on {', '.join(unconnected)}, so there is no "
                "gradient. Remove it, or set `trainable = False` on its layer; look "
                "for stop_gradient or a layer that isn't connected. "
                "K.gradients(…, allow_unconnected=True) returns None for it."
            )
        return gradients

    def _check_floats(self, argument: str, tensors: Sequence[Tensor]) -> None:
        for x in tensors:
            dtype = "float32"
            if self.owns(x):
                dtype = self.dtype(x)
            if not dtype.startswith("float"):
                raise ArgumentError(
                    f"K.gradients received {argument}={shown(x)} of type "
                    f"{dtype}. Expected tensors of floats. K.cast(x, "
                    "K.floatx()) converts integers to floats."
                )

    def _total(self, loss, upstream):
        """Returns the tensor to differentiate: the loss, or the sum of several, times
        the upstream gradient if there is one."""
        if isinstance(loss, (list, tuple)):
            factors = upstream
            if upstream is None:
                factors = [None] * len(loss)
            pairs = zip(loss, factors, strict=True)
            terms = [self._total(each, factor) for each, factor in pairs]
            tensors = [term for term in terms if self.owns(term)]
            return sum(map(self.sum, tensors))
        if upstream is None:
            return loss
        if self.owns(upstream):
            upstream = self.stop_gradient(upstream)
        return loss * upstream

    def _with_forms(self, loss, variables: Tensors) -> Tensors:
        """Returns gradients; a dependence on a tensor's form with channels last counts
        as a dependence on the tensor."""
        forms = [CHANNELS_LAST_FORM.get(x) for x in variables]
        extra = [form for form in forms if form is not None]
        gradients = self._gradients(loss, [*variables, *extra])
        count = len(variables)
        by_form = iter(gradients[count:])
        joined = []
        for x, form, gradient in zip(variables, forms, gradients):
            if form is not None:
                gradient = self._joined(x, gradient, next(by_form))
            joined.append(gradient)
        return joined

    def _joined(self, x, by_tensor, by_form):
        """Returns the gradient with respect to a tensor that has a form with channels
        last.

        If the tensor was computed from its form, the form's gradient includes the
        tensor's.
        """
        if by_form is None:
            return by_tensor
        order = first_order(self.ndim(x))
        moved = self.permute_dimensions(by_form, order)
        if by_tensor is None or MADE_OF_FORM.get(x):
            return moved
        return by_tensor + moved
