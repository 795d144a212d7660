"""The command line as a whole: exit statuses, and what goes where; in processes of its own where that matters."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

from purenn import __main__, __version__
from purenn.cli.arguments import Options
from purenn.cli.main import COMMANDS, main
from purenn.formats.idx import Idx, write
from purenn.network import Sequential

ROOT = Path(__file__).parents[2]
Captured = pytest.CaptureFixture[str]
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals, pipes and terminals of POSIX")
# Minutes of training, of which the tests see the first moments.
LONG = ["train", "strokes", "--limit", "2000", "--hidden", "8", "--epochs", "10000"]


def start(folder: Path, *words: str, stderr: int = subprocess.PIPE, encoding: str = "utf-8") -> subprocess.Popen[str]:
    """`python -m purenn` in this folder, where it finds its data too."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PURENN_DATA": str(folder), "PYTHONIOENCODING": encoding}
    # A test run in the background ignores Ctrl-C, and its children would too.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "purenn", *words],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            encoding="utf-8",
        )
    finally:
        signal.signal(signal.SIGINT, before)


def run(folder: Path, *words: str, encoding: str = "utf-8") -> tuple[int, str, str]:
    """Exit status, stdout and stderr of a whole process."""
    process = start(folder, *words, encoding=encoding)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def read_until(stream: IO[str] | None, word: str) -> None:
    """Wait for a line that has this word."""
    assert stream is not None
    for line in stream:
        if word in line:
            return
    raise AssertionError(f"it ended without {word!r}")


# Exit statuses.


def test_without_words_it_says_how_it_is_used(tmp_path: Path) -> None:
    status, out, err = run(tmp_path)
    assert (status, out) == (2, "")
    assert err.startswith("usage: purenn ")
    assert "Traceback" not in err


def test_what_is_done_is_0_and_what_fails_is_1(tmp_path: Path) -> None:
    status, out, err = run(tmp_path, "train", "blobs", "--epochs", "1", "--json")
    assert status == 0
    assert [json.loads(line)["event"] for line in out.splitlines()] == ["epoch", "done"]
    assert "\r" not in err
    assert err.count("\n") == 3  # what on what, the network, the epoch
    status, out, err = run(tmp_path, "evaluate", "none")
    assert (status, out, err) == (1, "", "purenn evaluate: none: No such file or directory\n")


