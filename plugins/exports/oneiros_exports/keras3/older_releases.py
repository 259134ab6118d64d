"""Makes a `.keras` file loadable by releases of Keras before the one that wrote it."""

import json
import os
import zipfile

CONFIG = "config.json"
"""The member of a `.keras` file with the configuration."""
LATE = {
    "input_axes": None,
    "output_axes": None,
    "quantization_config": None,
    "renorm": False,
    "renorm_clipping": None,
    "renorm_momentum": 0.99,
}
"""Arguments of layers and initializers that Keras 3.12 doesn't have, and their
defaults, with which they do nothing."""


def make_loadable(path: str) -> None:
    """Leaves late arguments out of a file where they do nothing."""
    part = f"{path}.part"
    with zipfile.ZipFile(path) as written, zipfile.ZipFile(part, "w") as changed:
        for member in written.infolist():
            data = written.read(member)
            if member.filename == CONFIG:
                data = json.dumps(without_late(json.loads(data))).encode()
            changed.writestr(member, data)
    os.replace(part, path)


def without_late(value):
    """Returns a configuration without the late arguments that do nothing."""
    if isinstance(value, list):
        return list(map(without_late, value))
    if not isinstance(value, dict):
        return value
    return {
        name: without_late(part)
        for name, part in value.items()
        if name not in LATE or part != LATE[name]
    }
