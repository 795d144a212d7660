"""The commands that do not train, called as a user calls them: what they say, and of which files they complain."""

from __future__ import annotations

import gzip
import json
from array import array
from math import inf, nan
from pathlib import Path
from random import Random

import pytest

from purenn import gradcheck
from purenn.cli.main import main
from purenn.datasets import download
from purenn.errors import DownloadError
from purenn.formats.idx import Idx, write
from purenn.formats.safetensors import Tensor
from purenn.formats.safetensors import write as write_tensors
from purenn.gradcheck import Check, Slope
from purenn.layers import Activation, Linear
from purenn.losses import MeanSquaredError
from purenn.network import Sequential, feed_forward

Captured = pytest.CaptureFixture[str]
PIXELS = bytes([255, 0, 0, 0, 0, 255, 0, 0, 128, 0, 0, 255])  # three pictures of 2 × 2


def lines(capsys: Captured) -> list[dict[str, object]]:
    """The JSON lines on stdout, on which there must be nothing else."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def failure(capsys: Captured, *words: str) -> str:
    """What is said, in one line, of a call that fails."""
    assert main(words) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"purenn {words[0]}: ")
    assert err.count("\n") == 1
    return err


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with a data set `tiny` of 2 × 2 pixels: the class is the column of the first bright pixel."""
    (tmp_path / "tiny").mkdir()
    for part in ("train", "t10k"):
        write(tmp_path / "tiny" / f"{part}-images-idx3-ubyte", Idx((3, 2, 2), PIXELS))
        write(tmp_path / "tiny" / f"{part}-labels-idx1-ubyte", Idx((3,), bytes([0, 1, 0])))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PURENN_DATA", str(tmp_path))
    return tmp_path


def linear(weights: list[list[float]], bias: float = 0.0) -> Sequential:
    """One layer with these weights, a row for each output: what it answers can be told in the head."""
    outputs, inputs = len(weights), len(weights[0])
    network = Sequential(Linear(inputs, outputs, Random(0)))
    flat = [weight for row in weights for weight in row]
    network.load_state({"0.weight": Tensor((outputs, inputs), flat), "0.bias": Tensor((outputs,), [bias] * outputs)})
    return network


# The first two outputs are the pixels above; with 20 the softmax of a bright one is 1 to eight digits.
TWO = linear([[20.0, 0.0, 0.0, 0.0], [0.0, 20.0, 0.0, 0.0]])
SAID = {"dataset": "tiny", "loss": "CrossEntropy", "classes": "left\nright"}


# evaluate