def test_the_version_is_said(tmp_path: Path) -> None:
    assert run(tmp_path, "--version") == (0, f"purenn {__version__}\n", "")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("it is off"), "it is off"),
        (OSError(28, "No space left on device", "m"), "m: No space left on device"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (FileNotFoundError("no data set"), "no data set"),
        (OverflowError("math range error"), "math range error"),
        (IndexError("there is no picture 3"), "there is no picture 3"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_an_error_is_a_line_and_with_debug_a_traceback(
    error: Exception, said: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(options: Options) -> int:
        raise error

    monkeypatch.setitem(COMMANDS, "check", fail)
    assert main(["check"]) == 1
    assert capsys.readouterr() == ("", f"purenn check: {said}\n")
    with pytest.raises(type(error)):
        main(["check", "--debug"])


def test_a_mistake_of_our_own_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(options: Options) -> int:
        raise TypeError("a bug")

    monkeypatch.setitem(COMMANDS, "check", fail)
    with pytest.raises(TypeError):
        main(["check"])


def test_any_command_can_be_interrupted(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(options: Options) -> int:
        raise KeyboardInterrupt

    for command in ("check", "inspect x", "evaluate m", "predict m f", "fetch mnist", "train"):
        monkeypatch.setitem(COMMANDS, command.split()[0], interrupted)
        assert main(command.split()) == 130
        assert capsys.readouterr() == ("", f"purenn {command.split()[0]}: interrupted\n")


def test_the_words_are_those_of_the_process_unless_given(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["purenn", "inspect", "/no/such/file"])
    assert main() == 1
    assert "/no/such/file" in capsys.readouterr().err


# Ctrl-C, pipes and terminals.


@posix
def test_ctrl_c_in_training_saves_the_best_and_exits_with_130(tmp_path: Path) -> None:
    process = start(tmp_path, *LONG, "--json")
    read_until(process.stdout, '"epoch": 2,')
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.splitlines()[-1].startswith("interrupted; strokes.safetensors holds the network after epoch ")
    assert "Traceback" not in err
    assert {json.loads(line)["event"] for line in out.splitlines()} <= {"epoch"}
    assert Sequential.load(tmp_path / "strokes.safetensors").widths == [8, 8, 10]


@posix
@pytest.mark.parametrize("engine", [["--engine", "float"], ["--engine", "lanes"], ["--workers", "2"]])
def test_ctrl_c_before_the_first_epoch_has_ended_saves_too(engine: list[str], tmp_path: Path) -> None:
    process = start(tmp_path, "train", "strokes", "--hidden", "256", "--batch-size", "1", *engine)
    read_until(process.stderr, "engine")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err == "interrupted; strokes.safetensors holds the network after its first steps\n"
    assert Sequential.load(tmp_path / "strokes.safetensors").widths == [256, 256, 10]


@posix
def test_ctrl_c_before_the_first_epoch_has_ended_leaves_an_older_network_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "strokes.safetensors").write_bytes(b"a network that took an hour to train")
    process = start(tmp_path, "train", "strokes", "--hidden", "256", "--batch-size", "1")
    read_until(process.stderr, "engine")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "interrupted; strokes.safetensors is as it was\n")
    assert (tmp_path / "strokes.safetensors").read_bytes() == b"a network that took an hour to train"


@posix
def test_a_reader_who_has_seen_enough_ends_it_quietly(tmp_path: Path) -> None:
    process = start(tmp_path, *LONG, "--json")
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["epoch"] == 1
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == 1
    assert all(line.startswith(("strokes: ", "lanes engine: ", "epoch ")) for line in said.splitlines())
    assert Sequential.load(tmp_path / "strokes.safetensors").widths == [8, 8, 10]


@posix
def test_a_terminal_shows_a_bar_that_moves(tmp_path: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    process = start(tmp_path, "train", "strokes", "--hidden", "16", "--limit", "2000", "--epochs", "1", stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while block := os.read(ours, 4096):
            shown += block
    except OSError:  # Linux says so when the other end is closed
        pass
    os.close(ours)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "\r" not in out
    assert shown.count(b"\repoch 1/1 [") >= 2
    assert b" s left\x1b[K" in shown
    assert b"\r\x1b[Kepoch 1/1    loss " in shown  # the bar makes room for the line


def test_a_terminal_without_kana_shows_question_marks(tmp_path: Path) -> None:
    (tmp_path / "kmnist").mkdir()
    for part in ("train", "t10k"):
        write(tmp_path / "kmnist" / f"{part}-images-idx3-ubyte", Idx((3, 2, 2), bytes(range(12))))
        write(tmp_path / "kmnist" / f"{part}-labels-idx1-ubyte", Idx((3,), bytes(range(3))))
    status, _, err = run(tmp_path, "train", "kmnist", "--epochs", "1", "--hidden", "2", encoding="ascii")
    assert (status, "Traceback" in err) == (0, False)
    for command in (
        ["evaluate", "kmnist.safetensors"],
        ["predict", "kmnist.safetensors", "kmnist/t10k-images-idx3-ubyte"],
        ["inspect", "kmnist.safetensors"],
    ):
        status, out, err = run(tmp_path, *command, encoding="ascii")
        assert (status, err) == (0, "")
        assert "?" in out
        status, out, err = run(tmp_path, *command)
        assert (status, err) == (0, "")
        assert "?" not in out


def test_a_message_that_the_terminal_cannot_show_is_no_traceback(tmp_path: Path) -> None:
    status, out, err = run(tmp_path, "evaluate", "お", encoding="ascii")
    assert (status, out) == (1, "")
    assert "No such file or directory" in err
    assert "Traceback" not in err


@posix
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_stream_is_as_good_as_none(closed: str, tmp_path: Path) -> None:
    command = f"exec {sys.executable} -m purenn train xor --epochs 2 --out model {closed}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run(["sh", "-c", command], cwd=tmp_path, env=environment, check=False).returncode == 0
    assert (tmp_path / "model").exists()


def test_ctrl_c_while_modules_are_loaded_ends_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted:
        def find_spec(self, name: str, path: object = None, target: object = None) -> None:
            if name == "purenn.cli.main":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "purenn.cli.main")
    monkeypatch.setattr(sys, "meta_path", [Interrupted(), *sys.meta_path])
    assert __main__.run() == 130
