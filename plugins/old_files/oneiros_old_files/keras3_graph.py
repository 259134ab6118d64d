"""Graphs of Keras 3: calls with arguments become references to tensors, and masks what
Keras 1 finds itself.

In files of Keras 1 and 2, a call is a list of references, `[layer, node, tensor]`. The
nodes of a nested model are counted from 1, because its own inputs count as a call.

Files of Keras 3 hold the operations that compute masks, and pass masks to layers as
arguments. Keras 3 and `tf.keras` treat some masks in another way than Keras 1:

- At masked steps, a `Bidirectional` that returns sequences gives zeros, and Keras 1's
  repeats the step before. A recurrent layer behind it skips those steps.
- They end a mask at a layer that can't use it, where Keras 1 refuses it, and let
  GlobalAveragePooling1D average the steps that it leaves.
- Keras 3 joins different masks of inputs that are merged with "or", Keras 1 and 2 with
  "and".

The classes of `oneiros_keras3` do both as Keras 1.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from oneiros import backend as K
from oneiros.config import known_objects
from oneiros.errors import ConfigError
from oneiros.user_warnings import warn
from oneiros_safe_files.config_extent import TENSOR

from oneiros_old_files.base import Origin
from oneiros_old_files.keras3 import DOUBLE, MIXED, OPERATIONS, PACKAGE

Entry = dict[str, Any]
Reference = list[Any]
SECOND = "a second argument"
"""The name under which a reference holds further arguments without a name."""
OPERANDS = "operands"
"""The name under which a reference holds all arguments of an operation."""
TENSOR_OPERATION = "TensorOperation"
"""The layer that computes an operation."""
SLICE_PARTS = ("start", "stop", "step")
CONSTANT = "_CONSTANT_VALUE"
"""What stands in files of Keras 2 for the name of a layer, where a value is given."""
GRAPHS = ("Functional", "Model")
"""Models whose nodes Keras 3 counts from 1 in references to outputs."""
MODELS = (*GRAPHS, "Sequential")
"""Class names of models."""
OWN_CLASS = "own_class"
"""The key of the class of a model that is one of the caller's."""
Place = tuple[str, int]
"""A layer and the number of its call."""
Mask = tuple[Any, ...] | None
"""What a mask is computed from; None if there is no mask."""
ZEROS = "zero_output_for_mask"
"""The argument of recurrent layers that Keras 1 doesn't have."""
RECURRENT = (
    *("SimpleRNN", "LSTM", "GRU", "RNN"),
    *("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"),
)
MERGES = ("Add", "Multiply", "Average", "Maximum", "Concatenate")
MASKED = "Masked"
"""The layer that begins a mask, in front of calls that name theirs."""
TAKING_MASKS = (*RECURRENT, "Attention", "AdditiveAttention", "Bidirectional")
"""The layers whose calls may name a mask."""
MASK_OPERATIONS = ("NotEqual", "Any", "LogicalOr")
"""The operations that compute masks."""
INSIDE = ("layer", "backward_layer")
"""Arguments with the layers of a wrapper."""
SKIPPING = (*RECURRENT, "Bidirectional")
"""Layers to which their input's values at masked steps don't matter."""
STEPWISE = (
    *("Activation", "ELU", "LeakyReLU", "ReLU", "TimeDistributed"),
    *("Dropout", "GaussianDropout", "GaussianNoise", "SpatialDropout1D"),
)
"""Layers whose output at a step depends on that step alone."""
ENDING = (
    *("AveragePooling", "Conv1D", "Conv2D", "Conv3D", "Cropping", "DepthwiseConv"),
    *("Flatten", "GlobalAveragePooling", "GlobalMaxPooling", "LocallyConnected"),
    *("MaxPooling", "Permute", "RepeatVector", "Reshape", "SeparableConv"),
    *("UpSampling", "ZeroPadding"),
)
"""What the names of layers that end a mask begin with."""
AVERAGING = "GlobalAveragePooling1D"
ZEROS_OF_PRODUCTS = (
    "gives zeros at masked steps, where Keras 1 multiplies what the inputs have there."
)
Leave = Callable[[Entry, ConfigError], None]
"""What is done about a layer whose masks mean something else in Keras 1."""


