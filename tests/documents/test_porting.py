"""The page about porting: its script of 2016 runs as it stands, computes the same once
it is ported, and the tables quote what Oneiros says."""

import re
import warnings

import documents
import numpy as np
import pytest
from fresh import ROOT
from oneiros import backend as K
from oneiros import layers, models, optimizers
from processes import run_python

PAGE = ROOT / "docs" / "guides" / "porting.md"
DIFF = re.compile(r"^```diff\n(.*?)^```", re.DOTALL | re.MULTILINE)
WARNING = re.compile(r"^```text\n(old.py.*?)^```", re.DOTALL | re.MULTILINE)
ROW = re.compile(r"^\| `([^|]*)` \| (`[^|]*`|nothing[^|]*) \| (.*) \|$", re.MULTILINE)

BOTH = """
import runpy, sys
import numpy as np
sys.path.insert(0, sys.argv[1])
import oneiros_keras_namespace.finder as namespace
old = runpy.run_path("old.py")
sys.meta_path.remove(namespace.KerasFinder)
new = runpy.run_path("new.py")
np.testing.assert_allclose(new["score"], old["score"], rtol=1e-5)
"""


def ported(script):
    """Returns the script with the changes that the page shows."""
    script = script.replace("from keras", "from oneiros")
    (diff,) = DIFF.findall(PAGE.read_text(encoding="utf-8"))
    for hunk in diff.strip("\n").split("\n\n"):
        lines = hunk.split("\n")
        old, new = ([x[1:] for x in lines if x[0] in sign] for sign in ("- ", "+ "))
        assert script.count("\n".join(old)) == 1, old
        script = script.replace("\n".join(old), "\n".join(new))
    return script


def test_the_script_runs_as_it_stands_and_ported(tmp_path):
    script = documents.files(PAGE)["old.py"]
    (tmp_path / "old.py").write_text(script, encoding="utf-8")
    new = ported(script)
    assert "theano" not in new and "keras" not in new
    (tmp_path / "new.py").write_text(new, encoding="utf-8")
    namespace = ROOT / "plugins" / "keras_namespace"
    done = run_python(BOTH, namespace, cwd=tmp_path, ONEIROS_BACKEND="theano")
    assert done.stdout.count("Accuracy: 1.0") == 2, done.stdout
    (warning,) = WARNING.findall(PAGE.read_text(encoding="utf-8"))
    assert done.stderr.count("Warning") == 1
    assert " ".join(warning.split()) in " ".join(done.stderr.split())
    assert len(list(tmp_path.glob("weights.0*-*.hdf5"))) == 3


@pytest.fixture
def scope():
    """What the code in the tables finds."""
    with K.use(K.backend()):
        found = {name: getattr(layers, name) for name in dir(layers)}
        a = layers.Input((3,))
        model = models.Sequential([layers.Dense(2, input_dim=3)])
        model.compile("sgd", "mse")
        x, y = np.zeros((8, 3)), np.zeros((8, 2))
        names = {"Model": models.Model, "Graph": models.Graph, "Adam": optimizers.Adam}
        data = {"x": x, "y": y, "batches": iter(lambda: (x, y), None)}
        tensors = {"K": K, "a": a, "b": layers.Dense(2)(a), "model": model}
        yield found | names | data | tensors


@pytest.mark.usefixtures("set_ordering")
@pytest.mark.parametrize(
    ("code", "said", "instead"), ROW.findall(PAGE.read_text(encoding="utf-8"))
)
def test_the_tables_quote_what_oneiros_says(code, said, instead, scope):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            exec(code.replace("from keras", "from oneiros"), scope)
        except (
            TypeError,
            ValueError,
            ImportError,
            AttributeError,
            RuntimeError,
        ) as error:
            text = " ".join(str(error).split())
        else:
            text = " ".join(str(warning.message) for warning in caught)
    for part in said.strip("`").split(" … ") if said[0] == "`" else []:
        assert part in text, text
    if instead[0] == "`":
        exec(instead.split("`")[1].replace("from keras", "from oneiros"), scope)
