"""The service `notebooks`: models in a notebook."""

from oneiros import services

from oneiros_visualization import notebook

service: services.Notebooks = notebook
