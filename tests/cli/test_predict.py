"""`purenn predict`: the classes and pictures it prints, and the files it refuses."""

from __future__ import annotations

import sys
from array import array
from pathlib import Path

import pytest

from purenn.cli import main
from purenn.cli.own_data import described
from purenn.datasets import from_csv
from purenn.formats import idx
from purenn.losses import BinaryCrossEntropy, Loss, MeanAbsoluteError, MeanSquaredError
from tests.cli.conftest import METADATA, PIXELS, Captured, failure, json_lines, left_or_right, linear_network
from tests.terminal import Terminal

PICTURES = "tiny/t10k-images-idx3-ubyte"


def test_every_picture_is_listed(folder: Path, capsys: Captured) -> None:
    left_or_right().save("m", METADATA)
    assert main(["predict", "m", PICTURES]) == 0
    assert capsys.readouterr().out == "0  left   100.0%\n1  right  100.0%\n2  left   100.0%\n"


def test_the_chosen_pictures_are_drawn(folder: Path, capsys: Captured) -> None:
    left_or_right().save("m", METADATA)
    assert main(["predict", "m", PICTURES, "--index", "2", "--index", "0"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[:2] == ["picture 2", ":#"]
    assert out[2].split() == ["left", f"[{'#' * 20}]", "100.0%"]
    assert out[3].split() == ["right", f"[{'.' * 20}]", "0.0%"]
    assert out[4:6] == ["picture 0", "#"]


def test_probabilities_in_json_begin_with_the_largest(folder: Path, capsys: Captured) -> None:
    left_or_right().save("m", METADATA)
    assert main(["predict", "m", PICTURES, "--json", "--index", "1"]) == 0
    (line,) = json_lines(capsys)
    assert (line["event"], line["index"], line["class"]) == ("prediction", 1, "right")
    probabilities = line["probabilities"]
    assert isinstance(probabilities, dict)
    assert list(probabilities) == ["right", "left"]
    assert sum(probabilities.values()) == pytest.approx(1.0)


def test_a_single_output_tells_two_classes_apart(folder: Path, capsys: Captured) -> None:
    network = linear_network([[-20.0, 20.0, 0.0, 0.0]], loss=BinaryCrossEntropy(), classes=("left", "right"))
    network.save("m", METADATA)
    assert main(["predict", "m", PICTURES]) == 0
    assert capsys.readouterr().out == "0  left   100.0%\n1  right  100.0%\n2  left   100.0%\n"


def test_classes_without_names_are_numbered(folder: Path, capsys: Captured) -> None:
    network = left_or_right()
    network.classes = ()
    network.save("m")
    assert main(["predict", "m", PICTURES]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "1  1  100.0%"


def test_a_single_picture_can_have_two_dimensions_or_three_and_be_gzipped(folder: Path, capsys: Captured) -> None:
    left_or_right().save("m", METADATA)
    idx.write("one.gz", idx.Idx((1, 2, 2), PIXELS[:4]))
    idx.write("flat", idx.Idx((2, 2), PIXELS[4:8]))
    assert main(["predict", "m", "one.gz"]) == 0
    assert main(["predict", "m", "flat"]) == 0
    assert capsys.readouterr().out == "0  left   100.0%\n0  right  100.0%\n"


@pytest.mark.parametrize("loss", [MeanSquaredError(), MeanAbsoluteError()])
def test_a_network_that_predicts_quantities_shows_them(loss: Loss, folder: Path, capsys: Captured) -> None:
    network = left_or_right()
    network.loss, network.classes = loss, ()
    network.save("m", METADATA)
    assert main(["predict", "m", PICTURES]) == 0
    # 20 times the upper two pixels, of which one is white; the second picture is 0 255 and the third 128 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["0", "20,", "0"],
        ["1", "0,", "20"],
        ["2", "10.0392,", "0"],
    ]


def test_a_picture_that_does_not_exist_is_named(folder: Path, capsys: Captured) -> None:
    left_or_right().save("m", METADATA)
    said = failure(capsys, "predict", "m", PICTURES, "--index", "3")
    assert "there is no sample 3: there are 3" in said


def test_a_file_without_pictures_is_named(folder: Path, capsys: Captured) -> None:
    left_or_right().save("m", METADATA)
    expected = "expected uint8 (pictures, height, width)"
    labels = "tiny/t10k-labels-idx1-ubyte"
    assert f"{labels}: holds uint8 (3,), {expected}" in failure(capsys, "predict", "m", labels)
    idx.write("wide", idx.Idx((1, 2, 2), array("d", [0.0] * 4)))
    assert f"wide: holds float64 (1, 2, 2), {expected}" in failure(capsys, "predict", "m", "wide")
    idx.write("none", idx.Idx((0, 2, 2), b""))
    assert "none: holds no picture, but uint8 (0, 2, 2)" in failure(capsys, "predict", "m", "none")
    assert "m: not an IDX file" in failure(capsys, "predict", "m", "m")


def test_pictures_of_another_size_are_refused_with_both_sizes(folder: Path, capsys: Captured) -> None:
    left_or_right().save("m", METADATA)
    idx.write("large", idx.Idx((1, 3, 3), bytes(9)))
    said = failure(capsys, "predict", "m", "large")
    assert "m is not a network for a picture in large: Linear(4, 2): expected 4 features, got 9" in said


# Rows, quantities and right answers.


def test_quantities_are_shown_under_the_name_of_the_target(empty: Path, capsys: Captured) -> None:
    Path("rents.csv").write_text("area,rent\n50,400\n60,500\n70,650\n80,700\n", encoding="utf-8")
    linear_network([[8.0]], loss=MeanSquaredError()).save("m", described(from_csv("rents.csv"), empty))
    assert main(["predict", "m", "55"]) == 0
    assert capsys.readouterr().out == "rent: 440\n"
    assert main(["predict", "m", "rents.csv"]) == 0
    printed, said = capsys.readouterr()
    assert said.startswith("m was trained on most of rents.csv, so that it answers them better than new ones; `eval")
    out = printed.splitlines()
    assert out[0].split() == ["line", "2", "400", "is", "400"]
    # off by 0, 20, 90 and 60
    assert out[-1] == "mean absolute error 42.5"
    assert main(["predict", "m", "rents.csv", "--json", "--index", "1"]) == 0
    warning, first, summary = json_lines(capsys)
    assert warning == {"event": "warning", "message": said.rstrip("\n")}
    assert first == {
        "event": "prediction",
        "index": 1,
        "sample": "line 3",
        "values": {"rent": 480.0},
        "actual": {"rent": 500.0},
    }
    assert summary == {"event": "summary", "samples": 1, "mean_absolute_error": 20.0}


def test_wrong_answers_are_marked_and_right_ones_counted(folder: Path, capsys: Captured) -> None:
    left_or_right().save("m", METADATA)
    labels = folder / "tiny" / "t10k-labels-idx1-ubyte"
    idx.write(labels, idx.Idx((3,), bytes([0, 1, 1])))
    assert main(["predict", "m"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "0  left   100.0%",
        "1  right  100.0%",
        "2  left   100.0%  is right",
        "2 of 3 right (66.67 %)",
    ]
    assert main(["predict", "m", "--json"]) == 0
    *lines, summary = json_lines(capsys)
    assert [line["actual"] for line in lines] == ["left", "right", "right"]
    assert summary == {"event": "summary", "samples": 3, "right": 2}


def test_every_kind_of_data_set_with_a_name_can_be_asked(empty: Path, capsys: Captured) -> None:
    for name, words in (("moons", ["0.5", "-0.2"]), ("house-prices", ["1.6"]), ("xor", ["0", "1"])):
        assert main(["train", name, "--epochs", "2"]) == 0
        assert main(["predict", f"{name}.safetensors", *words]) == 0
        assert main(["predict", f"{name}.safetensors"]) == 0
    assert "4 right" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("columns", "bars"),
    [
        (80, ["        left [####################] 100.0%", "       right [....................]   0.0%"]),
        (40, ["        left [#################] 100.0%", "       right [.................]   0.0%"]),
        (24, [" left [########] 100.0%", "right [........]   0.0%"]),
        (20, [" left 100.0%", "right   0.0%"]),
    ],
)
def test_the_bars_of_a_prediction_fit_a_narrow_terminal(
    columns: int, bars: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_or_right().save("m", METADATA)
    monkeypatch.setenv("COLUMNS", str(columns))
    assert listed_in_a_terminal(monkeypatch, "m", PICTURES, "--index", "0")[2:4] == bars


# Lists.


def test_test_samples_of_a_table_are_named_by_their_lines(empty: Path, capsys: Captured) -> None:
    rows = [f"{i},{8 * i}" for i in range(1, 41)]
    Path("rents.csv").write_text("\n".join(["area,rent", *rows]), encoding="utf-8")
    rents = from_csv("rents.csv", test=0.1)
    linear_network([[8.0]], loss=MeanSquaredError()).save("m", described(rents, empty))
    assert main(["predict", "m"]) == 0
    *lines, _ = capsys.readouterr().out.splitlines()
    # the area in line 2 is 1
    expected = [["line", f"{area + 1:g}"] for (area,) in rents.test.inputs.take(range(4))]
    assert [line.split()[:2] for line in lines] == expected


def test_a_sample_of_few_numbers_is_shown_with_them(empty: Path, capsys: Captured) -> None:
    network = linear_network([[20.0, 20.0]], bias=-30.0, loss=BinaryCrossEntropy(), classes=("no", "yes"))
    network.save("m", {"dataset": "and"})
    assert main(["predict", "m"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "sample 0: 0 0 ->  no   100.0%",
        "sample 1: 0 1 ->  no   100.0%",
        "sample 2: 1 0 ->  no   100.0%",
        "sample 3: 1 1 ->  yes  100.0%",
        "4 of 4 right (100.00 %)",
    ]
    assert main(["predict", "m", "--index", "2"]) == 0
    assert capsys.readouterr().out.startswith("sample 2: 1 0 ->\n")


def listed_in_a_terminal(monkeypatch: pytest.MonkeyPatch, *words: str) -> list[str]:
    """Run `purenn predict` in a terminal, and return the lines it prints."""
    stdout = Terminal()
    monkeypatch.setattr(sys, "stdout", stdout)
    assert main(["predict", *words]) == 0
    return stdout.getvalue().splitlines()


@pytest.mark.usefixtures("empty")
def test_a_narrow_terminal_gets_a_list_without_the_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    network = linear_network([[20.0, 20.0]], bias=-30.0, loss=BinaryCrossEntropy(), classes=("no", "yes"))
    network.save("m", {"dataset": "and"})
    monkeypatch.setenv("COLUMNS", "29")
    assert listed_in_a_terminal(monkeypatch, "m")[3] == "sample 3: 1 1 ->  yes  100.0%"
    monkeypatch.setenv("COLUMNS", "28")
    assert listed_in_a_terminal(monkeypatch, "m")[3] == "3  yes  100.0%"
    monkeypatch.setenv("COLUMNS", "10")
    assert listed_in_a_terminal(monkeypatch, "m")[6:8] == ["3 yes", "100.0%"]


def test_of_many_pictures_a_terminal_gets_the_wrong_answers_only(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """60 pictures, of which two in three are left; the labels are all left, and then all right."""
    left_or_right().save("m", METADATA)
    idx.write("tiny/t10k-images-idx3-ubyte", idx.Idx((60, 2, 2), PIXELS * 20))
    idx.write("tiny/t10k-labels-idx1-ubyte", idx.Idx((60,), bytes(60)))
    assert main(["predict", "m"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 61, "a file or a pipe gets all"
    *lines, remark, summary = listed_in_a_terminal(monkeypatch, "m")
    assert lines == [f"{i:>2}  right  100.0%  is left" for i in range(1, 60, 3)]
    assert remark == "(all 20 wrong answers; --index N shows one sample, --json all)"
    assert summary == "40 of 60 right (66.67 %)"
    idx.write("tiny/t10k-labels-idx1-ubyte", idx.Idx((60,), bytes([1]) * 60))
    *lines, remark, summary = listed_in_a_terminal(monkeypatch, "m")
    assert len(lines) == 20
    assert remark == "(the first 20 of 40 wrong answers; --index N shows one sample, --json all)"
    assert summary == "20 of 60 right (33.33 %)"


def test_of_many_pictures_without_labels_a_terminal_gets_the_first(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_or_right().save("m", METADATA)
    idx.write("many", idx.Idx((60, 2, 2), PIXELS * 20))
    *lines, remark = listed_in_a_terminal(monkeypatch, "m", "many")
    assert [line.split()[0] for line in lines] == [str(i) for i in range(20)]
    assert remark == "(the first 20 of 60; --index N shows one sample, --json all)"


def test_the_rows_held_back_are_said_to_be_those(empty: Path, capsys: Captured) -> None:
    Path("data.csv").write_text("x,y\n" + "".join(f"{i},{i / 2}\n" for i in range(40)), encoding="utf-8")
    assert main(["train", "data.csv", "--epochs", "1"]) == 0
    capsys.readouterr()
    assert main(["predict", "data.safetensors"]) == 0
    assert capsys.readouterr().err == "the 8 rows held back from data.csv\n"
    assert main(["predict", "data.safetensors", "--json"]) == 0
    assert json_lines(capsys)[0] == {"event": "note", "message": "the 8 rows held back from data.csv"}


def test_a_lonely_number_is_answered_with_the_option_for_test_samples(folder: Path, capsys: Captured) -> None:
    left_or_right().save("m", METADATA)
    said = failure(capsys, "predict", "m", "3")
    assert said.endswith("m takes 4 numbers, got 1: 3; --index 3 asks about test sample 3\n")
    assert "--index" not in failure(capsys, "predict", "m", "1.5")
