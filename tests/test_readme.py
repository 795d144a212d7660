"""README.md: its examples run and print the output it shows."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
from pathlib import Path

import pytest

from purenn import Sequential, datasets, feed_forward, fit
from purenn.cli import main
from purenn.cli.main import parse_arguments
from purenn.formats import Picture, png
from tests.test_house import PACKAGE, PATH, code_lines

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks in this language."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def run(code: str) -> str:
    """Run a program and return its output."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {"__name__": "__main__"})
    return printed.getvalue()


def test_the_xor_example_prints_what_is_shown() -> None:
    assert run(blocks("python")[0]) == blocks("text")[0]


def test_the_examples_have_at_most_15_lines() -> None:
    for code in blocks("python"):
        assert len([line for line in code.splitlines() if line.strip()]) <= 15


def test_the_mnist_example_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On 200 of the built-in pictures in place of MNIST: the accuracy it reaches there is for the slow tests."""
    strokes = datasets.load("strokes")
    few, test = strokes.train.select(range(200)), strokes.test.select(range(50))
    monkeypatch.setattr(datasets, "load", lambda name: datasets.Dataset("mnist", few, test, strokes.classes))
    monkeypatch.chdir(tmp_path)
    (code,) = [block for block in blocks("python") if "mnist.safetensors" in block]
    printed = run(code)
    assert re.fullmatch(r"(epoch \d+: loss .*, validation_loss .*\n){14}\d+\.\d\d% of the test pictures\n", printed)
    assert Sequential.load(tmp_path / "mnist.safetensors").widths == [128, 128, 10]


@pytest.mark.slow
@pytest.mark.skipif("PURENN_DATA" not in os.environ, reason="needs real MNIST: set PURENN_DATA to a folder with mnist/")
def test_the_mnist_example_reaches_what_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (code,) = [block for block in blocks("python") if "mnist.safetensors" in block]
    said = re.findall(r"It ends with ([\d.]+) %", README)
    reached = re.findall(r"([\d.]+)% of the test pictures", run(code))
    assert [float(figure) for figure in reached] == pytest.approx([float(figure) for figure in said], abs=0.3)


def test_the_example_of_a_training_prints_what_is_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (code,) = [block for block in blocks("python") if "checkpoint" in block]
    (shown,) = [block for block in blocks("text") if "overfitting" in block]
    assert run(code) == shown
    assert (tmp_path / "few.csv").exists()
    assert run(code) == shown  # all done already: from the checkpoint


def test_the_example_of_an_estimator_prints_what_is_shown() -> None:
    (code,) = [block for block in blocks("python") if "MLPClassifier" in block]
    (shown,) = [block for block in blocks("text") if "'same'" in block]
    assert run(code) == shown


def test_the_number_of_lines_to_read_is_true() -> None:
    said = re.findall(r"([\d,]+) lines, from a neuron to MNIST", README)
    counted = sum(len(code_lines(PACKAGE / f"{name}.py")) for name in PATH)
    assert [int(number.replace(",", "")) for number in said] == [round(counted, -2)]


def test_every_command_shown_exists() -> None:
    shown = re.findall(r"python3? -m purenn ([^`\n]*)", README)
    assert len(shown) >= 4
    for words in shown:
        assert parse_arguments(shlex.split(words, comments=True)).command == words.split()[0]


@pytest.mark.slow
def test_the_two_commands_print_what_is_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """But for the seconds, and for the last digits, which differ between Python versions."""
    monkeypatch.chdir(tmp_path)
    (train,) = (block.splitlines()[1:] for block in blocks("console") if "saved strokes" in block)
    (predict,) = (block.splitlines()[1:] for block in blocks("console") if "picture 3" in block)
    assert main(["train"]) == 0
    captured = capsys.readouterr()
    printed = (captured.err + captured.out).splitlines()
    assert len(printed) == len(train)
    for real, shown in zip(printed, train):
        if not shown.startswith("try"):  # it begins as the command did that was typed
            assert re.sub(r"[\d.]+", "0", real).split() == re.sub(r"[\d.]+", "0", shown).split()
        for a, b in zip(re.findall(r"([\d.]+) %", real), re.findall(r"([\d.]+) %", shown)):
            assert float(a) == pytest.approx(float(b), abs=1.5)
    assert main(["predict", "strokes.safetensors", "--index", "3"]) == 0
    printed = capsys.readouterr().out.splitlines()
    unsure = "0.0%"  # the second and the third choice
    assert [line for line in printed if not line.endswith(unsure)] == [
        line for line in predict if not line.endswith(unsure)
    ]
    assert main(["report", "strokes.safetensors"]) == 0
    (shown,) = (block.splitlines()[1] for block in blocks("console") if "strokes.html" in block)
    real = capsys.readouterr().out.strip()
    assert re.sub(r"\d+", "0", real) == re.sub(r"\d+", "0", shown)
    sizes = [int(number) for line in (real, shown) for number in re.findall(r"(\d+) kB", line)]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.1)


def test_the_examples_with_own_data_run_one_after_the_other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On the built-in flowers as a CSV file, and on pictures of two classes."""
    monkeypatch.chdir(tmp_path)
    iris = datasets.load("iris").train
    rows = iris.inputs.take(range(len(iris)))
    names = [iris.classes[row.index(1.0)] for row in iris.targets.take(range(len(iris)))]
    lines = [",".join(map(str, [*row, name])) for row, name in zip(rows, names)]
    Path("flowers.csv").write_text("\n".join(["a,b,c,d,species", *lines]), encoding="utf-8")
    table, pictures = (code for code in blocks("python") if "read_inputs" in code)
    printed = run(table)
    assert re.fullmatch(r"(9\d|100)\.\d\d% of the test rows\n\['setosa'\]\n", printed)
    for name, shade in (("dark", 0), ("light", 200)):
        Path("pictures", name).mkdir(parents=True)
        for i in range(5):
            png.write(Path("pictures", name, f"{i}.png"), Picture(28, 28, 1, bytes([shade + i]) * 784))
    shutil.copy(Path("pictures", "dark", "0.png"), "new.png")
    shades = datasets.from_folder("pictures", size=28).train
    network = feed_forward([784, 2])
    fit(network, shades, epochs=5)
    network.save("pictures.safetensors")
    assert run(f"from purenn import datasets, load\n{pictures}") in ("['dark']\n", "['light']\n")
