"""Updates of shared variables."""

from oneiros_theano_namespace.updates import OrderedUpdates

__all__ = ["OrderedUpdates"]
