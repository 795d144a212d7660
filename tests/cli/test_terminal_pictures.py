"""The pictures that end a training: only on terminals that can show them, and never wider than they are."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest

from purenn import datasets
from purenn.cli import main
from purenn.cli.terminal_pictures import boundary_picture, has_boundary, loss_line
from purenn.history import Epoch
from purenn.losses import CrossEntropy
from purenn.samples import Samples
from tests.cli.conftest import linear_network
from tests.terminal import Terminal, use_terminal

EPOCHS = [Epoch(n, 8.0 - n, None, None, None, learning_rate=0.1, seconds=1.0) for n in range(8)]
MOONS = datasets.load("moons").test
UPPER = linear_network([[0.0, 9.0], [0.0, -9.0]], loss=CrossEntropy())  # class 0 is above, class 1 below 0


class LegacyTerminal(Terminal):
    """A terminal that shows only the characters of Western Europe."""

    encoding = "cp1252"


def test_the_loss_is_drawn_in_a_line_that_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    use_terminal(monkeypatch)
    assert loss_line(EPOCHS) == "loss 8 █▇▆▅▄▃▂▁ 1"
    assert loss_line(EPOCHS[:1]) == ""
    for width in range(1, 80):
        monkeypatch.setenv("COLUMNS", str(width))
        assert len(loss_line(EPOCHS * 20)) < width
    monkeypatch.setenv("COLUMNS", "17")
    assert loss_line(EPOCHS * 20) == ""
    monkeypatch.setenv("COLUMNS", "18")
    assert loss_line(EPOCHS * 20).count(" ") == 3, "the narrowest in which a course is to be seen"


def test_the_boundary_has_a_region_and_samples_of_each_class(monkeypatch: pytest.MonkeyPatch) -> None:
    use_terminal(monkeypatch)
    assert has_boundary(MOONS)
    *lines, legend = boundary_picture(UPPER, MOONS).split("\n")
    assert legend == "\x1b[48;5;153m \x1b[48;5;25m \x1b[0m 0  \x1b[48;5;223m \x1b[48;5;166m \x1b[0m 1"
    assert "48;5;153" in lines[0]  # the light blue of class 0 at the top
    assert "223" not in lines[0]
    assert "48;5;223" in lines[-1]
    assert all(f";5;{dark}" in "".join(lines) for dark in (25, 166))
    for columns, rows in ((80, 24), (30, 60), (17, 17)):
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("LINES", str(rows))
        *lines, _ = boundary_picture(UPPER, MOONS).split("\n")
        assert len(lines) < rows
        assert {line.count("▀") for line in lines} == {2 * len(lines)}
        assert 2 * len(lines) < columns
    monkeypatch.setenv("COLUMNS", "16")
    assert boundary_picture(UPPER, MOONS) == ""


def test_only_two_features_and_classes_have_a_boundary(monkeypatch: pytest.MonkeyPatch) -> None:
    use_terminal(monkeypatch)
    assert not has_boundary(datasets.load("iris").test)
    assert not has_boundary(datasets.load("house-prices").test)


def test_a_name_without_room_is_left_out_of_the_legend(monkeypatch: pytest.MonkeyPatch) -> None:
    use_terminal(monkeypatch)
    monkeypatch.setenv("COLUMNS", "20")
    named = Samples(MOONS.inputs, MOONS.targets, names=("short", "a name of many letters"))
    legend = boundary_picture(UPPER, named).split("\n")[-1]
    assert legend == "\x1b[48;5;153m \x1b[48;5;25m \x1b[0m short"


@pytest.mark.parametrize("stream", [io.StringIO, LegacyTerminal])
def test_other_streams_get_no_picture(stream: type[io.StringIO], monkeypatch: pytest.MonkeyPatch) -> None:
    use_terminal(monkeypatch)
    monkeypatch.setattr(sys, "stderr", stream())
    assert (has_boundary(MOONS), loss_line(EPOCHS)) == (False, "")


def test_who_wants_no_colour_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    use_terminal(monkeypatch)
    monkeypatch.setenv("NO_COLOR", "1")
    assert not has_boundary(MOONS)
    assert loss_line(EPOCHS)  # it has no colour
    monkeypatch.setenv("TERM", "dumb")
    assert (has_boundary(MOONS), loss_line(EPOCHS)) == (False, "")


@pytest.mark.usefixtures("empty")
def test_a_training_on_two_features_ends_with_both(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = use_terminal(monkeypatch)
    assert main(["train", "moons", "--epochs", "3"]) == 0
    said = terminal.getvalue()
    assert said.count("▀") == 32 * 16  # 24 lines, 8 of them for the results
    assert re.search(r"\x1b\[0m 1\nloss [\d.]+ [▁-█]{3} [\d.]+\n$", said)
    assert Path("moons.safetensors").exists()
