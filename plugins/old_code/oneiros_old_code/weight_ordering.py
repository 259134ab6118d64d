"""The order of a model's weights before Keras 1.0, which code may still ask for."""

from oneiros.arguments import check_choice

_chosen: dict[str, bool] = {}


def set_legacy_weight_ordering(value: bool) -> None:
    """Selects the order of a model's weights that Keras used before version 1.0.

    # Arguments
        value: boolean; False selects the order of Keras 1.
    """
    _chosen["legacy"] = check_choice(
        "set_legacy_weight_ordering", "value", value, (True, False)
    )


def legacy_weight_ordering() -> bool:
    """Returns whether weights are ordered as Keras before 1.0 did (False unless
    set)."""
    return _chosen.get("legacy", False)