def prepared(entry: Entry, origin: Origin, leave: Leave) -> Entry:
    """Returns a model's entry with references in its graphs, as in files of Keras 2,
    and without what Keras 3 says of masks.

    # Arguments
        entry: dict, as in a file of Keras 3, or of `tf.keras`.
        origin: `Origin`.
        leave: function that gets the layers that can't do without, and the errors.
    """
    copied = deepcopy(entry)
    entries = list(_all_entries(copied))
    for each in filter(_is_own_model, entries):
        each.update({OWN_CLASS: supplied_name(each), "class_name": "Functional"})
    models = [each for each in entries if each.get("class_name") in MODELS]
    for model in models:
        if model["class_name"] != "Sequential":
            _with_references(model["config"], origin)
    _warn_of_types(entries)
    if origin.keras < 3:
        entries += [layer for model in models for layer in _with_masked(model)]
    has_masks = any(map(_masks, entries))
    for model in models if has_masks else []:
        _Walk(model is copied, origin.keras, leave).through(model)
    for each in [] if has_masks else entries:
        each["config"].pop(ZEROS, None)
    for each in entries if origin.keras > 2 else ():
        if is_operation(each):
            _as_layer(each)
    return copied


def supplied_name(entry: Entry) -> str:
    """Returns the name under which the caller supplied a layer's class, with or without
    its package; otherwise its name in the file."""
    name = str(entry["class_name"])
    names = [name, entry.get("registered_name")]
    if not name.startswith(PACKAGE):
        *_, bare = name.split(">")
        names.append(bare)
    known = known_objects()
    supplied = (each for each in names if each in known)
    return next(supplied, name)


def _is_own_model(entry: Entry) -> bool:
    """Returns whether an entry is a graph of a class that the caller supplied."""
    is_graph = {"layers", "input_layers", "output_layers"} <= entry["config"].keys()
    return is_graph and supplied_name(entry) in known_objects()


def _warn_of_types(entries: list[Entry]) -> None:
    """Warns once if layers compute in another type than they do here."""
    for each in entries:
        policy = each["config"].get("name")
        if policy in MIXED:
            warn(
                f"The file is of {policy}: its layers compute in {policy[6:]}. Here "
                "they compute in float32, like their weights, and predict a little "
                "more exactly."
            )
            return
        if DOUBLE in (policy, each["config"].get("dtype")) and K.floatx() != DOUBLE:
            warn(
                f"The file is of float64; here its layers compute in {K.floatx()}, a "
                "little less exactly. For float64, call "
                "oneiros.backend.set_floatx('float64') before loading."
            )
            return


def _with_references(config: Entry, origin: Origin) -> None:
    """Lets each call of a graph be a list of references; late releases of Keras 2 leave
    out the list around a single one."""
    if origin.keras > 2:
        replace_calls(config)
        return
    for layer in config["layers"]:
        layer["inbound_nodes"] = list(map(places_of, layer["inbound_nodes"]))
    for key in ("input_layers", "output_layers"):
        config[key] = places_of(config[key])


def _all_entries(entry) -> Iterator[Entry]:
    """Yields a model's entry and those of all objects inside. A `Sequential` of early
    releases of Keras 2, a list, becomes a dict."""
    waiting = [entry]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
            continue
        if not isinstance(value, dict):
            continue
        if isinstance(value.get("config"), list):
            value["config"] = {"layers": value["config"]}
        if isinstance(value.get("config"), dict):
            yield value
            waiting += value["config"].values()


def _masks(entry: Entry) -> bool:
    """Returns whether a layer makes a mask."""
    if entry.get("class_name") == "Embedding":
        return bool(entry["config"].get("mask_zero"))
    return entry.get("class_name") in ("Masking", MASKED)


