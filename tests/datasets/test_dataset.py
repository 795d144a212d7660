"""Data sets: what the small ones hold, where pictures are looked for, and what is said of files that are not right."""

from __future__ import annotations

import gzip
import os
from array import array
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from purenn import datasets
from purenn.datasets.dataset import SMALL, folders, load
from purenn.errors import FormatError
from purenn.formats.idx import Idx, Values, write
from purenn.losses import CrossEntropy
from purenn.matrix import Matrix
from purenn.network import feed_forward
from purenn.optimizers import SGD
from purenn.samples import Images, Labels, Rows, Samples
from purenn.schedules import linear
from purenn.training import fit

TRAIN_IMAGES = "train-images-idx3-ubyte"
TRAIN_LABELS = "train-labels-idx1-ubyte"
TEST_IMAGES = "t10k-images-idx3-ubyte"
TEST_LABELS = "t10k-labels-idx1-ubyte"


def put(path: Path, shape: tuple[int, ...], values: Values) -> Path:
    write(path, Idx(shape, values))
    return path


def four_files(parent: Path, name: str = "mine", ending: str = "") -> Path:
    """A data set of 6 training and 3 test pictures, 2 × 3 pixels, that are of the classes 1, 2, 0, 1, 2, 0."""
    folder = parent / name
    folder.mkdir(parents=True)
    for images, labels, count in ((TRAIN_IMAGES, TRAIN_LABELS, 6), (TEST_IMAGES, TEST_LABELS, 3)):
        put(folder / (images + ending), (count, 2, 3), bytes(range(6 * count)))
        put(folder / (labels + ending), (count,), bytes((i + 1) % 3 for i in range(count)))
    return folder


def pictures(rows: Rows) -> Images:
    assert isinstance(rows, Images)
    return rows


def labels(samples: Samples) -> list[int]:
    assert isinstance(samples.targets, Labels)
    return list(samples.targets.values)


def everything(samples: Samples) -> tuple[Matrix, Matrix]:
    return samples.take(range(len(samples)))


# The small ones.


@pytest.mark.parametrize(("name", "outputs"), [("and", [0, 0, 0, 1]), ("or", [0, 1, 1, 1]), ("xor", [0, 1, 1, 0])])
def test_a_gate_is_its_truth_table(name: str, outputs: list[int]) -> None:
    gate = load(name)
    assert everything(gate.train) == (Matrix([[0, 0], [0, 1], [1, 0], [1, 1]]), Matrix([[y] for y in outputs]))
    assert everything(gate.test) == everything(gate.train)
    assert (gate.name, gate.classes) == (name, ("0", "1"))


def test_house_prices_rise_by_about_200_per_square_foot() -> None:
    houses = load("house-prices")
    assert (len(houses.train), len(houses.test), houses.classes) == (100, 50, ())
    areas, prices = everything(houses.train)
    # Least squares: slope = Σ (x - x̄)(y - ȳ) / Σ (x - x̄)², intercept = ȳ - slope x̄
    mean_area, mean_price = areas.sum_rows()[0, 0] / 100, prices.sum_rows()[0, 0] / 100
    moments = sum((x - mean_area) * (y - mean_price) for (x,), (y,) in zip(areas, prices))
    slope = moments / sum((x - mean_area) ** 2 for (x,) in areas)
    assert slope == pytest.approx(200.0, rel=0.01)
    assert mean_price - slope * mean_area == pytest.approx(50.0, abs=5.0)
    assert all(0.8 <= x <= 3.5 for (x,) in areas)


@pytest.mark.parametrize("name", SMALL)
def test_a_small_data_set_is_the_same_every_time(name: str) -> None:
    first, second = load(name), load(name)
    assert everything(first.train) == everything(second.train)
    assert everything(first.test) == everything(second.test)


@pytest.mark.parametrize("name", ["house-prices", "circles", "moons", "spirals", "blobs"])
def test_no_sample_is_both_for_training_and_for_testing(name: str) -> None:
    dataset = load(name)
    train, test = ({*map(tuple, everything(part)[0])} for part in (dataset.train, dataset.test))
    assert len(train) == len(dataset.train)
    assert train & test == set()


