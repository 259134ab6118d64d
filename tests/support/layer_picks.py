"""How a strategy of a layer picks arguments, shapes, masks and the rest.

A strategy calls `pick(name, *options)`; names that begin with `@` are no arguments of
the layer. The same function so serves hypothesis, which draws from the options, and the
test that each option matters, which sets one and leaves the others at their first
option.
"""

from hypothesis import strategies as st
from layer_cases import SAMPLES, Case


class Pick:
    """Chooses among options. `inside` gives the one for a layer in a wrapper."""

    def __call__(self, name, *options):
        raise NotImplementedError

    def inside(self, fixed):
        return Inside(self, fixed)


class Drawn(Pick):
    """Lets hypothesis choose."""

    def __init__(self, draw):
        self.draw = draw

    def __call__(self, name, *options):
        return self.draw(st.sampled_from(options), label=name)


class Scripted(Pick):
    """Chooses what a dict says, else the first option; remembers the options."""

    def __init__(self, script):
        self.script = script
        self.options = {}

    def __call__(self, name, *options):
        self.options[name] = distinct(options)
        chosen = self.script.get(name, options[0])
        assert chosen in options, (
            f"{name}={chosen!r} is never drawn; there are {options}"
        )
        return chosen


class Inside(Pick):
    """Chooses for the layer in a wrapper, some things being settled."""

    def __init__(self, pick, fixed):
        self.pick = pick
        self.fixed = fixed

    def __call__(self, name, *options):
        return (
            self.fixed[name]
            if name in self.fixed
            else self.pick(f"@inside_{name}", *options)
        )


def distinct(values):
    """Returns the values without repetitions, in order."""
    return [value for index, value in enumerate(values) if value not in values[:index]]


REGULARIZERS = (None, "l2", {"name": "L1L2Regularizer", "l1": 0.5, "l2": 0.25})
CONSTRAINTS = (None, "unitnorm", "nonneg", {"name": "MaxNorm", "m": 0.5, "axis": 0})
ACTIVATIONS = (None, "tanh", "relu", "softsign", "sigmoid", "elu")
INITS = ("glorot_uniform", "normal", "one", "he_uniform")
WEIGHTS = (None, None, 5)
STEPS = ("input_dim", "input_dim+input_length")
ORDERINGS = ("tf", "th", "default")
SHAPES = ([3, 2], [3], [2, 2, 2], [1], [4, 1], [2, 1, 3, 2])


def finished(
    pick,
    layer,
    shapes,
    arguments,
    *,
    open=None,
    masks=False,
    dims=(),
    dtype="float64",
    stateful=False,
):
    """Returns a case: adds what all layers have in common.

    # Arguments
        open: the axis (without the batch) whose size the layer needn't know.
        masks: whether the layer takes masks.
        dims: what beside `input_shape` tells the input's shape: `"input_dim"`,
            `"input_dim+input_length"`.
        stateful: whether the batch size must be known.
    """
    masks = masks and len(shapes[0]) == 2
    mask = pick("@mask", None, "some", "first") if masks else None
    batch = True if stateful else pick("@batch", False, True)
    opened = open is not None and pick("@open", False, True)
    case = {
        "layer": layer,
        "shapes": shapes,
        "mask": mask,
        "dtype": dtype,
        "seed": pick("@seed", *range(50)),
    }
    if layer != "Merge":
        arguments["trainable"] = pick("trainable", True, True, True, False)
    arguments["name"] = pick("name", None, "given")
    forms = ["input", "input", *([] if batch else ["input_shape"]), "batch_input_shape"]
    forms += [] if batch else dims
    form = pick("@first", *forms) if mask is None and layer != "Merge" else "input"
    if form != "input":
        case["first"] = True
        opened = opened and form != "input_dim+input_length"
        opened = opened or (form == "input_dim" and len(shapes[0]) == 2)
        arguments.update(
            shape_arguments(form, shapes[0], open if opened else None, batch)
        )
        if dtype == "float64":
            arguments["input_dtype"] = pick("input_dtype", None, None, "float32")
    return Case(**case, arguments=arguments, batch=batch, open=open if opened else None)


def shape_arguments(form, shape, open, batch):
    """Returns the arguments that tell a layer its input's shape."""
    sizes = [None if axis == open else size for axis, size in enumerate(shape)]
    if form == "input_shape":
        return {"input_shape": sizes}
    if form == "batch_input_shape":
        return {"batch_input_shape": [SAMPLES if batch else None, *sizes]}
    known = {"input_dim": shape[-1], "input_length": shape[0]}
    return {name: known[name] for name in form.split("+")}


def affine(pick):
    """The arguments of the layers with a kernel and a bias."""
    return {
        "init": pick("init", *INITS),
        "weights": pick("weights", *WEIGHTS),
        "W_regularizer": pick("W_regularizer", *REGULARIZERS),
        "b_regularizer": pick("b_regularizer", *REGULARIZERS),
        "activity_regularizer": pick("activity_regularizer", *REGULARIZERS),
        "W_constraint": pick("W_constraint", *CONSTRAINTS),
        "b_constraint": pick("b_constraint", *CONSTRAINTS),
        "bias": pick("bias", True, True, False),
    }


def activated(pick):
    return {"activation": pick("activation", *ACTIVATIONS), **affine(pick)}
