"""`purenn train`: what it reports, what it keeps, when it stops, and how it fails."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from math import nan
from pathlib import Path

import pytest
from purenn.float_engine import FloatEngine

from purenn import datasets
from purenn.cli import recipes
from purenn.cli.main import main
from purenn.datasets import Dataset
from purenn.engine import Score
from purenn.formats.safetensors import read, read_header
from purenn.matrix import Matrix
from purenn.network import Sequential
from purenn.samples import Samples
from purenn.schedules import Schedule

Captured = pytest.CaptureFixture[str]
Line = dict[str, object]
STROKES = ["train", "strokes", "--limit", "300", "--hidden", "8"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder: what is not told where to go is written here."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PURENN_DATA", raising=False)
    return tmp_path


def number(line: Line, key: str) -> float:
    value = line[key]
    assert isinstance(value, (int, float))
    return value


def lines(capsys: Captured) -> list[Line]:
    """The JSON lines on stdout, on which there must be nothing else."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def trained(capsys: Captured, *words: str) -> tuple[list[Line], Line]:
    """The lines of the epochs, and the last, of a training that ends well."""
    assert main(["train", *words, "--json"]) == 0
    *epochs, done = lines(capsys)
    assert [line["event"] for line in epochs] == ["epoch"] * len(epochs)
    assert [line["epoch"] for line in epochs] == list(range(1, len(epochs) + 1))
    assert done["event"] == "done"
    return epochs, done


def evaluated(capsys: Captured, model: str) -> Line:
    assert main(["evaluate", model, "--json"]) == 0
    return lines(capsys)[0]


