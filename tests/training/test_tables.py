"""Tables as data: those of pandas, polars, Arrow and Hugging Face."""

import importlib
from itertools import chain
from operator import attrgetter

import numpy as np
import pytest
from comparison import assert_each_close
from hypothesis import given
from hypothesis import strategies as st
from oneiros import registry
from oneiros.engine.training import standardize_input_data
from oneiros.errors import DataError
from small_models import compiled_dense


def narwhals_table(columns):
    import narwhals
    import polars

    return narwhals.from_native(polars.DataFrame(columns))


def made_by(path):
    """Returns a function that makes a table with what a library has at a path."""

    def make(columns):
        module, _, names = path.partition(":")
        return attrgetter(names)(importlib.import_module(module))(columns)

    return make


MAKERS = {
    "pandas": made_by("pandas:DataFrame"),
    "polars": made_by("polars:DataFrame"),
    "arrow": made_by("pyarrow:table"),
    "narwhals": narwhals_table,
    "hugging_face": made_by("datasets:Dataset.from_dict"),
}
IN_MEMORY = ("pandas", "polars", "arrow", "narwhals")
EVERY_TABLE = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
TABLES_IN_MEMORY = pytest.mark.parametrize(
    "make", [MAKERS[name] for name in IN_MEMORY], ids=IN_MEMORY
)
RANDOM = np.random.RandomState(0)
COLUMNS = {
    "u": RANDOM.normal(size=20).astype("float32"),
    "v": RANDOM.normal(size=20).astype("float32"),
}
MATRIX = np.stack(list(COLUMNS.values()), axis=1)
TARGETS = MATRIX @ np.array([1.0, -2.0], "float32") + 1
WEIGHTS = np.linspace(0, 1, 20, dtype="float32")


def read(data):
    """Returns the array that a model's input is made of."""
    (array,) = standardize_input_data(data, ["a"], exception_prefix="model input")
    return array


def refused(data):
    with pytest.raises(DataError) as caught:
        read(data)
    return str(caught.value)


class TestArrays:
    @EVERY_TABLE
    def test_a_table_is_a_matrix_and_a_column_a_vector(self, make):
        table = make(COLUMNS)
        np.testing.assert_array_equal(np.asarray(read(table)), MATRIX)
        (vector,) = standardize_input_data(table["u"], ["a"], [(None,)])
        np.testing.assert_array_equal(np.asarray(vector), COLUMNS["u"])
        np.testing.assert_array_equal(read(make({"u": [1, 2]})), [[1], [2]])

    @TABLES_IN_MEMORY
    @given(
        st.lists(
            st.sampled_from(["int8", "int64", "uint16", "float32", "float64", "bool"]),
            min_size=1,
            max_size=4,
        )
    )
    def test_the_type_holds_all_columns(self, make, types):
        columns = {
            f"c{place}": np.array([0, 1, 1]).astype(dtype)
            for place, dtype in enumerate(types)
        }
        array = read(make(columns))
        expected = np.result_type(*types)
        if len(set(types)) > 1 and expected.kind == "f":
            expected = np.dtype("float32")
        assert array.dtype == expected
        np.testing.assert_array_equal(
            array, np.stack([values.astype(expected) for values in columns.values()], 1)
        )

    def test_pandas_types_of_its_own(self):
        import pandas

        table = pandas.DataFrame({"a": [1, 2], "b": [True, False]}).convert_dtypes()
        assert str(table["a"].dtype) == "Int64"
        np.testing.assert_array_equal(read(table), [[1, 1], [2, 0]])
        np.testing.assert_array_equal(read(table[["a"]]), [[1], [2]])

    def test_the_index_means_nothing(self):
        import pandas

        table = pandas.DataFrame(COLUMNS).sort_values("u")
        expected = MATRIX[np.argsort(COLUMNS["u"])]
        np.testing.assert_array_equal(read(table), expected)
        np.testing.assert_array_equal(read(table["v"])[:, 0], expected[:, 1])

    def test_what_is_an_array_in_memory_is_not_copied(self):
        import pandas
        import polars
        import pyarrow

        table = pandas.DataFrame(MATRIX)
        assert np.shares_memory(read(table), table.to_numpy())
        series = polars.Series("u", COLUMNS["u"])
        assert np.shares_memory(read(series), series.to_numpy())
        chunk = pyarrow.array(COLUMNS["u"])
        assert np.shares_memory(read(chunk), chunk.to_numpy())

    def test_parts_of_arrow(self):
        import pyarrow

        table = pyarrow.table(COLUMNS)
        (batch,) = table.to_batches()
        np.testing.assert_array_equal(read(batch), MATRIX)
        np.testing.assert_array_equal(read(batch["u"])[:, 0], COLUMNS["u"])

    def test_several_inputs_by_list_and_by_name(self):
        import pandas

        table = pandas.DataFrame(COLUMNS)
        for data in ([table, table["v"]], {"b": table["v"], "a": table}):
            a, b = standardize_input_data(data, ["a", "b"], [(None, 2), (None, 1)])
            np.testing.assert_array_equal(a, MATRIX)
            np.testing.assert_array_equal(b, MATRIX[:, 1:])

    def test_a_class_that_someone_registers(self):
        class Recording:
            def __iter__(self):
                raise NotImplementedError

        package = Recording.__module__.partition(".")[0]
        reader = registry.register(
            "table", f"{package}.Recording", lambda table, what: np.ones((2, 3))
        )
        with reader:
            np.testing.assert_array_equal(read(Recording()), np.ones((2, 3)))


@pytest.fixture(scope="module")
def model():
    return compiled_dense(2, name="out")


