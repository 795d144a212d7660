"""`train --executor`: other places for the workers give the same file, and what is missing is said in a line."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest

from purenn.cli import main
from purenn.cli.executors import executor_name, started_executors
from tests.cli.conftest import Captured

WORDS = ["train", "strokes", "--limit", "1200", "--hidden", "8", "--epochs", "2", "--workers", "2", "--out"]


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def failure(capsys: Captured, *words: str) -> str:
    """The only line on stderr that says what went wrong."""
    with suppress(SystemExit):
        assert main(["train", "strokes", *words]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    (line,) = [line for line in err.splitlines() if line.startswith("purenn train: ")]
    return line


def test_threads_give_the_file_of_processes(capsys: Captured) -> None:
    assert main([*WORDS, "processes", "--executor", "processes"]) == 0
    assert main([*WORDS, "threads", "--executor", "threads"]) == 0
    assert Path("threads").read_bytes() == Path("processes").read_bytes()


def test_threads_do_tasks_and_end_after_the_training() -> None:
    before = threading.enumerate()
    with started_executors("threads", 2) as executors:
        (pool,) = executors
        begun = [thread for thread in threading.enumerate() if thread not in before]
        assert pool.submit(int).result() == 0
        assert isinstance(pool.submit(int, "no number").exception(), ValueError)
        assert [thread.daemon for thread in begun] == [True, True]  # the end of Python waits for neither
    for thread in begun:
        thread.join(10.0)
        assert not thread.is_alive()
    with started_executors("processes", 2) as executors:
        assert executors == []


def test_the_end_of_the_block_as_after_ctrl_c_waits_for_no_thread() -> None:
    waiting = threading.Event()
    with started_executors("threads", 2) as (pool,):
        answers = [pool.submit(waiting.wait) for _ in range(3)]
        assert answers[2].cancel()
    assert not answers[0].done()
    waiting.set()
    assert answers[0].result() is True


def test_an_error_of_a_worker_is_one_line(capsys: Captured) -> None:
    said = failure(capsys, "--limit", "100", "--learning-rate", "1e200", "--workers", "2", "--executor", "threads")
    assert said.startswith("purenn train: epoch 1, samples from 1: ")
    assert "(the rate was 1e+200)" in said


@pytest.mark.parametrize("name", ["threads", "mpi", "dask:tcp://127.0.0.1:1"])
def test_one_worker_needs_no_executor(name: str, capsys: Captured) -> None:
    said = f"purenn train: argument --executor: {name} is for several workers, such as --workers 2"
    assert failure(capsys, "--executor", name) == said


def test_the_float_engine_takes_them_too() -> None:
    words = [*WORDS[:-1], "--engine", "float", "--limit", "300", "--out"]
    assert main([*words, "processes"]) == 0
    assert main([*words, "threads", "--executor", "threads"]) == 0
    assert Path("threads").read_bytes() == Path("processes").read_bytes()


@pytest.mark.parametrize("name", ["thread", "dask", "dask:", "MPI", ""])
def test_a_place_that_is_none_is_refused_with_those_there_are(name: str, capsys: Captured) -> None:
    said = f"argument --executor: expected processes, threads, dask:ADDRESS or mpi, got {name!r}"
    assert failure(capsys, "--workers", "2", "--executor", name).endswith(said)


def test_the_name_of_a_place_is_kept_as_it_is() -> None:
    for name in ("processes", "threads", "mpi", "dask:tcp://10.0.0.1:8786"):
        assert executor_name(name) == name


@pytest.mark.parametrize(("extra", "name", "module"), [("dask", "dask:x:1", "distributed"), ("mpi", "mpi", "mpi4py")])
def test_a_missing_package_is_a_line_that_says_how_to_install_it(
    extra: str, name: str, module: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    for loaded in [loaded for loaded in sys.modules if loaded.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, module, None)
    said = failure(capsys, "--workers", "2", "--executor", name)
    assert said.startswith(f"purenn train: argument --executor: {extra} cannot be used (")
    assert said.endswith(f"): pip install purenn[{extra}]")


# With the packages of others.


@pytest.fixture
def address() -> Iterator[str]:
    """The address of a cluster of Dask with two processes."""
    cluster = import_module("distributed").LocalCluster
    with cluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as started:
        yield started.scheduler_address


@pytest.mark.interop
def test_dask_gives_the_file_of_processes(address: str, capsys: Captured) -> None:
    assert main([*WORDS, "processes"]) == 0
    assert main([*WORDS, "dask", "--executor", f"dask:{address}"]) == 0
    assert Path("dask").read_bytes() == Path("processes").read_bytes()


@pytest.mark.interop
def test_a_cluster_that_is_not_there_is_a_line_with_its_address(capsys: Captured) -> None:
    with import_module("dask").config.set({"distributed.comm.timeouts.connect": "1s"}):
        said = failure(capsys, "--workers", "2", "--executor", "dask:tcp://127.0.0.1:1")
    assert said.startswith("purenn train: no scheduler of Dask is reached at tcp://127.0.0.1:1: ")


def with_mpi(*words: str) -> subprocess.CompletedProcess[str]:
    """Run words with what lets Open MPI start more processes than there are cores, and as root."""
    names = ("OMPI_MCA_rmaps_base_oversubscribe", "OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM")
    environment = {**os.environ, **dict.fromkeys(names, "1"), "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=300)


PURENN = [sys.executable, "-m", "purenn", *WORDS]
PURENN_BY_MPI = [sys.executable, "-m", "mpi4py.futures", "-m", "purenn", *WORDS]


@pytest.mark.interop
def test_mpi_gives_the_file_of_processes() -> None:
    assert main([*WORDS, "processes"]) == 0
    done = with_mpi("mpiexec", "-n", "3", *PURENN_BY_MPI, "mpi", "--executor", "mpi")
    assert done.returncode == 0, done.stderr
    assert Path("mpi").read_bytes() == Path("processes").read_bytes()


@pytest.mark.interop
@pytest.mark.parametrize("words", [PURENN, ["mpiexec", "-n", "3", *PURENN]], ids=["alone", "all alike"])
def test_mpi_started_in_another_way_is_a_line_that_says_how(words: list[str]) -> None:
    done = with_mpi(*words, "mpi", "--executor", "mpi")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "mpi needs a process for each worker and one more: mpiexec -n 3 python3 -m mpi4py.futures" in done.stderr
