"""Pooling, padding and resizing of sequences, images and volumes."""

# mypy: allow-untyped-defs, allow-incomplete-defs
from oneiros.arguments import check_choice, check_int

from oneiros_backend_toolkit.images import Images, check_window, is_first, per_axis

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
        return self._pooled("pool2d", x, 2, pool_size, strides, modes, dim_ordering)

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
        return self._pooled("pool3d", x, 3, pool_size, strides, modes, dim_ordering)

    def _pooled(
        self,
        name: str,
        x,
        rank: int,
        pool_size,
        strides,
        modes: tuple[str, str],
        dim_ordering,
    ):
        border_mode, pool_mode = modes
        first = is_first(name, dim_ordering)
        window = per_axis(name, "pool_size", pool_size, rank)
        steps = window
        if strides is not None:
            steps = per_axis(name, "strides", strides, rank)
        check_choice(name, "border_mode", border_mode, ("valid", "same"))
        check_choice(name, "pool_mode", pool_mode, ("max", "avg"))
        self._check_images(name, x, rank + 2)
        x = self._channels_last(x, first)
        sizes = self.int_shape(x)[1:-1]
        check_window(name, sizes, window, border_mode)
        pooled = self._pool(x, window, steps, border_mode, pool_mode)
        return self._channels_first(pooled, first)

    # Padding

    def temporal_padding(self, x, padding=1):
        width = check_int("temporal_padding", "padding", padding, 0)
        return self._padded("temporal_padding", x, ((width, width),), "tf")

    def asymmetric_temporal_padding(self, x, left_pad=1, right_pad=1):
        name = "asymmetric_temporal_padding"
        before = check_int(name, "left_pad", left_pad, 0)
        after = check_int(name, "right_pad", right_pad, 0)
        return self._padded(name, x, ((before, after),), "tf")

    def spatial_2d_padding(self, x, padding=(1, 1), dim_ordering="default"):
        name = "spatial_2d_padding"
        rows, columns = per_axis(name, "padding", padding, 2, minimum=0)
        pairs = ((rows, rows), (columns, columns))
        return self._padded(name, x, pairs, dim_ordering)

    def asymmetric_spatial_2d_padding(
        self,
        x,
        top_pad=1,
        bottom_pad=1,
        left_pad=1,
        right_pad=1,
        dim_ordering="default",
    ):
        name = "asymmetric_spatial_2d_padding"
        top = check_int(name, "top_pad", top_pad, 0)
        bottom = check_int(name, "bottom_pad", bottom_pad, 0)
        left = check_int(name, "left_pad", left_pad, 0)
        right = check_int(name, "right_pad", right_pad, 0)
        pairs = ((top, bottom), (left, right))
        return self._padded(name, x, pairs, dim_ordering)

    def spatial_3d_padding(self, x, padding=(1, 1, 1), dim_ordering="default"):
        name = "spatial_3d_padding"
        widths = per_axis(name, "padding", padding, 3, minimum=0)
        pairs = tuple((n, n) for n in widths)
        return self._padded(name, x, pairs, dim_ordering)

    def _padded(self, name: str, x, pairs: Pairs, dim_ordering):
        first = is_first(name, dim_ordering)
        self._check_images(name, x, len(pairs) + 2)
        form = self._channels_last_form(x) if first else x
        if form is None:
            return self._pad(x, (NO_BORDER, NO_BORDER, *pairs))
        padded = self._pad(form, (NO_BORDER, *pairs, NO_BORDER))
        return self._channels_first(padded, first)

    # Resizing by whole factors

    def resize_images(self, X, height_factor, width_factor, dim_ordering):
        factors = {"height_factor": height_factor, "width_factor": width_factor}
        return self._resized("resize_images", X, factors, dim_ordering)

    def resize_volumes(
        self, X, depth_factor, height_factor, width_factor, dim_ordering
    ):
        factors = {
            "depth_factor": depth_factor,
            "height_factor": height_factor,
            "width_factor": width_factor,
        }
        return self._resized("resize_volumes", X, factors, dim_ordering)

    def _resized(self, name: str, x, factors, dim_ordering):
        first = is_first(name, dim_ordering)
        counts = []
        for argument, factor in factors.items():
            counts.append(check_int(name, argument, factor, 1))
        self._check_images(name, x, len(counts) + 2)
        form = self._channels_last_form(x) if first else x
        if form is None:
            return self._repeated(x, counts, 2)
        return self._channels_first(self._repeated(form, counts, 1), first)

    def _repeated(self, x, counts: list[int], start: int):
        for axis, count in reversed(list(enumerate(counts, start))):
            x = x if count == 1 else self.repeat_elements(x, count, axis)
        return x