@pytest.mark.parametrize(
    ("name", "count", "classes"), [("circles", 300, 2), ("moons", 300, 2), ("spirals", 400, 2), ("blobs", 300, 3)]
)
def test_points_in_the_plane_are_of_all_classes_alike(name: str, count: int, classes: int) -> None:
    dataset = load(name)
    for part in (dataset.train, dataset.test):
        assert part.inputs.columns == 2
        assert Counter(labels(part)) == dict.fromkeys(range(classes), count // classes)
        assert all(abs(value) < 3.0 for row in everything(part)[0] for value in row)
    assert dataset.classes == tuple(map(str, range(classes)))


def learned(name: str, sizes: list[int], epochs: int, batch_size: int = 32) -> float:
    """The part of the test set that a network of these sizes classifies rightly after training."""
    dataset = load(name)
    network = feed_forward(sizes, Random(1))
    fit(
        network,
        dataset.train.inputs,
        dataset.train.targets,
        loss=CrossEntropy(),
        optimizer=SGD(momentum=0.9),
        schedule=linear(0.1, epochs),
        epochs=epochs,
        batch_size=batch_size,
    )
    answers = network.predict_classes(dataset.test.inputs)
    return sum(a == b for a, b in zip(answers, labels(dataset.test))) / len(answers)


@pytest.mark.parametrize(
    ("name", "least", "most"), [("circles", 0.4, 0.7), ("spirals", 0.4, 0.7), ("moons", 0.7, 0.95)]
)
def test_a_line_cannot_part_what_is_curved(name: str, least: float, most: float) -> None:
    assert least < learned(name, [2, 2], epochs=10) < most


def test_lines_part_blobs() -> None:
    assert learned("blobs", [2, 3], epochs=10) > 0.95


@pytest.mark.parametrize(("name", "epochs"), [("circles", 20), ("moons", 60)])
def test_a_hidden_layer_parts_what_a_line_cannot(name: str, epochs: int) -> None:
    assert learned(name, [2, 16, 2], epochs, batch_size=16) > 0.95


def test_two_hidden_layers_unwind_the_spirals() -> None:
    assert learned("spirals", [2, 24, 24, 2], epochs=60, batch_size=16) > 0.95


# Pictures: where they are looked for.


def test_places_are_asked_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PURENN_DATA", str(tmp_path / "environment"))
    monkeypatch.setattr(datasets, "cache_folder", lambda: tmp_path / "cache")
    package = Path(datasets.__file__).parent
    parents = [tmp_path / "given", tmp_path / "environment", package / "builtin", package.parent / "datasets"]
    assert folders("mine", tmp_path / "given") == [parent / "mine" for parent in (*parents, tmp_path / "cache")]
    monkeypatch.delenv("PURENN_DATA")
    assert folders("mine") == [parent / "mine" for parent in (*parents[2:], tmp_path / "cache")]
    monkeypatch.setenv("PURENN_DATA", "")
    assert len(folders("mine")) == 3


def test_the_first_place_that_has_it_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PURENN_DATA", str(tmp_path / "environment"))
    monkeypatch.setattr(datasets, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(datasets, "__file__", str(tmp_path / "package" / "datasets.py"))
    places = ["given", "environment", "package/builtin", "datasets", "cache"]
    for number, place in enumerate(places):
        put(four_files(tmp_path / place) / TRAIN_IMAGES, (6, 2, 3), bytes([number] * 36))
    for number, place in enumerate(places):
        assert pictures(load("mine", tmp_path / "given").train.inputs).pixels[0] == number
        (tmp_path / place / "mine").rename(tmp_path / place / "elsewhere")


def test_a_name_found_nowhere_lists_the_places_and_the_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PURENN_DATA", str(tmp_path / "environment"))
    with pytest.raises(FileNotFoundError) as caught:
        load("minst", tmp_path / "given")
    message = str(caught.value)
    assert message.startswith("no data set 'minst' in ")
    assert all(str(place) in message for place in folders("minst", tmp_path / "given"))
    assert message.endswith("emnist-digits, emnist-mnist")
    assert all(f" {name}," in message for name in SMALL)


def test_a_published_name_found_nowhere_says_how_to_fetch_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PURENN_DATA", raising=False)
    monkeypatch.setattr(datasets, "cache_folder", lambda: tmp_path / "cache")
    with pytest.raises(FileNotFoundError, match=r"; python -m purenn fetch kmnist$"):
        load("kmnist")


# Pictures: what the files may be.


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_a_folder_of_four_files_is_a_data_set(tmp_path: Path, ending: str) -> None:
    four_files(tmp_path, ending=ending)
    mine = load("mine", tmp_path)
    assert (mine.name, mine.classes) == ("mine", ("0", "1", "2"))
    assert mine.train.inputs == Images(bytes(range(36)), height=2, width=3)
    assert mine.test.inputs == Images(bytes(range(18)), height=2, width=3)
    assert (labels(mine.train), labels(mine.test)) == ([1, 2, 0, 1, 2, 0], [1, 2, 0])


def test_dots_in_names_and_test_for_t10k_and_a_mixture_are_found(tmp_path: Path) -> None:
    folder = four_files(tmp_path)
    (folder / TRAIN_IMAGES).rename(folder / "train-images.idx3-ubyte")
    (folder / TEST_IMAGES).rename(folder / "test-images-idx3-ubyte")
    (folder / TEST_LABELS).rename(folder / "test-labels.idx1-ubyte")
    (folder / TRAIN_LABELS).write_bytes(gzip.compress((folder / TRAIN_LABELS).read_bytes()))  # told by its first bytes
    mine = load("mine", tmp_path)
    assert (labels(mine.train), labels(mine.test)) == ([1, 2, 0, 1, 2, 0], [1, 2, 0])


def test_known_pictures_have_the_names_of_their_classes(tmp_path: Path) -> None:
    for name, count, last in (("mnist", 10, "9"), ("fashion-mnist", 10, "Ankle boot"), ("kmnist", 10, "を")):
        four_files(tmp_path, name)
        assert (len(load(name, tmp_path).classes), load(name, tmp_path).classes[-1]) == (count, last)


def test_emnists_letters_are_counted_from_1_and_its_pictures_stand_on_their_side(tmp_path: Path) -> None:
    folder = four_files(tmp_path, "emnist-letters")
    put(folder / TRAIN_LABELS, (6,), bytes([1, 26, 2, 3, 4, 5]))
    put(folder / TEST_LABELS, (3,), bytes([1, 1, 1]))
    square = bytes([0, 1, 2, 3])  # 0 1 over 2 3, transposed 0 2 over 1 3
    put(folder / TRAIN_IMAGES, (6, 2, 2), square * 6)
    put(folder / TEST_IMAGES, (3, 2, 2), square * 3)
    letters = load("emnist-letters", tmp_path)
    assert (labels(letters.train)[:2], letters.classes[0], letters.classes[25]) == ([0, 25], "A", "Z")
    assert len(letters.classes) == 26
    assert pictures(letters.train.inputs).picture(5) == bytes([0, 2, 1, 3])
    assert pictures(letters.test.inputs).picture(2) == bytes([0, 2, 1, 3])


@pytest.mark.parametrize(
    ("name", "classes"), [("emnist", 47), ("emnist-bymerge", 47), ("emnist-byclass", 62), ("emnist-digits", 10)]
)
def test_emnists_splits_have_their_classes(tmp_path: Path, name: str, classes: int) -> None:
    four_files(tmp_path, name)
    assert len({*load(name, tmp_path).classes}) == classes


def test_strokes_come_with_the_library_balanced() -> None:
    strokes = load("strokes")
    for part, each in ((strokes.train, 800), (strokes.test, 150)):
        assert part.inputs.columns == 28 * 28
        assert Counter(labels(part)) == dict.fromkeys(range(10), each)


# Pictures: files that are not right. Each is an error of one line that names the file.


def defect(folder: Path) -> str:
    with pytest.raises(FormatError) as caught:
        load(folder.name, folder.parent)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("name", [TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS])
def test_a_missing_file_is_named_with_the_names_it_may_have(tmp_path: Path, name: str) -> None:
    folder = four_files(tmp_path)
    (folder / name).unlink()
    with pytest.raises(FileNotFoundError) as caught:
        load("mine", tmp_path)
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
    folder = four_files(tmp_path, "mnist")
    path = put(folder / part, (count,), bytes([0, 10, *[9] * (count - 2)]))
    assert defect(folder) == f"{path}: label 1 is 10, expected 0 to 9"


@pytest.mark.parametrize("label", [0, 27])
def test_a_label_that_is_no_letter_is_named_as_it_stands_in_the_file(tmp_path: Path, label: int) -> None:
    folder = four_files(tmp_path, "emnist-letters")
    path = put(folder / TRAIN_LABELS, (6,), bytes([1, 26, label, 4, 5, 6]))
    assert defect(folder) == f"{path}: label 2 is {label}, expected 1 to 26"


def test_pictures_to_train_and_to_test_must_be_of_one_size(tmp_path: Path) -> None:
    folder = four_files(tmp_path)
    put(folder / TEST_IMAGES, (3, 3, 2), bytes(18))  # as many pixels, in another order
    assert defect(folder) == f"{folder}: training pictures are 2 x 3 pixels, test ones 3 x 2"


def test_a_single_class_is_nothing_to_learn(tmp_path: Path) -> None:
    folder = four_files(tmp_path)
    put(folder / TRAIN_LABELS, (6,), bytes(6))
    put(folder / TEST_LABELS, (3,), bytes(3))
    assert defect(folder) == f"{folder}: every label is 0, expected at least two classes"


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
        assert (pictures(part.inputs).height, pictures(part.inputs).width) == (28, 28)
        assert [labels(part).count(i) for i in range(10)] == counts
