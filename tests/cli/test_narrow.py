"""The commands in narrow terminals, without colours, and with few characters: nothing wraps, floods or breaks."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest

from purenn.cli import main
from purenn.formats import idx
from tests.cli.conftest import Captured
from tests.terminal import Screen, Terminal, use_terminal

COMMANDS = [
    ["train", "moons", "--epochs", "3"],
    ["train", "moons", "--epochs", "2000", "--hidden", "0", "--patience", "1"],
    ["train", "house-prices", "--epochs", "11"],
    ["train", "strokes", "--hidden", "8", "--epochs", "1"],
    ["train", "iris", "--epochs", "1", "--checkpoint", "c"],
    ["train", "iris", "--epochs", "3", "--learning-rate", "1e6"],
    ["predict", "iris.safetensors"],
    ["predict", "iris.safetensors", "5.1", "3.5", "1.4", "99"],
    ["predict", "iris.safetensors", "--index", "2", "--index", "4"],
    ["predict", "house-prices.safetensors"],
    ["predict", "house-prices.safetensors", "--index", "2"],
    ["predict", "strokes.safetensors"],
    ["predict", "strokes.safetensors", "--index", "3"],
    ["evaluate", "iris.safetensors"],
    ["evaluate", "house-prices.safetensors"],
    ["evaluate", "strokes.safetensors"],
    ["inspect", "iris.safetensors"],
    ["inspect", "house-prices.safetensors"],
    ["inspect", "c"],
    ["inspect", "t.csv"],
    ["inspect", "t.idx"],
    ["plot", "iris.safetensors"],
    ["plot", "missing.safetensors"],
]
every_command = pytest.mark.parametrize("words", COMMANDS, ids=" ".join)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with three networks, a checkpoint, a table and an IDX file."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "stdout", io.StringIO())
        patch.setattr(sys, "stderr", io.StringIO())
        assert main(["train", "iris", "--epochs", "3", "--checkpoint", "c"]) == 0
        assert main(["train", "house-prices", "--epochs", "3"]) == 0
        assert main(["train", "strokes", "--limit", "300", "--hidden", "8", "--epochs", "1"]) == 0
    (folder / "t.csv").write_text("a column with a long name,b\n1,2\n3,4\n", encoding="utf-8")
    idx.write(folder / "t.idx", idx.Idx((1, 2, 2), bytes(4)))
    return folder


@pytest.fixture
def copied(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a copy of that folder the working folder."""
    for path in made.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PURENN_DATA", raising=False)
    return tmp_path


def ran_in(terminal: Terminal, words: list[str], columns: int, monkeypatch: pytest.MonkeyPatch) -> Screen:
    """Run a command whose stdout and stderr are this terminal, and return its screen."""
    monkeypatch.setattr(sys, "stdout", terminal)
    if words[0] == "train":
        words = [*words, "--force"]
    assert main(words) in (0, 1)
    screen = Screen(columns)
    # a command to try next stays whole, so that it can be copied
    screen.write(re.sub(r"^try   .*$", "try", terminal.getvalue(), flags=re.MULTILINE))
    return screen


@every_command
@pytest.mark.parametrize("columns", [20, 40])
@pytest.mark.usefixtures("copied", "few_strokes")
def test_nothing_is_wider_than_the_terminal(words: list[str], columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = ran_in(use_terminal(monkeypatch, columns), words, columns, monkeypatch)
    assert [line for line in screen.wrapped if " " in line.strip()] == [], "only words that are wider themselves"
    assert len(screen.lines) < (150 if columns == 20 else 100)


@every_command
@pytest.mark.parametrize("encoding", ["cp437", "ascii"])
@pytest.mark.usefixtures("copied", "few_strokes")
def test_a_code_page_has_everything_that_is_shown(
    words: list[str], encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Encoded(Terminal):
        pass

    terminal = use_terminal(monkeypatch, kind=Encoded)
    monkeypatch.setattr(Encoded, "encoding", encoding)
    ran_in(terminal, words, 80, monkeypatch)
    assert terminal.getvalue().encode(encoding).decode(encoding) == terminal.getvalue()


@every_command
@pytest.mark.usefixtures("copied", "few_strokes")
def test_who_wants_no_colours_gets_none(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = use_terminal(monkeypatch)
    monkeypatch.setenv("NO_COLOR", "1")
    ran_in(terminal, words, 80, monkeypatch)
    assert "\x1b" not in terminal.getvalue()


@every_command
@pytest.mark.usefixtures("copied", "few_strokes")
def test_a_pipe_gets_whole_lines_however_narrow_the_terminal_is(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    shown: list[str] = []
    for columns in ("20", "200"):
        monkeypatch.setenv("COLUMNS", columns)
        main([*words, "--force"] if words[0] in ("train", "plot") else words)
        out, err = capsys.readouterr()
        assert "\r" not in f"{out}{err}"
        assert "\x1b" not in f"{out}{err}"
        shown.append(re.sub(r" +[\d.]+ s$|^.* will be replaced\n", "", f"{out}{err}", flags=re.MULTILINE))
    assert shown[0].split("\n") == shown[1].split("\n")
