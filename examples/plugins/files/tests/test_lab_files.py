"""Files against what they are for: each is read by its own library."""

import numpy as np
import oneiros
import pytest
from oneiros.errors import ArgumentError, DataError, FileFormatError
from oneiros.layers import LSTM, Dense
from oneiros.models import Sequential

X = np.random.default_rng(1).random((32, 4)).astype("float32")


@pytest.fixture
def model(tmp_path, monkeypatch):
    """A compiled model, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    network = Sequential([Dense(3, input_dim=4, name="hidden"), Dense(1, name="last")])
    network.compile("sgd", "mse")
    return network


def test_numpy_reads_weights(model):
    model.save_weights("w.npz")
    arrays = np.load("w.npz")
    names = ["layers", "hidden/0", "hidden/1", "last/0", "last/1"]
    assert list(arrays) == names
    for name, weight in zip(names[1:], model.get_weights(), strict=True):
        np.testing.assert_array_equal(arrays[name], weight)


def test_weights_are_read_by_order_and_by_name(model):
    model.save_weights("w.npz")
    other = Sequential([Dense(3, input_dim=4), Dense(1)])
    other.load_weights("w.npz")
    np.testing.assert_array_equal(other.predict(X), model.predict(X))
    named = Sequential([Dense(3, input_dim=4, name="hidden"), Dense(2)])
    named.load_weights("w.npz", by_name=True)
    weights = zip(named.layers[0].get_weights(), model.get_weights())
    assert all(np.array_equal(one, other) for one, other in weights)


def test_what_an_archive_cannot_hold_is_refused(model):
    with pytest.raises(ArgumentError, match="only weights"):
        model.save("model.npz")
    model.layers[0].name = "what:ever"
    with pytest.raises(ArgumentError, match="Give the layer another name"):
        model.save_weights("w.npz")


def test_archives_of_others_are_not_taken_for_weights(model):
    np.savez("theirs.npz", *model.get_weights())
    with pytest.raises(FileFormatError):
        model.load_weights("theirs.npz")


def test_onnx_runtime_computes_files_of_its_own_format(model):
    import onnxruntime

    report = oneiros.export(model, "model.ort")
    content = report.path.read_bytes()
    assert content[4:8] == b"ORTM"
    session = onnxruntime.InferenceSession(content)
    (port,) = session.get_inputs()
    (found,) = session.run(None, {port.name: X})
    np.testing.assert_allclose(found, model.predict(X), atol=1e-6)


def test_files_of_onnx_runtime_keep_the_names_of_states(tmp_path):
    lstm = LSTM(3, batch_input_shape=(2, 5, 4), stateful=True)
    report = oneiros.export(Sequential([lstm]), tmp_path / "model.ort")
    assert report.comparison.agrees and len(report.written.states) == 2


def test_queries_are_data(model):
    duckdb = pytest.importorskip("duckdb")
    pyarrow = pytest.importorskip("pyarrow")
    columns = dict(zip("abcd", X.T, strict=True))
    duckdb.from_arrow(pyarrow.table(columns)).write_parquet("rows.parquet")
    rows = "from 'rows.parquet'"
    x = duckdb.sql(f"select a, b, c, d {rows}")
    np.testing.assert_array_equal(model.predict(x), model.predict(X))
    history = model.fit(x, duckdb.sql(f"select a + b {rows}"), nb_epoch=3, verbose=0)
    assert history.history["loss"][-1] < history.history["loss"][0]
    with pytest.raises(DataError, match=r"aren't numeric: 'word' \(String\)"):
        model.predict(duckdb.sql(f"select a, b, c, 'one' as word {rows}"))
