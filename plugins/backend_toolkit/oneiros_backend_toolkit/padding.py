"""Zero padding of sequences, images and volumes, built on one primitive of each
engine."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from __future__ import annotations

from oneiros.arguments import check_int

from oneiros_backend_toolkit.images import Images, is_first, per_axis
from oneiros_backend_toolkit.tensors import Tensor

Pairs = tuple[tuple[int, int], ...]
NO_BORDER = (0, 0)


class Padding(Images):
    """The contract's functions for zero padding."""

    def _pad(self, x, widths: Pairs) -> Tensor:
        """Adds zeros before and after each axis; `widths` has a pair of counts per
        axis."""
        raise NotImplementedError

    def temporal_padding(self, x, padding=1) -> Tensor:
        width = check_int("temporal_padding", "padding", padding, 0)
        return self._surrounded("temporal_padding", x, ((width, width),), False)

    def asymmetric_temporal_padding(self, x, left_pad=1, right_pad=1) -> Tensor:
        name = "asymmetric_temporal_padding"
        pair = (
            check_int(name, "left_pad", left_pad, 0),
            check_int(name, "right_pad", right_pad, 0),
        )
        return self._surrounded(name, x, (pair,), False)

    def spatial_2d_padding(self, x, padding=(1, 1), dim_ordering="default") -> Tensor:
        name = "spatial_2d_padding"
        widths = per_axis(name, "padding", padding, 2, minimum=0)
        return self._surrounded(
            name, x, tuple((n, n) for n in widths), is_first(name, dim_ordering)
        )

    def asymmetric_spatial_2d_padding(
        self,
        x,
        top_pad=1,
        bottom_pad=1,
        left_pad=1,
        right_pad=1,
        dim_ordering="default",
    ) -> Tensor:
        name = "asymmetric_spatial_2d_padding"
        rows = (
            check_int(name, "top_pad", top_pad, 0),
            check_int(name, "bottom_pad", bottom_pad, 0),
        )
        columns = (
            check_int(name, "left_pad", left_pad, 0),
            check_int(name, "right_pad", right_pad, 0),
        )
        return self._surrounded(name, x, (rows, columns), is_first(name, dim_ordering))

    def spatial_3d_padding(
        self, x, padding=(1, 1, 1), dim_ordering="default"
    ) -> Tensor:
        name = "spatial_3d_padding"
        widths = per_axis(name, "padding", padding, 3, minimum=0)
        return self._surrounded(
            name, x, tuple((n, n) for n in widths), is_first(name, dim_ordering)
        )

    def _surrounded(self, name: str, x, pairs: Pairs, first: bool) -> Tensor:
        self._checked_rank(name, x, len(pairs) + 2)
        if not first:
            return self._pad(x, (NO_BORDER, *pairs, NO_BORDER))
        channels_last = self._channels_last_form(x)
        if channels_last is None:
            return self._pad(x, (NO_BORDER, NO_BORDER, *pairs))
        padded = self._pad(channels_last, (NO_BORDER, *pairs, NO_BORDER))
        return self._channels_first(padded)
