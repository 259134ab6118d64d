"""Fits on a local Ray, for test_ray.py: `python ray_cases.py folder case…`.

The results of a case are in the folder, in a file named after it.
"""

import json
import os
import re
import signal
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import oneiros.distribution.ray as on_ray
import ray
import ray.data
from oneiros import processes
from oneiros.callbacks import Callback
from oneiros.errors import OneirosError
from oneiros.layers import BatchNormalization, Dense, Dropout
from oneiros.models import Sequential, load_model
from ray.train import FailureConfig, RunConfig, ScalingConfig

FOLDER = Path(sys.argv[1])
ROOT = Path(__file__).parents[2]
PAGES = (
    ROOT / "docs" / "guides" / "scale.md",
    ROOT / "plugins" / "distribution_ray" / "README.md",
)
ROWS = 57
x = np.random.RandomState(0).normal(size=(ROWS, 6)).astype("float32")
y = (x[:, :1] > 0).astype("float32")
OPTIONS = {"batch_size": 21, "nb_epoch": 4, "verbose": 0}


def build():
    layers = [
        Dense(8, input_dim=6, bias=False),
        BatchNormalization(),
        Dropout(0.5),
        Dense(1),
    ]
    model = Sequential(layers)
    model.compile("adam", "mse", metrics=["accuracy"])
    return model


def build_plain():
    model = Sequential([Dense(8, activation="tanh", input_dim=6), Dense(1)])
    model.compile("adam", "mse")
    return model


class Kill(Callback):
    """Kills the second process in the third epoch, once."""

    def __init__(self, case):
        self.case = case

    def on_batch_end(self, batch, logs=None):
        done = FOLDER / f"{self.case} is killed"
        is_place = len(self.model.history.epoch) == 2 and batch == 1
        if is_place and processes.current().rank == 1 and not done.exists():
            done.touch()
            os.kill(os.getpid(), signal.SIGKILL)


class EachBatch(Callback):
    """Makes batches run one by one, as `Kill` does."""

    def on_batch_end(self, batch, logs=None):
        pass


def run_config(name, failures=0, **environment):
    return RunConfig(
        name=name,
        storage_path=str(FOLDER / "results"),
        failure_config=FailureConfig(max_failures=failures),
        worker_runtime_env={"env_vars": environment},
    )


def results_of(result):
    with result.checkpoint.as_directory() as folder:
        model = load_model(f"{folder}/model.h5")
    return {
        "weights": [weight.tolist() for weight in model.get_weights()],
        "history": result.return_value,
        "reported": result.metrics_dataframe.to_dict("list"),
    }


def results_of_one(model, **options):
    history = model.fit(x, y, **{**OPTIONS, **options}).history
    return {
        "weights": [weight.tolist() for weight in model.get_weights()],
        "history": {name: list(map(float, history[name])) for name in history},
    }


def alone():
    np.random.seed(7)
    return results_of_one(build(), callbacks=[EachBatch()])


def killed():
    np.random.seed(7)
    config = run_config("killed", failures=1)
    result = on_ray.fit(
        build, (x, y), 2, run_config=config, callbacks=[Kill("one")], **OPTIONS
    )
    return {**results_of(result), "was_killed": (FOLDER / "one is killed").exists()}


def whole():
    np.random.seed(7)
    options = {"callbacks": lambda: [EachBatch()], "run_config": run_config("whole")}
    first = on_ray.fit(build, (x, y), 2, **options, **OPTIONS)
    again = on_ray.fit(build, (x, y), 2, **options, **OPTIONS)
    return {**results_of(first), "again": results_of(again)}


def rows():
    rows = [{"x": a, "y": b[0]} for a, b in zip(x, y, strict=True)]
    return ray.data.from_items(rows, override_num_blocks=5)


def dataset():
    """One batch is the whole data, in which the order of rows makes no difference."""
    data = rows()
    np.random.seed(7)
    result = on_ray.fit(
        build_plain,
        data,
        2,
        run_config=run_config("dataset"),
        validation_data=data.limit(21),
        **{**OPTIONS, "batch_size": ROWS + 1},
    )
    np.random.seed(7)
    options = {"batch_size": ROWS, "validation_data": (x[:21], y[:21])}
    return {
        "ray": results_of(result),
        "alone": results_of_one(build_plain(), **options),
    }


def dataset_in_batches():
    """Once with a worker killed, and once without."""
    results = {}
    for name, callback in {"killed": Kill("rows"), "whole": EachBatch()}.items():
        np.random.seed(7)
        config = run_config(f"rows, {name}", failures=1)
        options = {**OPTIONS, "batch_size": 20, "callbacks": [callback]}
        result = on_ray.fit(build, rows(), 2, run_config=config, **options)
        results[name] = results_of(result)
    return {**results, "was_killed": (FOLDER / "rows is killed").exists()}


def refusals():
    data = ray.data.from_items([{"x": 1.0, "y": 2.0}] * 5)
    many = ScalingConfig(num_workers=2, resources_per_worker={"CPU": 2})
    cases = {
        "data": (5, 2, {}),
        "workers": ((x, y), 0, {}),
        "places": ((x, y), many, {"timeout": 1}),
        "spare": (data, 3, {"batch_size": 9}),
        "columns": (data, 2, {"columns": ("x", "z")}),
        "batch_size": (data, 2, {"batch_size": 9}),
        "rows": (data.limit(1), 2, {}),
        "validation": (data, 2, {"validation_data": (x, y)}),
    }
    return {
        name: refusal(build, data, workers, **options)
        for name, (data, workers, options) in cases.items()
    }


def missing():
    """The workers find a broken package first."""
    (FOLDER / "broken").mkdir()
    module = FOLDER / "broken" / "oneiros_distribution_ray.py"
    module.write_text("import oneiros_missing")
    config = run_config("missing", PYTHONPATH=str(module.parent))
    return refusal(build, (x, y), 2, run_config=config)


def refusal(*arguments, **options):
    try:
        on_ray.fit(*arguments, **options)
    except OneirosError as error:
        return f"{type(error).__name__}: {error}"
    return "nothing is refused"


def examples():
    """The code of the pages, and that of the docstring."""
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    trained = []
    for text in (*texts, on_ray.fit.__doc__):
        (code,) = re.findall(
            r'```python tested="\S*_ray.py"\n(.*?)```', text, re.DOTALL
        )
        scope = {"__name__": "__main__"}
        exec(textwrap.dedent(code), scope)
        trained.append(type(scope["model"]).__name__)
    return trained


if __name__ == "__main__":
    ray.init(
        include_dashboard=False,
        num_cpus=3,
        object_store_memory=100_000_000,
        _temp_dir=str(FOLDER / "ray"),
    )
    for case in sys.argv[2:]:
        began = time.monotonic()
        results = globals()[case]()
        (FOLDER / f"{case}.json").write_text(json.dumps(results))
        print(case, "took", time.monotonic() - began)
    ray.shutdown()
