"""The bar: what it draws on a terminal, in a notebook and nowhere else, and how it estimates the time left."""

from __future__ import annotations

import io
import re
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from purenn.history import Epoch
from purenn.layers import Linear
from purenn.network import Sequential
from purenn.progress import Bar, NotebookLine, Pace, Report, TrainingBar
from purenn.training import fit
from tests.conftest import ANSWERS, XOR, Clock
from tests.terminal import Screen, Terminal, run_in_terminal, use_terminal

pytestmark = pytest.mark.filterwarnings("ignore::purenn.errors.TrainingWarning")  # a line learns no XOR
posix = pytest.mark.skipif(sys.platform in ("win32", "emscripten"), reason="terminals of POSIX")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    stopped = Clock()
    monkeypatch.setattr(time, "monotonic", stopped)
    return stopped


def plain(text: str) -> str:
    """Return a text without its colours."""
    return re.sub(r"\x1b\[\d*m", "", text)


def shown(stderr: Terminal, columns: int = 200) -> str:
    """Return the line that a terminal shows."""
    screen = Screen(columns)
    screen.write(stderr.getvalue())
    assert screen.wrapped == []
    return screen.lines[-1]


def epoch(number: int) -> Epoch:
    return Epoch(number, 0.25, None, None, None, learning_rate=0.1, seconds=1.0)


# A bar for anything.