def _masked(name: str, call: list[Reference]) -> Entry:
    described = {"class_name": MASKED, "name": name, "config": {"name": name}}
    return {**described, "inbound_nodes": [call]}


def _with_masked(model: Entry) -> list[Entry]:
    """Puts a layer that begins a mask before each call that names its mask, and returns
    these layers."""
    layers = model["config"]["layers"]
    added: list[Entry] = []
    for layer in layers if model["class_name"] != "Sequential" else []:
        for node in layer["inbound_nodes"]:
            if layer["class_name"] not in TAKING_MASKS:
                continue
            arguments = [reference[3] for reference in node if len(reference) > 3]
            masks = [each.pop("mask", None) for each in arguments]
            places = places_of(masks[0]) if masks and masks[0] else []
            for reference, place in zip(node, places):
                name = f"{layer['name']}_masked_{len(added)}"
                added.append(_masked(name, [reference[:3], place[:3]]))
                reference[:3] = [name, 0, 0]
    layers += added
    return added


@dataclass(frozen=True)
class _Call:
    """A call of a layer.

    # Properties
        layer: dict, its entry.
        made: its output.
        node: list of references to its inputs.
    """

    layer: Entry
    made: Place
    node: list[Any]

    @property
    def name(self) -> str:
        """The name of the layer's class."""
        return str(self.layer["class_name"])

    @property
    def is_registered(self) -> bool:
        """Whether the layer's class is in `oneiros_keras3`."""
        return str(self.layer.get("registered_name")).startswith(PACKAGE)

    @property
    def places(self) -> list[Place]:
        """The inputs."""
        return [(name, at) for name, at, *_ in self.node if name != CONSTANT]

    @property
    def given(self) -> list[Place]:
        """The masks that it gets as arguments."""
        masks = [self.arguments.get("mask"), self.arguments.get(SECOND)]
        places = [
            place
            for mask in masks
            if isinstance(mask, list)
            for place in places_of(mask)
        ]
        return [(place[0], place[1]) for place in places if isinstance(place, list)]

    @property
    def arguments(self) -> Entry:
        """Its other arguments."""
        if not self.node or len(self.node[0]) < 4:
            return {}
        arguments: Entry = self.node[0][3]
        return arguments


