"""The command line as a whole: exit statuses, streams, plugins; in a process of its own where that matters."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent
from typing import IO

import pytest

from purenn import __version__
from purenn.cli import Arguments, Command, main
from purenn.formats import idx
from purenn.network import Sequential
from tests.cli.conftest import Captured, left_or_right
from tests.conftest import ROOT

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals, pipes and terminals of POSIX")
# Minutes of training; the tests see the first moments.
LONG = ["train", "strokes", "--limit", "300", "--hidden", "8", "--epochs", "10000"]


def start(
    folder: Path,
    *words: str,
    encoding: str = "utf-8",
    variables: Mapping[str, str] | None = None,
) -> subprocess.Popen[str]:
    """Start `python -m purenn` in this folder, where it finds its data too, with these variables in its environment."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PURENN_DATA": str(folder), "PYTHONIOENCODING": encoding}
    environment["PYTHON_COLORS"] = "0"  # in tracebacks
    environment.update(variables or {})
    # A test run in the background ignores Ctrl-C, and its children would too.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "purenn", *words],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
    finally:
        signal.signal(signal.SIGINT, before)


def run(folder: Path, *words: str, encoding: str = "utf-8", **variables: str) -> tuple[int, str, str]:
    """Run a whole process, and return its exit status, stdout and stderr."""
    process = start(folder, *words, encoding=encoding, variables=variables)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def read_until(stream: IO[str] | None, word: str) -> None:
    """Wait for a line with this word."""
    assert stream is not None
    for line in stream:
        if word in line:
            return
    raise AssertionError(f"it ended without {word!r}")


def failing_with(error: BaseException) -> Callable[[Command, Arguments], int]:
    """Return a method to replace `Command.run`, which raises this error."""

    def run(command: Command, arguments: Arguments) -> int:
        raise error

    return run


# Exit statuses.


def test_without_a_command_the_help_is_shown(tmp_path: Path) -> None:
    status, out, err = run(tmp_path)
    assert (status, err) == (0, "")
    assert out.startswith("usage: purenn ")
    assert out == run(tmp_path, "--help")[1] == run(tmp_path, "help")[1]
    assert run(tmp_path, "help", "train")[1] == run(tmp_path, "train", "-h")[1]


def test_success_is_status_0_and_failure_is_1(tmp_path: Path) -> None:
    status, out, err = run(tmp_path, "train", "blobs", "--epochs", "1", "--json")
    assert status == 0
    assert [json.loads(line)["event"] for line in out.splitlines()] == ["epoch", "done"]
    assert "\r" not in err
    assert err.count("\n") == 4  # the samples, the network, the settings, the epoch
    status, out, err = run(tmp_path, "evaluate", "none")
    assert (status, out, err) == (1, "", "purenn evaluate: none: No such file or directory\n")


def test_the_version_is_shown(tmp_path: Path) -> None:
    assert run(tmp_path, "--version") == (0, f"purenn {__version__}\n", "")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("it is off"), "it is off"),
        (OSError(errno.ENOSPC, "No space left on device", "m"), "m: No space left on device"),
        (OSError(errno.ENOSPC, "No space left on device"), "stdout: No space left on device"),
        (FileNotFoundError("no data set"), "no data set"),
        (OverflowError("math range error"), "math range error"),
        (IndexError("there is no picture 3"), "there is no picture 3"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_an_error_is_a_line_and_with_debug_a_traceback(
    error: Exception, said: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Command, "run", failing_with(error))
    assert main(["check"]) == 1
    assert capsys.readouterr() == ("", f"purenn check: {said}\n")
    with pytest.raises(type(error)):
        main(["check", "--debug"])


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ("evaluate none", 1, "none: No such file or directory"),
        ("train --lr 3", 2, "there is no option --lr; purenn calls it --learning-rate"),
        ("trian", 2, "no command is called 'trian'"),
        ("train --resume", 2, "argument --resume: there is nothing to go on from"),
    ],
)
def test_a_failure_is_a_json_line_too(words: str, status: int, said: str, tmp_path: Path) -> None:
    found, out, err = run(tmp_path, *words.split(), "--json")
    assert found == status
    line = json.loads(out)
    assert (line["event"], line["status"]) == ("error", status)
    assert line["message"].startswith(said)
    assert said in err


def test_a_plugin_that_fails_and_an_interruption_are_json_lines_too(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, out, _ = run(tmp_path, "--plugin", "none.py", "check", "--json")
    assert (status, json.loads(out)["status"]) == (2, 2)
    assert json.loads(out)["message"].startswith("cannot load the plugin none.py: ")
    monkeypatch.setattr(Command, "run", failing_with(KeyboardInterrupt()))
    assert main(["check", "--json"]) == 130
    assert json.loads(capsys.readouterr().out) == {"event": "error", "message": "interrupted", "status": 130}


def test_a_bug_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Command, "run", failing_with(TypeError("a bug")))
    with pytest.raises(TypeError, match="a bug"):
        main(["check"])


