"""Folders of picture files: how classes, parts, sizes and shades are found, and what is said about a bad folder."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from purenn.datasets import from_folder, hold_out, load, load_again, read_picture
from purenn.errors import FormatError
from purenn.formats import Picture, png, pnm
from purenn.samples import Rows
from tests.datasets.picture_files import everything, four_files, images_of, labels_of


def put(path: Path, shade: int = 0, height: int = 2, width: int = 3) -> Path:
    """Write a plain grey picture, in the format of its ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    (png if path.suffix.lower() == ".png" else pnm).write(
        path, Picture(height, width, 1, bytes([shade]) * (height * width))
    )
    return path


def two_classes(folder: Path, count: int = 5) -> Path:
    """Write so many pictures of each of two classes; the shade of picture n is n, plus 100 for dogs."""
    for i in range(count):
        put(folder / "dogs" / f"{i}.pgm", 100 + i)
        put(folder / "cats" / f"{i}.png", i)
    return folder


def shades(pictures: Rows) -> list[int]:
    """The shade of each picture, where all are plain."""
    images = images_of(pictures)
    return [images.picture(i)[0] for i in range(len(images))]


# Classes and parts.


def test_each_folder_is_a_class_and_a_part_of_each_is_held_out(tmp_path: Path) -> None:
    dataset = from_folder(two_classes(tmp_path / "pets", 10))
    assert (dataset.name, dataset.classes) == ("pets", ("cats", "dogs"))
    assert repr(dataset.train.inputs) == "Images(16 of 2 x 3 pixels)"
    assert Counter(labels_of(dataset.train)) == {0: 8, 1: 8}
    assert Counter(labels_of(dataset.test)) == {0: 2, 1: 2}
    trained, tested = shades(dataset.train.inputs), shades(dataset.test.inputs)
    assert sorted(trained + tested) == [*range(10), *range(100, 110)]
    assert [shade >= 100 for shade in trained] == [label == 1 for label in labels_of(dataset.train)]


def test_the_same_seed_splits_in_the_same_way(tmp_path: Path) -> None:
    folder = two_classes(tmp_path, 10)
    tested = [shades(from_folder(folder, seed=seed).test.inputs) for seed in (0, 0, 1)]
    assert tested[0] == tested[1] != tested[2]
    assert len(from_folder(folder, test=0.5).test) == 10


def test_train_and_test_folders_are_taken_as_they_are(tmp_path: Path) -> None:
    two_classes(tmp_path / "Train", 3)
    put(tmp_path / "test" / "dogs" / "other.png", 7)
    dataset = from_folder(tmp_path)
    assert (len(dataset.train), shades(dataset.test.inputs), labels_of(dataset.test)) == (6, [7], [1])
    assert dataset.classes == ("cats", "dogs")


@pytest.mark.parametrize("name", ["valid", "validation", "val"])
def test_validation_pictures_test_if_there_are_no_others_and_else_train(tmp_path: Path, name: str) -> None:
    two_classes(tmp_path / "train", 3)
    put(tmp_path / name / "dogs" / "other.png", 7)
    assert shades(from_folder(tmp_path).test.inputs) == [7]
    put(tmp_path / "test" / "dogs" / "other.png", 9)
    dataset = from_folder(tmp_path)
    assert (shades(dataset.test.inputs), len(dataset.train)) == ([9], 7)
    assert 7 in shades(dataset.train.inputs)


def test_a_train_folder_alone_is_split(tmp_path: Path) -> None:
    two_classes(tmp_path / "train", 5)
    dataset = from_folder(tmp_path)
    assert (dataset.classes, len(dataset.train), len(dataset.test)) == (("cats", "dogs"), 8, 2)


def test_a_class_with_one_picture_is_trained_on(tmp_path: Path) -> None:
    two_classes(tmp_path, 5)
    put(tmp_path / "birds" / "only.png", 50)
    for seed in range(10):
        dataset = from_folder(tmp_path, seed=seed, test=0.4)
        assert Counter(labels_of(dataset.train))[0] == 1
        assert 0 not in labels_of(dataset.test)


def test_every_class_keeps_a_sample_to_train_on_however_much_is_held_out() -> None:
    for seed in range(20):
        for labels in ([0, 1, 1, 2, 2, 2], [0] * 9 + [1], [0, 0, 1, 1]):
            for fraction in (0.1, 0.5, 0.9):
                train, test = hold_out(labels, fraction, seed)
                assert sorted(train + test) == list(range(len(labels)))
                assert {labels[i] for i in train} == {*labels}
                assert test
    with pytest.raises(ValueError, match="every class has a single one"):
        hold_out([0, 1, 2], 0.3, 0)


