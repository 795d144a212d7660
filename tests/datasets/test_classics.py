"""Classics: the numbers they hold, how they are split, and that a small network learns each of them."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from purenn.datasets import DATASETS, Dataset, builtin, classics, load, published, recipe_for, schema_of
from purenn.errors import FormatError
from purenn.losses import CrossEntropy
from purenn.network import feed_forward
from purenn.optimizers import SGD
from purenn.preprocessing import standardize
from purenn.schedules import SCHEDULES
from purenn.training import fit
from tests.datasets.picture_files import everything, images_of, labels_of

TABLES = {  # rows to train on and to test on, inputs, and the rows of each class
    "iris": (105, 45, 4, {"setosa": 50, "versicolor": 50, "virginica": 50}),
    "wine": (125, 53, 13, {"Barbera": 48, "Barolo": 59, "Grignolino": 71}),
    "breast-cancer": (398, 171, 30, {"benign": 357, "malignant": 212}),
}


def counts(dataset: Dataset) -> dict[str, int]:
    """How many samples there are of each class."""
    labels = labels_of(dataset.train) + labels_of(dataset.test)
    return {dataset.classes[label]: count for label, count in sorted(Counter(labels).items())}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_its_published_size_and_classes(name: str) -> None:
    train, test, inputs, classes = TABLES[name]
    dataset = load(name)
    assert (dataset.name, len(dataset.train), len(dataset.test)) == (name, train, test)
    assert dataset.train.inputs.columns == inputs
    assert counts(dataset) == classes


@pytest.mark.parametrize("name", [*TABLES, "digits"])
def test_each_class_has_its_share_in_both_parts_and_they_are_always_the_same(name: str) -> None:
    first, second = load(name), load(name)
    assert (first.train, first.test) == (second.train, second.test)
    share = len(first.test) / (len(first.test) + len(first.train))
    tested, total = Counter(labels_of(first.test)), counts(first)
    for label, class_name in enumerate(first.classes):
        assert abs(tested[label] - share * total[class_name]) < 1.0


def test_iris_is_as_fisher_published_it() -> None:
    # Rows 35 and 38, of which the copy at UCI has other numbers: 0.1 for 0.2, and 3.1, 1.5 for 3.6, 1.4.
    with builtin("iris.csv").open("rb") as file:
        rows = file.read(10_000).decode().splitlines()
    assert (rows[0], rows[35], rows[38]) == (
        "sepal_length,sepal_width,petal_length,petal_width,species",
        "4.9,3.1,1.5,0.2,setosa",
        "4.9,3.6,1.4,0.1,setosa",
    )
    # the means of the columns in R's iris: 5.843333 3.057333 3.758000 1.199333
    iris = load("iris")
    columns = zip(*(row for part in (iris.train, iris.test) for row in everything(part)[0]))
    assert [sum(column) / 150 for column in columns] == pytest.approx([5.843333, 3.057333, 3.758, 1.199333], abs=1e-6)


def test_the_columns_have_names_by_which_new_rows_are_read() -> None:
    schema = schema_of(load("iris").source)
    assert schema.features == ["sepal_length", "sepal_width", "petal_length", "petal_width"]
    assert schema.target == "species"
    assert schema.columns[0].span == (4.4, 7.7), "of the training rows; of all 150, it is 4.3 to 7.9"
    assert schema_of(load("wine").source).features[-1] == "proline"
    assert schema_of(load("breast-cancer").source).features[20] == "worst_radius"
    assert "path" not in load("iris").source, "it is found by its name"


def test_digits_are_pictures() -> None:
    digits = load("digits")
    assert (len(digits.train), len(digits.test), digits.classes) == (1438, 359, tuple("0123456789"))
    # digits per class in the test set of the source, which is what this is taken from: 178 182 177 183 181 ...
    assert list(counts(digits).values()) == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    train = images_of(digits.train.inputs)
    assert (train.height, train.width) == (8, 8)
    assert {*train.pixels} <= {(level * 255 + 8) // 16 for level in range(17)}, "17 shades, spread over 0 to 255"
    # the first picture of the source is a 0, whose first rows are 0 0 5 13 9 1 0 0 and 0 0 13 15 10 15 5 0
    rows = [0, 0, 80, 207, 143, 16, 0, 0, 0, 0, 207, 239, 159, 239, 80, 0]
    parts = [digits.train, digits.test]
    zeros = [
        images_of(part.inputs).picture(i) for part in parts for i, label in enumerate(labels_of(part)) if label == 0
    ]
    assert bytes(rows) in [picture[:16] for picture in zeros]


@pytest.mark.parametrize("name", [*TABLES, "digits", "diabetes"])
def test_each_has_a_recipe(name: str) -> None:
    assert "float" in DATASETS[name].recipes
    assert name.replace("-", "_") in [*classics.__all__, "digits", "diabetes"]


# Where the usual accuracy is, a network with the recipe gets it. The recipes were chosen on the training rows only.


@pytest.mark.parametrize(("name", "accuracy"), [("iris", 0.95), ("wine", 0.97), ("breast-cancer", 0.96)])
def test_a_small_network_reaches_the_usual_accuracy(name: str, accuracy: float) -> None:
    dataset, recipe = load(name), recipe_for(name, "float")
    scaler = standardize(everything(dataset.train)[0])
    right = 0
    for seed in range(3):
        sizes = [dataset.train.inputs.columns, *recipe.hidden, len(dataset.classes)]
        network = feed_forward(sizes, Random(seed), hidden=recipe.activation)
        fit(
            network,
            scaler(everything(dataset.train)[0]),
            dataset.train.targets,
            loss=CrossEntropy(),
            optimizer=SGD(recipe.learning_rate),
            epochs=recipe.epochs,
            batch_size=recipe.batch_size,
            seed=seed,
            schedule=SCHEDULES["linear"].schedule(recipe.learning_rate, recipe.epochs),
        )
        answers = network.predict_classes(scaler(everything(dataset.test)[0]))
        right += sum(answer == label for answer, label in zip(answers, labels_of(dataset.test)))
    assert right / (3 * len(dataset.test)) >= accuracy


# Diabetes.


def diabetes_files(parent: Path, rows: list[str], targets: list[str]) -> Path:
    """Write files of the form of the published ones; return their parent."""
    folder = parent / "diabetes"
    folder.mkdir(parents=True)
    (folder / "diabetes_data_raw.csv.gz").write_bytes(gzip.compress("\n".join(rows).encode() + b"\n"))
    (folder / "diabetes_target.csv.gz").write_bytes(gzip.compress("\n".join(targets).encode() + b"\n"))
    return parent


def test_diabetes_is_a_table_with_a_quantity(tmp_path: Path) -> None:
    rows = [
        f"{20 + i} {1 + i % 2} 32.1 10{i % 7}.0 15{i % 5} 93.2 3{i % 3}.0 4.{i % 2} 4.8{i % 9} 8{i % 8}"
        for i in range(40)
    ]
    parent = diabetes_files(
        tmp_path, [f"{row[:-2]}8{i}" for i, row in enumerate(rows)], [f"{i}.5e+00" for i in range(40)]
    )
    dataset = load("diabetes", parent)
    assert (dataset.name, dataset.classes, len(dataset.train), len(dataset.test)) == ("diabetes", (), 28, 12)
    features = schema_of(dataset.source).features
    assert (features[0], features[-1], schema_of(dataset.source).target) == ("age", "blood_sugar", "progression")
    targets = sorted(y for part in (dataset.train, dataset.test) for (y,) in everything(part)[1])
    assert targets == [i + 0.5 for i in range(40)]


def test_diabetes_is_fetched_from_one_version_and_its_licence_is_not_made_up() -> None:
    publication = published()["diabetes"]
    assert [mirror.split("/")[2:6] for mirror in publication.mirrors] == [
        ["raw.githubusercontent.com", "scikit-learn", "scikit-learn", "1.9.1"]
    ]
    assert publication.license.startswith("none is stated")
    assert [file.name for file in publication.files] == ["diabetes_data_raw.csv.gz", "diabetes_target.csv.gz"]


def test_diabetes_that_is_not_there_says_how_to_fetch_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("sys.platform", "linux")
    with pytest.raises(
        FileNotFoundError, match=r"no data set 'diabetes' in .*; datasets.fetch\('diabetes'\) downloads it"
    ):
        load("diabetes", tmp_path)


def test_diabetes_files_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    parent = diabetes_files(tmp_path, ["1 2 3 4 5 6 7 8 9 10"] * 3, ["1.0"] * 2)
    with pytest.raises(FormatError, match=r"3 rows in diabetes_data_raw\.csv\.gz, 2 in diabetes_target\.csv\.gz"):
        load("diabetes", parent)


def test_a_network_that_learns_a_data_set_knows_the_names_of_its_classes() -> None:
    iris = load("iris")
    network = feed_forward([4, 3], 0)
    fit(network, iris.train, epochs=1)
    assert network.classes == iris.classes == ("setosa", "versicolor", "virginica")
    assert {*network.predict_names(iris.test.inputs)} <= {*iris.classes}
    other = feed_forward([4, 3], 0)
    X, y = iris.train
    fit(other, X, y, epochs=1, validation=(iris.test.inputs, iris.test.targets))
    assert other.classes == iris.classes


def test_names_of_other_libraries_are_answered_by_a_data_set_and_its_samples() -> None:
    iris = load("iris")
    for answers, name, call in ((iris, "X_train", "dataset.train.inputs"), (iris.train, "X", "samples.inputs")):
        with pytest.raises(AttributeError, match=f"has no attribute '{name}'; purenn calls it {call}"):
            getattr(answers, name)
