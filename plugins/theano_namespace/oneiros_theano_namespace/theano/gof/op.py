"""Operations."""

from oneiros_theano_namespace.operations import Op

__all__ = ["Op"]
