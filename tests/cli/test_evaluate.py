"""`purenn evaluate`: the figures it prints, and the networks and data sets it refuses."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

import pytest

from purenn.cli import main
from purenn.formats import idx
from purenn.losses import CrossEntropy, MeanSquaredError
from purenn.network import feed_forward
from tests.cli.conftest import METADATA, Captured, failure, json_lines, left_or_right, linear_network
from tests.terminal import Terminal


def test_every_class_is_scored(folder: Path, capsys: Captured) -> None:
    left_or_right().save("m", METADATA)
    labels = folder / "tiny" / "t10k-labels-idx1-ubyte"
    idx.write(labels, idx.Idx((3,), bytes([0, 1, 1])))  # the network predicts 0 for the third
    assert main(["evaluate", "m", "--json"]) == 0
    (result,) = json_lines(capsys)
    assert (result["event"], result["dataset"], result["samples"]) == ("evaluation", "tiny", 3)
    assert result["accuracy"] == pytest.approx(2 / 3)
    assert result["loss"] == pytest.approx((20.0 * 128 / 255) / 3, rel=1e-4)  # of the third; the others' is nearly 0
    assert result["confusion_matrix"] == [[1, 0], [1, 1]]  # a row for each class
    assert result["classes"] == {
        "0": {"precision": 0.5, "recall": 1.0, "f1": pytest.approx(2 / 3), "support": 1},
        "1": {"precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3), "support": 2},
    }


def test_people_are_shown_tables(folder: Path, capsys: Captured) -> None:
    left_or_right().save("m", METADATA)
    assert main(["evaluate", "m"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("tested on: the 3 test samples of tiny\nloss: 0.0000\naccuracy: 1.0000\n\nclass  precision")
    assert "\n0         1.0000  1.0000  1.0000        2\n" in out
    assert out.endswith("for each prediction\n   0  1\n0  2  0\n1  0  1\n")


def test_a_confusion_matrix_that_nobody_could_read_is_left_to_programs(empty: Path, capsys: Captured) -> None:
    Path("data.csv").write_text("x,y\n" + "".join(f"{i},{i % 100}\n" for i in range(1000)), encoding="utf-8")
    assert main(["train", "data.csv", "--task", "classes", "--epochs", "1"]) == 0
    assert main(["evaluate", "data.safetensors"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "The confusion matrix of 100 classes is too large to show: --json has it"
    assert main(["evaluate", "data.safetensors", "--json"]) == 0
    (result,) = json_lines(capsys)
    assert isinstance(result["confusion_matrix"], list)


def test_a_precision_of_0_of_0_is_no_figure(folder: Path, capsys: Captured) -> None:
    linear_network([[0.0] * 4] * 2, loss=CrossEntropy()).save("m", METADATA)  # equal outputs: the first class for all
    assert main(["evaluate", "m"]) == 0
    assert "\n1              -  0.0000  0.0000        1\n" in capsys.readouterr().out


def test_a_table_or_folder_in_the_place_of_the_network_is_told(folder: Path, capsys: Captured) -> None:
    Path("rows.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    for words in (["rows.csv"], ["rows.csv", "m"], ["tiny"]):
        said = failure(capsys, "evaluate", *words)
        assert "is no saved network: the file that `train` saved comes first, then the data" in said


def test_a_data_set_named_in_the_call_replaces_the_one_in_the_file(folder: Path, capsys: Captured) -> None:
    left_or_right().save("m", {**METADATA, "dataset": "gone"})
    assert "no data set 'gone' in " in failure(capsys, "evaluate", "m")
    (folder / "elsewhere").mkdir()
    (folder / "tiny").rename(folder / "elsewhere" / "mine")
    assert main(["evaluate", "m", "mine", "--data", "elsewhere", "--json"]) == 0
    assert json_lines(capsys)[0]["dataset"] == "mine"


def test_quantities_are_scored_by_the_size_of_the_errors(folder: Path, capsys: Captured) -> None:
    linear_network([[200.0]], 50.0, MeanSquaredError()).save("m", {"dataset": "house-prices"})
    assert main(["evaluate", "m", "--json"]) == 0
    (result,) = json_lines(capsys)
    assert result["loss"] == pytest.approx(100.0, rel=0.5)  # the noise is 10, one σ
    assert result["mean_absolute_error"] == pytest.approx(8.0, rel=0.3)  # 10 √(2/π)
    assert result["r2"] == pytest.approx(1.0, abs=0.02)
    assert result["root_mean_squared_error"] == pytest.approx(10.0, rel=0.3)
    assert "accuracy" not in result
    assert main(["evaluate", "m"]) == 0
    names = [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()]
    assert names == ["tested on", "loss", "root mean squared error", "mean absolute error", "r2"]


def test_r2_is_of_the_predictions_and_not_of_the_targets(folder: Path, capsys: Captured) -> None:
    # House prices vary by about 160 around their mean. Predicting 0 for all of them explains less than the mean does:
    # R² < 0. With the two arguments exchanged there would be no R², because all zeros are equal.
    linear_network([[0.0]], loss=MeanSquaredError()).save("m", {"dataset": "house-prices"})
    assert main(["evaluate", "m", "--json"]) == 0
    r2 = json_lines(capsys)[0]["r2"]
    assert isinstance(r2, float)
    assert r2 < -1.0


def test_a_network_without_metadata_needs_the_name_of_a_data_set(folder: Path, capsys: Captured) -> None:
    left_or_right().save("m")
    assert "m does not say what it was trained on: name a data set" in failure(capsys, "evaluate", "m")
    assert main(["evaluate", "m", "tiny", "--json"]) == 0
    assert json_lines(capsys)[0]["accuracy"] == 1.0


@pytest.mark.parametrize(
    "name", ["secret.csv", "./tiny", "../tiny", "/etc", "a:b", "\\\\host\\share", "sub/tiny", ".."]
)
def test_a_path_in_the_place_of_the_data_set_s_name_is_not_followed(name: str, folder: Path, capsys: Captured) -> None:
    Path("secret.csv").write_text("a,b\n1,2\n3,4\n5,6\n", encoding="utf-8")
    left_or_right().save("m", {"dataset": name})
    assert f"m was trained on {name!r}, which is a path and no name of a data set: if you" in failure(
        capsys, "evaluate", "m"
    )


def test_commands_for_the_terminal_in_names_of_classes_are_shown_and_not_sent(folder: Path, capsys: Captured) -> None:
    network = left_or_right()
    network.classes = ("left\x1b[2J", "right\x9b")
    network.save("m", METADATA)
    for words in (["evaluate", "m"], ["predict", "m"], ["predict", "m", "--index", "1"], ["inspect", "m"]):
        assert main(words) == 0
        out, err = capsys.readouterr()
        assert set(out + err) & set("\x1b\x9b") == set(), words


def test_a_single_output_without_a_loss_is_taken_for_a_yes_or_no(folder: Path, capsys: Captured) -> None:
    linear_network([[1.0, 1.0]], bias=-1.5).save("m")
    assert main(["evaluate", "m", "and", "--json"]) == 0
    assert json_lines(capsys)[0]["accuracy"] == 1.0


def test_a_network_of_another_program_can_be_evaluated(folder: Path, capsys: Captured) -> None:
    feed_forward([2, 3, 2], Random(0)).save("m")
    assert main(["evaluate", "m", "circles"]) == 0
    assert "tested on: the 300 test samples of circles" in capsys.readouterr().out


def test_a_network_for_another_data_set_is_refused_with_both_sizes(folder: Path, capsys: Captured) -> None:
    left_or_right().save("m", METADATA)
    said = failure(capsys, "evaluate", "m", "strokes")
    assert "m is not a network for strokes: Linear(4, 2): expected 4 features, got 784" in said
    linear_network([[1.0, 0.0, 0.0, 0.0]] * 3).save("m", METADATA)
    assert "m has 3 outputs, but tiny needs 2" in failure(capsys, "evaluate", "m")


def test_a_table_that_has_changed_is_told_to_programs_too(empty: Path, capsys: Captured) -> None:
    for count in (40, 41):
        rows = "".join(f"{i},{'odd' if i % 2 else 'even'}\n" for i in range(count))
        Path("data.csv").write_text(f"x,y\n{rows}", encoding="utf-8")
        if count == 40:
            assert main(["train", "data.csv", "--epochs", "1"]) == 0
    capsys.readouterr()
    assert main(["evaluate", "data.safetensors", "--json"]) == 0
    warning, result = json_lines(capsys)
    assert warning["event"] == "warning"
    assert str(warning["message"]).startswith("data.csv has changed since the training")
    assert result["tested_on"] == "8 rows of data.csv"


def test_tables_fit_a_narrow_terminal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left_or_right().save("m", METADATA)
    monkeypatch.setenv("COLUMNS", "30")
    stdout = Terminal()
    monkeypatch.setattr(sys, "stdout", stdout)
    assert main(["evaluate", "m"]) == 0
    lines = stdout.getvalue().splitlines()
    assert max(map(len, lines[3:])) <= 30
    begin = lines.index("class  precision  recall")
    assert lines[begin : begin + 5] == [
        "class  precision  recall",
        "0         1.0000  1.0000",
        "1         1.0000  1.0000",
        "",
        "class      F1  samples",
    ]