@dataclass
class _Walk:
    """Follows the masks through a model.

    # Properties
        is_outermost: bool. The masks of a nested model's inputs aren't known; each may
            have one.
        keras: int, the version of Keras.
        leave: as for `prepared`.
        masks: dict, the masks of outputs, and the results of operations.
        readers: dict, by outputs, the calls that get them.
        zeroed: list of the calls that give zeros at masked steps.
        ending: list of the calls that end a mask.
    """

    is_outermost: bool
    keras: int
    leave: Leave
    masks: dict[Place, Mask] = field(default_factory=dict)
    readers: dict[Place, list[_Call]] = field(default_factory=dict)
    zeroed: list[_Call] = field(default_factory=list)
    ending: list[_Call] = field(default_factory=list)

    def through(self, model: Entry) -> None:
        """Follows the masks, and removes what the file says of them."""
        config = model["config"]
        layers = config["layers"]
        if model["class_name"] == "Sequential":
            mask: Mask = None if self.is_outermost else ("input",)
            for number, layer in enumerate(layers):
                node = [["", number, 0]]
                call = _Call(layer, ("", number + 1), node)
                mask = self._after(call, [mask])
            outputs = {("", len(layers))}
        else:
            self._through_graph(layers)
            outputs = {(name, number) for name, number, _ in config["output_layers"]}
            places = (*outputs, *self.readers)
            used = {name for name, _ in places}
            config["layers"] = [
                layer
                for layer in layers
                if layer["name"] in used or not _is_mask_operation(layer)
            ]
        for call in self.ending:
            place = config["layers"].index(call.layer)
            config["layers"].insert(place, _unmasked(call))
        for call in self.zeroed:
            if not self._shows(call, outputs):
                continue
            if call.name == "Multiply":
                self._note(call, ZEROS_OF_PRODUCTS)
            else:
                call.layer["config"][ZEROS] = True

    def _shows(self, call: _Call, outputs: set[Place]) -> bool:
        """Returns whether any output depends on a call's values at masked steps."""
        waiting = [call.made]
        while waiting:
            place = waiting.pop()
            if place in outputs:
                return True
            for reader in self.readers.get(place, ()):
                if reader.name in STEPWISE:
                    waiting.append(reader.made)
                elif reader.name not in SKIPPING:
                    return True
        return False

    def _through_graph(self, layers: list[Entry]) -> None:
        waiting: dict[Place, list[_Call]] = defaultdict(list)
        calls = [call for layer in layers for call in _calls(layer)]
        while calls:
            call = calls.pop()
            needed = (*call.places, *call.given)
            missing = [place for place in needed if place not in self.masks]
            if missing:
                waiting[missing[0]].append(call)
                continue
            self.masks[call.made] = self._called(call)
            calls += waiting.pop(call.made, ())

    def _called(self, call: _Call) -> Mask:
        """Returns the mask of a call's output, or the result of an operation."""
        inputs = [self.masks[place] for place in call.places]
        given = [self.masks[place] for place in call.given]
        if _is_mask_operation(call.layer):
            return _operation(call, inputs + given)
        if not inputs and not self.is_outermost:
            inputs = [("input", call.layer["name"])]
        if given and given == inputs:
            call.arguments["mask"] = None
        return self._after(call, inputs)

    def _after(self, call: _Call, inputs: list[Mask]) -> Mask:
        """Returns the mask of a layer's output.

        # Arguments
            call: the layer's call.
            inputs: list of the masks of its inputs.
        """
        places = call.places
        for place in (*places, *call.given):
            self.readers.setdefault(place, []).append(call)
        name = call.name
        config = call.layer["config"]
        if name == "Masking":
            is_kept = ("NotEqual", places[0], config.get("mask_value"))
            return ("Any", is_kept)
        if name == MASKED:
            return ("given", places[1])
        if _masks(call.layer):
            return ("NotEqual", places[0], 0)
        if name in ("Embedding", "Dot") or not inputs:
            return None
        if self.keras > 2 and is_operation(call.layer):
            return None
        if name in MODELS:
            return ("output", *places)
        if name in MERGES:
            return self._after_merge(call, inputs)
        if name == "Bidirectional":
            return self._after_both(call, inputs[0])
        if name in RECURRENT:
            return _after_steps(config, inputs[0])
        if name == "TimeDistributed" and _is_certain(inputs[0]):
            self._check_steps(call)
        is_ending = name.startswith(ENDING) and name not in known_objects()
        if inputs[0] is None or not is_ending:
            return inputs[0]
        if name == AVERAGING:
            call.layer["class_name"] = f"Keras2{name}"
        elif inputs[0][0] != "input":
            self.ending.append(call)
        return None

    def _after_merge(self, call: _Call, inputs: list[Mask]) -> Mask:
        first_mask = next(filter(None, inputs), None)
        if call.is_registered:
            return first_mask and ("merged", call.layer["config"]["name"])
        if self.keras > 2 and len(set(inputs)) > 1:
            self._note(
                call,
                "joins inputs with different masks, or only some with a mask, which "
                "Keras 1 does with another result.",
            )
        elif self.keras > 2 and call.name == "Multiply" and first_mask:
            self.zeroed.append(call)
        return first_mask

    def _after_both(self, call: _Call, mask: Mask) -> Mask:
        outer = call.layer["config"]
        inner = [outer[name] for name in INSIDE if outer.get(name)]
        configs = [layer["config"] for layer in inner]
        shows_steps = configs[0].get("return_sequences")
        is_known = call.is_registered or call.name in known_objects()
        if mask is not None and shows_steps and not is_known:
            self.zeroed.append(call)
        for config in configs:
            config.pop(ZEROS, None)
        return _after_steps(configs[0], mask)

    def _check_steps(self, call: _Call) -> None:
        inner = call.layer["config"]["layer"]["class_name"]
        if inner in SKIPPING:
            self._note(
                call,
                f"passes the mask of its input on to its {inner}, which Keras 1 "
                "doesn't do.",
            )

    def _note(self, call: _Call, reason: str) -> None:
        class_name = call.name
        if class_name in known_objects():
            return
        name = call.layer["config"].get("name")
        error = ConfigError(
            f"The {class_name} layer {name!r} of Keras {self.keras} {reason} Leave the "
            f"mask out: mask_zero=False, or no Masking, and train the model again. If "
            f"you have a class that computes the same, pass "
            f"custom_objects={{{class_name!r}: YourClass}}; it receives the arguments "
            f"as stored."
        )
        self.leave(call.layer, error)


