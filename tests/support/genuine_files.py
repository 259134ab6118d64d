"""What genuine files of Keras 2 and 3 predict, and how their training goes on."""

import numpy as np
from comparison import assert_each_close


def each(values):
    return values if isinstance(values, list) else [values]


class Expected:
    """The archive beside the files of a folder."""

    def __init__(self, folder):
        self.values = np.load(folder / "expected.npz")
        keys = self.values.files
        self.names = sorted(key[: -len("/x0")] for key in keys if key.endswith("/x0"))
        self.trained = [name for name in self.names if f"{name}/losses" in keys]

    def arrays(self, name, kind):
        keys = [key for key in self.values.files if key.startswith(f"{name}/{kind}")]
        listed = [self.values[key] for key in keys if key[-1].isdigit()]
        return listed if len(listed) > 1 else listed[0]

    def check_predictions(self, model, name):
        predictions = each(model.predict(self.arrays(name, "x")))
        assert_each_close(
            predictions, each(self.arrays(name, "y")), rtol=1e-4, atol=1e-5
        )

    def check_training(self, model, name, rtol=1e-5):
        batch = self.arrays(name, "x"), self.arrays(name, "t")
        expected = self.values[f"{name}/losses"]
        losses = [np.ravel(model.train_on_batch(*batch))[0] for _ in expected]
        np.testing.assert_allclose(losses, expected, rtol=rtol)