@pytest.mark.parametrize("command", ["check", "inspect x", "evaluate m", "predict m f", "fetch mnist", "train"])
def test_every_command_can_be_interrupted(command: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Command, "run", failing_with(KeyboardInterrupt()))
    assert main(command.split()) == 130
    assert capsys.readouterr() == ("", f"purenn {command.split()[0]}: interrupted\n")


def test_the_arguments_are_those_of_the_process_unless_given(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
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
    assert {json.loads(line)["event"] for line in out.splitlines()} <= {"epoch", "error"}
    assert Sequential.load(tmp_path / "strokes.safetensors").widths == [8, 8, 10]


@posix
@pytest.mark.parametrize("engine", [["--engine", "float"], ["--engine", "lanes"], ["--workers", "2"]])
def test_ctrl_c_before_the_first_epoch_has_ended_saves_nothing(engine: list[str], tmp_path: Path) -> None:
    process = start(tmp_path, "train", "strokes", "--hidden", "256", "--batch-size", "1", *engine)
    read_until(process.stderr, "engine")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "interrupted in epoch 1; nothing was saved"
    assert list(tmp_path.iterdir()) == [], "the good name is left to the next training"


@posix
def test_ctrl_c_before_the_first_epoch_has_ended_leaves_an_older_network_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "strokes.safetensors").write_bytes(b"a network that took an hour to train")
    process = start(tmp_path, "train", "strokes", "--hidden", "256", "--batch-size", "1")
    read_until(process.stderr, "engine")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "interrupted in epoch 1; nothing was saved; strokes.safetensors is as it was"
    assert (tmp_path / "strokes.safetensors").read_bytes() == b"a network that took an hour to train"


@posix
def test_a_reader_that_closes_the_pipe_ends_the_training_quietly(tmp_path: Path) -> None:
    process = start(tmp_path, *LONG, "--json")
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["epoch"] == 1
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == 1
    assert all(line.startswith(("strokes: ", "lanes engine: ", "SGD, ", "epoch ")) for line in said.splitlines())
    assert Sequential.load(tmp_path / "strokes.safetensors").widths == [8, 8, 10]


def test_a_terminal_without_kana_shows_question_marks(tmp_path: Path) -> None:
    (tmp_path / "kmnist").mkdir()
    for part in ("train", "t10k"):
        idx.write(tmp_path / "kmnist" / f"{part}-images-idx3-ubyte", idx.Idx((3, 2, 2), bytes(range(12))))
        idx.write(tmp_path / "kmnist" / f"{part}-labels-idx1-ubyte", idx.Idx((3,), bytes(range(3))))
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


def test_a_message_that_the_terminal_cannot_show_causes_no_traceback(tmp_path: Path) -> None:
    status, out, err = run(tmp_path, "evaluate", "お", encoding="ascii")
    assert (status, out) == (1, "")
    assert "No such file or directory" in err
    assert "Traceback" not in err


@posix
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_stream_that_the_caller_has_closed_is_no_error(closed: str, tmp_path: Path) -> None:
    command = f"exec {sys.executable} -m purenn train xor --epochs 2 --out model {closed}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run(["sh", "-c", command], cwd=tmp_path, env=environment, check=False).returncode == 0
    assert (tmp_path / "model").exists()


