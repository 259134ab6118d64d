"""Operations."""

from oneiros_theano_namespace.custom_ops import Op

__all__ = ["Op"]
