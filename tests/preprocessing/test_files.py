"""Images in files, beside Pillow."""

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oneiros import backend as K
from oneiros.errors import FileFormatError, FileMissingError, UnsafeFileError
from oneiros.preprocessing.image import (
    array_to_img,
    img_to_array,
    list_pictures,
    load_img,
)
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

COLOURS = np.random.RandomState(0).randint(0, 256, (6, 9, 3)).astype("uint8")


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "bild ä.png"
    Image.fromarray(COLOURS).save(path)
    return path


def test_a_file_becomes_what_pillow_reads(picture):
    np.testing.assert_array_equal(np.asarray(load_img(picture)), COLOURS)
    np.testing.assert_array_equal(np.asarray(load_img(str(picture))), COLOURS)
    with open(picture, "rb") as file:
        np.testing.assert_array_equal(np.asarray(load_img(file)), COLOURS)
    with Image.open(picture) as expected:
        grey = load_img(picture, grayscale=True)
        np.testing.assert_array_equal(grey, expected.convert("L"))
        small = load_img(picture, target_size=(3, 5))
        assert small.size == (5, 3)
        nearest = expected.resize((5, 3), Image.Resampling.NEAREST)
        np.testing.assert_array_equal(small, nearest)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "1", "CMYK"])
def test_any_kind_of_picture_becomes_red_green_and_blue_or_grey(tmp_path, mode):
    name = tmp_path / ("picture.jpg" if mode == "CMYK" else "picture.png")
    Image.fromarray(COLOURS).convert(mode).save(name)
    assert load_img(name).mode == "RGB"
    assert load_img(name, grayscale=True).mode == "L"


def test_arrays_have_the_rows_first(picture):
    with Image.open(picture) as image:
        last = img_to_array(image, dim_ordering="tf")
        first = img_to_array(image, dim_ordering="th")
    np.testing.assert_array_equal(last, COLOURS)
    np.testing.assert_array_equal(first, COLOURS.transpose(2, 0, 1))
    assert last.dtype == K.floatx()
    grey = Image.fromarray(COLOURS[:, :, 0])
    assert img_to_array(grey, dim_ordering="tf").shape == (6, 9, 1)
    assert img_to_array(grey, dim_ordering="th").shape == (1, 6, 9)


def test_the_default_ordering_is_that_of_the_backend(set_ordering):
    for ordering, shape in (("tf", (6, 9, 3)), ("th", (3, 6, 9))):
        set_ordering(ordering)
        assert img_to_array(COLOURS).shape == shape
        assert array_to_img(img_to_array(COLOURS)).size == (9, 6)


@pytest.mark.parametrize("ordering", ["th", "tf"])
@pytest.mark.parametrize("channels", [1, 3])
@given(st.integers(1, 5), st.integers(1, 5))
def test_an_image_comes_back(ordering, channels, height, width):
    x = np.random.randint(0, 256, (height, width, channels))
    if ordering == "th":
        x = x.transpose(2, 0, 1)
    image = array_to_img(x, dim_ordering=ordering, scale=False)
    assert image.size == (width, height)
    np.testing.assert_array_equal(img_to_array(image, dim_ordering=ordering), x)


def test_scaling_spreads_values_up_to_255_and_leaves_the_array_alone():
    x = np.array([[[-1.0], [0.0], [3.0]]])
    image = array_to_img(x, dim_ordering="tf")
    assert np.asarray(image).tolist() == [[0, 63, 255]]
    assert x.ravel().tolist() == [-1, 0, 3]
    assert np.asarray(array_to_img(0 * x, dim_ordering="tf")).tolist() == [[0, 0, 0]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: array_to_img(np.zeros((2, 2))), r"shape \(2, 2\)"),
        (lambda: array_to_img(np.zeros((1, 2, 2, 3))), r"x\[0\]"),
        (lambda: array_to_img(np.zeros((2, 2, 4)), "tf"), "4 channels"),
        (lambda: img_to_array(np.zeros(3)), r"shape \(3,\)"),
        (lambda: img_to_array("cat.png"), r"load_img\('cat.png'\)"),
        (lambda: img_to_array(np.zeros((2, 2)), "x"), "dim_ordering='x'"),
    ],
)
def test_errors_say_what_was_received(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_errors_name_the_file(picture, tmp_path):
    with pytest.raises(FileMissingError, match=r"no file .*nope\.png"):
        load_img(tmp_path / "nope.png")
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(FileMissingError, match="pipe"):
        load_img(tmp_path / "pipe.png")
    with pytest.raises(OSError, match="Pass the path of a file"):
        load_img(tmp_path)
    text = tmp_path / "text.png"
    text.write_text("no picture")
    with pytest.raises(FileFormatError, match=r"text\.png can't be read as an image"):
        load_img(text)
    cut = tmp_path / "cut.png"
    cut.write_bytes(picture.read_bytes()[:-40])
    with pytest.raises(FileFormatError, match=r"cut\.png can't be read"):
        load_img(cut)
    with pytest.raises(ValueError, match="target_size=5"):
        load_img(picture, target_size=5)


def test_a_picture_that_claims_to_be_huge_is_refused(picture, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(UnsafeFileError, match="larger than pictures are"):
        load_img(picture)


@pytest.mark.parametrize("error", [IndexError, KeyError, TypeError, EOFError])
def test_whatever_pillow_raises_is_told(picture, monkeypatch, error):
    def fail(self):
        raise error("of a format")

    monkeypatch.setattr(PngImageFile, "load", fail)
    with pytest.raises(FileFormatError, match="can't be read as an image"):
        load_img(picture)


def test_no_program_is_run_on_a_file_that_is_called_a_picture(tmp_path):
    """Pillow has Ghostscript run what is EPS, whatever the file is called."""
    path = tmp_path / "harmless.png"
    path.write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n")
    with pytest.raises(UnsafeFileError, match="another program"):
        load_img(path)


def test_pictures_of_a_folder_and_those_below_it(tmp_path):
    names = ["a.png", "b-2.jpg", "c d.jpeg", "é.bmp", "below/e.png"]
    others = ["notes.txt", "png", "a.png.txt", ".png"]
    for name in (*names, *others):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert list_pictures(tmp_path) == sorted(str(tmp_path / name) for name in names)
    assert list_pictures(tmp_path, ext="bmp") == [str(tmp_path / "é.bmp")]
    assert list_pictures(tmp_path / "nope") == []
