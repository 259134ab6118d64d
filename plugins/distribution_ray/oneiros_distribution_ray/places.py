"""Places for workers on the nodes of a cluster."""

import ray
from oneiros.errors import DistributionError
from ray.train import ScalingConfig
from ray.util.placement_group import placement_group, remove_placement_group


def wait_for_places(scaling: ScalingConfig, timeout: float) -> None:
    """Waits until the cluster has free places for all workers, for which `ray.train`
    would wait for ever.

    # Raises
        DistributionError: if it has none within the time.
    """
    place = {
        "CPU": scaling.num_cpus_per_worker,
        "GPU": scaling.num_gpus_per_worker,
        **scaling.additional_resources_per_worker,
    }
    place = {name: amount for name, amount in place.items() if amount}
    group = placement_group(
        [place] * scaling.min_workers, strategy=scaling.placement_strategy
    )
    try:
        if group.wait(timeout):
            return
    finally:
        remove_placement_group(group)
    raise DistributionError(
        f"The Ray cluster had no places for {scaling.min_workers} workers within "
        f"{timeout:g} s. Each asks for {_shown(place)}; free are "
        f"{_shown(ray.available_resources())} of "
        f"{_shown(ray.cluster_resources())}. Ask for fewer workers, or let each ask for less:"
        "workers=ScalingConfig(num_workers=…, resources_per_worker=…)."
    )


def _shown(resources: dict[str, float]) -> str:
    """Returns amounts for messages, without Ray's names of nodes."""
    parts = [
        f"{amount:g} {name}"
        for name, amount in resources.items()
        if not name.startswith(("node:", "object_store_memory"))
    ]
    return ", ".join(parts) or "nothing"