@posix
def test_ctrl_c_while_modules_are_loaded_ends_the_process_quietly(tmp_path: Path) -> None:
    code = """
        import os, signal, sys

        class Interrupting:
            def find_spec(self, name, path=None, target=None):
                if name == "purenn.cli":
                    os.kill(os.getpid(), signal.SIGINT)

        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.meta_path.insert(0, Interrupting())
        from purenn.__main__ import run
        run()
    """
    command = [sys.executable, "-c", dedent(code), "--version"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


@posix
def test_a_signal_before_the_command_begins_has_its_own_status(tmp_path: Path) -> None:
    (tmp_path / "ending.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n", encoding="utf-8")
    assert run(tmp_path, "--plugin", "ending.py", "check") == (128 + signal.SIGTERM, "", "")


# Plugins.

PLUGIN = """
from argparse import ArgumentParser

from purenn import datasets
from purenn.cli import Arguments, Command, register
from purenn.matrix import Matrix
from purenn.samples import Samples


class GreetArguments(Arguments):
    whom: str

    @classmethod
    def add_to(cls, parser: ArgumentParser) -> None:
        parser.add_argument("whom", metavar="WHOM")


def greet(arguments: GreetArguments) -> int:
    print(f"Hello, {arguments.whom}!")
    return 0


register(Command("greet", "say hello", GreetArguments, greet))


@datasets.register("halves")
def halves() -> tuple[Samples, Samples]:
    line = Samples(Matrix([[2.0], [4.0], [6.0]]), Matrix([[1.0], [2.0], [3.0]]))
    return line, line
"""


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """Write a plugin that adds a command and a data set."""
    path = tmp_path / "my plugin.py"
    path.write_text(PLUGIN, encoding="utf-8")
    return path


def test_a_command_of_a_plugin_is_listed_and_runs(tmp_path: Path, plugin: Path) -> None:
    assert "    greet        say hello\n" in run(tmp_path, "--plugin", plugin.name, "--help")[1]
    assert run(tmp_path, "--plugin", plugin.name, "greet", "Ada") == (0, "Hello, Ada!\n", "")
    assert run(tmp_path, f"--plugin={plugin}", "greet", "Ada") == (0, "Hello, Ada!\n", "")
    status, out, err = run(tmp_path, "greet", "Ada")
    assert (status, out) == (2, "")
    assert "no command is called 'greet'" in err


def test_a_data_set_of_a_plugin_is_listed_and_trained_on(tmp_path: Path, plugin: Path) -> None:
    assert "halves" in run(tmp_path, "--plugin", plugin.name, "train", "--help")[1]
    status, out, err = run(tmp_path, "--plugin", plugin.name, "train", "halves", "--epochs", "1", "--json")
    assert (status, "Traceback" in err) == (0, False)
    assert [json.loads(line)["event"] for line in out.splitlines()] == ["epoch", "done"]
    status, out, err = run(tmp_path, "--plugin", plugin.name, "evaluate", "halves.safetensors")
    assert (status, err) == (0, "")
    assert out.startswith("tested on: the 3 test samples of halves\n")


def test_plugins_of_the_environment_are_loaded_first_and_none_twice(tmp_path: Path, plugin: Path) -> None:
    (tmp_path / "second.py").write_text("from purenn.cli import COMMANDS\nprint('greet' in COMMANDS)\n")
    paths = os.pathsep.join([plugin.name, "", str(plugin)])
    words = ["--plugin", "second.py", "--plugin", plugin.name, "greet", "Ada"]
    assert run(tmp_path, *words, PURENN_PLUGINS=paths) == (0, "True\nHello, Ada!\n", "")


def test_a_plugin_may_be_an_installed_module(tmp_path: Path, plugin: Path) -> None:
    plugin.rename(tmp_path / "installed.py")
    path = os.pathsep.join([str(ROOT), str(tmp_path)])
    assert run(tmp_path, "--plugin", "installed", "greet", "Ada", PYTHONPATH=path) == (0, "Hello, Ada!\n", "")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (None, "No such file or directory"),
        ("import torch_of_nobody", "ModuleNotFoundError: No module named 'torch_of_nobody'"),
        ("1 +", "SyntaxError: invalid syntax (bad.py, line 1)"),
        ("raise SystemExit(0)", "SystemExit: 0"),
        (PLUGIN.replace('"greet"', '"check"'), "ValueError: another command is called 'check' already;"),
    ],
)
def test_a_plugin_that_cannot_be_loaded_is_named_with_the_reason_and_status_2(
    tmp_path: Path, code: str | None, reason: str
) -> None:
    if code is not None:
        (tmp_path / "bad.py").write_text(code, encoding="utf-8")
    status, out, err = run(tmp_path, "--plugin", "bad.py", "check")
    assert (status, out) == (2, "")
    assert err.startswith(f"purenn: cannot load the plugin bad.py: {reason}")
    assert err.count("\n") == 1
    status, out, err = run(tmp_path, "--plugin", "bad.py", "check", "--debug")
    assert (status, out) == (1, "")
    assert err.startswith("Traceback")
    assert f"ImportError: cannot load the plugin bad.py: {reason}" in err


# Without files.


def test_commands_are_found_in_a_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "purenn.zip", "w") as archive:
        for path in sorted((ROOT / "purenn").rglob("*.py")):
            archive.write(path, path.relative_to(ROOT).as_posix())
    status, out, err = run(tmp_path, "--help", PYTHONPATH=str(tmp_path / "purenn.zip"))
    assert (status, err) == (0, "")
    assert "\n    inspect      show " in out
    assert run(tmp_path, "inspect", "purenn.zip", PYTHONPATH=str(tmp_path / "purenn.zip"))[2].startswith(
        "purenn inspect: purenn.zip: neither IDX, safetensors nor a picture"
    )


def test_r_squared_is_readable_where_there_is_only_ascii(tmp_path: Path) -> None:
    _, out, _ = run(tmp_path, "train", "house-prices", "--epochs", "1", encoding="ascii")
    assert out.startswith("test R2 ")


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("train klase.csv", "klasse.csv"),
        ("train Klasse.csv", "klasse.csv"),
        ("train klasse", "klasse.csv"),
        ("train bilder", "Bilder"),
        ("inspect klase.csv", "klasse.csv"),
        ("predict Bilder.png", "Bilder.safetensors"),
        ("predict Bilder.safetensors nue.png", "neu.png"),
    ],
)
def test_a_misspelt_file_is_answered_with_the_one_that_is_there(
    words: str, hint: str, folder: Path, capsys: Captured
) -> None:
    Path("Bilder").mkdir()
    for name in ("klasse.csv", "neu.png"):
        Path(name).write_bytes(b"")
    left_or_right().save("Bilder.safetensors")
    assert main(words.split()) == 1
    assert f"; did you mean {hint}?" in f"; {capsys.readouterr().err.partition('; ')[2]}"