def _is_certain(mask: Mask) -> bool:
    """Returns whether there is a mask; of nested models, that isn't known."""
    return mask is not None and mask[0] not in ("input", "output")


def _calls(layer: Entry) -> Iterator[_Call]:
    """Yields a layer's calls; that on its own inputs is a nested model's first."""
    first = 1 if layer["class_name"] in MODELS else 0
    nodes = layer["inbound_nodes"] or [[]]
    for number, node in enumerate(nodes, first):
        yield _Call(layer, (layer["name"], number), node)


def _is_mask_operation(layer: Entry) -> bool:
    if layer["class_name"] not in MASK_OPERATIONS:
        return False
    return is_operation(layer)


def _operation(call: _Call, inputs: list[Mask]) -> Mask:
    """Returns the result of an operation on masks."""
    name = call.name
    if name == "NotEqual":
        return (name, call.places[0], call.arguments[OPERANDS][-1])
    config = call.layer["config"]
    is_over_last = name == "Any" and config["axis"] == -1
    if is_over_last and not config["keepdims"]:
        return (name, inputs[0])
    if name == "LogicalOr" and inputs[1:] == inputs[:1]:
        return inputs[0]
    return (call.layer["name"],)


def _unmasked(call: _Call) -> Entry:
    """Returns the entry of a layer that ends a mask before a call, which gets its
    output."""
    reference = call.node[0]
    name = f"{call.layer['config']['name']}_input_{call.made[1]}"
    entry: Entry = {"class_name": "Unmasked", "name": name, "config": {"name": name}}
    if "inbound_nodes" in call.layer:
        entry["inbound_nodes"] = [[reference[:3]]]
        reference[:3] = [name, 0, 0]
    return entry


def _after_steps(config: Entry, mask: Mask) -> Mask:
    """Returns the mask of a recurrent layer's output."""
    if mask is None:
        config.pop(ZEROS, None)
    return mask if config.get("return_sequences") else None


def replace_calls(config: Entry) -> None:
    """Replaces the calls of a graph by references, as in files of Keras 2.

    # Arguments
        config: dict, the configuration of a `Functional` of Keras 3; changed in place.
    """
    layers = config["layers"]
    models = [entry for entry in layers if entry["class_name"] in MODELS]
    nested = {entry["name"] for entry in models}
    sequential = {
        entry["name"] for entry in models if entry["class_name"] not in GRAPHS
    }
    for entry in layers:
        read = _operation_call if is_operation(entry) else _references
        calls = entry["inbound_nodes"]
        entry["inbound_nodes"] = [read(call, nested) for call in calls]
    for key in ("input_layers", "output_layers"):
        config[key] = list(_places(config[key], sequential))


def places_of(places):
    """Returns a list of references of Keras 2; late releases leave out the list around
    a single one, have dicts, which Keras sorts by their keys, and the states of stacked
    cells in lists of their own."""
    if isinstance(places, dict):
        places = [places[key] for key in sorted(places)]
    if places and isinstance(places[0], str):
        return [places]
    found: list[Any] = []
    for place in places:
        is_nested = isinstance(place, list) and place and isinstance(place[0], list)
        found += places_of(place) if is_nested else [place]
    return found


