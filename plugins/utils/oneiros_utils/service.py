"""The service `summaries`: models in a terminal."""

from oneiros import services

from oneiros_utils import layer_utils

service: services.Summaries = layer_utils
