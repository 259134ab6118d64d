"""The service `saving`: files of models and of weights."""

from oneiros import services

from oneiros_saving.loading import load_weights, load_weights_from_hdf5_group
from oneiros_saving.saving import save_model, save_weights, save_weights_to_hdf5_group


class Files:
    """What the kernel calls."""

    save_model = staticmethod(save_model)
    save_weights = staticmethod(save_weights)
    load_weights = staticmethod(load_weights)
    save_weights_to_hdf5_group = staticmethod(save_weights_to_hdf5_group)
    load_weights_from_hdf5_group = staticmethod(load_weights_from_hdf5_group)


service: services.Saving = Files()