def test_evaluate_scores_every_class(folder: Path, capsys: Captured) -> None:
    TWO.save("m", SAID)
    write(folder / "tiny" / "t10k-labels-idx1-ubyte", Idx((3,), bytes([0, 1, 1])))  # it takes the third for a 0
    assert main(["evaluate", "m", "--json"]) == 0
    (result,) = lines(capsys)
    assert (result["event"], result["dataset"], result["samples"]) == ("evaluation", "tiny", 3)
    assert result["accuracy"] == pytest.approx(2 / 3)
    assert result["loss"] == pytest.approx((20.0 * 128 / 255) / 3, rel=1e-4)  # of the third; the others' is nearly 0
    assert result["confusion_matrix"] == [[1, 0], [1, 1]]  # a row for each class
    assert result["classes"] == {
        "0": {"precision": 0.5, "recall": 1.0, "f1": pytest.approx(2 / 3), "support": 1},
        "1": {"precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3), "support": 2},
    }


def test_evaluate_shows_people_tables(folder: Path, capsys: Captured) -> None:
    TWO.save("m", SAID)
    assert main(["evaluate", "m"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("dataset: tiny\nsamples: 3\nloss: 0.0000\naccuracy: 1.0000\n\nclass  precision")
    assert "\n0         1.0000  1.0000  1.0000        2\n" in out
    assert out.endswith("taken for\n   0  1\n0  2  0\n1  0  1\n")


def test_evaluate_takes_the_data_set_it_is_told(folder: Path, capsys: Captured) -> None:
    TWO.save("m", {**SAID, "dataset": "gone"})
    assert "no data set 'gone' in " in failure(capsys, "evaluate", "m")
    (folder / "elsewhere").mkdir()
    (folder / "tiny").rename(folder / "elsewhere" / "mine")
    assert main(["evaluate", "m", "mine", "--data", "elsewhere", "--json"]) == 0
    assert lines(capsys)[0]["dataset"] == "mine"


def test_evaluate_measures_how_far_off_a_quantity_is(folder: Path, capsys: Captured) -> None:
    linear([[200.0]], bias=50.0).save("m", {"dataset": "house-prices", "loss": "MeanSquaredError"})
    assert main(["evaluate", "m", "--json"]) == 0
    (result,) = lines(capsys)
    assert result["loss"] == pytest.approx(100.0, rel=0.5)  # the noise is 10, one σ
    assert result["mean_absolute_error"] == pytest.approx(8.0, rel=0.3)  # 10 √(2/π)
    assert result["r2"] == pytest.approx(1.0, abs=0.02)
    assert "accuracy" not in result
    assert main(["evaluate", "m"]) == 0
    assert capsys.readouterr().out.count("\n") == 5


def test_a_network_that_says_nothing_of_itself_needs_the_name_of_a_data_set(folder: Path, capsys: Captured) -> None:
    TWO.save("m")
    assert "m does not say what it was trained on: name a data set" in failure(capsys, "evaluate", "m")
    assert main(["evaluate", "m", "tiny", "--json"]) == 0
    assert lines(capsys)[0]["accuracy"] == 1.0


def test_a_network_with_one_output_that_does_not_say_its_loss_answers_yes_or_no(folder: Path, capsys: Captured) -> None:
    linear([[1.0, 1.0]], bias=-1.5).save("m")
    assert main(["evaluate", "m", "and", "--json"]) == 0
    assert lines(capsys)[0]["accuracy"] == 1.0


def test_a_network_for_another_data_set_is_told_with_both_sizes(folder: Path, capsys: Captured) -> None:
    TWO.save("m", SAID)
    said = failure(capsys, "evaluate", "m", "strokes")
    assert "m is not a network for strokes: Linear(4, 2): expected 4 features, got 784" in said
    linear([[1.0, 0.0, 0.0, 0.0]] * 3).save("m", SAID)
    assert "m has 3 outputs, but tiny needs 2" in failure(capsys, "evaluate", "m")


@pytest.mark.parametrize("command", [["evaluate", "m"], ["predict", "m", "tiny/t10k-images-idx3-ubyte"]])
def test_a_file_that_is_no_network_is_named(folder: Path, capsys: Captured, command: list[str]) -> None:
    assert failure(capsys, *command).endswith("m: No such file or directory\n")
    TWO.save("m", SAID)
    whole = Path("m").read_bytes()
    for bad in (b"", whole[:-1], whole + b"\0", b"\x80\4K*.", whole.replace(b"Linear", b"Lumpen"), b"<html>"):
        Path("m").write_bytes(bad)
        assert failure(capsys, *command).startswith(f"purenn {command[0]}: m: ")
    write_tensors("m", {"x": Tensor((1,), [1.0])})
    assert "m: the metadata has no architecture" in failure(capsys, *command)
    TWO.save("m", {**SAID, "loss": "Hinge"})
    assert "m: was trained with the loss 'Hinge', expected one of MeanSquaredError," in failure(capsys, *command)


@pytest.mark.parametrize("value", [nan, inf])
def test_a_network_with_a_weight_that_is_no_number_is_refused(folder: Path, capsys: Captured, value: float) -> None:
    linear([[0.0, 1.0, 2.0, 3.0], [4.0, value, 6.0, 7.0]]).save("m", SAID)
    assert f"m: tensor 0.weight, value 5 is {value}" in failure(capsys, "evaluate", "m")


# predict


def test_predict_lists_every_picture(folder: Path, capsys: Captured) -> None:
    TWO.save("m", SAID)
    assert main(["predict", "m", "tiny/t10k-images-idx3-ubyte"]) == 0
    assert capsys.readouterr().out == "0 left 1.0000\n1 right 1.0000\n2 left 1.0000\n"


def test_predict_draws_the_pictures_that_are_asked_for(folder: Path, capsys: Captured) -> None:
    TWO.save("m", SAID)
    assert main(["predict", "m", "tiny/t10k-images-idx3-ubyte", "--index", "2", "--index", "0"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[:2] == ["picture 2", ":#"]
    assert out[2].split() == ["left", f"[{'#' * 20}]", "100.0%"]
    assert out[3].split() == ["right", f"[{'.' * 20}]", "0.0%"]
    assert out[4:6] == ["picture 0", "#"]


def test_predict_in_json_has_the_likeliest_first(folder: Path, capsys: Captured) -> None:
    TWO.save("m", SAID)
    assert main(["predict", "m", "tiny/t10k-images-idx3-ubyte", "--json", "--index", "1"]) == 0
    (line,) = lines(capsys)
    assert (line["event"], line["index"], line["class"]) == ("prediction", 1, "right")
    chances = line["probabilities"]
    assert isinstance(chances, dict)
    assert list(chances) == ["right", "left"]
    assert sum(chances.values()) == pytest.approx(1.0)


def test_predict_with_a_single_output_tells_two_classes_apart(folder: Path, capsys: Captured) -> None:
    linear([[-20.0, 20.0, 0.0, 0.0]]).save("m", {**SAID, "loss": "BinaryCrossEntropy"})
    assert main(["predict", "m", "tiny/t10k-images-idx3-ubyte"]) == 0
    assert capsys.readouterr().out == "0 left 1.0000\n1 right 1.0000\n2 left 1.0000\n"


def test_predict_numbers_classes_that_have_no_names(folder: Path, capsys: Captured) -> None:
    TWO.save("m", {"classes": "only one"})
    assert main(["predict", "m", "tiny/t10k-images-idx3-ubyte"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "1 1 1.0000"


def test_predict_reads_a_single_picture_gzipped_too(folder: Path, capsys: Captured) -> None:
    TWO.save("m", SAID)
    write("one.gz", Idx((1, 2, 2), PIXELS[:4]))
    write("flat", Idx((2, 2), PIXELS[4:8]))
    assert main(["predict", "m", "one.gz"]) == 0
    assert main(["predict", "m", "flat"]) == 0
    assert capsys.readouterr().out == "0 left 1.0000\n0 right 1.0000\n"


def test_predict_names_a_picture_that_is_not_there(folder: Path, capsys: Captured) -> None:
    TWO.save("m", SAID)
    said = failure(capsys, "predict", "m", "tiny/t10k-images-idx3-ubyte", "--index", "3")
    assert "there is no picture 3: there are 3, counted from 0" in said


def test_predict_names_a_file_without_pictures(folder: Path, capsys: Captured) -> None:
    TWO.save("m", SAID)
    expected = "expected uint8 (pictures, height, width)"
    labels = "tiny/t10k-labels-idx1-ubyte"
    assert f"{labels}: holds uint8 (3,), {expected}" in failure(capsys, "predict", "m", labels)
    write("wide", Idx((1, 2, 2), array("d", [0.0] * 4)))
    assert f"wide: holds float64 (1, 2, 2), {expected}" in failure(capsys, "predict", "m", "wide")
    write("none", Idx((0, 2, 2), b""))
    assert f"none: holds uint8 (0, 2, 2), {expected}" in failure(capsys, "predict", "m", "none")
    assert "m: not an IDX file" in failure(capsys, "predict", "m", "m")


def test_predict_names_pictures_of_another_size(folder: Path, capsys: Captured) -> None:
    TWO.save("m", SAID)
    write("large", Idx((1, 3, 3), bytes(9)))
    said = failure(capsys, "predict", "m", "large")
    assert "m is not a network for a picture in large: Linear(4, 2): expected 4 features, got 9" in said


# check


def test_check_is_a_table_of_subjects_that_are_all_right(capsys: Captured) -> None:
    assert main(["check"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    heading, *rows = out.split("\n\n")[0].splitlines()
    assert heading.split("  ")[0] == "subject"
    assert " ".join(heading.split()) == "subject compared worst relative error at by the code measured"
    for subject in ("tanh", "softmax", "Linear(6, 4)", "BatchNorm(6) in use", "CrossEntropy", "network with"):
        assert f"\n{subject} " in out
    assert all(row.endswith("  ok") for row in rows)
    assert out.endswith(" 0 wrong\n")


def test_check_in_json_is_a_line_for_each_subject(capsys: Captured) -> None:
    assert main(["check", "--json", "--seed", "3"]) == 0
    checks = lines(capsys)
    assert len(checks) > 20
    assert list(checks[0]) == [
        "event",
        "subject",
        "compared",
        "worst_relative_error",
        "analytic",
        "numeric",
        "at",
        "kinks",
        "passed",
    ]
    assert all(check["event"] == "check" and check["passed"] is True and check["kinks"] == [] for check in checks)


def test_check_fails_and_names_a_derivative_that_is_wrong(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    right = MeanSquaredError.gradient
    monkeypatch.setattr(MeanSquaredError, "gradient", lambda *arguments: right(*arguments) * 1.01)
    assert main(["check"]) == 1
    out, err = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines() if line.endswith("WRONG")] == ["MeanSquaredError"]
    assert out.endswith(" 1 wrong\n")
    assert err.startswith("MeanSquaredError: 9 derivatives, worst relative error 9.9e-03 at output[")
    assert err.count("\n") == 1


def test_check_shows_kinks_and_what_is_no_number(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    kink, broken = Slope("input", 0, 1, 0.0, 0.5, kink=True), Slope("input", 0, 0, nan, 1.0)
    monkeypatch.setattr(gradcheck, "standard_checks", lambda seed: [Check("odd", [broken, kink])])
    assert main(["check"]) == 1
    row = capsys.readouterr().out.splitlines()[1]
    assert " ".join(row.split()) == "odd 2 inf input[0, 0] nan 1 WRONG (1 near a kink, not judged)"
    assert main(["check", "--json"]) == 1
    (line,) = lines(capsys)
    assert (line["worst_relative_error"], line["analytic"], line["numeric"]) == (None, None, 1.0)
    assert (line["at"], line["kinks"], line["passed"]) == ("input[0, 0]", ["input[0, 1]"], False)


# fetch


def test_fetch_says_where_the_files_are(folder: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, Path]] = []

    def fetch(name: str, parent: Path, *, progress: download.Progress) -> list[Path]:
        asked.append((name, parent))
        progress("a", 1, 2)
        return [parent / name / "a", parent / name / "b"]

    monkeypatch.setattr(download, "fetch", fetch)
    monkeypatch.setattr(download, "cache_folder", lambda: folder / "cache")
    assert main(["fetch", "mnist"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [str(folder / "cache" / "mnist" / "a"), str(folder / "cache" / "mnist" / "b")]
    assert err == "mnist: CC BY-SA 3.0, copyright Yann LeCun and Corinna Cortes\n"
    assert main(["fetch", "kmnist", "--data", "here", "--json"]) == 0
    assert lines(capsys)[1] == {"event": "file", "path": str(Path("here", "kmnist", "b"))}
    assert asked == [("mnist", folder / "cache"), ("kmnist", Path("here"))]


def test_fetch_that_fails_says_what_each_mirror_did(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(name: str, parent: Path, *, progress: download.Progress) -> list[Path]:
        raise DownloadError("x.gz (9 bytes): no mirror has delivered it:\n  http://a: 404 Not Found")

    monkeypatch.setattr(download, "fetch", fetch)
    assert main(["fetch", "mnist"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("purenn fetch: x.gz (9 bytes): no mirror has delivered it:\n  http://a: 404 Not Found\n")


# inspect


@pytest.mark.parametrize("gzipped", [False, True])
def test_inspect_tells_type_and_shape_of_an_idx_file(folder: Path, capsys: Captured, gzipped: bool) -> None:
    head = bytes.fromhex("0000 0803 0000EA60 0000001C 0000001C")  # a header alone: the values are not looked at
    Path("x").write_bytes(gzip.compress(head) if gzipped else head)
    assert main(["inspect", "x"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "format: IDX",
        "type: uint8",
        "shape: (60000, 28, 28)",
        f"gzipped: {gzipped}",
        "bytes: 47040000",
    ]
    assert main(["inspect", "x", "--json"]) == 0
    assert lines(capsys)[0] == {
        "event": "file",
        "format": "IDX",
        "type": "uint8",
        "shape": [60000, 28, 28],
        "gzipped": gzipped,
        "bytes": 47040000,
    }


def test_inspect_tells_tensors_and_metadata_of_a_network(folder: Path, capsys: Captured) -> None:
    Sequential(Linear(4, 3, Random(0)), Activation("relu")).save("m", SAID)
    assert main(["inspect", "m"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("format: safetensors\n")
    assert "\nmetadata classes: left, right\n" in out
    assert out.endswith("\n\ntensor    dtype  shape\n0.bias      F64      3\n0.weight    F64  3 x 4\n")
    assert main(["inspect", "m", "--json"]) == 0
    (line,) = lines(capsys)
    assert line["tensors"] == {"0.bias": {"dtype": "F64", "shape": [3]}, "0.weight": {"dtype": "F64", "shape": [3, 4]}}
    assert isinstance(line["metadata"], dict)
    assert line["metadata"]["classes"] == "left\nright"


def test_inspect_is_not_misled_by_metadata(folder: Path, capsys: Captured) -> None:
    write_tensors("m", {}, {"format": "pt", "event": "party"})  # PyTorch's files have this format
    assert main(["inspect", "m", "--json"]) == 0
    assert lines(capsys) == [
        {
            "event": "file",
            "format": "safetensors",
            "metadata": {"format": "pt", "event": "party"},
            "tensors": {},
        }
    ]
    assert main(["inspect", "m"]) == 0
    assert capsys.readouterr().out.startswith("format: safetensors\nmetadata format: pt\n")


def test_inspect_names_what_is_neither(folder: Path, capsys: Captured) -> None:
    assert failure(capsys, "inspect", "none").endswith(": none: No such file or directory\n")
    assert failure(capsys, "inspect", "tiny").startswith("purenn inspect: tiny: ")
    for garbage in (b"", b"hello, world", b"\0\0\1\1\0\0\0\1", gzip.compress(b"hello"), b"\x1f\x8b", b"\0\0\x08"):
        Path("x").write_bytes(garbage)
        assert failure(capsys, "inspect", "x").startswith("purenn inspect: x")


def test_a_network_of_another_program_can_be_evaluated(folder: Path, capsys: Captured) -> None:
    feed_forward([2, 3, 2], Random(0)).save("m")
    assert main(["evaluate", "m", "circles"]) == 0
    assert "samples: 300" in capsys.readouterr().out
