"""Pooling, padding and resizing of sequences, images and volumes."""

from oneiros_backend_toolkit.images import (
    Images,
    check_window,
    is_first,
    one_of,
    per_axis,
    whole,
)

Pairs = tuple[tuple[int, int], ...]
NO_BORDER = (0, 0)


class Pooling(Images):
    """The contract's functions that reduce, surround or repeat the cells of images."""

    def _pool(
        self,
        x,
        window: tuple[int, ...],
        strides: tuple[int, ...],
        border_mode: str,
        mode: str,
    ):
        """Reduces windows over 2 or 3 spatial axes, channels last; border_mode is
        'valid' or 'same'.

        `mode` is 'max' or 'avg'; the border counts in neither.
        """
        raise NotImplementedError

    def _pad(self, x, widths: Pairs):
        """Adds zeros before and after each axis; `widths` has a pair of counts per
        axis."""
        raise NotImplementedError

    # Pooling

    def pool2d(
        self,
        x,
        pool_size,
        strides=(1, 1),
        border_mode="valid",
        dim_ordering="default",
        pool_mode="max",
    ):
        modes = (border_mode, pool_mode)
        return self._pooled(x, 2, pool_size, strides, modes, dim_ordering)

    def pool3d(
        self,
        x,
        pool_size,
        strides=(1, 1, 1),
        border_mode="valid",
        dim_ordering="default",
        pool_mode="max",
    ):
        modes = (border_mode, pool_mode)
        return self._pooled(x, 3, pool_size, strides, modes, dim_ordering)

    def _pooled(
        self, x, rank: int, pool_size, strides, modes: tuple[str, str], dim_ordering
    ):
        border_mode = one_of(("valid", "same"), "border_mode", modes[0])
        pool_mode = one_of(("max", "avg"), "pool_mode", modes[1])
        first = is_first(dim_ordering)
        window = per_axis("pool_size", pool_size, rank)
        steps = window
        if strides is not None:
            steps = per_axis("strides", strides, rank)
        self._check_rank(x, rank + 2)
        x = self._channels_last(x, first)
        sizes = self.int_shape(x)[1:-1]
        check_window(sizes, window, border_mode)
        pooled = self._pool(x, window, steps, border_mode, pool_mode)
        return self._channels_first(pooled, first)

    # Padding

    def temporal_padding(self, x, padding=1):
        width = whole("padding", padding, 0)
        return self._padded(x, ((width, width),), "tf")

    def asymmetric_temporal_padding(self, x, left_pad=1, right_pad=1):
        before = whole("left_pad", left_pad, 0)
        after = whole("right_pad", right_pad, 0)
        return self._padded(x, ((before, after),), "tf")

    def spatial_2d_padding(self, x, padding=(1, 1), dim_ordering="default"):
        return self._padded_evenly(x, padding, 2, dim_ordering)

    def asymmetric_spatial_2d_padding(
        self,
        x,
        top_pad=1,
        bottom_pad=1,
        left_pad=1,
        right_pad=1,
        dim_ordering="default",
    ):
        top = whole("top_pad", top_pad, 0)
        bottom = whole("bottom_pad", bottom_pad, 0)
        left = whole("left_pad", left_pad, 0)
        right = whole("right_pad", right_pad, 0)
        pairs = ((top, bottom), (left, right))
        return self._padded(x, pairs, dim_ordering)

    def spatial_3d_padding(self, x, padding=(1, 1, 1), dim_ordering="default"):
        return self._padded_evenly(x, padding, 3, dim_ordering)

    def _padded_evenly(self, x, padding, rank: int, dim_ordering):
        widths = per_axis("padding", padding, rank, minimum=0)
        pairs = tuple((n, n) for n in widths)
        return self._padded(x, pairs, dim_ordering)

    def _padded(self, x, pairs: Pairs, dim_ordering):
        first = is_first(dim_ordering)
        self._check_rank(x, len(pairs) + 2)
        form = self._channels_last_form(x) if first else x
        if form is None:
            return self._pad(x, (NO_BORDER, NO_BORDER, *pairs))
        padded = self._pad(form, (NO_BORDER, *pairs, NO_BORDER))
        return self._channels_first(padded, first)

    # Resizing by whole factors

    def resize_images(self, X, height_factor, width_factor, dim_ordering):
        height = whole("height_factor", height_factor)
        width = whole("width_factor", width_factor)
        return self._resized(X, (height, width), dim_ordering)

    def resize_volumes(
        self, X, depth_factor, height_factor, width_factor, dim_ordering
    ):
        depth = whole("depth_factor", depth_factor)
        height = whole("height_factor", height_factor)
        width = whole("width_factor", width_factor)
        return self._resized(X, (depth, height, width), dim_ordering)

    def _resized(self, x, factors: tuple[int, ...], dim_ordering):
        first = is_first(dim_ordering)
        self._check_rank(x, len(factors) + 2)
        form = self._channels_last_form(x) if first else x
        if form is None:
            return self._repeated(x, factors, 2)
        return self._channels_first(self._repeated(form, factors, 1), first)

    def _repeated(self, x, counts: tuple[int, ...], start: int):
        for axis, count in enumerate(counts, start):
            if count > 1:
                x = self.repeat_elements(x, count, axis)
        return x
