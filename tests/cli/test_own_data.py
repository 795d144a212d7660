"""The user's own data: told by their kind, described in the file of a network, and found again from there."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from purenn.cli import main
from purenn.cli.main import parse_arguments
from purenn.cli.own_data import described, find, in_words, samples_to_test, schema_in, source_in, usual_name
from purenn.cli.saved import load_network
from purenn.cli.train_arguments import TrainArguments
from purenn.datasets import Dataset, from_csv, load, schema_of
from purenn.errors import FormatError
from purenn.formats import Picture, png, safetensors
from purenn.losses import CrossEntropy
from tests.cli.conftest import Captured, failure, json_lines, left_or_right, linear_network, trained

pytestmark = pytest.mark.usefixtures("empty")


def flowers(count: int = 40) -> str:
    """Two measures, of which the first tells the class, and two classes in turn."""
    lines = [f"{i % 2 * 5 + i % 3},{i % 7},{'rose' if i % 2 else 'iris'}" for i in range(count)]
    return "\n".join(["length,width,species", *lines, ""])


@pytest.fixture
def path(empty: Path) -> Path:
    (empty / "data").mkdir()
    (empty / "data" / "flowers.csv").write_text(flowers(), encoding="utf-8")
    return empty / "data" / "flowers.csv"


def found(words: str) -> Dataset:
    return find(TrainArguments(**vars(parse_arguments(["train", *words.split()]))))


def refused(words: str, capsys: Captured) -> str:
    with pytest.raises(SystemExit) as caught:
        main(["train", *words.split()])
    assert caught.value.code == 2
    return capsys.readouterr().err


# Found by `train`.


def test_a_csv_file_is_read_as_the_options_say(path: Path) -> None:
    dataset = found("data/flowers.csv --target width --task quantities --test 0.5")
    assert (dataset.classes, len(dataset.train), len(dataset.test)) == ((), 20, 20)
    assert dataset.source["test"] == "0.5"
    path.write_text("a,b\n" + "1,x\n,y\n2,x\n3,y\n", encoding="utf-8")
    assert len(found("data/flowers.csv --missing drop").train) == 2
    assert len(found("data/flowers.csv --missing fill").train) == 3
    assert found("data/flowers.csv --missing drop --header no").classes == ("b", "x", "y")
    Path("rents.csv").write_text("area;rent\n6.504;650.400\n7.250;725.000\n8.125;812.500\n", encoding="utf-8")
    assert found("rents.csv --decimal , --delimiter ; --target rent").train.targets.take([0])[0][0] > 600000


def test_a_misspelt_folder_is_told_as_one(capsys: Captured) -> None:
    Path("shapes").mkdir()
    for words in (["train", "shpes/"], ["train", "shpes", "--size", "28"]):
        assert main(words) == 1
        said = capsys.readouterr().err
        assert "there is no folder shpes" in said
        assert "did you mean shapes?" in said


def test_a_network_saved_with_the_source_of_its_data_is_asked_by_the_columns(
    path: Path, empty: Path, capsys: Captured
) -> None:
    source = load(path).source
    linear_network([[1.0, 2.0], [0.0, 1.0]], loss=CrossEntropy(), classes=("iris", "rose")).save("m", source)
    assert source.items() <= source_in(load_network(Path("m"))).items()
    assert main(["predict", "m", "2", "3"]) == 0
    assert capsys.readouterr().out.split()[0] == "iris"
    tested = samples_to_test(load_network(Path("m")), None, None)
    assert (len(tested.samples), tested.note) == (8, "")
    assert len(samples_to_test(load_network(Path("m")), str(path), None).samples) == 8, "those kept for testing"
    assert main(["inspect", "m"]) == 0
    out = capsys.readouterr().out
    assert "column length: number, 0 to 7 in training\n" in out
    assert "{" not in out.partition("metadata architecture")[0]


def test_the_test_can_be_a_second_file(path: Path, empty: Path) -> None:
    shutil.copy(path, "more.csv")
    dataset = found("data/flowers.csv --test more.csv")
    assert (len(dataset.train), len(dataset.test)) == (40, 40)
    linear_network([[1.0, 0.0], [0.0, 1.0]]).save("m", described(dataset, empty))
    assert samples_to_test(load_network(Path("m")), None, None).what == "the 40 rows of more.csv"


def test_the_split_does_not_depend_on_the_seed_of_the_training(path: Path) -> None:
    assert found("data/flowers.csv --seed 1").test.checksum == found("data/flowers.csv --seed 2").test.checksum


def test_a_test_part_of_0_is_refused_with_the_way_to_train_on_all_rows(path: Path, capsys: Captured) -> None:
    said = refused("data/flowers.csv --test 0", capsys)
    assert (
        "--test: expected a part above 0 and below 1, got 0; to train on all rows, test on them too: --test data"
        in said
    )
    assert len(found("data/flowers.csv --test data/flowers.csv").train) == 40


def test_a_name_is_found_as_before() -> None:
    assert found("xor").train.checksum == load("xor").train.checksum
    assert found("xor").source == {}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("xor --target a", "argument --target: is for a table (a CSV file), but xor is a data set with a name"),
        ("data/flowers.csv --size 28", "argument --size: is for a folder of pictures, but data/flowers.csv is a table"),
        ("xor --test 0.5", "argument --test: is for a table (a CSV file) or a folder of pictures, but xor is"),
        ("xor --size 28x", "argument --size: expected a size in pixels such as 28 or 28x20, got '28x'"),
    ],
)
def test_an_option_for_another_kind_of_data_is_refused(words: str, said: str, path: Path, capsys: Captured) -> None:
    assert said in refused(words, capsys)


def test_a_file_that_is_not_there_or_is_no_table_is_named(path: Path, capsys: Captured) -> None:
    assert "none.csv: No such file or directory" in failure(capsys, "train", "none.csv")
    Path("book.xlsx").write_bytes(b"PK\x03\x04" + bytes(20))
    assert "book.xlsx: an Excel workbook or another zip file" in failure(capsys, "train", "book.xlsx")
    left_or_right().save("m.safetensors")
    assert "m.safetensors: not a CSV file: offset " in failure(capsys, "train", "m.safetensors")


def test_what_was_found_is_said_in_words(path: Path) -> None:
    said = in_words(from_csv(path))
    assert said == "flowers.csv: 40 rows; inputs: 2 numbers; target species: 2 classes (iris, rose)"
    assert in_words(load("xor")) == ""


@pytest.mark.parametrize(
    ("name", "usual"),
    [("data/iris.csv", "iris"), ("a.b.CSV.gz", "a.b"), ("pictures/", "pictures"), ("mnist", "mnist"), (".csv", ".csv")],
)
def test_a_network_is_named_as_its_data(name: str, usual: str) -> None:
    assert usual_name(name) == usual


# In the file of a network, and found again.


def saved(path: Path, folder: Path) -> Path:
    """Save a network that says it was trained on this file."""
    network = left_or_right()
    network.classes = ("iris", "rose")
    folder.mkdir(exist_ok=True)
    network.save(folder / "m", described(from_csv(path), folder))
    return folder / "m"


def test_the_path_in_the_file_is_relative_so_that_both_can_move_together(path: Path, empty: Path) -> None:
    model = saved(path, empty / "nets")
    assert json.loads(load_network(model).metadata["source"])["path"] == "../data/flowers.csv"
    assert source_in(load_network(model))["path"] == str(path)
    (empty / "elsewhere").mkdir()
    shutil.move(str(empty / "nets"), "elsewhere")
    shutil.move(str(empty / "data"), "elsewhere")
    again = load_network(empty / "elsewhere" / "nets" / "m")
    tested = samples_to_test(again, None, None)
    assert (len(tested.samples), tested.classes, tested.note) == (8, ("iris", "rose"), "")


def test_the_schema_is_found_in_the_file(path: Path, empty: Path) -> None:
    schema = schema_in(load_network(saved(path, empty)))
    assert schema
    assert (schema.features, schema.target) == (["length", "width"], "species")
    left_or_right().save("other", {"dataset": "xor"})
    assert schema_in(load_network(Path("other"))) is None


def test_a_file_that_has_moved_is_named_with_the_way_out(path: Path, empty: Path) -> None:
    model = load_network(saved(path, empty))
    path.rename(empty / "moved.csv")
    with pytest.raises(FileNotFoundError, match=r"flowers.csv, which .* was trained on, is not there; name the place"):
        samples_to_test(model, None, None)
    tested = samples_to_test(model, "moved.csv", None)
    assert (tested.name, len(tested.samples)) == ("moved.csv", 8), "the rows kept for testing, as it is the same file"
    assert tested.what == "the 8 rows held back from moved.csv"


def test_a_file_that_has_changed_is_said_to_have(path: Path, empty: Path) -> None:
    model = load_network(saved(path, empty))
    path.write_text(flowers(60), encoding="utf-8")
    tested = samples_to_test(model, None, None)
    assert "has changed since the training" in tested.note
    assert tested.what == f"12 rows of {Path('data', 'flowers.csv')}"


def test_all_rows_of_another_file_are_tested(path: Path, empty: Path) -> None:
    model = load_network(saved(path, empty))
    Path("new.csv").write_text("species,width,length\nrose,1,9\n", encoding="utf-8")
    tested = samples_to_test(model, "new.csv", None)
    assert (len(tested.samples), tested.what, tested.note) == (1, "the 1 row of new.csv", "")
    Path("new.csv").write_text("width,length\n1,9\n", encoding="utf-8")
    with pytest.raises(FormatError, match="there is no column 'species', which is the target"):
        samples_to_test(model, "new.csv", None)


def test_a_table_that_has_a_name_is_found_by_it(path: Path, empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = from_csv(path)
    source = {"kind": table.source["kind"], "schema": table.source["schema"]}
    linear_network([[1.0, 0.0], [0.0, 1.0]]).save("m", described(replace(table, name="xor", source=source), empty))
    model = load_network(Path("m"))
    assert samples_to_test(model, None, None).samples.checksum == load("xor").test.checksum
    assert schema_in(model) == schema_of(table.source)
    assert len(samples_to_test(model, str(path), None).samples) == 40, "all rows of a file of the user"


def test_a_source_that_is_damaged_is_refused() -> None:
    for text, what in (
        ("{", "the source of its data is damaged"),
        ("5", "the source of its data is 5, expected"),
    ):
        left_or_right().save("m")
        tensors, metadata = safetensors.read("m")
        safetensors.write("m", tensors, {**metadata, "source": text})
        with pytest.raises(FormatError, match=f"m: {what}"):
            load_network(Path("m"))


def test_a_folder_of_pictures_is_trained_on_and_found_again(empty: Path, capsys: Captured) -> None:
    for shade, name in ((0, "dark"), (9, "light")):
        (empty / "pictures" / name).mkdir(parents=True)
        for i in range(10):
            values = bytes([25 * shade] * 8 + [i] * 8)
            png.write(empty / "pictures" / name / f"{i}.png", Picture(4, 4, 1, values))
    assert main(["train", "pictures/", "--size", "2", "--epochs", "3", "--json"]) == 0
    note, *_, done = json_lines(capsys)
    assert note == {"event": "note", "message": "pictures: 20 pictures of 2 classes (dark, light), 2 x 2 pixels"}
    assert done["model"] == "pictures.safetensors"
    assert main(["evaluate", "pictures.safetensors", "--json"]) == 0
    (result,) = json_lines(capsys)
    assert (result["samples"], result["tested_on"]) == (4, "the 4 pictures held back from pictures")
    assert main(["evaluate", "pictures.safetensors"]) == 0
    assert capsys.readouterr().out.startswith("tested on: the 4 pictures held back from pictures\nloss: ")
    assert main(["predict", "pictures.safetensors", "pictures", "--json"]) == 0
    warning, *lines, summary = json_lines(capsys)
    assert str(warning["message"]).startswith("pictures.safetensors was trained on most of pictures")
    lines = [line for line in lines if line["event"] == "prediction"]
    assert len(lines) == summary["samples"] == 20, "resized as in training, and their folders are the right answers"


def put_pictures(folder: str, *names: str) -> Dataset:
    """Save ten pictures of each class: bright at the left, at the right, or below."""
    for name in names:
        Path(folder, name).mkdir(parents=True)
        for i in range(10):
            values = bytes([255 * (name == "left"), 255 * (name == "right"), 255 * (name == "below"), i])
            png.write(Path(folder, name, f"{i}.png"), Picture(2, 2, 1, values))
    return find(TrainArguments(**vars(parse_arguments(["train", folder]))))


def test_the_classes_of_another_folder_are_found_by_their_names(empty: Path, capsys: Captured) -> None:
    names = ("below", "left", "right")
    weights = [[0.0, 0.0, 20.0, 0.0], [20.0, 0.0, 0.0, 0.0], [0.0, 20.0, 0.0, 0.0]]
    network = linear_network(weights, loss=CrossEntropy(), classes=names)
    network.save("m", described(put_pictures("all", *names), empty))
    put_pictures("two", "left", "right")
    assert main(["evaluate", "m", "two", "--json"]) == 0
    (result,) = json_lines(capsys)
    assert (result["accuracy"], result["confusion_matrix"]) == (1.0, [[0, 0, 0], [0, 10, 0], [0, 0, 10]])
    put_pictures("other", "above", "left", "right")
    said = failure(capsys, "evaluate", "m", "other")
    assert "other does not go with m: no class of the network is called 'above'; there are: below, left, right" in said


def test_classes_with_other_names_altogether_are_compared_by_their_numbers_and_it_is_said(empty: Path) -> None:
    left_or_right().save("m", described(put_pictures("pictures", "left", "right"), empty))
    put_pictures("others", "above", "below")
    tested = samples_to_test(load_network(Path("m")), "others", None)
    names = "others has the classes above, below, and m left, right"
    assert (tested.classes, tested.note) == (("above", "below"), f"{names}: they are compared by their numbers")


def test_a_table_that_comes_with_purenn_is_found_by_its_name_and_new_rows_are_read_by_its_columns(empty: Path) -> None:
    assert main(["train", "iris", "--epochs", "1"]) == 0
    network = load_network(empty / "iris.safetensors")
    tested = samples_to_test(network, None, None)
    assert (tested.what, len(tested.samples), tested.note) == ("the 45 test samples of iris", 45, "")
    schema = schema_in(network)
    assert schema is not None
    assert schema.features == ["sepal_length", "sepal_width", "petal_length", "petal_width"]


# Units.


def test_an_error_has_the_unit_of_its_data_set_wherever_it_is_shown(empty: Path, capsys: Captured) -> None:
    rows = "".join(f"{10 * i};€ {90 * i + i % 3}\n" for i in range(1, 41))
    Path("rents.csv").write_text(f"area;rent\n{rows}", encoding="utf-8")
    for name, model, unit in (
        ("house-prices", "house-prices.safetensors", "thousand dollars"),
        ("rents.csv", "rents.safetensors", "€"),
    ):
        assert main(["train", name, "--epochs", "3"]) == 0
        assert f" {unit}, after epoch " in capsys.readouterr().out
        assert main(["evaluate", model]) == 0
        errors = [line for line in capsys.readouterr().out.splitlines() if "error" in line]
        assert [line.endswith(f" {unit}") for line in errors] == [True, True]
        assert main(["predict", model]) == 0
        assert capsys.readouterr().out.splitlines()[-1].endswith(f" {unit}")
        assert main(["predict", model, "2"]) == 0
        assert capsys.readouterr().out.endswith(f" {unit}\n")
        for words in (["train", name, "--epochs", "1", "--force"], ["evaluate", model], ["predict", model]):
            assert main([*words, "--json"]) == 0
            assert json_lines(capsys)[-1]["unit"] == unit


def test_classes_have_no_unit(capsys: Captured) -> None:
    assert "unit" not in trained(capsys, "moons", "--epochs", "1").done
