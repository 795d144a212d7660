"""Shell completion: the scripts complete commands, options, values and files in real shells, if these are installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

import pytest

from purenn.cli import COMMANDS, Arguments, Command, main, register
from purenn.cli.completion import SHELLS
from purenn.cli.parser import parser
from purenn.datasets import DATASETS
from purenn.optimizers import OPTIMIZERS
from tests.cli.conftest import Captured

if sys.platform != "win32":
    import pty


def needs(shell: str) -> pytest.MarkDecorator:
    """Skip a test where a shell is not installed. `.ci/run` installs all."""
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"needs {shell}: apt-get install {shell}")


every_shell = pytest.mark.parametrize("shell", [pytest.param(shell, marks=needs(shell)) for shell in SHELLS])


@pytest.fixture
def script(shell: str, empty: Path, capsys: Captured) -> Path:
    """Write the script for a shell into a folder with three files."""
    assert main(["completion", shell]) == 0
    for name in ("mine.safetensors", "mo.csv", "my folder.txt"):
        (empty / name).touch()
    path = empty / "script"
    path.write_text(capsys.readouterr().out, encoding="utf-8")
    return path


def bash(script: Path, words: Sequence[str]) -> list[str]:
    """Return what bash completes: that of the script or, if it has nothing, files."""
    code = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _purenn; printf "%s\\n" "${COMPREPLY[@]}"'
    found = subprocess.check_output(["bash", "-c", code, "bash", str(script), *words], text=True).split("\n")
    return [word for word in found if word] or [name for name in os.listdir() if name.startswith(words[-1])]


def fish(script: Path, words: Sequence[str]) -> list[str]:
    """Return what fish completes."""
    code = "source $argv[1]; complete -C $argv[2]"
    environment = {**os.environ, "HOME": str(script.parent), "XDG_CONFIG_HOME": str(script.parent)}
    found = subprocess.check_output(
        ["fish", "--no-config", "-c", code, str(script), " ".join(words)], text=True, env=environment
    )
    return [line.partition("\t")[0] for line in found.splitlines()]


def zsh(script: Path, words: Sequence[str]) -> list[str]:
    """Return the words that zsh lists at the TAB key, typed in a terminal."""
    marker = "completed"
    setup = (
        f"autoload -U compinit; compinit -u -D; source {script}; PROMPT=; unsetopt zle_bracketed_paste; "
        "LISTMAX=1000; zstyle ':completion:*' list-colors; setopt noautomenu nolistbeep; "
        f'compadd() {{ builtin compadd -O found "$@"; print -rl -- $found >> {marker}; builtin compadd "$@" }}; '
        "print rea''dy\n"
    )
    process, terminal = pty.fork()
    if process == 0:
        os.environ.update(TERM="xterm", COLUMNS="200", LINES="100", ZDOTDIR=str(script.parent))
        os.execvp("zsh", ["zsh", "-f", "-i"])
    try:
        os.write(terminal, setup.encode())
        read_until(terminal, b"ready\r\n")
        os.write(terminal, f"{' '.join(words)}\t\n".encode())
        os.write(terminal, b"print do''ne\n")
        read_until(terminal, b"done\r\n")
    finally:
        os.close(terminal)
        os.waitpid(process, 0)
    lines = Path(marker).read_text(encoding="utf-8").splitlines() if Path(marker).exists() else []
    return [line for line in dict.fromkeys(lines) if line]


def read_until(terminal: int, text: bytes) -> None:
    """Read from a terminal until a text has come, for at most 20 seconds."""
    seen, started = b"", time.monotonic()
    while text not in seen:
        assert time.monotonic() - started < 20.0, seen
        seen += os.read(terminal, 4096)


COMPLETE = {"bash": bash, "zsh": zsh, "fish": fish}


@every_shell
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["purenn", "tr"], ["train"]),
        (["purenn", "train", "--optimi"], ["--optimizer"]),
        (["purenn", "train", "--optimizer", "ada"], ["adagrad", "adam", "adamw"]),
        (["purenn", "train", "moo"], ["moons"]),
        (["purenn", "--plugin", "p.py", "fetch", "km"], ["kmnist"]),
        (["purenn", "evaluate", "mi"], ["mine.safetensors"]),
        (["purenn", "help", "insp"], ["inspect"]),
        (["purenn", "train", "--activation", "leaky"], ["leaky_relu"]),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_a_shell_completes(shell: str, script: Path, words: list[str], expected: list[str]) -> None:
    assert sorted(COMPLETE[shell](script, words)) == expected


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_has_every_command_option_and_choice(shell: str, script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    options = {option.lstrip("-") for inner in parser().commands.values() for option in inner.options()}
    for name in (*COMMANDS, *options, *DATASETS, *OPTIMIZERS):
        assert name in text


@every_shell
def test_a_command_with_every_kind_of_character_in_its_help_is_no_syntax_error(
    shell: str, empty: Path, capsys: Captured
) -> None:
    class OddArguments(Arguments):
        """Arguments whose help has what shells and _arguments give a meaning to."""

        @classmethod
        def add_to(cls, parser: ArgumentParser) -> None:
            parser.add_argument("--odd", metavar="A", choices=["a(1)", "b$c"], help='it\'s [a] \\ $HOME `x` %% "y"')

    register(Command("odd", "say 'it': [now] $HOME `x`", OddArguments, lambda arguments: 0))
    try:
        assert main(["completion", shell]) == 0
    finally:
        COMMANDS.remove("odd")
    Path("script").absolute().write_text(capsys.readouterr().out, encoding="utf-8")
    assert subprocess.run([shell, "-n", "script"], capture_output=True, text=True, check=True).stderr == ""
    if shell != "zsh":
        assert COMPLETE[shell](Path("script").absolute(), ["purenn", "od"]) == ["odd"]


def test_as_json_a_script_is_one_line(capsys: Captured) -> None:
    assert main(["completion", "bash", "--json"]) == 0
    line = json.loads(capsys.readouterr().out)
    assert (line["event"], line["shell"]) == ("completion", "bash")
    assert "_purenn" in line["script"]


@pytest.mark.parametrize("shell", SHELLS)
def test_script_and_help_say_that_the_file_is_not_completed(shell: str, capsys: Captured) -> None:
    assert main(["completion", shell]) == 0
    assert "python purenn.pyz is a command of python, and is not completed" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["completion", "--help"])
    assert "not for python -m purenn or python purenn.pyz" in " ".join(capsys.readouterr().out.split())
