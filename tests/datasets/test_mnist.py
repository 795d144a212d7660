"""MNIST and its relatives: the facts in their definitions, and the real files where this machine has them."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

import pytest

from purenn.datasets import DATASETS, load, published, recipe_for
from tests.datasets.picture_files import (
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    four_files,
    images_of,
    labels_of,
    put,
)

EMNIST = ["emnist", "emnist-balanced", "emnist-byclass", "emnist-bymerge", "emnist-digits", "emnist-letters"]
EMNIST.append("emnist-mnist")
CLASSES = {
    "strokes": (10, "0", "9"),
    "mnist": (10, "0", "9"),
    "fashion-mnist": (10, "T-shirt/top", "Ankle boot"),
    "kmnist": (10, "お", "を"),
    "emnist": (47, "0", "t"),
    "emnist-balanced": (47, "0", "t"),
    "emnist-bymerge": (47, "0", "t"),
    "emnist-byclass": (62, "0", "z"),
    "emnist-letters": (26, "A", "Z"),
    "emnist-digits": (10, "0", "9"),
    "emnist-mnist": (10, "0", "9"),
}


@pytest.mark.parametrize("name", CLASSES)
def test_classes_have_their_names(name: str) -> None:
    classes = DATASETS[name].classes
    assert (len(classes), classes[0], classes[-1]) == CLASSES[name]
    assert len({*classes}) == len(classes)


def test_strokes_come_with_the_library_each_digit_as_often_as_the_others() -> None:
    strokes = load("strokes")
    for part, each in ((strokes.train, 800), (strokes.test, 150)):
        assert part.inputs.columns == 28 * 28
        assert Counter(labels_of(part)) == dict.fromkeys(range(10), each)


def test_rates_differ_where_a_data_set_needs_it() -> None:
    assert [recipe_for(name, "float").learning_rate for name in ("mnist", "fashion-mnist", "strokes")] == [
        0.5,
        0.2,
        0.5,
    ]
    assert [recipe_for(name, "lanes").learning_rate for name in ("mnist", "fashion-mnist")] == [0.03, 0.01]


def test_emnists_letters_are_counted_from_1(tmp_path: Path) -> None:
    folder = four_files(tmp_path, "emnist-letters")
    put(folder / TRAIN_LABELS, (6,), bytes([1, 26, 2, 3, 4, 5]))
    put(folder / TEST_LABELS, (3,), bytes([1, 1, 1]))
    letters = load("emnist-letters", tmp_path)
    assert labels_of(letters.train) == [0, 25, 1, 2, 3, 4]


@pytest.mark.parametrize(("name", "stored"), [("mnist", [0, 1, 2, 3]), *((name, [0, 2, 1, 3]) for name in EMNIST)])
def test_only_emnists_pictures_are_stored_column_by_column(tmp_path: Path, name: str, stored: list[int]) -> None:
    folder = four_files(tmp_path, name)
    put(folder / TRAIN_LABELS, (6,), bytes([1] * 6))
    put(folder / TEST_LABELS, (3,), bytes([1] * 3))
    put(folder / TRAIN_IMAGES, (6, 2, 2), bytes(stored) * 6)
    put(folder / TEST_IMAGES, (3, 2, 2), bytes(stored) * 3)
    dataset = load(name, tmp_path)
    for part in (dataset.train, dataset.test):
        assert images_of(part.inputs).picture(2) == bytes([0, 1, 2, 3])


# The publications.


PUBLISHED = ["mnist", "fashion-mnist", "kmnist", *EMNIST]


def test_all_but_strokes_are_published() -> None:
    assert {*PUBLISHED} <= {*published()}
    assert "strokes" not in published()


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_publication_is_well_formed(name: str) -> None:
    publication = published()[name]
    assert all(re.fullmatch(r"https?://[\w./-]+/", mirror) for mirror in publication.mirrors)
    assert publication.license
    assert all(re.fullmatch("[0-9a-f]{64}", file.sha256) and file.size > 4000 for file in publication.files)
    assert len({file.sha256 for file in publication.files}) == (1 if publication.members else 4)
    ours = [ours for _, ours in publication.members] or [file.name for file in publication.files]
    assert ours == [f"{file}.gz" for file in (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)]


def test_emnists_splits_are_in_one_zip_that_they_share() -> None:
    letters = published()["emnist-letters"]
    assert letters.members[2] == ("gzip/emnist-letters-test-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz")
    assert {published()[name].files for name in EMNIST} == {letters.files}
    assert {published()[name].zip_folder for name in EMNIST} == {"emnist"}
    assert published()["emnist"] == published()["emnist-balanced"]
    assert len({published()[name].members for name in EMNIST}) == 6


# The real ones, where they are.

MNIST_CLASSES = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]  # of the training part, 0 to 9


@pytest.mark.parametrize(
    ("name", "train", "test"),
    [
        ("mnist", MNIST_CLASSES, [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]),
        ("fashion-mnist", [6000] * 10, [1000] * 10),
    ],
)
def test_the_published_pictures_are_whole(name: str, train: list[int], test: list[int]) -> None:
    data = os.environ.get("PURENN_DATA", "")
    if not data or not (Path(data) / name).is_dir():
        pytest.skip(f"needs {name}: set PURENN_DATA to a folder that has it")
    dataset = load(name)
    for part, counts in ((dataset.train, train), (dataset.test, test)):
        assert (images_of(part.inputs).height, images_of(part.inputs).width) == (28, 28)
        assert [labels_of(part).count(i) for i in range(10)] == counts
