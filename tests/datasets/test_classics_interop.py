"""Classics against scikit-learn, which has the same data: every number is the same."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from purenn.datasets import load, published
from tests.datasets.picture_files import everything, images_of, labels_of

sklearn_datasets = pytest.importorskip("sklearn.datasets")

pytestmark = pytest.mark.interop

LOADERS = {"iris": "load_iris", "wine": "load_wine", "breast-cancer": "load_breast_cancer"}
CULTIVARS = {"class_0": "Barolo", "class_1": "Grignolino", "class_2": "Barbera"}


@pytest.mark.parametrize("name", LOADERS)
def test_a_table_has_the_numbers_and_labels_of_scikit_learn(name: str) -> None:
    theirs = getattr(sklearn_datasets, LOADERS[name])()
    names = [CULTIVARS.get(name, name) for name in theirs.target_names]
    expected = Counter((*row, names[label]) for row, label in zip(theirs.data.tolist(), theirs.target.tolist()))
    ours = load(name)
    found = Counter(
        (*row, ours.classes[label])
        for part in (ours.train, ours.test)
        for row, label in zip(everything(part)[0], labels_of(part))
    )
    assert found == expected


def test_digits_are_those_of_scikit_learn() -> None:
    theirs = sklearn_datasets.load_digits()
    expected = Counter((*row, label) for row, label in zip(theirs.data.tolist(), theirs.target.tolist()))
    ours = load("digits")
    found = Counter(
        (*(round(value * 16 / 255) for value in pictures.picture(i)), label)
        for part in (ours.train, ours.test)
        for pictures in [images_of(part.inputs)]
        for i, label in enumerate(labels_of(part))
    )
    assert found == expected


def test_diabetes_files_are_those_in_scikit_learn(tmp_path: Path) -> None:
    folder = Path(sklearn_datasets.__file__).parent / "data"
    (tmp_path / "diabetes").mkdir()
    for file in published()["diabetes"].files:
        (tmp_path / "diabetes" / file.name).write_bytes((folder / file.name).read_bytes())
        assert (folder / file.name).stat().st_size == file.size
    theirs = sklearn_datasets.load_diabetes(scaled=False)
    ours = load("diabetes", tmp_path)
    found = Counter((*row, *target) for part in (ours.train, ours.test) for row, target in zip(*everything(part)))
    assert found == Counter((*row, y) for row, y in zip(theirs.data.tolist(), theirs.target.tolist()))
