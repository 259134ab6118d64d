"""Enlarges images and volumes by repeating their pixels."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

from oneiros.arguments import check_int

from oneiros_backend_toolkit.images import Images, is_first
from oneiros_backend_toolkit.tensors import Tensor


class Resizing(Images):
    """The contract's functions for resizing by integer factors."""

    def resize_images(
        self, X, height_factor, width_factor, dim_ordering: Tensor
    ) -> Tensor:
        factors = {"height_factor": height_factor, "width_factor": width_factor}
        return self._resized("resize_images", X, factors, dim_ordering)

    def resize_volumes(
        self, X, depth_factor, height_factor, width_factor, dim_ordering
    ) -> Tensor:
        factors = {
            "depth_factor": depth_factor,
            "height_factor": height_factor,
            "width_factor": width_factor,
        }
        return self._resized("resize_volumes", X, factors, dim_ordering)

    def _resized(
        self, name: str, x, factors: dict[str, Tensor], dim_ordering
    ) -> Tensor:
        first = is_first(name, dim_ordering)
        counts = [
            check_int(name, argument, factor, 1) for argument, factor in factors.items()
        ]
        self._checked_rank(name, x, len(counts) + 2)
        form = self._channels_last_form(x) if first else x
        if form is None:
            return self._repeated(x, counts, 2)
        resized = self._repeated(form, counts, 1)
        return self._channels_first(resized) if first else resized

    def _repeated(self, x, counts: list[int], start: int) -> Tensor:
        for axis, count in reversed(list(enumerate(counts, start))):
            x = x if count == 1 else self.repeat_elements(x, count, axis)
        return x
