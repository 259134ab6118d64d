"""The service `old_code`: what code for other versions of Keras expects of models and
layers."""

from oneiros import services

from oneiros_old_code.advice import known_arguments, without_removed
from oneiros_old_code.own_loops import own_loop
from oneiros_old_code.private_loops import private_method


class OldCode:
    """The service: what the kernel and models ask for code of Keras 1."""

    without_removed = staticmethod(without_removed)
    known_arguments = staticmethod(known_arguments)
    own_loop = staticmethod(own_loop)
    private_method = staticmethod(private_method)


service: services.OldCode = OldCode()
