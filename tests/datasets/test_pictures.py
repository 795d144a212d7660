"""Pictures in folders: what the files may be, and which complaints name a bad one."""

from __future__ import annotations

import gzip
from array import array
from pathlib import Path

import pytest

from purenn.datasets.pictures import has_pictures, read_pictures
from purenn.errors import FormatError
from purenn.samples import Images
from tests.datasets.picture_files import (
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    everything,
    four_files,
    images_of,
    labels_of,
    put,
)

# The folders that have pictures.


def test_a_folder_with_a_file_named_as_pictures_are_has_pictures(tmp_path: Path) -> None:
    assert not has_pictures(tmp_path / "missing")
    assert not has_pictures(tmp_path)
    (tmp_path / TRAIN_LABELS).touch()
    assert not has_pictures(tmp_path)
    (tmp_path / TRAIN_IMAGES).touch()
    assert has_pictures(tmp_path)


# The files.


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_four_files_are_training_and_test_samples(tmp_path: Path, ending: str) -> None:
    train, test = read_pictures(four_files(tmp_path, ending=ending))
    assert train.inputs == Images(bytes(range(36)), height=2, width=3)
    assert test.inputs == Images(bytes(range(18)), height=2, width=3)
    assert (labels_of(train), labels_of(test)) == ([1, 2, 0, 1, 2, 0], [1, 2, 0])


def test_dots_in_names_and_test_for_t10k_and_a_mixture_are_found(tmp_path: Path) -> None:
    folder = four_files(tmp_path)
    (folder / TRAIN_IMAGES).rename(folder / "train-images.idx3-ubyte")
    (folder / TEST_IMAGES).rename(folder / "test-images-idx3-ubyte")
    (folder / TEST_LABELS).rename(folder / "test-labels.idx1-ubyte")
    (folder / TRAIN_LABELS).write_bytes(gzip.compress((folder / TRAIN_LABELS).read_bytes()))  # told by its first bytes
    train, test = read_pictures(folder)
    assert (labels_of(train), labels_of(test)) == ([1, 2, 0, 1, 2, 0], [1, 2, 0])


def test_there_are_as_many_classes_as_said_or_as_the_labels_need(tmp_path: Path) -> None:
    folder = four_files(tmp_path)
    assert [part.targets.columns for part in read_pictures(folder, 7)] == [7, 7]
    put(folder / TEST_LABELS, (3,), bytes([0, 4, 0]))  # the highest label is among the test samples only
    assert [part.targets.columns for part in read_pictures(folder)] == [5, 5]


def test_labels_may_begin_at_another_number_than_0(tmp_path: Path) -> None:
    folder = four_files(tmp_path)
    put(folder / TRAIN_LABELS, (6,), bytes([5, 6, 7, 8, 8, 8]))
    put(folder / TEST_LABELS, (3,), bytes([5, 5, 5]))
    train, test = read_pictures(folder, first_label=5)
    assert (labels_of(train), labels_of(test), test.targets.columns) == ([0, 1, 2, 3, 3, 3], [0, 0, 0], 4)


def test_transposed_pictures_are_put_upright(tmp_path: Path) -> None:
    folder = four_files(tmp_path)
    put(folder / TRAIN_IMAGES, (6, 2, 3), bytes(range(6)) * 6)  # 0 1 2 over 3 4 5
    train, test = read_pictures(folder, transposed=True)
    upright = images_of(train.inputs)
    assert (upright.height, upright.width) == (3, 2)
    assert [upright.picture(i) for i in range(6)] == [bytes([0, 3, 1, 4, 2, 5])] * 6  # 0 3 over 1 4 over 2 5
    assert images_of(test.inputs).picture(1) == bytes([6, 9, 7, 10, 8, 11])


def test_pixels_are_numbers_from_0_to_1_and_labels_one_hot_rows(tmp_path: Path) -> None:
    _, test = read_pictures(four_files(tmp_path))
    inputs, targets = everything(test)
    assert list(inputs[1]) == [pixel / 255 for pixel in (6, 7, 8, 9, 10, 11)]
    assert [list(row) for row in targets] == [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]


# Files that are not right. Each is an error of one line that names the file.


def defect(folder: Path, classes: int | None = None, *, first_label: int = 0) -> str:
    """Return the complaint about a folder."""
    with pytest.raises(FormatError) as caught:
        read_pictures(folder, classes, first_label=first_label)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("name", [TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS])
def test_a_missing_file_is_named_with_the_names_it_may_have(tmp_path: Path, name: str) -> None:
    folder = four_files(tmp_path)
    (folder / name).unlink()
    with pytest.raises(FileNotFoundError) as caught:
        read_pictures(folder)
    dotted = name.replace("-idx", ".idx")
    assert str(caught.value).startswith(f"{folder} has no {name}.gz, nor under the names {name}, {dotted}, {dotted}.gz")