def test_what_is_hidden_or_no_picture_is_skipped_and_folders_may_be_deeper(tmp_path: Path) -> None:
    two_classes(tmp_path, 5)
    for name in (
        ".DS_Store",
        "cats/.hidden.png",
        "cats/Thumbs.db",
        "cats/notes.txt",
        ".git/x.png",
        "__pycache__/x.png",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"?")
    put(tmp_path / "cats" / "more" / "deep.PNG", 50)
    dataset = from_folder(tmp_path)
    assert dataset.classes == ("cats", "dogs")
    assert len(dataset.train) + len(dataset.test) == 11


# Shades.


def test_black_on_white_becomes_white_on_black(tmp_path: Path) -> None:
    ink = bytes([255, 255, 255, 255, 0, 255, 255, 255, 255])
    for name in ("a/1", "a/2", "b/1", "b/2"):
        path = tmp_path / f"{name}.pgm"
        path.parent.mkdir(exist_ok=True)
        pnm.write(path, Picture(3, 3, 1, ink))
    turned = bytes(255 - value for value in ink)
    automatic = from_folder(tmp_path)
    assert images_of(automatic.train.inputs).picture(0) == turned
    assert automatic.source["invert"] == "yes"
    assert images_of(from_folder(tmp_path, invert=True).test.inputs).picture(0) == turned
    kept = from_folder(tmp_path, invert=False)
    assert images_of(kept.train.inputs).picture(0) == ink
    assert kept.source["invert"] == "no"


def test_all_pictures_are_inverted_or_none(tmp_path: Path) -> None:
    for i in range(5):
        put(tmp_path / "a" / f"{i}.png", 200)
        put(tmp_path / "b" / f"{i}.png", 200 if i else 10)
    dataset = from_folder(tmp_path)
    assert {*shades(dataset.train.inputs), *shades(dataset.test.inputs)} == {55, 245}


