"""The service `notebooks`: models in a notebook."""

from oneiros import services

from oneiros_visualization.notebook import model_html


class Notebooks:
    """What the kernel calls."""

    model_html = staticmethod(model_html)


service: services.Notebooks = Notebooks()