class TestTraining:
    @EVERY_TABLE
    def test_it_is_that_on_arrays(self, model, make):
        def train(x, y, weights, validation_data):
            model.set_weights([np.ones((2, 1)), np.zeros(1)])
            np.random.seed(1)
            history = model.fit(
                x,
                y,
                batch_size=8,
                nb_epoch=2,
                verbose=0,
                sample_weight=weights,
                validation_data=validation_data,
            ).history
            scores = [model.evaluate(x, y, verbose=0), *history["val_loss"]]
            return model.predict(x), [*history["loss"], *scores]

        expected = train(MATRIX, TARGETS, WEIGHTS, (MATRIX, TARGETS))
        table = make(COLUMNS)
        others = make({"y": TARGETS, "w": WEIGHTS})
        trained = train(table, others["y"], others["w"], (table, others["y"]))
        assert_each_close(trained, expected, rtol=1e-4, atol=1e-6)

    @EVERY_TABLE
    def test_a_part_to_validate_on_and_weights_of_classes(self, model, make):
        y = (TARGETS > 0).astype("float32")
        arguments = {
            "nb_epoch": 1,
            "verbose": 0,
            "shuffle": False,
            "validation_split": 0.25,
            "class_weight": {0: 1.0, 1: 3.0},
        }
        losses = []
        for x, labels in ((MATRIX, y), (make(COLUMNS), make({"y": y})["y"])):
            model.set_weights([np.ones((2, 1)), np.zeros(1)])
            losses.append(model.fit(x, labels, **arguments).history)
        np.testing.assert_allclose(losses[0]["loss"], losses[1]["loss"], rtol=1e-5)
        np.testing.assert_allclose(
            losses[0]["val_loss"], losses[1]["val_loss"], rtol=1e-5
        )


class TestRefusals:
    @TABLES_IN_MEMORY
    def test_columns_of_texts_are_named(self, make):
        table = make({"age": [1, 2], "city": ["Ulm", "Rom"], "zip": ["1", "2"]})
        message = refused(table)
        assert message.startswith("model input 'a': received columns that aren't")
        assert "'city' (String), 'zip' (String)" in message
        assert "or keep only ['age']" in message
        assert "(String)" in refused(table["city"])

    def test_categories_dates_and_objects(self):
        import pandas

        table = pandas.DataFrame(
            {
                "kind": pandas.Categorical(["a", "b"]),
                "day": pandas.to_datetime(["2016-01-01", "2017-01-01"]),
                "any": np.array([1, None], object),
            }
        )
        message = refused(table)
        for column in ("'kind' (Categorical)", "'day' (Datetime", "'any' (Object)"):
            assert column in message

    @EVERY_TABLE
    def test_missing_values_are_named_by_column_and_row(self, make):
        table = make({"u": [1.0, 2.0, 3.0], "v": [1.0, None, None]})
        message = refused(table)
        expected = (
            "the column 'v' has no value in row 1, counting from 0, and in 1 more"
        )
        assert message.startswith(f"model input 'a': {expected}.")
        assert "has no value in row 1," in refused(table["v"])

    def test_a_query_is_to_be_computed_first(self):
        import narwhals
        import polars

        query = polars.LazyFrame(COLUMNS)
        assert "query.collect()" in refused(query)
        assert "query.collect()" in refused(narwhals.from_native(query))

    def test_the_target_and_the_weights_say_what_they_are(self, model):
        import pandas

        names = pandas.Series(["a", "b"], name="name")
        x = MATRIX[:2]
        with pytest.raises(DataError, match=r"model target 'out': .*'name' \(String\)"):
            model.fit(x, names)
        with pytest.raises(DataError, match=r"sample_weight: .*'name' \(String\)"):
            model.fit(x, x[:, 0], sample_weight=names)
        with pytest.raises(DataError, match=r"validation target 'out': .*'name'"):
            model.fit(x, x[:, 0], validation_data=(x, names))


class TestHuggingFace:
    def test_rows_are_read_when_a_batch_needs_them(self, recorded, monkeypatch):
        import datasets

        rows = datasets.Dataset.from_dict({"x": np.arange(40.0), "y": np.zeros(40)})
        asked = []
        original = datasets.Dataset.__getitem__

        def getitem(self, key):
            asked.append(key)
            return original(self, key)

        monkeypatch.setattr(datasets.Dataset, "__getitem__", getitem)
        model, train, _ = recorded()
        table = rows.select_columns(["x"])
        model.fit(table, np.zeros(40), 8, 1, verbose=0, shuffle="batch")
        assert sorted(chain(*train.batches)) == list(range(40))
        sizes = [
            len(key) if isinstance(key, list) else len(range(*key.indices(40)))
            for key in asked
        ]
        assert max(sizes) == 8 and sum(sizes) < 40 + 8

    def test_arrays_and_transforms(self):
        import datasets

        images = np.arange(24, dtype="uint8").reshape(3, 2, 4)
        rows = datasets.Dataset.from_dict({"image": images})
        np.testing.assert_array_equal(np.asarray(read(rows["image"])), images)

        def bright(batch):
            return {"image": [np.array(image) + 100 for image in batch["image"]]}

        rows.set_transform(bright)
        np.testing.assert_array_equal(np.asarray(read(rows["image"])), images + 100)

    def test_what_is_no_number_or_no_matrix(self):
        import datasets

        rows = datasets.Dataset.from_dict(
            {"text": ["a", "b"], "image": [[1, 2], [3, 4]], "ragged": [[1, 2], [3]]}
        )
        assert "the column 'text' holds" in refused(rows["text"])
        assert "the column 'image' holds" in refused(rows.select_columns(["image"]))
        ragged = read(rows["ragged"])
        with pytest.raises(DataError, match="'ragged' holds arrays of several shapes"):
            ragged[:]
