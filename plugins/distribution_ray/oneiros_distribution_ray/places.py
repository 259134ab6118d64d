"""Places for workers on the nodes of a cluster."""

import ray
from oneiros.errors import DistributionError
from ray.train import ScalingConfig
from ray.util.placement_group import placement_group, remove_placement_group


def wait_for_places(
    scaling: ScalingConfig, timeout: float, spare_cpus: int = 0
) -> None:
    """Waits until the cluster has places for all workers; `ray.train` would wait for
    ever.

    # Arguments
        scaling: Ray's description of the workers.
        timeout: float, the seconds to wait.
        spare_cpus: int, the number of CPUs that the workers must leave free.

    # Raises
        DistributionError: if it has no places within the time.
    """
    place = {
        "CPU": scaling.num_cpus_per_worker,
        "GPU": scaling.num_gpus_per_worker,
        **scaling.additional_resources_per_worker,
    }
    place = {name: amount for name, amount in place.items() if amount}
    count = scaling.min_workers
    group = placement_group([place] * count, strategy=scaling.placement_strategy)
    try:
        has_places = group.wait(timeout)
        available = ray.available_resources()
        cpus = ray.cluster_resources().get("CPU", 0)
    finally:
        remove_placement_group(group)
    free = {name: available.get(name, 0) for name in place}
    asked = f"{count} workers with {_shown(place)} each"
    if not has_places:
        raise DistributionError(
            f"The Ray cluster had no places for {asked} within {timeout:g} s. Free are "
            f"{_shown(free)}. Ask for fewer workers, or for less: "
            "workers=ScalingConfig(num_workers=…, resources_per_worker=…). If the "
            "cluster grows, or others leave it, wait longer: timeout=600."
        )
    if cpus - count * scaling.num_cpus_per_worker < spare_cpus:
        raise DistributionError(
            f"{asked} take all {cpus:g} CPUs of the Ray cluster, and leave none for "
            "reading the dataset. Ask for fewer workers."
        )


def _shown(resources: dict[str, float]) -> str:
    """Returns amounts of resources for messages."""
    return ", ".join(f"{amount:g} {name}" for name, amount in resources.items())
