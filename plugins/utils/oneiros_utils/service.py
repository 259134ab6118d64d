"""The service `summaries`: models in a terminal."""

from oneiros import services

from oneiros_utils.layer_utils import print_summary


class Summaries:
    """What the kernel calls."""

    print_summary = staticmethod(print_summary)


service: services.Summaries = Summaries()
