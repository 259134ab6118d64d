"""What the kernel asks of plugins: a service each, with its functions and their types.

Besides hooks and the names that users write, this is the only way from the kernel into
a plugin. A plugin's manifest names its implementation in `oneiros_services`, as
`{"saving": "package.module:attribute"}`; the plugin assigns it to a variable of the
protocol's type, so that mypy compares the two. `services.saving` imports it on first
use; if no plugin provides it, the error says what to install. To replace a service,
provide the same name, and choose between the two with `[prefer]` in the settings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from oneiros import registry

if TYPE_CHECKING:
    from oneiros.bases import Callback, Rebuilt
    from oneiros.engine.container import Container
    from oneiros.engine.layer import Layer
    from oneiros.engine.node import Tensor

Config = dict[str, Any]


class Configurations(Protocol):
    """Layers and graphs as plain data, and graphs from it."""

    def layer_config(self, layer: Layer) -> Config:
        """Returns the result of `Layer.get_config`."""

    def argument_config(self, layer: Layer, argument: str) -> Config:
        """Returns the result of `Layer.argument_config`."""

    def graph_config(self, model: Container) -> Config:
        """Returns the configurations of a graph's layers, and their connections."""

    def build_graph(self, config: Config) -> tuple[list[Tensor], list[Tensor]]:
        """Returns the inputs and outputs of the graph that a configuration
        describes."""

    def to_json(self, obj: Config, **options: Any) -> str:
        """Returns a configuration as JSON text."""

    def to_yaml(self, config: Config, **options: Any) -> str:
        """Returns a configuration as YAML text."""


class Saving(Protocol):
    """Files of models and of weights."""

    def save_model(self, model: Container, filepath: Any, overwrite: bool) -> None:
        """Writes a model with its training state."""

    def save_weights(self, model: Container, filepath: Any, overwrite: bool) -> None:
        """Writes a model's weights."""

    def load_weights(
        self,
        model: Container,
        filepath: Any,
        by_name: bool,
        *,
        budget: Any,
        trained_on: str | None,
    ) -> None:
        """Reads weights from a file."""

    def save_weights_to_hdf5_group(self, model: Container, f: Any) -> None:
        """Writes a model's weights into an open `h5py.Group`."""

    def load_weights_from_hdf5_group(
        self, model: Container, f: Any, by_name: bool
    ) -> None:
        """Reads a model's weights from an open `h5py.Group`."""


class Copying(Protocol):
    """Copies of objects, by `copy`, `pickle` and resumed training."""

    def reduced(self, obj: Rebuilt) -> tuple[Any, ...]:
        """Returns a function that makes a copy of an object, and its arguments."""

    def plain_attributes(self, callback: Callback) -> dict[str, Any]:
        """Returns the attributes that are plain data, except `params`."""


configurations: Configurations
saving: Saving
copying: Copying


def __getattr__(name: str) -> Any:
    if name not in __annotations__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return registry.resolve("service", name)