def failure(capsys: Captured, *words: str) -> str:
    """The last line of what is said of a training that fails."""
    assert main(["train", *words]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    line: str = err.splitlines()[-1]
    assert line.startswith("purenn train: ")
    return line


# What it reports.


def test_json_lines_have_the_fields_that_programs_count_on(capsys: Captured) -> None:
    epochs, done = trained(capsys, *STROKES[1:], "--epochs", "2")
    assert len(epochs) == 2
    promised = {"event", "epoch", "loss", "accuracy", "test_loss", "test_accuracy", "learning_rate", "seconds"}
    for line in epochs:
        assert {*line} == promised | {"validation_loss", "validation_accuracy"}
    promised = {"event", "dataset", "engine", "workers", "test_accuracy", "epochs", "seconds", "model"}
    assert {*done} == promised | {"test_loss"}
    assert (done["dataset"], done["engine"], done["workers"], done["epochs"]) == ("strokes", "lanes", 1, 2)
    assert done["model"] == "strokes.safetensors"
    assert [number(line, "learning_rate") for line in epochs] == pytest.approx([0.02, 0.0105])  # to a twentieth
    assert 0.0 < number(epochs[0], "seconds") < number(epochs[1], "seconds") <= number(done, "seconds")


def test_people_get_a_line_for_each_epoch_and_are_told_what_to_do_next(capsys: Captured) -> None:
    assert main([*STROKES, "--epochs", "2"]) == 0
    out, err = capsys.readouterr()
    said = err.splitlines()
    assert said[0] == "strokes: 270 samples to train on, 30 to validate, 1,500 to test"
    assert said[1].startswith("lanes engine: Sequential(Linear(784, 8), Activation('relu'), ")
    assert [line.split("loss")[0].strip() for line in said[2:]] == ["epoch 1/2", "epoch 2/2"]
    assert said[2].count("%") == 3
    assert "\r" not in err
    result = out.splitlines()
    assert result[0].startswith("test accuracy ")
    assert result[1:] == ["saved strokes.safetensors", "try   python -m purenn evaluate strokes.safetensors"]


def test_a_training_with_workers_reports_them(capsys: Captured) -> None:
    epochs, done = trained(capsys, *STROKES[1:], "--epochs", "1", "--workers", "2")
    assert (done["engine"], done["workers"], len(epochs)) == ("lanes", 2, 1)
    assert main([*STROKES, "--epochs", "1", "--workers", "2"]) == 0
    assert capsys.readouterr().err.splitlines()[1].startswith("lanes engine, 2 workers: Sequential(")


@pytest.mark.parametrize(("count", "printed"), [(50, 50), (51, 25), (400, 20)])
def test_people_get_about_20_lines_where_epochs_are_many_and_programs_get_all(
    count: int, printed: int, capsys: Captured
) -> None:
    assert main(["train", "and", "--epochs", f"{count}", "--json"]) == 0
    out, err = capsys.readouterr()
    numbers = [int(line.split()[1].partition("/")[0]) for line in err.splitlines() if line.startswith("epoch ")]
    step = count // printed
    assert numbers == list(range(step, count + 1, step))
    assert len(out.splitlines()) == count + 1


def test_without_a_name_it_trains_on_strokes(capsys: Captured) -> None:
    _, done = trained(capsys, "--limit", "100", "--hidden", "8", "--epochs", "1")
    assert done["dataset"] == "strokes"


def test_a_quantity_has_losses_and_no_accuracy(capsys: Captured) -> None:
    epochs, done = trained(capsys, "house-prices", "--epochs", "20")
    assert (epochs[0]["accuracy"], epochs[0]["validation_accuracy"], done["test_accuracy"]) == (None, None, None)
    assert number(done, "test_loss") == min(number(line, "test_loss") for line in epochs)
    assert main(["train", "house-prices", "--epochs", "1"]) == 0
    out, err = capsys.readouterr()
    assert "%" not in out + err
    assert out.startswith("test loss ")


@pytest.mark.parametrize("name", ["and", "or", "xor"])
def test_gates_are_learned(name: str, capsys: Captured) -> None:
    # at its own settings but for the epochs: 60 at a constant rate do, and each that is better writes a file
    _, done = trained(capsys, name, "--epochs", "60", "--schedule", "constant", "--learning-rate", "2")
    assert done["test_accuracy"] == 1.0


@pytest.mark.parametrize("name", ["circles", "moons", "blobs", "house-prices"])
def test_points_and_prices_train_at_their_own_settings(name: str, capsys: Captured) -> None:
    epochs, done = trained(capsys, name, "--epochs", "5")
    assert number(epochs[-1], "loss") < number(epochs[0], "loss")
    assert done["model"] == f"{name}.safetensors"


def test_a_folder_of_ones_own_trains_by_its_name(capsys: Captured, folder: Path) -> None:
    (folder / "data").mkdir()
    source = Path(datasets.__file__).parents[2] / "datasets" / "strokes"
    (folder / "data" / "mine").symlink_to(source, target_is_directory=True)
    _, done = trained(capsys, "mine", "--data", "data", "--limit", "100", "--hidden", "8", "--epochs", "1")
    assert (done["dataset"], done["model"]) == ("mine", "mine.safetensors")


# What it does with its options.


def test_options_make_the_network(capsys: Captured) -> None:
    words = ["--hidden", "9", "7", "--activation", "prelu", "--dropout", "0.25", "--epochs", "1", "--out", "m"]
    _, done = trained(capsys, "circles", *words)
    layers = "Linear(2, 9), PReLU(9), Dropout(0.25), Linear(9, 7), PReLU(7), Dropout(0.25), Linear(7, 2)"
    assert str(Sequential.load("m")) == f"Sequential({layers})"
    assert done["model"] == "m"


def test_the_same_call_gives_the_same_bits_and_another_seed_others(capsys: Captured) -> None:
    words = ["circles", "--epochs", "2", "--dropout", "0.1"]
    trained(capsys, *words, "--out", "a")
    trained(capsys, *words, "--out", "b")
    trained(capsys, *words, "--out", "c", "--seed", "1")
    assert Path("a").read_bytes() == Path("b").read_bytes() != Path("c").read_bytes()


def test_every_option_of_the_optimizer_matters(capsys: Captured) -> None:
    words = ["circles", "--epochs", "3"]
    plain = trained(capsys, *words)[1]["test_loss"]
    for option, value in (("momentum", "0"), ("weight-decay", "0.1"), ("learning-rate", "0.3"), ("batch-size", "7")):
        assert trained(capsys, *words, f"--{option}", value)[1]["test_loss"] != plain


def test_the_rate_falls_over_the_epochs_of_the_call(capsys: Captured) -> None:
    epochs, _ = trained(capsys, "blobs", "--epochs", "3", "--learning-rate", "0.6", "--schedule", "cosine")
    assert [number(line, "learning_rate") for line in epochs] == pytest.approx([0.6, 0.45, 0.15])


def test_few_samples_are_one_batch_unless_a_size_is_asked_for(capsys: Captured) -> None:
    _, done = trained(capsys, "strokes", "--limit", "10", "--hidden", "8", "--epochs", "1", "--engine", "float")
    assert done["epochs"] == 1
    said = failure(capsys, "xor", "--batch-size", "5")
    assert said == "purenn train: batch_size must be from 1 to the 4 training samples, got 5"


def test_a_limit_above_the_number_of_samples_takes_all(capsys: Captured) -> None:
    assert main(["train", "xor", "--limit", "1000", "--epochs", "1"]) == 0
    assert capsys.readouterr().err.startswith("xor: 4 samples to train on, 4 to validate, 4 to test\n")


# What it keeps.


@pytest.mark.parametrize(("engine", "fineness"), [("float", 1e-12), ("lanes", 0.005)])
def test_the_model_scores_in_evaluate_what_train_said(engine: str, fineness: float, capsys: Captured) -> None:
    _, done = trained(capsys, *STROKES[1:], "--epochs", "2", "--engine", engine)
    result = evaluated(capsys, "strokes.safetensors")
    # lanes see fewer shades of grey than the floats of `evaluate`
    assert result["accuracy"] == pytest.approx(done["test_accuracy"], abs=fineness)
    assert result["loss"] == pytest.approx(done["test_loss"], rel=fineness)
    assert read_header("strokes.safetensors").metadata["classes"].split("\n") == list("0123456789")


@pytest.mark.parametrize(
    ("name", "loss"), [("xor", "BinaryCrossEntropy"), ("moons", "CrossEntropy"), ("house-prices", "MeanSquaredError")]
)
def test_the_model_knows_its_data_set_and_its_loss(name: str, loss: str, capsys: Captured) -> None:
    _, done = trained(capsys, name, "--epochs", "2")
    metadata = read_header(f"{name}.safetensors").metadata
    assert (metadata["dataset"], metadata["loss"]) == (name, loss)
    assert metadata["made by"].startswith("purenn ")
    assert evaluated(capsys, f"{name}.safetensors")["loss"] == pytest.approx(done["test_loss"], rel=1e-12)


def test_the_model_loads_bit_for_bit(capsys: Captured, folder: Path) -> None:
    trained(capsys, "moons", "--epochs", "1")
    tensors, metadata = read("moons.safetensors")
    Sequential.load("moons.safetensors").save("again", {k: v for k, v in metadata.items() if k != "architecture"})
    assert Path("again").read_bytes() == Path("moons.safetensors").read_bytes()
    assert all(tensor.dtype == "F64" for tensor in tensors.values())
    assert sorted(path.name for path in folder.iterdir()) == ["again", "moons.safetensors"]  # and nothing temporary


def late_shock(recipe: object) -> Schedule:
    """A good rate for five epochs, and then one that throws everything over."""
    return lambda epoch: 0.2 if epoch < 5.0 else 100.0


def test_the_best_network_in_validation_is_kept_and_not_the_last(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(recipes.SCHEDULES, "constant", late_shock)
    epochs, done = trained(capsys, "moons", "--schedule", "constant", "--epochs", "8")
    merits = [(number(line, "validation_accuracy"), -number(line, "validation_loss")) for line in epochs]
    best, last = epochs[merits.index(max(merits))], epochs[-1]
    assert number(best, "epoch") <= 5
    assert number(last, "test_accuracy") < number(best, "test_accuracy")
    assert (done["test_accuracy"], done["test_loss"]) == (best["test_accuracy"], best["test_loss"])
    assert done["epochs"] == 8
    assert evaluated(capsys, "moons.safetensors")["accuracy"] == best["test_accuracy"]


def test_the_test_set_decides_nothing(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    trained(capsys, "moons", "--epochs", "10", "--out", "a", "--target-accuracy", "0.9")
    moons = datasets.load("moons")
    upside_down = Dataset(
        "moons", moons.train, Samples(moons.test.inputs.take(range(299, -1, -1)), moons.test.targets), moons.classes
    )
    monkeypatch.setattr(datasets, "load", lambda name, folder: upside_down)
    trained(capsys, "moons", "--epochs", "10", "--out", "b", "--target-accuracy", "0.9")
    assert Path("a").read_bytes() == Path("b").read_bytes()


# When it stops.


def test_a_target_reached_in_validation_ends_the_training(capsys: Captured) -> None:
    epochs, done = trained(capsys, "moons", "--target-accuracy", "0.9")
    reached = [number(line, "validation_accuracy") >= 0.9 for line in epochs]
    assert reached == [False] * (len(epochs) - 1) + [True]
    assert done["epochs"] == len(epochs) < 100
    assert done["test_accuracy"] == epochs[-1]["test_accuracy"]


def scripted(capsys: Captured, monkeypatch: pytest.MonkeyPatch, validation: list[float], test: float) -> list[Line]:
    """The epochs of a training whose validation accuracies are these, in order, and whose test accuracy is the same."""
    answers: Iterator[float] = iter(validation)

    def evaluate(self: FloatEngine, samples: Samples) -> Score:
        return Score(1.0, next(answers) if len(samples) == 30 else test)

    monkeypatch.setattr(FloatEngine, "evaluate", evaluate)
    epochs, _ = trained(capsys, "moons", "--epochs", str(len(validation)), "--target-accuracy", "0.9")
    return epochs


def test_the_target_goes_by_validation_alone(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(scripted(capsys, monkeypatch, [0.5, 0.89, 0.9, 0.95], test=0.1)) == 3
    assert len(scripted(capsys, monkeypatch, [0.5, 0.6, 0.7], test=1.0)) == 3


# How it fails.


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (["--engine", "float"], "epoch 1, batch 2: the loss is nan"),
        (["--engine", "lanes"], "epoch 1, samples 1 to 270: the gradient behind Linear layer 2 might pass all that "),
        (["--workers", "2"], "epoch 1, samples from 1: the gradient behind Linear layer 2 might pass all that "),
    ],
)
def test_a_training_that_diverges_says_where_what_to_try_and_that_nothing_was_saved(
    words: list[str], where: str, capsys: Captured, folder: Path
) -> None:
    said = failure(capsys, *STROKES[1:], "--learning-rate", "1e200", *words)
    assert said.startswith(f"purenn train: {where}")
    assert "; try a lower learning rate or " in said
    assert re.search(r" \(the rate was \d[.\d]*e\+(199|200)\); nothing was saved$", said)
    assert list(folder.iterdir()) == []


def test_a_training_that_diverges_late_says_what_is_on_disk(capsys: Captured) -> None:
    said = failure(capsys, "house-prices", "--learning-rate", "1e6")
    assert ": the loss is inf; try a lower learning rate" in said
    assert said.endswith("; house-prices.safetensors holds the network after epoch 1")
    assert evaluated(capsys, "house-prices.safetensors")["samples"] == 50


def test_a_training_that_diverges_late_has_its_best_network_on_disk(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(recipes.SCHEDULES, "constant", lambda recipe: lambda epoch: 0.05 if epoch < 5.0 else 1e200)
    assert main(["train", "house-prices", "--schedule", "constant", "--json"]) == 1
    best = min(lines(capsys), key=lambda line: number(line, "validation_loss"))
    assert number(best, "epoch") > 1  # and not the one that was saved at once
    assert evaluated(capsys, "house-prices.safetensors")["loss"] == pytest.approx(best["test_loss"])


def test_json_lines_stay_json_when_training_diverges(capsys: Captured) -> None:
    assert main(["train", "house-prices", "--learning-rate", "1e6", "--json"]) == 1
    assert {line["event"] for line in lines(capsys)} == {"epoch"}


def test_an_input_that_is_no_number_is_named(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Samples(Matrix([[0, 1], [nan, 1]]), Matrix([[0], [1]]))
    monkeypatch.setattr(datasets, "load", lambda name, folder: Dataset(name, broken, broken, ("0", "1")))
    said = failure(capsys, "xor")
    assert said == "purenn train: input row 1, column 0 is nan, expected a finite number"


@pytest.mark.parametrize("out", ["none/m", ".", "file/m"])
def test_an_output_that_cannot_be_written_is_told_before_anything_else(
    out: str, capsys: Captured, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(name: str, data: Path | None) -> Dataset:
        raise AssertionError("the data was loaded first")

    (folder / "file").write_bytes(b"")
    monkeypatch.setattr(datasets, "load", load)
    assert main(["train", "--out", out]) == 1
    assert capsys.readouterr().err.startswith(f"purenn train: {out}: ")
    assert [path.name for path in folder.iterdir()] == ["file"]


def test_a_model_that_is_there_survives_until_there_is_a_better(capsys: Captured) -> None:
    trained(capsys, "moons", "--epochs", "1", "--out", "m")
    before = Path("m").read_bytes()
    failure(capsys, *STROKES[1:], "--learning-rate", "1e200", "--out", "m")
    assert Path("m").read_bytes() == before


def test_options_that_do_not_go_together_are_a_line(capsys: Captured, folder: Path) -> None:
    said = failure(capsys, "strokes", "--engine", "lanes", "--momentum", "0.9")
    assert said == "purenn train: the float engine is needed for momentum: leave out --engine lanes"
    said = failure(capsys, "strokes", "--engine", "float", "--workers", "2")
    assert said == "purenn train: --workers is for the lanes engine, but the float engine is taken as asked"
    assert list(folder.iterdir()) == []


def test_an_unknown_data_set_lists_where_it_was_looked_for(capsys: Captured, folder: Path) -> None:
    said = failure(capsys, "minst", "--data", str(folder))
    assert said.startswith(f"purenn train: no data set 'minst' in {folder / 'minst'}, ")
    assert "known names: and, or, xor," in said


def test_a_data_set_that_is_not_whole_is_named(capsys: Captured, folder: Path) -> None:
    (folder / "mnist").mkdir()
    (folder / "mnist" / "train-images-idx3-ubyte.gz").write_bytes(b"<html>")
    said = failure(capsys, "mnist", "--data", str(folder))
    assert f"{folder / 'mnist'} has no train-labels-idx1-ubyte.gz" in said
    (folder / "mnist" / "train-labels-idx1-ubyte.gz").write_bytes(b"<html>")
    assert "train-images-idx3-ubyte.gz: not an IDX file: it looks like an HTML page" in failure(
        capsys, "mnist", "--data", str(folder)
    )


# How it is interrupted. What a real Ctrl-C does is in test_cli.py.


def interrupt_at(monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    """Let Ctrl-C be pressed after this many batches."""
    take, batches = Samples.take, iter(range(1, batch + 1))

    def interrupted(self: Samples, indices: list[int]) -> tuple[Matrix, Matrix]:
        if len(indices) == 32 and next(batches, None) is None:
            raise KeyboardInterrupt
        return take(self, indices)

    monkeypatch.setattr(Samples, "take", interrupted)


def test_an_interrupted_training_keeps_its_best_network(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupt_at(monkeypatch, batch=8 * 3 + 4)  # 270 samples are 8 batches of 32 and a smaller one
    assert main(["train", "moons", "--json"]) == 130
    out, err = capsys.readouterr()
    epochs: list[Line] = [json.loads(line) for line in out.splitlines()]
    assert len(epochs) == 3
    best = max(epochs, key=lambda line: (number(line, "validation_accuracy"), -number(line, "validation_loss")))
    said = f"interrupted; moons.safetensors holds the network after epoch {best['epoch']}"
    assert err.splitlines()[-1] == said
    assert evaluated(capsys, "moons.safetensors")["accuracy"] == best["test_accuracy"]


def test_one_interrupted_before_its_first_epoch_keeps_what_there_is(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt_at(monkeypatch, batch=4)
    assert main(["train", "moons"]) == 130
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1] == "interrupted; moons.safetensors holds the network after its first steps"
    assert evaluated(capsys, "moons.safetensors")["samples"] == 300


def test_one_interrupted_while_it_saves_saves_once_more(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    save, saves = Sequential.save, iter([1, 2, 3])

    def interrupted(self: Sequential, path: Path, metadata: dict[str, str]) -> None:
        if next(saves) == 2:
            raise KeyboardInterrupt
        save(self, path, metadata)

    monkeypatch.setattr(Sequential, "save", interrupted)
    assert main(["train", "house-prices", "--json"]) == 130
    out, err = capsys.readouterr()
    best = min(map(json.loads, out.splitlines()), key=lambda epoch: float(epoch["validation_loss"]))
    assert (
        err.splitlines()[-1] == f"interrupted; house-prices.safetensors holds the network after epoch {best['epoch']}"
    )
    assert evaluated(capsys, "house-prices.safetensors")["loss"] == pytest.approx(best["test_loss"])