def test_colours_become_grey_and_transparent_parts_white(tmp_path: Path) -> None:
    for name in ("a/1", "a/2", "b/1"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        png.write(tmp_path / f"{name}.png", Picture(1, 2, 4, bytes([255, 0, 0, 255, 9, 9, 9, 0])))
    assert images_of(from_folder(tmp_path, invert=False).train.inputs).picture(0) == bytes([76, 255])


# Sizes.


def test_pictures_of_two_sizes_are_refused_with_the_way_out(tmp_path: Path) -> None:
    two_classes(tmp_path, 3)
    put(tmp_path / "dogs" / "large.png", height=40, width=50)
    with pytest.raises(FormatError) as caught:
        from_folder(tmp_path)
    message = str(caught.value)
    assert "dogs/large.png has 40 x 50 pixels" in message.replace("\\", "/")
    assert "has 2 x 3 pixels" in message
    assert "size=(" in message


def test_all_pictures_are_resized_to_the_size_asked_for(tmp_path: Path) -> None:
    two_classes(tmp_path, 3)
    put(tmp_path / "dogs" / "large.png", 77, height=40, width=50)
    square = from_folder(tmp_path, size=8, invert=False)
    assert repr(square.train.inputs)[-14:] == " 8 x 8 pixels)"
    assert 77 in {*shades(square.train.inputs), *shades(square.test.inputs)}
    assert repr(from_folder(tmp_path, size=(4, 6)).train.inputs)[-14:] == " 4 x 6 pixels)"


# What is kept for later.


def test_the_source_reads_the_same_data_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    two_classes(tmp_path / "pets", 10)
    put(tmp_path / "pets" / "dogs" / "large.png", 77, height=40, width=50)
    monkeypatch.chdir(tmp_path)
    dataset = from_folder("pets", size=(4, 6), invert=True, test=0.3, seed=5)
    assert dataset.source == {
        "kind": "pictures",
        "path": str(tmp_path / "pets"),
        "height": "4",
        "width": "6",
        "invert": "yes",
        "test": "0.3",
        "seed": "5",
    }
    assert json.loads(json.dumps(dict(dataset.source))) == dataset.source
    monkeypatch.chdir("/")
    again = load_again(dataset.source)
    assert (again.train, again.test, again.source) == (dataset.train, dataset.test, dataset.source)
    with pytest.raises(FormatError, match="no folder of pictures is described by"):
        load_again({"kind": "pictures", "path": "pets"})
    with pytest.raises(ValueError, match="no kind of data is called 'photos'"):
        load_again({"kind": "photos"})


def test_a_new_picture_is_read_as_the_training_pictures_were(tmp_path: Path) -> None:
    two_classes(tmp_path / "pets", 5)
    new = put(tmp_path / "new.png", 30, height=20, width=30)
    for invert, shade in ((True, 225), (False, 30)):
        source = from_folder(tmp_path / "pets", invert=invert).source
        picture = read_picture(new, source)
        assert (len(picture), picture.height, picture.width, shades(picture)) == (1, 2, 3, [shade])


def test_for_data_like_mnist_the_border_of_the_new_picture_decides(tmp_path: Path) -> None:
    light, dark = put(tmp_path / "light.png", 250), put(tmp_path / "dark.pgm", 5)
    assert [shades(read_picture(path, {})) for path in (light, dark)] == [[5], [5]]
    assert repr(read_picture(light, {"height": "28", "width": "28", "invert": "auto"})) == "Images(1 of 28 x 28 pixels)"
    with pytest.raises(FormatError, match=r"no way to read a picture is described by \{'height': '28'\}"):
        read_picture(light, {"height": "28"})


def test_load_takes_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = two_classes(tmp_path / "pets", 5)
    by_path = from_folder(folder)
    assert load(folder).train == load(str(folder)).train == by_path.train
    assert load("pets", tmp_path).classes == ("cats", "dogs")
    monkeypatch.chdir(tmp_path)
    assert load("pets").source == load("pets/").source == by_path.source
    assert load("pets/").name == "pets"
    four_files(tmp_path, "mine")  # IDX files still go their way
    assert load("mine", tmp_path).classes == ("0", "1", "2")


def test_a_small_network_learns_a_folder(tmp_path: Path) -> None:
    dataset = from_folder(two_classes(tmp_path, 10), invert=False)
    inputs, targets = everything(dataset.train)
    assert inputs.columns == 6
    assert {tuple(row) for row in targets} == {(1.0, 0.0), (0.0, 1.0)}


# Folders that are not right.


def test_a_folder_must_have_two_classes_of_pictures(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="missing is not a folder: expected one with a folder of pictures"):
        from_folder(tmp_path / "missing")
    with pytest.raises(FileNotFoundError, match="for each of two or more classes, found none"):
        from_folder(tmp_path)
    put(tmp_path / "loose.png")
    with pytest.raises(FileNotFoundError, match="found 1 pictures and no folder"):
        from_folder(tmp_path)
    put(tmp_path / "cats" / "1.png")
    with pytest.raises(FileNotFoundError, match="found only 'cats'"):
        from_folder(tmp_path)
    (tmp_path / "dogs").mkdir()
    (tmp_path / "dogs" / "notes.txt").touch()
    with pytest.raises(
        FileNotFoundError, match=r"dogs has no pictures: no file ends in \.pbm, \.pgm, \.png, \.pnm, \.ppm"
    ):
        from_folder(tmp_path)


def test_a_class_that_is_only_tested_is_refused(tmp_path: Path) -> None:
    two_classes(tmp_path / "train", 2)
    put(tmp_path / "test" / "birds" / "1.png")
    with pytest.raises(FormatError, match=r"birds: no such class to train on in .*train: cats, dogs"):
        from_folder(tmp_path)


def test_a_test_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    two_classes(tmp_path / "train", 2)
    put(tmp_path / "test" / "1.png")
    with pytest.raises(
        FileNotFoundError, match=r"test has no pictures: expected a folder for each class, as in .*train"
    ):
        from_folder(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.jpg", b"", r"x\.jpg: \.jpg files cannot be read, expected PNG, PGM, PPM or PBM; convert it"),
        ("x.GIF", b"", r"x\.GIF: \.GIF files cannot be read"),
        ("x.png", b"\xff\xd8\xff\xe0JFIF", r"x\.png: is a JPEG file, expected PNG, .*magick"),
        ("x.png", b"RIFF1234WEBP", r"x\.png: is a WebP file"),
        ("x.pgm", b"P7\nWIDTH", r"x\.pgm: is a PAM file"),
        ("x.png", b"", r"x\.png: is not a picture: the first bytes are none"),
        ("x.png", b"<html>", r"x\.png: is not a picture: the first bytes are 3c 68 74 6d 6c 3e"),
        ("x.png", b"\x89PNG\r\n\x1a\n", r"x\.png: cut short at offset 8"),
        ("x.pgm", b"P5 1 1 255\n", r"x\.pgm: cut short at offset 11"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    two_classes(tmp_path, 2)
    (tmp_path / "dogs" / name).write_bytes(content)
    with pytest.raises(FormatError, match=said):
        from_folder(tmp_path)


def test_the_format_is_told_by_the_first_bytes(tmp_path: Path) -> None:
    pnm.write(tmp_path / "picture.png", Picture(1, 1, 1, b"\x05"))
    assert shades(read_picture(tmp_path / "picture.png", {})) == [5]


def test_options_out_of_range_are_refused(tmp_path: Path) -> None:
    two_classes(tmp_path, 2)
    with pytest.raises(ValueError, match=r"the fraction to split off must be between 0 and 1, got 0\.0"):
        from_folder(tmp_path, test=0.0)
    with pytest.raises(ValueError, match="height must be at least 1, got 0"):
        from_folder(tmp_path, size=0)
