"""The confusion matrix: counts in their cells, right answers and mistakes told apart, readable for 62 classes."""

from __future__ import annotations

import re

import pytest

from purenn.charts import confusion
from purenn.charts.confusion import STRONGEST
from purenn.charts.svg import CLASSES
from purenn.errors import ShapeError
from tests.charts.pictures import check, elements, parsed, words_in
from tests.charts.test_svg import PAPERS, contrast

PETS = [[8, 2, 0], [1, 9, 0], [0, 3, 7]]  # 24 of 30 are right
NAMES = ["cat", "dog", "hedgehog"]


def cells(picture: str, class_: str) -> list[tuple[float, float, float]]:
    """x and y of the left middle of each cell of a colour, and its opacity."""
    paths = elements(picture, "path", class_)
    return [
        (float(x), float(y), float(path.get("stroke-opacity", "")))
        for path in paths
        for x, y in re.findall(r"M([\d.]+) ([\d.]+)h", path.get("d", ""))
    ]


def tenths(opacity: float) -> float:
    """The share, or its square root, that has this opacity: from 1 part of 11 of the strongest to 11 of 11."""
    return round(opacity / STRONGEST * 11.0 - 1.0)


def test_counts_stand_in_rows_of_actual_and_columns_of_predicted_classes() -> None:
    picture = confusion(PETS, NAMES, title="Pets")
    check(picture, ["Pets", "actual ↓", "predicted →", "80.0 % right: 24 of 30", *NAMES])
    texts = elements(picture, "text")
    heads = {name: [t for t in texts if t.text == name] for name in NAMES}
    rows = [float(heads[name][0].get("y", "")) for name in NAMES]
    columns = [float(heads[name][1].get("x", "")) for name in NAMES]
    for i, row in enumerate(PETS):
        for j, count in enumerate(row):
            near = [
                t.text
                for t in texts
                if abs(float(t.get("y", "")) - rows[i]) < 2.0 and float(t.get("x", "")) == columns[j]
            ]
            assert near == [str(count)]


def test_right_answers_and_mistakes_have_different_colours_as_strong_as_they_are_frequent() -> None:
    picture = confusion(PETS)
    assert [tenths(level) for *_, level in sorted(cells(picture, "line0"))] == [8, 9, 7]
    # sqrt(2/10) = 0.45, sqrt(1/10) = 0.32, sqrt(3/10) = 0.55, rounded up to tenths
    assert sorted(tenths(level) for *_, level in cells(picture, "line1")) == [4, 5, 6]
    assert len(cells(picture, "grid")) == 3
    bold = [g for g in elements(picture, "g") if g.get("font-weight") == "600"]
    assert [t.text for t in bold[0]] == ["8", "9", "7"]


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize("colour", ["line0", "line1"])
def test_counts_can_be_read_on_the_strongest_colour(colour: str, theme: int) -> None:
    pairs = zip(*(bytes.fromhex(hexes[1:]) for hexes in (CLASSES[colour][theme + 1], PAPERS[theme])))
    seen = bytes([round(STRONGEST * a + (1.0 - STRONGEST) * b) for a, b in pairs])
    assert contrast(f"#{seen.hex()}", CLASSES["ink"][theme + 1]) >= 4.5


def test_many_classes_are_small_and_have_no_zeros_of_mistakes() -> None:
    few, many = confusion([[1, 0], [0, 0]]), confusion([[0] * 6] * 6)
    assert words_in(few)[-4:] == ["1", "0", "0", "0"]
    assert words_in(many).count("0") == 6 + 2  # the diagonal, and the names of row and column 0
    check(few)
    check(many, ["no samples"])


@pytest.mark.parametrize("name", ["{}", "a class with the number {}"])
def test_62_classes_of_thousands_of_samples_fit(name: str) -> None:
    names = [name.format(i) for i in range(62)]
    picture = confusion([[1000 + 62 * i + j for j in range(62)] for i in range(62)], names)
    check(picture, names)
    (first, *_), (font, *_) = elements(picture, "path", "line1"), elements(picture, "g")
    assert float(font.get("font-size", "")) >= 8.0
    assert float(first.get("d", "").partition("h")[2].partition("M")[0]) >= 4 * 0.56 * 8.0  # the width of 4 digits


def test_names_of_columns_stand_upright_where_they_are_wider_than_the_columns() -> None:
    long = [f"{'long ' * 5}{i}" for i in range(3)]
    upright = [t.text for t in elements(confusion(PETS, long), "text") if t.get("transform")]
    assert upright == long
    assert not [t for t in elements(confusion(PETS, NAMES), "text") if t.get("transform")]


def test_a_screen_reader_tells_the_most_frequent_mistakes() -> None:
    told = parsed(confusion(PETS, NAMES))[1].text or ""
    assert told.endswith("Most frequent mistakes: hedgehog as dog: 3; cat as dog: 2; dog as cat: 1.")
    assert (parsed(confusion([[4]], ["only"]))[1].text or "").endswith("mistakes: none.")


def test_counts_that_are_no_confusion_matrix_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"^a confusion matrix is square, got 1 rows of \[2\] counts$"):
        confusion([[1, 2]])
    with pytest.raises(ShapeError, match=r"^a confusion matrix is square, got 0 rows of \[\] counts$"):
        confusion([])
    with pytest.raises(ShapeError, match=r"^1 names for 2 classes$"):
        confusion([[1, 0], [0, 1]], ["a"])
    with pytest.raises(ValueError, match=r"^row 1, column 0: a count is at least 0, got -1$"):
        confusion([[1, 0], [-1, 1]])


def test_names_can_be_anything() -> None:
    name = "<b>&\"'"
    assert words_in(confusion([[1]], [name], title=name)).count(name) == 3
