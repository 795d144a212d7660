"""Pictures: every pixel has the shade of its number, on one scale for all."""

from __future__ import annotations

from base64 import b64decode
from io import BytesIO
from math import inf, nan
from random import Random

import pytest

from purenn.charts import picture_address, pictures
from purenn.charts.pictures import NEGATIVE, POSITIVE
from purenn.errors import ShapeError
from purenn.formats import Picture, png
from purenn.matrix import Matrix
from purenn.samples import Images
from tests.charts.pictures import check, elements, parsed, words_in
from tests.charts.test_svg import PAPERS, contrast


def images(drawing: str) -> list[Picture]:
    """The PNG files in a drawing."""
    found = [image.get("href", "").partition("base64,")[2] for image in elements(drawing, "image")]
    return [png.read(BytesIO(b64decode(data))) for data in found]


def opacities(picture: Picture) -> list[float]:
    """How much of the colour of each pixel is seen, from 0 to 1."""
    return [value / 255.0 for value in picture.values[picture.channels - 1 :: picture.channels]]


def test_the_lowest_number_is_paper_and_the_highest_is_ink() -> None:
    drawing = pictures([[0.0, 1.0, 2.0, 4.0], [2.0, 2.0, 2.0, 2.0]], 2, captions=["a", "b"], title="Pairs")
    check(drawing, ["Pairs", "a", "b"])
    first, second = images(drawing)
    assert (first.height, first.width, first.channels) == (2, 2, 2)
    assert opacities(first) == pytest.approx([0.0, 0.25, 0.5, 1.0], abs=0.02)  # 32 levels
    assert opacities(second) == pytest.approx([0.5] * 4, abs=0.02)
    assert set(first.values[::2]) == {0}
    assert {image.get("class") for image in elements(drawing, "image")} == {"black"}  # white on black paper


def test_signed_numbers_have_the_colour_of_their_sign_and_0_is_paper() -> None:
    drawing = pictures([[-2.0, 0.0, 1.0, 2.0]], 4, signed=True)
    check(drawing, ["-2", "2"])
    scale, picture = images(drawing)
    assert opacities(picture) == pytest.approx([1.0, 0.0, 0.5, 1.0], abs=0.02)
    assert [picture.values[i : i + 3] for i in (0, 8, 12)] == [NEGATIVE, POSITIVE, POSITIVE]
    assert (opacities(scale)[0], min(opacities(scale)), opacities(scale)[-1]) == (1.0, 0.0, 1.0)
    assert (scale.values[:3], scale.values[-4:-1]) == (NEGATIVE, POSITIVE)


@pytest.mark.parametrize("colour", [NEGATIVE, POSITIVE])
@pytest.mark.parametrize("paper", PAPERS)
def test_strong_colours_are_seen_on_either_paper(colour: bytes, paper: str) -> None:
    assert contrast(f"#{colour.hex()}", paper) >= 3.0


def test_pictures_stand_in_rows_and_do_not_touch() -> None:
    drawing = pictures([[float(i)] * 6 for i in range(5)], 2, columns=3, captions=["a rather long caption"] * 5)
    names = ("x", "y", "width", "height")
    boxes = [[float(image.get(name, "")) for name in names] for image in elements(drawing, "image")]
    assert {tuple(box[2:]) for box in boxes} == {(112.0, 168.0)}  # 3 rows of 2 pixels
    assert [box[1] for box in boxes] == [boxes[0][1]] * 3 + [boxes[3][1]] * 2
    assert boxes[0][0] == boxes[3][0] < boxes[1][0] - 112.0 < boxes[2][0] - 224.0
    assert boxes[3][1] > boxes[0][1] + 168.0 + 16.0  # the caption is between them


def test_small_pictures_are_enlarged_by_whole_numbers() -> None:
    for width, columns, shown in ((28, 10, 56.0), (28, 1, 112.0), (8, 10, 56.0), (200, 2, 112.0)):
        drawing = pictures([[0.0] * width] * columns, width, columns=columns)
        assert {image.get("width") for image in elements(drawing, "image")} == {f"{shown:g}"}


@pytest.mark.parametrize("signed", [False, True])
def test_a_hundred_pictures_of_noise_fit(signed: bool) -> None:
    rng = Random(1)
    noise = [[rng.gauss(0.0, 1.0) for _ in range(784)] for _ in range(100)]
    check(pictures(noise, 28, signed=signed, captions=[f"unit {i}" for i in range(100)]))


@pytest.mark.parametrize("signed", [False, True])
def test_what_is_no_number_is_left_out(signed: bool) -> None:
    drawing = pictures([[1.0, nan, inf, 3.0]], 4, signed=signed)
    check(drawing)
    assert opacities(images(drawing)[-1])[1:3] == [0.0, 0.0]
    assert "numbers from 1 to 3" in (parsed(drawing)[1].text or "")
    check(pictures([[0.0, 0.0]], 2, signed=signed))
    check(pictures([[nan]], 1, signed=signed))


def test_sizes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"^row 1 has 3 pixels, but row 0 has 4$"):
        pictures([[0.0] * 4, [0.0] * 3], 2)
    with pytest.raises(ShapeError, match=r"^4 pixels are no whole number of lines of 3$"):
        pictures([[0.0] * 4], 3)
    with pytest.raises(ShapeError, match=r"^2 captions for 1 pictures$"):
        pictures([[0.0] * 4], 2, captions=["a", "b"])
    with pytest.raises(ShapeError, match=r"^pictures need at least one row of at least one pixel, got 0 rows$"):
        pictures([], 2)
    with pytest.raises(ValueError, match=r"^width must be at least 1, got 0$"):
        pictures([[0.0]], 0)


def test_a_matrix_and_images_are_rows_of_pixels() -> None:
    matrix, images_ = Matrix([[0.0, 1.0], [0.5, 0.25]]), Images(bytes([0, 255, 128, 64]), height=1, width=2)
    assert len(images(pictures(matrix, 2))) == 2
    assert opacities(images(pictures(images_, 2))[0]) == [0.0, 1.0]


def test_captions_can_be_anything() -> None:
    assert "<&>" in words_in(pictures([[0.0]], 1, captions=["<&>"]))


def test_the_address_of_a_picture_holds_its_pixels_as_black_of_their_opacity() -> None:
    head, _, data = picture_address(bytes([0, 255, 51, 7, 8, 9]), width=3).partition(",")
    picture = png.read(BytesIO(b64decode(data)))
    assert head == "data:image/png;base64"
    assert (picture.height, picture.width, picture.channels) == (2, 3, 2)
    assert picture.values == bytes([0, 0, 0, 255, 0, 51, 0, 7, 0, 8, 0, 9])
    with pytest.raises(ShapeError, match=r"^5 pixels are no whole number of lines of 3$"):
        picture_address(bytes(5), width=3)
    with pytest.raises(ShapeError, match="at least one pixel"):
        picture_address(b"", width=3)
