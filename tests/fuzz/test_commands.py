"""The command line: whatever its words are, it ends with a known status, and never with a traceback."""

from __future__ import annotations

import contextlib
import io
import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from purenn.cli import main
from purenn.cli.parser import parser
from purenn.datasets import DATASETS
from purenn.formats import safetensors
from tests.corpus import IDX, PICTURES, SAFETENSORS, TABLES
from tests.fuzz.inputs import JUNK, fuzzed, junk, limited, st

pytestmark = pytest.mark.fuzz

# Without those that open a server, use the network, or take more than a second by what they are for.
COMMANDS = ["completion", "evaluate", "help", "inspect", "plot", "predict", "report", "sweep", "train"]
# --debug asks for the traceback, --workers and --epochs of any size for work of any size.
LEFT_OUT = ("--debug", "--workers", "--epochs", "--help", "-h", "--plugin")
DATA = ["xor", "moons", "iris", "table.csv", "."]
NUMBERS = ["1", "2", "3", "-1", "0.5", "5.1", "3,5", "8,4", "1e-3"]
VALUES = ["adam", "relu", "tanh", "mse", "cross_entropy", "lanes", "float", "auto", "classes", "cosine", "yes", "drop"]


def options(command: str) -> list[str]:
    """The options of a command."""
    found = [name for action in parser().commands[command]._actions for name in action.option_strings]
    return [name for name in found if name not in LEFT_OUT]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with good and bad files of every kind, in which the commands run."""
    made, before = tmp_path_factory.mktemp("commands"), Path.cwd()
    os.chdir(made)
    for number, cases in enumerate((IDX, PICTURES, SAFETENSORS, TABLES)):
        for name, case in list(cases.items())[::3]:
            Path(f"{number} {name}"[:40].replace("/", "-")).write_bytes(case.raw)
    Path("table.csv").write_bytes(TABLES["numbers and classes"].raw * 5)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for data in ("xor", "table.csv"):
            assert main(["train", data, "--epochs", "1", "--checkpoint", f"{data}.checkpoint"]) in (0, 1)
    yield made
    os.chdir(before)


def run(words: Sequence[str]) -> None:
    """The words are done, or refused in a line."""
    out, err = io.StringIO(), io.StringIO()
    there = set(os.listdir())
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings(), limited(memory=0):
        warnings.simplefilter("ignore")
        try:
            status: object = main(words)
        except SystemExit as ended:
            status = ended.code
    said = out.getvalue() + err.getvalue()
    assert status in (0, 1, 2, None)
    assert "Traceback" not in said
    assert "\x1b" not in said
    assert status not in (1, 2) or err.getvalue().startswith("purenn") or "\npurenn" in err.getvalue()
    for name in set(os.listdir()) - there:  # so that they do not become more and more
        if os.path.isfile(name):
            os.unlink(name)


def test_words(folder: Path) -> None:
    names = [path.name for path in folder.iterdir()]
    rest = st.sampled_from([*DATA, *names, *NUMBERS, *VALUES, *JUNK])

    def sentence(command: str) -> object:
        words = st.lists(st.one_of(rest, st.sampled_from(options(command) or ["--json"])), max_size=6)
        if command not in ("train", "sweep"):
            return words.map(lambda some: [command, *some])
        # the first data set named is that to train on: without any, it would be the built-in pictures
        end = ["--epochs", "1", *(["--vary", "hidden", "2"] if command == "sweep" else [])]
        return st.builds(lambda data, some: [command, data, *some, *end], st.sampled_from(DATA), words)

    fuzzed(st.one_of(*map(sentence, COMMANDS), st.lists(rest, max_size=4)), run, share=2)


def test_networks_of_strangers(folder: Path) -> None:
    tensors, metadata = safetensors.read("xor.safetensors")

    def ask(parts: tuple[str, dict[str, str], list[str]]) -> None:
        command, texts, more = parts
        try:
            safetensors.write("m", tensors, {**metadata, **texts})
        except ValueError:  # half a character
            return
        run([command, "m", *more])

    commands = st.sampled_from(["evaluate", "inspect", "plot", "predict", "report"])
    keys = st.sampled_from([*metadata, "source", "schema", "ink", "classes", "height"])
    changes = st.dictionaries(keys, junk(), max_size=3)
    more = st.lists(st.sampled_from(["xor", "1", "0.5", "--json", "--index", "table.csv"]), max_size=3)
    fuzzed(st.tuples(commands, changes, more), ask, share=2)


def test_the_words_are_those_of_the_command_line() -> None:
    """The test above would else try nothing."""
    assert {*COMMANDS, "bench", "check", "fetch", "playground"} == set(parser().commands)
    assert {"xor", "moons", "iris"} <= set(DATASETS)
