"""Batches of images from files, in folders written with Pillow."""

import pytest
from oneiros.errors import FileFormatError, FileMissingError
from oneiros.preprocessing import image
from oneiros.preprocessing.image import DirectoryIterator, ImageDataGenerator
from PIL import Image

PICTURES = {
    "bird/z.png": 10,
    "cat/a.png": 20,
    "cat/b.JPG": 30,
    "cat/below/c.bmp": 40,
    "dög/ä b.jpeg": 50,
}


@pytest.fixture
def folder(tmp_path):
    """A folder with three classes; each picture has one shade of grey."""
    for name, shade in PICTURES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (6, 4), (shade, shade, shade)).save(path)
    (tmp_path / "cat" / "notes.txt").write_text("no picture")
    return tmp_path


def flow(folder, generator=None, **options):
    generator = generator or ImageDataGenerator(dim_ordering="tf")
    options = {"target_size": (4, 6), "shuffle": False, **options}
    return generator.flow_from_directory(folder, **options)


def shades(batch):
    return batch.mean(axis=(1, 2, 3)).round().astype(int).tolist()


def test_what_is_found(folder, capsys):
    batches = flow(folder)
    assert capsys.readouterr().out == "Found 5 images belonging to 3 classes.\n"
    assert batches.class_indices == {"bird": 0, "cat": 1, "dög": 2}
    assert batches.filenames == list(PICTURES)
    assert batches.classes.tolist() == [0, 1, 1, 1, 2]
    assert batches.classes.dtype == "int32"
    assert (batches.nb_sample, batches.nb_class, batches.n) == (5, 3, 5)
    assert batches.image_shape == (4, 6, 3)


def test_batches_have_the_pictures_in_order(folder):
    batches = flow(folder, batch_size=3)
    x, y = next(batches)
    assert shades(x) == [10, 20, 30]
    assert y.tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 0]]
    assert y.dtype == "float32"
    x, y = next(batches)
    assert shades(x) == [40, 50]
    assert y.tolist() == [[0, 1, 0], [0, 0, 1]]


@pytest.mark.parametrize("ordering", ["th", "tf"])
@pytest.mark.parametrize(("color_mode", "channels"), [("rgb", 3), ("grayscale", 1)])
def test_sizes_and_colours(folder, ordering, color_mode, channels):
    generator = ImageDataGenerator(dim_ordering=ordering)
    batches = flow(folder, generator, target_size=[2, 3], color_mode=color_mode)
    shape = (2, 3, channels) if ordering == "tf" else (channels, 2, 3)
    x, _ = next(batches)
    assert x.shape == (5, *shape)
    assert batches.image_shape == shape
    assert shades(x) == list(PICTURES.values())


def test_targets(folder):
    classes = [0, 1, 1, 1, 2]
    sparse = next(flow(folder, class_mode="sparse"))[1]
    assert (sparse.tolist(), sparse.dtype) == (classes, "int32")
    binary = next(flow(folder, class_mode="binary"))[1]
    assert (binary.tolist(), binary.dtype) == (classes, "float32")
    assert shades(next(flow(folder, class_mode=None))) == list(PICTURES.values())


def test_classes_in_an_order_of_one_s_own(folder):
    batches = flow(folder, classes=("dög", "cat"), class_mode="sparse")
    assert batches.class_indices == {"dög": 0, "cat": 1}
    x, y = next(batches)
    assert shades(x) == [50, 20, 30, 40]
    assert y.tolist() == [0, 1, 1, 1]


def test_pictures_without_folders_of_classes(folder):
    with pytest.raises(ValueError, match=r"no picture in .*classes=\['.'\]"):
        flow(folder / "bird")
    batches = flow(folder / "bird", classes=["."], class_mode=None)
    assert shades(next(batches)) == [10]


def test_links_to_folders_are_followed_if_asked(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    Image.new("RGB", (6, 4), (60, 60, 60)).save(elsewhere / "linked.png")
    (folder / "bird" / "link").symlink_to(elsewhere)
    assert flow(folder).nb_sample == 5
    batches = flow(folder, follow_links=True)
    assert batches.nb_sample == 6
    assert batches.filenames[1] == "bird/link/linked.png"


def test_augmented_pictures_are_saved(folder, tmp_path_factory):
    saved = tmp_path_factory.mktemp("saved")
    generator = ImageDataGenerator(rotation_range=20, dim_ordering="tf")
    batches = flow(
        folder, generator, save_to_dir=saved, save_prefix="made", seed=1, shuffle=True
    )
    next(batches)
    assert sorted(path.name.split("_")[1] for path in saved.glob("made_*.jpeg")) == [
        *"01234"
    ]


def test_a_patched_reader_is_used(folder, monkeypatch):
    monkeypatch.setattr(
        image, "load_img", lambda *args, **kwargs: Image.new("RGB", (6, 4), (7, 7, 7))
    )
    assert shades(next(flow(folder))[0]) == [7] * 5


def test_a_damaged_picture_is_named(folder):
    path = folder / "cat" / "b.JPG"
    path.write_bytes(path.read_bytes()[:200])
    batches = flow(folder)
    with pytest.raises(FileFormatError, match=r"b\.JPG can't be read as an image"):
        next(batches)
    path.unlink()
    batches.reset()
    with pytest.raises(FileMissingError, match=r"b\.JPG"):
        next(batches)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"color_mode": "rgba"}, "color_mode='rgba'.*'rgb' or 'grayscale'"),
        ({"class_mode": "one-hot"}, "class_mode='one-hot'"),
        ({"target_size": 5}, "target_size=5"),
        ({"classes": ["wolf"]}, "no picture in"),
    ],
)
def test_errors_say_what_was_received(folder, options, message):
    with pytest.raises(ValueError, match=message):
        flow(folder, **options)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileMissingError, match=r"nope.*no folder"):
        DirectoryIterator(tmp_path / "nope", ImageDataGenerator())