@pytest.mark.parametrize("name", [TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "empty: 0 bytes, expected an IDX file", id="empty"),
        pytest.param(b"\n<!DOCTYPE html>", "it looks like an HTML page", id="html"),
        pytest.param(gzip.compress(b"<html>"), "it looks like an HTML page", id="html, gzipped"),
        pytest.param(gzip.compress(gzip.compress(b"")), "gzip inside gzip", id="gzipped twice"),
        pytest.param(gzip.compress(b"\0\0\x08\1")[:-9], "cut short", id="half a gzip"),
        pytest.param(b"PK\3\4", "the first bytes are 50 4b 03 04", id="zip"),
    ],
)
def test_a_file_that_is_no_idx_file_is_named(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    folder = four_files(tmp_path)
    (folder / name).write_bytes(content)
    message = defect(folder)
    assert message.startswith(str(folder / name))
    assert said in message


@pytest.mark.parametrize("name", [TRAIN_IMAGES, TEST_LABELS])
def test_a_file_cut_short_or_too_long_is_named(tmp_path: Path, name: str) -> None:
    whole = (four_files(tmp_path) / name).read_bytes()
    path = tmp_path / "mine" / name
    path.write_bytes(whole[:-1])
    assert defect(path.parent).startswith(f"{path}: cut short at offset {len(whole) - 1}")
    path.write_bytes(whole + b"\0")
    assert defect(path.parent).startswith(f"{path}: too long")


def test_pictures_of_another_type_or_shape_are_named(tmp_path: Path) -> None:
    folder = four_files(tmp_path)
    path = put(folder / TRAIN_IMAGES, (6, 2, 3), array("h", range(36)))
    expected = "expected uint8 (pictures, height, width)"
    assert defect(folder) == f"{path}: holds int16 (6, 2, 3), {expected}"
    put(path, (36,), bytes(36))
    assert defect(folder) == f"{path}: holds uint8 (36,), {expected}"
    put(path, (0, 2, 3), b"")
    assert defect(folder) == f"{path}: holds uint8 (0, 2, 3), {expected}"


def test_labels_of_another_type_or_shape_are_named(tmp_path: Path) -> None:
    folder = four_files(tmp_path)
    path = put(folder / TEST_LABELS, (3, 8), array("i", range(24)))  # as QMNIST has them
    assert defect(folder) == f"{path}: holds int32 (3, 8), expected uint8 (labels,)"
    put(path, (3,), array("b", [0, 1, 2]))
    assert defect(folder) == f"{path}: holds int8 (3,), expected uint8 (labels,)"


@pytest.mark.parametrize("count", [0, 2, 4])
def test_labels_must_be_as_many_as_pictures(tmp_path: Path, count: int) -> None:
    folder = four_files(tmp_path)
    path = put(folder / TEST_LABELS, (count,), bytes(count))
    assert defect(folder) == f"{path}: {count} labels, but {folder / TEST_IMAGES} has 3 pictures"


@pytest.mark.parametrize(("part", "count"), [(TRAIN_LABELS, 6), (TEST_LABELS, 3)])
def test_a_label_that_is_no_class_is_named(tmp_path: Path, part: str, count: int) -> None:
    folder = four_files(tmp_path)
    path = put(folder / part, (count,), bytes([0, 10, *[9] * (count - 2)]))
    assert defect(folder, 10) == f"{path}: label 1 is 10, expected 0 to 9"


@pytest.mark.parametrize("label", [0, 27])
def test_a_label_that_is_no_class_is_named_as_it_stands_in_the_file(tmp_path: Path, label: int) -> None:
    folder = four_files(tmp_path)
    path = put(folder / TRAIN_LABELS, (6,), bytes([1, 26, label, 4, 5, 6]))
    assert defect(folder, 26, first_label=1) == f"{path}: label 2 is {label}, expected 1 to 26"


def test_pictures_to_train_and_to_test_must_be_of_one_size(tmp_path: Path) -> None:
    folder = four_files(tmp_path)
    put(folder / TEST_IMAGES, (3, 3, 2), bytes(18))  # as many pixels, in another order
    assert defect(folder) == f"{folder}: training pictures are 2 x 3 pixels, test ones 3 x 2"


def test_a_single_class_is_nothing_to_learn(tmp_path: Path) -> None:
    folder = four_files(tmp_path)
    put(folder / TRAIN_LABELS, (6,), bytes(6))
    put(folder / TEST_LABELS, (3,), bytes(3))
    assert defect(folder) == f"{folder}: every label is 0, expected at least two classes"
    put(folder / TRAIN_LABELS, (6,), bytes([5] * 6))
    put(folder / TEST_LABELS, (3,), bytes([5] * 3))
    assert defect(folder, first_label=5) == f"{folder}: every label is 5, expected at least two classes"
