"""Commands as they are shown: they begin as the one that was typed, and run as printed."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from purenn import cli, registry
from purenn.cli.invocation import beginning, command
from tests.conftest import ROOT

posix = pytest.mark.skipif(sys.platform == "win32", reason="quotes of POSIX shells")
MODULE = "/home/me/purenn/__main__.py"


@pytest.mark.parametrize(
    ("arguments", "original", "expected"),
    [
        ([MODULE, "train"], ["python3", "-m", "purenn", "train"], ["python3", "-m", "purenn"]),
        (
            [MODULE],
            ["venv/bin/python", "-W", "error", "-m", "purenn"],
            ["venv/bin/python", "-W", "error", "-m", "purenn"],
        ),
        (["purenn.pyz", "train", "xor"], ["python", "purenn.pyz", "train", "xor"], ["python", "purenn.pyz"]),
        (["a/nn.zip"], ["/opt/python", "a/nn.zip"], ["/opt/python", "a/nn.zip"]),
        (["venv/bin/purenn", "train"], ["venv/bin/python", "venv/bin/purenn", "train"], ["venv/bin/purenn"]),
        (["/usr/bin/pytest", "-q"], ["python", "/usr/bin/pytest", "-q"], ["python3", "-m", "purenn"]),
        (["-c"], ["python", "-c"], ["python3", "-m", "purenn"]),
    ],
)
def test_a_command_begins_as_the_one_that_was_typed(
    arguments: list[str], original: list[str], expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert beginning(arguments, original) == expected


def test_a_folder_that_is_run_is_shown_as_it_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    folder = str(ROOT / "purenn")
    assert beginning([folder, "train"], ["python", folder, "train"]) == ["python", folder]
    assert beginning([folder, "train"], []) == [sys.executable, folder]


def test_before_python_3_10_the_running_python_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert beginning([MODULE, "train"], []) == [sys.executable, "-m", "purenn"]
    assert beginning(["purenn.pyz", "train"], []) == [sys.executable, "purenn.pyz"]


@posix
def test_a_program_that_the_shell_finds_is_shown_without_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("purenn", "python7"):
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert beginning([str(tmp_path / "purenn"), "train"], []) == ["purenn"]
    assert beginning(["other/purenn", "train"], []) == ["other/purenn"]
    original = [str(tmp_path / "python7"), "-m", "purenn", "train"]
    assert beginning([MODULE, "train"], original) == ["python7", "-m", "purenn"]


@posix
def test_names_with_spaces_are_quoted_and_plugins_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "plugins", registry.plugins)
    registry.plugins.append("/my plugin.py")
    try:
        shown = command("evaluate", Path("it's mine.safetensors"), "--data", "d")
    finally:
        registry.plugins.remove("/my plugin.py")
    assert shown == """python3 -m purenn --plugin '/my plugin.py' evaluate 'it'"'"'s mine.safetensors' --data d"""


def test_in_idle_a_command_is_a_call_that_runs_as_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "idlelib.run", sys)
    (call,) = re.findall(r"`(cli\.main\(.*?\))`", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert eval(call, {"cli": cli}) == 0
    hint = capsys.readouterr().out.splitlines()[-1]
    assert hint == "try   cli.main(['evaluate', 'and.safetensors'])"
    assert eval(hint[6:], {"cli": cli}) == 0


@posix
@pytest.mark.parametrize("start", ["module", "folder", "zip"])
def test_the_hint_of_a_training_runs_as_printed(start: str, tmp_path: Path) -> None:
    environment = {**os.environ, "PURENN_PLUGINS": ""}
    if start == "zip":
        with zipfile.ZipFile(tmp_path / "my purenn.pyz", "w") as archive:
            for path in sorted((ROOT / "purenn").rglob("*.py")):
                archive.write(path, path.relative_to(ROOT).as_posix())
            archive.writestr("__main__.py", "import sys\nfrom purenn.cli import main\nsys.exit(main())\n")
        typed = [sys.executable, "my purenn.pyz"]
    elif start == "folder":
        typed = [sys.executable, str(ROOT / "purenn")]
    else:
        environment["PYTHONPATH"] = str(ROOT)
        typed = [sys.executable, "-m", "purenn"]

    def output(words: list[str] | str, *, shell: bool) -> str:
        """Run a command, and return its output."""
        return subprocess.check_output(words, shell=shell, text=True, cwd=tmp_path, env=environment)

    words = ["train", "xor", "--epochs", "1", "--data", "no where", "--out", "my model"]
    hint = output([*typed, *words], shell=False).splitlines()[-1]
    assert hint.startswith("try   ")
    assert shlex.split(hint)[-4:] == ["evaluate", "my model", "--data", "no where"]
    assert "accuracy" in output(hint[6:], shell=True)


def test_a_file_whose_name_begins_as_an_option_is_named_as_a_file() -> None:
    assert command("evaluate", Path("-m.safetensors"), "--json").endswith(f"evaluate .{os.sep}-m.safetensors --json")
