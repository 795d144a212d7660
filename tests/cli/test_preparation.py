"""From arguments and a table to a training: what is scaled, what is learned, and what the saved network takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from purenn.cli import main
from purenn.cli.main import parse_arguments
from purenn.cli.own_data import find
from purenn.cli.preparation import Run, prepare_run
from purenn.cli.train_arguments import TrainArguments
from purenn.datasets import table_recipe
from purenn.formats import Picture, png
from purenn.matrix import Matrix
from purenn.network import Sequential
from purenn.normalization import Scaling
from purenn.samples import Labels, Rows
from tests.cli.conftest import Captured, failure, json_lines, number, trained

pytestmark = pytest.mark.usefixtures("empty")

HOUSES = ((7 * i % 60, i % 4) for i in range(90))
RENTS = "area,floor,rent\n" + "".join(f"{50 + a},{f},{900 + 10 * a - 30 * f}\n" for a, f in HOUSES)
SUN = ("no", "yes", "yes")
PLANTS = "length,sun,kind\n" + "".join(f"{i % 2 * 300 + 7 * i % 90},{SUN[i % 3]},k{i % 2}\n" for i in range(90))


def prepared(text: str, words: str = "") -> Run:
    Path("data.csv").write_text(text, encoding="utf-8")
    arguments = TrainArguments(**vars(parse_arguments(["train", "data.csv", *words.split()])))
    return prepare_run(arguments, find(arguments))


def column(rows: Rows, place: int = 0) -> list[float]:
    return [row[place] for row in rows.take(range(len(rows)))]


def test_a_network_for_a_table_begins_with_a_layer_that_standardizes_its_inputs() -> None:
    run = prepared(PLANTS)
    first, *_ = run.job.network.layers
    assert isinstance(first, Scaling)
    scaled = first.forward(run.job.samples.inputs.take(range(len(run.job.samples))))[0]
    for values in scaled.T:
        assert sum(values) == pytest.approx(0.0, abs=1e-9)
        assert sum(value * value for value in values) / len(values) == pytest.approx(1.0)
    assert run.units is None
    assert run.finished(run.job.network) is run.job.network


def test_quantities_are_standardized_for_training_and_come_back_in_their_unit() -> None:
    run = prepared(RENTS)
    assert run.units is not None
    values = column(run.job.samples.targets)
    assert sum(values) == pytest.approx(0.0, abs=1e-9)
    assert sum(value * value for value in values) / len(values) == pytest.approx(1.0)
    whole, x = run.finished(run.job.network), Matrix([[80, 2]])
    assert isinstance(whole.layers[-1], Scaling)
    assert whole(x).is_close(run.units.inverse(run.job.network(x)))
    assert whole.loss is run.job.loss
    assert max(map(abs, column(run.test.targets))) < 5.0, "the test is scored on the same scale"


def test_points_and_other_data_with_a_name_are_not_scaled() -> None:
    arguments = TrainArguments(**vars(parse_arguments(["train", "moons"])))
    run = prepare_run(arguments, find(arguments))
    assert not any(isinstance(layer, Scaling) for layer in run.job.network.layers)


def test_a_table_has_the_recipe_that_suits_its_size() -> None:
    # 600 steps of 32 samples are 19,200 samples
    assert [table_recipe(n).epochs for n in (10, 192, 640, 100_000)] == [200, 100, 30, 20]
    run = prepared(PLANTS, "--hidden 5 --epochs 7")
    assert (run.plan.epochs, run.job.network.widths) == (7, [2, 5, 5, 2])


def test_the_lanes_engine_says_why_it_cannot_train_a_table(capsys: Captured) -> None:
    Path("data.csv").write_text(PLANTS, encoding="utf-8")
    assert "lanes" in failure(capsys, "train", "data.csv", "--engine", "lanes", "--batch-size", "1", "--momentum", "0")
    assert main(["train", "data.csv", "--engine", "float", "--epochs", "1"]) == 0


def test_the_saved_network_of_a_regression_takes_and_returns_numbers_as_in_the_table(capsys: Captured) -> None:
    Path("data.csv").write_text(RENTS, encoding="utf-8")
    done = trained(capsys, "data.csv").done
    assert number(done, "test_r2") > 0.9
    assert number(done, "test_mean_absolute_error") < 40.0
    rent = Sequential.load("data.safetensors").predict([[80, 2]])[0, 0]
    assert rent == pytest.approx(900 + 300 - 60, abs=60)


def test_people_are_told_r2_and_the_error_in_the_unit_of_the_target(capsys: Captured) -> None:
    Path("data.csv").write_text(RENTS, encoding="utf-8")
    assert main(["train", "data.csv", "--epochs", "5"]) == 0
    out, err = capsys.readouterr()
    assert err.startswith("data.csv: 90 rows; inputs: 2 numbers; target rent: a quantity\n")
    assert "\nthe losses of epochs are of targets in standard deviations from their mean\n" in f"\n{err}"
    assert out.startswith("test rent: R² ")
    assert ", mean absolute error " in out.splitlines()[0]


@pytest.mark.parametrize("text", [RENTS, PLANTS], ids=["quantities", "classes"])
def test_the_last_figures_of_train_are_those_of_evaluate(text: str, capsys: Captured) -> None:
    Path("data.csv").write_text(text, encoding="utf-8")
    done = trained(capsys, "data.csv", "--epochs", "4").done
    assert main(["evaluate", "data.safetensors", "--json"]) == 0
    (result,) = json_lines(capsys)
    of_epochs = {"loss"} if text == RENTS else set()  # which are of standardized targets
    for name in ("loss", "accuracy", "mean_absolute_error", "r2"):
        if name in result and name not in of_epochs:
            assert number(done, f"test_{name}") == pytest.approx(number(result, name))


@pytest.mark.parametrize("text", ["x,y\n1,a\n2,b\n", "x,y\n1,2.5\n2,3.5\n", "x,z,y\n1,1,a\n1,2,b\n2,3,a\n"])
def test_a_few_rows_are_trained_on_without_an_accident(text: str, capsys: Captured) -> None:
    Path("data.csv").write_text(text, encoding="utf-8")
    assert main(["train", "data.csv", "--epochs", "2"]) == 0


def test_a_limit_takes_some_pictures_of_each_class_of_a_folder() -> None:
    for name, shade in (("cats", 0), ("dogs", 200)):
        Path("pets", name).mkdir(parents=True)
        for i in range(30):
            png.write(Path("pets", name, f"{i}.png"), Picture(2, 2, 1, bytes([shade + i]) * 4))
    arguments = TrainArguments(**vars(parse_arguments(["train", "pets", "--limit", "20"])))
    run = prepare_run(arguments, find(arguments))
    chosen = [run.job.samples, *([run.plan.validation] if run.plan.validation else [])]
    labels = [label for part in chosen if isinstance(part.targets, Labels) for label in part.targets.values]
    assert sorted(labels) == [0] * 10 + [1] * 10


def test_quantities_that_are_nearly_all_equal_stay_quantities(capsys: Captured) -> None:
    rows = "".join(f"{i},{i % 7},{9 if i == 290 else 5}\n" for i in range(300))
    Path("prices.csv").write_text(f"size,floor,price\n{rows}", encoding="utf-8")
    found = trained(capsys, "prices.csv", "--task", "quantities", "--epochs", "2")
    assert found.done["test_accuracy"] is None
    assert all(line["accuracy"] is None for line in found.epochs)
    assert "class" not in "".join(found.said)


@pytest.mark.usefixtures("few_strokes")
def test_pictures_are_warped_and_the_file_says_how(capsys: Captured) -> None:
    words = ["strokes", "--augment", "shift=1", "rotate=10", "--hidden", "8", "--epochs", "1"]
    _, engine, how, *_ = trained(capsys, *words, "--learning-rate", "0.5").said
    assert engine.startswith("lanes engine: ")
    assert how.endswith(", 1 epoch, pictures warped by shift=1 rotate=10")
    assert main(["inspect", "strokes.safetensors"]) == 0
    shown = capsys.readouterr().out
    assert "metadata options: --hidden 8 --epochs 1 --learning-rate 0.5 --augment shift=1 rotate=10\n" in shown
    assert "pictures warped by shift=1 rotate=10\n" in shown
    assert '"augment": "shift=1 rotate=10"' in shown


@pytest.mark.usefixtures("few_strokes")
@pytest.mark.parametrize("engine", ["float", "lanes"])
def test_a_network_of_warped_pictures_is_another_one_and_its_training_resumes_with_the_same_bits(engine: str) -> None:
    usual = ["train", "strokes", "--limit", "60", "--hidden", "4", "--learning-rate", "0.1", "--engine", engine]
    for out, words in (("plain", []), ("warped", ["--augment", "shift=1"]), ("again", ["--augment", "shift=1.0"])):
        assert main([*usual, "--epochs", "2", "--schedule", "constant", "--out", f"{out}.safetensors", *words]) == 0
    for epochs in ("1", "2"):
        resumed = ["--schedule", "constant", "--checkpoint", "c", "--resume", "--out", "pieces.safetensors"]
        assert main([*usual, "--epochs", epochs, *resumed, "--augment", "shift=1"]) == 0
    plain, warped, again, pieces = (
        [p.data for p in Sequential.load(f"{name}.safetensors").parameters]
        for name in ("plain", "warped", "again", "pieces")
    )
    assert warped == again == pieces != plain


def test_only_pictures_are_warped(capsys: Captured) -> None:
    Path("data.csv").write_text(PLANTS, encoding="utf-8")
    said = "--augment is for pictures, but data.csv has rows of 2 numbers"
    assert said in failure(capsys, "train", "data.csv", "--augment", "shift=1")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["shift=1", "shift=2"], "argument --augment: 'shift=2': shift is there twice, expected it once"),
        (["mirror", "mirror"], "argument --augment: 'mirror': mirror is there twice, expected it once"),
    ],
)
def test_a_warp_is_asked_for_once(words: list[str], said: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["train", "strokes", "--augment", *words])
    assert caught.value.code == 2
    assert said in capsys.readouterr().err


def test_pixels_are_not_moved_out_of_the_picture(capsys: Captured) -> None:
    said = "shift is 29.0 pixels, expected at most the larger side of pictures of 28 x 28 pixels"
    assert said in failure(capsys, "train", "strokes", "--augment", "shift=29")
