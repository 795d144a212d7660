"""`purenn plot`: the pictures that suit each file, their names, and the files that it refuses."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from purenn import checkpoints, datasets
from purenn.cli import main
from purenn.formats import CHECKPOINT, safetensors
from purenn.history import Epoch, History
from purenn.layers import Linear
from purenn.network import Sequential, feed_forward
from purenn.training import fit
from tests.cli.conftest import METADATA, Captured, best_of, failure, json_lines, left_or_right, trained

EPOCHS = [Epoch(n, 1.0 / n, 0.5, None, None, learning_rate=0.1, seconds=1.0) for n in (1, 2, 3)]


def drawn(capsys: Captured, *words: str) -> dict[str, str]:
    """Run `purenn plot --json`, and return what each file shows. All are XML."""
    assert main(["plot", *words, "--json"]) == 0
    lines = json_lines(capsys)
    pictures = [line for line in lines if line["event"] == "picture"]
    for line in pictures:
        assert ET.parse(str(line["file"])).getroot().tag.endswith("svg")
    return {str(line["file"]): str(line["shows"]) for line in pictures}


def test_a_network_trained_on_pictures_shows_its_weights_and_its_mistakes(folder: Path, capsys: Captured) -> None:
    left_or_right().save("m", METADATA)
    assert drawn(capsys, "m") == {
        "m-diagram.svg": "the network, with its weights as lines",
        "m-weights.svg": "the weights of the first layer, a picture for each unit",
        "m-confusion.svg": "the classes that are mistaken for others in the 3 test samples of tiny",
    }
    assert Path("m-weights.svg").read_text(encoding="utf-8").count("data:image/png") == 3  # and the scale
    assert "100.0 % right: 3 of 3" in Path("m-confusion.svg").read_text(encoding="utf-8")


def test_two_features_have_a_boundary_and_a_quantity_has_predictions(folder: Path, capsys: Captured) -> None:
    trained(capsys, "xor", "--epochs", "1")
    assert drawn(capsys, "xor.safetensors")["xor-boundary.svg"] == (
        "the decision boundary, with the 4 test samples of xor"
    )
    rows = "".join(f"{x},{2 * x}\n" for x in range(10))
    Path("double.csv").write_text(f"x,y\n{rows}", encoding="utf-8")
    trained(capsys, "double.csv", "--target", "y", "--epochs", "1")
    found = drawn(capsys, "double.safetensors")
    assert [*found] == ["double-curves.svg", "double-diagram.svg", "double-predictions.svg"]
    assert found["double-predictions.svg"].startswith("the predictions, with the ")


def test_the_curves_of_a_network_are_those_of_its_training_with_a_ring_at_the_epoch_that_it_is_of(
    folder: Path, capsys: Captured
) -> None:
    best = best_of(trained(capsys, "moons", "--epochs", "15", "--learning-rate", "0.3").epochs)["epoch"]
    said = f"losses and accuracies in 15 epochs; epoch {best} is the best"
    assert drawn(capsys, "moons.safetensors")["moons-curves.svg"] == said
    assert f"best: epoch {best}" in Path("moons-curves.svg").read_text(encoding="utf-8")


def test_a_history_shows_its_curves_in_either_format(folder: Path, capsys: Captured) -> None:
    History(EPOCHS).write_csv("h.csv")
    History(EPOCHS[:1]).write_json_lines("h.jsonl")
    assert drawn(capsys, "h.csv") == {"h-curves.svg": "losses and accuracies in 3 epochs; epoch 3 is the best"}
    assert drawn(capsys, "h.jsonl") == {"h-curves-2.svg": "losses and accuracies in 1 epoch; epoch 1 is the best"}


def test_a_checkpoint_shows_its_curves_and_its_best_network(folder: Path, capsys: Captured) -> None:
    trained(capsys, "xor", "--epochs", "2", "--checkpoint", "c")
    found = drawn(capsys, "c")
    assert [*found] == ["c-curves.svg", "c-diagram.svg"]
    assert found["c-curves.svg"].startswith("losses and accuracies in 2 epochs")
    assert found["c-curves.svg"] == drawn(capsys, "xor.safetensors", "--force")["xor-curves.svg"]
    best = Sequential.load("xor.safetensors")
    best.classes = ()  # a checkpoint does not know their names
    assert Path("c-diagram.svg").read_bytes() == best.plot().encode()


def test_a_damaged_checkpoint_is_named(folder: Path, capsys: Captured) -> None:
    trained(capsys, "xor", "--epochs", "1", "--checkpoint", "c")
    metadata = dict(safetensors.read_header("c").metadata)
    assert CHECKPOINT in metadata
    metadata["checksum"] = checkpoints.checksum({}, metadata)
    safetensors.write("c", {}, metadata)
    assert main(["plot", "c"]) == 1
    assert "purenn plot: c: a damaged checkpoint: no network can be made from it: " in capsys.readouterr().err


def test_no_picture_is_written_over_without_force(folder: Path, capsys: Captured) -> None:
    History(EPOCHS).write_csv("h.csv")
    Path("h-curves.svg").write_text("mine", encoding="utf-8")
    assert main(["plot", "h.csv"]) == 0
    assert capsys.readouterr().out.startswith("h-curves-2.svg: losses and accuracies in 3 epochs")
    assert Path("h-curves.svg").read_text(encoding="utf-8") == "mine"
    assert [*drawn(capsys, "h.csv", "--force")] == ["h-curves.svg"]


def test_the_pictures_go_to_the_folder_that_is_named(folder: Path, capsys: Captured) -> None:
    History(EPOCHS).write_csv("h.csv")
    assert [*drawn(capsys, "h.csv", "--out", "new/folder")] == [str(Path("new/folder/h-curves.svg"))]


def test_without_its_data_a_network_is_drawn_alone_and_the_reason_is_said(folder: Path, capsys: Captured) -> None:
    Sequential(Linear(2, 1)).save("m")
    assert main(["plot", "m"]) == 0
    out, err = capsys.readouterr()
    assert out == "m-diagram.svg: the network, with its weights as lines\n"
    assert err == "only the network itself is drawn: m does not say what it was trained on: name a data set\n"


def test_weights_are_drawn_without_data_if_the_file_says_the_size_of_the_pictures(
    folder: Path, capsys: Captured
) -> None:
    trained(capsys, "tiny", "--epochs", "1", "--hidden", "3", "--out", "by-train")
    network = feed_forward([4, 2])
    fit(network, datasets.load("tiny").train, epochs=1)
    network.save("by-save")
    shutil.rmtree(folder / "tiny")
    assert [*drawn(capsys, "by-train")] == ["by-train-curves.svg", "by-train-diagram.svg", "by-train-weights.svg"]
    assert [*drawn(capsys, "by-save")] == ["by-save-diagram.svg", "by-save-weights.svg"]
    assert "3 pictures of 2 x 2 pixels" in Path("by-train-weights.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "reason"),
    [("a,b\n1,2\n", "f.csv: line 2 is not an epoch: "), ("", "f.csv: holds no epoch, expected CSV or JSON lines")],
)
def test_another_file_is_refused_and_no_folder_is_made(text: str, reason: str, folder: Path, capsys: Captured) -> None:
    Path("f.csv").write_text(text, encoding="utf-8")
    assert reason in failure(capsys, "plot", "f.csv", "--out", "new")
    assert not Path("new").exists()


def test_a_missing_file_is_answered_with_the_network_that_was_meant(folder: Path, capsys: Captured) -> None:
    left_or_right().save("m.safetensors", METADATA)
    assert "m is not the file of a network; did you mean m.safetensors?" in failure(capsys, "plot", "m")


def test_a_folder_is_no_network(folder: Path, capsys: Captured) -> None:
    assert ". is no saved network: " in failure(capsys, "plot", ".")
