"""What the kernel asks of plugins: a service each, with its functions and their types.

Besides hooks and the names that users write, this is the only way from the kernel into
a plugin. A plugin's manifest names its implementation in `oneiros_services`, as
`{"saving": "package.module:attribute"}`; the plugin assigns it to a variable of the
protocol's type, so that mypy compares the two. Each protocol below names the module of
Oneiros's own implementation. `services.saving` imports it on first use; if no plugin
provides it, the error says what to install. To replace a service, provide the same
name, and choose between the two with `[prefer]` in the settings.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, Protocol

from oneiros import registry

if TYPE_CHECKING:
    from oneiros.bases import Callback, Rebuilt
    from oneiros.engine.container import Container
    from oneiros.engine.layer import Layer
    from oneiros.typing import Config, Tensors, Values


class DefaultCallbacks(Protocol):
    """The callbacks that every fit has: `oneiros_callbacks.callback_list`."""

    def for_fit(
        self, model: Container, callbacks: list[Any], params: Values
    ) -> tuple[Any, Any]:
        """Returns a fit's callbacks as one, the user's and those that every fit has,
        and the `History` among them; refuses what isn't a callback."""


class OldCode(Protocol):
    """What code for other versions of Keras expects: `oneiros_old_code.service`."""

    def without_removed(self, where: str, arguments: Values) -> Values:
        """Returns arguments without those that Keras removed, and warns about these."""

    def known_arguments(
        self,
        where: str,
        arguments: Values,
        accepted: Collection[str],
        names: Collection[str],
    ) -> Values:
        """Does the same for arguments of which some aren't accepted; raises TypeError
        for one that Keras didn't remove, which may suggest `names`."""

    def own_loop(
        self,
        method: Callable[..., Any],
        model: Container,
        args: tuple[Any, ...],
        options: Values,
    ) -> Any:
        """Runs `fit`, `evaluate` or `predict` with the loop that replaces Keras's."""

    def private_method(
        self, model: Container, name: str, args: tuple[Any, ...], options: Values
    ) -> Any:
        """Runs `_fit_loop`, `_test_loop`, `_predict_loop` or `_standardize_user_data`,
        as a model of Keras 1 did."""


class Summaries(Protocol):
    """Models in a terminal: `oneiros_utils.service`."""

    def print_summary(
        self,
        layers: list[Layer],
        relevant_nodes: Any,
        line_length: int,
        positions: Any,
        *,
        print_fn: Any,
    ) -> None:
        """Prints a table of layers."""


class Notebooks(Protocol):
    """Models in a notebook: `oneiros_visualization.service`."""

    def model_html(self, model: Container) -> str:
        """Returns a table of a model's layers."""


class Configurations(Protocol):
    """Layers and graphs as plain data, and graphs from it:
    `oneiros_saving.configurations`."""

    def layer_config(self, layer: Layer) -> Config:
        """Returns the result of `Layer.get_config`."""

    def argument_config(self, layer: Any, argument: str) -> Config:
        """Returns the result of `Layer.argument_config`."""

    def graph_config(self, model: Container) -> Config:
        """Returns the configurations of a graph's layers, and their connections."""

    def build_graph(self, config: Config) -> tuple[Tensors, Tensors]:
        """Returns the inputs and outputs of the graph that a configuration
        describes."""

    def stored_function(self, value: Any, layer: str, argument: str) -> Any:
        """Returns the function for an argument in a layer's configuration."""

    def to_json(self, obj: Config, **options: Any) -> str:
        """Returns a configuration as JSON text."""

    def to_yaml(self, config: Config, **options: Any) -> str:
        """Returns a configuration as YAML text."""


class Saving(Protocol):
    """Files of models and of weights: `oneiros_saving.saving`."""

    def save_model(self, model: Container, filepath: Any, overwrite: bool) -> None:
        """Writes a model with its training state."""

    def save_weights(self, model: Container, filepath: Any, overwrite: bool) -> None:
        """Writes a model's weights."""

    def load_weights(
        self, model: Container, filepath: Any, by_name: bool, *, trained_on: str | None
    ) -> None:
        """Reads weights from a file."""

    def save_weights_to_hdf5_group(self, model: Container, f: Any) -> None:
        """Writes a model's weights into an open `h5py.Group`."""

    def load_weights_from_hdf5_group(
        self, model: Container, f: Any, by_name: bool
    ) -> None:
        """Reads a model's weights from an open `h5py.Group`."""


class Copying(Protocol):
    """Copies of objects, by `copy`, `pickle` and resumed training:
    `oneiros_saving.pickling`."""

    def reduced(self, obj: Rebuilt) -> tuple[Any, ...]:
        """Returns a function that makes a copy of an object, and its arguments."""

    def plain_attributes(self, callback: Callback) -> Values:
        """Returns the attributes that are plain data, except `params`."""


configurations: Configurations
copying: Copying
default_callbacks: DefaultCallbacks
notebooks: Notebooks
old_code: OldCode
saving: Saving
summaries: Summaries


def __getattr__(name: str) -> Any:
    if name not in registry.owners()["service"]:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return registry.resolve("service", name)