def _references(call, nested: set[str]) -> list[Reference]:
    """Returns the references of a call; the last item of the first one holds its other
    arguments, those that are tensors as references."""
    if isinstance(call, list):  # as in files of Keras 2
        return call
    inputs, *others = call["args"] or [None]
    constants = [given for given in _flat(inputs) if not _is_tensor(given)]
    references = [_counted(place, nested) for place in _tensors(inputs)]
    if constants or not references:
        received = (constants or [inputs])[0]
        raise ConfigError(
            f"a call gets {received!r:.80}, where Keras 1 needs a tensor."
        )
    arguments = dict(call["kwargs"])
    if others:
        arguments[SECOND] = others[0] if len(others) == 1 else others
    for name, value in arguments.items():
        places = [_counted(place, nested) for place in _tensors(value)]
        arguments[name] = places or value
    references[0].append(arguments)
    return references


def is_operation(entry: Entry) -> bool:
    """Returns whether an entry in a graph of Keras 3 is an operation on tensors."""
    if "module" in entry:
        return str(entry["module"]).startswith(OPERATIONS)
    if "inbound_nodes" not in entry or "trainable" in entry["config"]:
        return False
    name = supplied_name(entry)
    is_layer = name in ("InputLayer", *MODELS)
    is_of_caller = ">" in name or name in known_objects()
    return not is_layer and not is_of_caller


def _operation_call(call, nested: set[str]) -> list[Reference]:
    """Returns the references of an operation's call; the last item of the first one
    holds all arguments, with dicts that stand for tensors and slices."""
    references: list[Reference] = []

    def standing(value):
        if isinstance(value, list):
            return list(map(standing, value))
        if _is_tensor(value):
            references.append(_counted(value["config"]["keras_history"], nested))
            return {"input": len(references) - 1}
        if isinstance(value, dict) and value.get("class_name") == "__slice__":
            return {"slice": [value["config"][key] for key in SLICE_PARTS]}
        return value

    operands = standing(call["args"])
    settings = {name: standing(value) for name, value in call["kwargs"].items()}
    if not references:
        raise ConfigError(f"an operation gets {operands!r:.80}, and no tensor.")
    references[0].append({OPERANDS: operands, **settings})
    return references


def _as_layer(entry: Entry) -> None:
    """Lets an operation be a layer, as its plugin has it."""
    config = dict(entry["config"])
    name = config.pop("name")
    described = {"function": entry["class_name"], "settings": config}
    entry.pop("module", None)
    entry.pop("registered_name", None)
    entry.update(class_name=TENSOR_OPERATION, config={"name": name, **described})


def _tensors(value) -> Iterator[Reference]:
    """Yields the references to tensors in an argument of a call."""
    for given in filter(_is_tensor, _flat(value)):
        yield list(given["config"]["keras_history"])


def _is_tensor(value) -> bool:
    return isinstance(value, dict) and value.get("class_name") == TENSOR


def _flat(value) -> Iterator[Any]:
    """Yields what lists inside each other hold."""
    if not isinstance(value, list):
        yield value
        return
    for item in value:
        yield from _flat(item)


def _places(value, counted_from_0: set[str]) -> Iterator[Reference]:
    """Yields the references to a graph's inputs or outputs, which may be one reference,
    or a list or dict of them; Keras sorts a dict by its keys."""
    if isinstance(value, dict):
        value = [value[key] for key in sorted(value)]
    if value and isinstance(value[0], str):
        yield _counted(value, counted_from_0)
        return
    for item in value:
        yield from _places(item, counted_from_0)


def _counted(place: Reference, counted_from_0: set[str]) -> Reference:
    """Returns a reference with its node counted as here."""
    name, node, tensor = place
    return [name, node + 1 if name in counted_from_0 else node, tensor]
