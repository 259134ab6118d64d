"""The service `compilation`: what the arguments of `compile` mean."""

from oneiros import services

from oneiros_training.compilation.callables import function_arguments
from oneiros_training.compilation.plan import plan


class Compilation:
    """What the kernel calls."""

    plan = staticmethod(plan)
    function_arguments = staticmethod(function_arguments)


service: services.Compilation = Compilation()