def test_a_bar_is_drawn_over_itself(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    stderr, bar = use_terminal(monkeypatch), Bar()
    clock.now += 2.0
    bar.show("reading", 50, 100)
    clock.now += 2.0
    bar.show("reading", 100, 100)
    half, full = "━" * 15 + "─" * 15, "━" * 30
    assert plain(stderr.getvalue()) == f"\rreading  {half}  50 %  2 s left\rreading  {full} 100 %  0 s left"


def test_a_bar_measures_the_time_left_from_its_start(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    stderr, bar = use_terminal(monkeypatch), Bar()
    clock.now += 500.0
    bar.start()
    clock.now += 3.0
    bar.show("x", 25, 100)
    assert "  9 s left" in stderr.getvalue()


def test_a_bar_is_drawn_ten_times_a_second_and_at_the_end(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    stderr, bar = use_terminal(monkeypatch), Bar()
    for done in range(1, 1001):
        clock.now += 0.001
        bar.show("x", done, 1000)
    assert 10 <= stderr.getvalue().count("\r") <= 12
    assert shown(stderr).endswith(" 100 %  0 s left")


def test_a_cleared_bar_leaves_an_empty_line_and_nothing_is_erased_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr, bar = use_terminal(monkeypatch), Bar()
    bar.clear()
    assert stderr.getvalue() == ""
    bar.show("x", 1, 2)
    stderr.write("^C")  # as terminals do
    bar.clear()
    assert shown(stderr) == ""
    before = stderr.getvalue()
    assert before.endswith("\r")
    bar.clear()
    assert stderr.getvalue() == before


def test_a_shorter_text_leaves_nothing_of_a_longer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr, bar = use_terminal(monkeypatch), Bar()
    for text in ("a long note", "損失", "x"):
        bar.note(text)
        assert shown(stderr) == text


def test_a_bar_of_nothing_to_do_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = use_terminal(monkeypatch)
    Bar().show("x", 0, 0)
    assert " 100 %" in shown(stderr)


def test_a_bar_writes_nothing_where_stderr_is_not_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    bar = Bar()
    bar.start()
    bar.show("x", 1, 2)
    bar.note("x")
    bar.show("x", 2, 2)
    bar.clear()
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("columns", [5, 20, 40, 80])
def test_a_bar_leaves_room_for_the_sign_of_ctrl_c(columns: int, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    stderr, bar = use_terminal(monkeypatch, columns), Bar()
    clock.now += 9.0
    bar.show("損失.gz", 50, 100)
    bar.note("an explanation that is longer than any terminal is wide" * 5)
    bar.note("一" * 200)
    if columns > 5:
        stderr.write("^C")
        assert "50 %" in stderr.getvalue()
    bar.clear()
    assert shown(stderr, columns) == ""


def test_a_terminal_that_gets_narrower_gets_a_shorter_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    use_terminal(monkeypatch, 80)
    bar = Bar()
    bar.show("x", 1, 1)
    narrow = use_terminal(monkeypatch, 20)
    bar.show("x", 1, 1)
    bar.clear()
    assert shown(narrow, 20) == ""


@pytest.mark.parametrize("variables", [{"TERM": "dumb"}, {}])
def test_a_dumb_terminal_and_the_window_of_idle_get_no_bar(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Window(Terminal):
        fileno = io.StringIO.fileno

    stderr = use_terminal(monkeypatch, kind=Terminal if variables else Window)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    Bar().show("x", 1, 1)
    assert stderr.getvalue() == ""


def test_what_is_done_at_once_needs_no_bar(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    stderr, bar = use_terminal(monkeypatch), Bar(after=1.0)
    clock.now += 0.9
    bar.show("x", 1, 2)
    bar.note("x")
    assert stderr.getvalue() == ""
    clock.now += 0.2
    bar.show("x", 1, 2)
    assert " 50 % " in stderr.getvalue()


def test_colours_are_for_those_who_want_them_and_signs_for_those_who_have_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Legacy(Terminal):
        encoding = "cp437"

    stderr = use_terminal(monkeypatch)
    Bar().show("x", 1, 2)
    assert f"\x1b[32m{'━' * 15}\x1b[0m{'─' * 15} " in stderr.getvalue()
    stderr = use_terminal(monkeypatch)
    monkeypatch.setenv("NO_COLOR", "1")
    Bar().show("x", 1, 2)
    assert f"x  {'━' * 15}{'─' * 15} " in stderr.getvalue()
    stderr = use_terminal(monkeypatch, kind=Legacy)
    Bar().show("x", 1, 2)
    assert f"x  {'#' * 15}{'-' * 15} " in stderr.getvalue()


# The time left.


def test_the_time_left_of_the_first_epoch_goes_by_its_samples(clock: Clock) -> None:
    pace = Pace()
    assert [pace.present != pace.present, pace.left(3) != pace.left(3)] == [True, True], "NaN: nothing is known"
    pace.begin()
    clock.now += 2.0
    pace.reach(0.25)
    assert (pace.present, pace.left(0), pace.left(3)) == (6.0, 6.0, 6.0 + 3 * 8.0)
    clock.now += 1.0
    pace.reach(0.5)  # a quarter in a second: the first has read the samples, too
    assert (pace.present, pace.left(3)) == (2.0, 2.0 + 3 * 4.0)


def test_the_time_left_of_later_epochs_has_that_of_evaluations_in_it(clock: Clock) -> None:
    pace = Pace()
    for training, evaluation in ((4.0, 2.0), (6.0, 4.0)):
        pace.begin()
        clock.now += training
        pace.reach(1.0)
        clock.now += evaluation
    pace.begin()
    assert (pace.present, pace.left(2)) == (8.0, 24.0), "the mean of 6 and 10"
    clock.now += 2.0
    pace.reach(0.5)
    assert (pace.present, pace.left(2)) == (2.0 + 3.0, 5.0 + 2 * 8.0)
    clock.now += 2.0
    pace.reach(1.0)
    assert (pace.present, pace.left(0)) == (3.0, 3.0), "the mean evaluation, which begins now"


def test_only_the_latest_epochs_tell_how_long_the_next_will_take(clock: Clock) -> None:
    pace = Pace()
    for seconds in (100.0, 1.0, 2.0, 3.0, 4.0, 5.0):
        pace.begin()
        clock.now += seconds
        pace.reach(1.0)
    pace.begin()
    assert pace.left(10) == 11 * 3.0


def test_an_epoch_without_a_clock_that_moves_has_no_pace(clock: Clock) -> None:
    pace = Pace()
    for part in (0.0, 0.5, 1.0):
        pace.reach(part)
        assert pace.left(1) != 0.0


# The bar of a training.


def test_the_bar_of_a_training_has_rate_loss_and_both_times(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    stderr = use_terminal(monkeypatch, columns=120)
    with TrainingBar(8) as bar:
        for number in (1, 2):
            bar.begin(number)
            clock.now += 2.0
            bar.progress(24_800, 24_800, 0.5)
        bar.begin(3)
        clock.now += 1.0
        bar.progress(6_200, 24_800, 0.15)
        clock.now += 0.5
        bar.progress(12_400, 24_800, 0.1413)
        rest = "50 %  12,400 samples/s  loss 0.1413  11 s left (epoch 1 s)"  # 5 more epochs of 2 s
        assert shown(stderr) == f"epoch 3/8  {'━' * 15}{'─' * 15}  {rest}"
        bar.clear()
        bar.begin(4)
        rest = "0 %  12,400 samples/s  loss 0.1413  10 s left (epoch 2 s)"
        assert shown(stderr) == f"epoch 4/8  {'─' * 30}   {rest}", "until they are known, the last rate and loss"
    assert shown(stderr) == ""


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (10, "8/8   5"),  # cut
        (20, "epoch 8/8   50 %"),
        (40, "epoch 8/8  ━━━━───  50 %  1 s left"),
        (60, "epoch 8/8  ━━━━━━━───────  50 %  loss 0.1413  1 s left"),
        (80, "epoch 8/8  ━━━━━━─────  50 %  12,400/s  loss 0.1413  1 s left"),
        (200, f"epoch 8/8  {'━' * 15}{'─' * 15}  50 %  12,400 samples/s  loss 0.1413  1 s left"),
    ],
)
def test_the_bar_of_a_training_is_never_as_wide_as_the_terminal(
    columns: int, expected: str, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    stderr = use_terminal(monkeypatch, columns)
    bar = TrainingBar(8)
    bar.begin(8)
    clock.now += 1.0
    bar.progress(12_400, 24_800, 0.1413)
    assert shown(stderr, columns) == expected


def test_nothing_moves_when_numbers_get_longer(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    for columns in range(18, 130):
        stderr = use_terminal(monkeypatch, columns)
        bar = TrainingBar(100)
        bar.begin(1)
        for number in (2, 9, 10, 100):
            for done, seconds in ((10, 20.0), (5_000, 80.0), (9_999, 0.2), (10_000, 1.0)):
                clock.now += seconds
                bar.progress(done, 10_000, 0.1)
            bar.begin(number)
        assert len({len(re.findall("[━─]", drawn)) for drawn in stderr.getvalue().split("\r")[1:]}) == 1, columns


def test_short_epochs_share_one_bar_which_never_goes_back(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    stderr = use_terminal(monkeypatch)
    with TrainingBar(300) as bar:
        bar.begin(1)
        for number in range(1, 301):
            for done in (32, 64, 70):
                clock.now += 0.013
                bar.progress(done, 70, 0.5)
            bar.begin(number + 1)
    parts = [int(part) for part in re.findall(r"(\d+) %", stderr.getvalue())]
    assert parts == sorted(parts)
    assert (parts[0], parts[-1]) == (0, 99)
    drawn = stderr.getvalue().count("\r") - 2
    assert drawn <= 10 * 300 * 0.039 + 1, "ten times a second"
    assert "(epoch" not in stderr.getvalue()


def test_an_engine_that_tells_no_loss_has_a_bar_without_one(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    stderr = use_terminal(monkeypatch)
    bar = TrainingBar(2)
    bar.begin(1)
    clock.now += 1.0
    bar.progress(1, 2, float("nan"))
    assert "loss" not in shown(stderr)
    assert "50 %" in shown(stderr)


def test_a_training_that_ends_at_once_leaves_a_clean_line(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = use_terminal(monkeypatch)

    def interrupted() -> None:
        with TrainingBar(2) as bar:
            bar.begin(1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert shown(stderr) == ""


# fit(progress=True).


def test_fit_has_the_bar_below_the_lines_of_its_epochs(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    stderr = use_terminal(monkeypatch)

    def slow(epoch: Epoch) -> None:
        clock.now += 2.0

    history = fit(Sequential(Linear(2, 1)), XOR, ANSWERS, epochs=3, progress=True, callbacks=[slow])
    screen = Screen(80)
    screen.write(stderr.getvalue())
    assert screen.lines == [*(str(epoch) for epoch in history.epochs), ""]
    drawn = [text.strip() for text in plain(stderr.getvalue()).split("\r")]
    assert len([text for text in drawn if text.startswith("epoch 2/3  ")]) >= 1


def test_lines_are_ten_in_a_second_however_often_the_bar_is_drawn(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    stderr = use_terminal(monkeypatch)

    def epochs() -> list[Epoch]:
        return [epoch(number) for number in range(1, 101)]

    with Report(True, 100, lambda: 0.5) as report:
        for _ in report.told(iter(epochs()), first=1):
            clock.now += 0.011
            report.progress(1, 2)
            clock.now += 0.011
            report.progress(2, 2)
    screen = Screen(80)
    screen.write(stderr.getvalue())
    assert 20 <= len(screen.lines) <= 24


def test_lines_of_long_epochs_are_all_printed_though_the_bar_was_drawn_just_before(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    stderr = use_terminal(monkeypatch)
    with Report(True, 5, lambda: 0.5) as report:
        for _ in report.told(map(epoch, range(1, 6)), first=1):
            clock.now += 0.5
            report.progress(2, 2)
    assert [f"epoch {number}: " in stderr.getvalue() for number in range(1, 6)] == [True] * 5


class FakeHandle:
    """IPython's DisplayHandle."""

    def __init__(self, shown: list[str]) -> None:
        self.shown = shown

    def update(self, data: dict[str, str], *, raw: bool) -> None:
        assert raw
        self.shown.append(data["text/plain"])


def fake_ipython(shown: list[str], **shell: object) -> SimpleNamespace:
    """Return a stand-in for the module, in a notebook if its shell has a kernel."""

    def display(data: dict[str, str], *, raw: bool, display_id: bool) -> FakeHandle:
        assert raw
        assert display_id
        assert shown == [], "displayed once, then updated"
        shown.append(data["text/plain"])
        return FakeHandle(shown)

    return SimpleNamespace(get_ipython=lambda: SimpleNamespace(**shell), display=SimpleNamespace(display=display))


def test_a_notebook_shows_the_bar_in_a_place_of_its_own(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = list[str]()
    monkeypatch.setitem(sys.modules, "IPython", fake_ipython(shown, kernel=object()))

    def slow(epoch: Epoch) -> None:
        clock.now += 2.0

    history = fit(Sequential(Linear(2, 1)), XOR, ANSWERS, epochs=3, progress=True, callbacks=[slow])
    assert capsys.readouterr() == ("".join(f"{epoch}\n" for epoch in history.epochs), ""), "stderr is red there"
    assert shown[0].rstrip() == f"epoch 1/3  {'─' * 16}   0 %"
    assert any(text.startswith("epoch 2/3  ") for text in shown)
    last = shown[-1].rstrip()
    assert (last[:10], " 100 % " in last, "left" in last) == ("epoch 3/3 ", True, False)
    assert max(map(len, shown)) <= 90


@pytest.mark.parametrize("ended", [2, 5])
def test_the_bar_in_a_notebook_stays_at_the_epoch_that_was_the_last(
    ended: int, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    shown = list[str]()
    monkeypatch.setitem(sys.modules, "IPython", fake_ipython(shown, kernel=object()))

    def stop(epoch: Epoch) -> bool:
        clock.now += 2.0
        return epoch.number == ended

    fit(Sequential(Linear(2, 1)), XOR, ANSWERS, epochs=5, progress=True, callbacks=[stop])
    assert shown[-1].startswith(f"epoch {ended}/5  ")
    assert " 100 % " in shown[-1]


def test_ipython_in_a_terminal_is_no_notebook_and_neither_is_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "IPython", fake_ipython([]))
    assert NotebookLine.here() is None
    monkeypatch.delitem(sys.modules, "IPython")
    assert NotebookLine.here() is None
    assert "IPython" not in sys.modules, "it is not loaded for this"


def test_a_notebook_is_asked_to_show_nothing_without_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = list[str]()
    monkeypatch.setitem(sys.modules, "IPython", fake_ipython(shown, kernel=object()))
    fit(Sequential(Linear(2, 1)), XOR, ANSWERS, epochs=2)
    fit(Sequential(Linear(2, 1)), XOR, ANSWERS, epochs=2, progress=lambda done, total: None)
    assert shown == []


# In real terminals.

TRAIN = ["-m", "purenn", "train", "iris", "--hidden", "64", "--batch-size", "4", "--epochs", "9"]


@posix
@pytest.mark.parametrize("columns", [20, 40, 80, 200])
def test_a_training_in_a_terminal_never_wraps_its_bar_and_leaves_its_lines(columns: int, tmp_path: Path) -> None:
    status, written, screen = run_in_terminal(tmp_path, TRAIN, columns)
    assert status == 0
    drawn = [plain(text) for text in written if "━" in text or "─" in text]
    assert len(drawn) >= (3 if columns > 20 else 0)
    assert [text for text in screen.wrapped if "/9" in text] == []
    epochs = [line for line in screen.lines if re.match(r"(epoch )?\d/9 ", line)]
    assert [line.split("/9")[0].split()[-1] for line in epochs] == [*"123456789"]
    assert all("left" not in line for line in screen.lines)
    assert len([text for text in written if text.startswith("epoch ")]) < 100, "no flood"


@posix
@pytest.mark.parametrize(
    ("variables", "encoding", "signs"),
    [
        ({}, "cp437", "#-"),
        ({}, "ascii", "#-"),
        ({"LANG": "C"}, "utf-8", "#-"),
        ({"NO_COLOR": "1"}, "utf-8", "━─"),
    ],
)
def test_a_plain_terminal_gets_a_plain_bar(
    variables: dict[str, str], encoding: str, signs: str, tmp_path: Path
) -> None:
    status, written, _ = run_in_terminal(tmp_path, TRAIN, 80, variables=variables, encoding=encoding)
    bars = [text for text in written if re.search(rf"epoch \d/9  [{signs}]+ +\d+ %", text)]
    assert (status, len(bars) >= 3) == (0, True)
    assert "\x1b" not in "".join(written)


@posix
def test_a_dumb_terminal_gets_the_lines_alone(tmp_path: Path) -> None:
    status, written, screen = run_in_terminal(tmp_path, TRAIN, 80, variables={"TERM": "dumb"})
    assert status == 0
    assert [text for text in written if "━" in text or "left" in text] == []
    assert len([line for line in screen.lines if line.startswith("epoch ")]) == 9


@posix
@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_leaves_a_clean_line(workers: str, tmp_path: Path) -> None:
    words = ["-m", "purenn", "train", "strokes", "--hidden", "8", "--limit", "2000", "--epochs", "1000"]
    words += ["--workers", workers]
    status, _, screen = run_in_terminal(tmp_path, words, 60, ctrl_c_after="epoch 2/1000")
    assert status == 130
    assert [line for line in screen.lines if "━" in line or "left" in line] == []
    assert "interrupted" in "".join(screen.lines[-4:])


@posix
def test_ctrl_c_in_fit_leaves_a_clean_line_above_the_traceback(tmp_path: Path) -> None:
    program = """
from random import Random
from purenn import datasets, feed_forward, fit
fit(feed_forward([784, 8, 10], Random(0)), datasets.load("strokes").train, epochs=1000, progress=True)
"""
    plain = {"PYTHON_COLORS": "0"}  # PyPy 8 would put links into its traceback, which the screen does not know
    command = ["-c", program]
    status, _, screen = run_in_terminal(tmp_path, command, 100, variables=plain, ctrl_c_after="epoch 2/1000")
    assert status != 0
    at = screen.lines.index("Traceback (most recent call last):")
    assert screen.lines[at - 1].startswith("epoch ")
    assert ": loss " in screen.lines[at - 1]
    assert [line for line in screen.lines if "━" in line] == []
