"""`purenn inspect`: every format, and files that are of none."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path
from random import Random

import pytest

from purenn.cli import main
from purenn.cli.own_data import described
from purenn.datasets import from_csv
from purenn.formats import Picture, idx, png, pnm, safetensors
from purenn.layers import Activation, Linear
from purenn.losses import MeanSquaredError
from purenn.network import Sequential
from tests.cli.conftest import METADATA, Captured, failure, json_lines, linear_network
from tests.terminal import Terminal


@pytest.mark.parametrize("gzipped", [False, True])
def test_type_and_shape_of_an_idx_file_are_shown(folder: Path, capsys: Captured, gzipped: bool) -> None:
    idx.write("x", idx.Idx((2, 3, 4), bytes(24)), compress=gzipped)
    assert main(["inspect", "x"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "format: IDX",
        "type: uint8",
        "shape: (2, 3, 4)",
        f"gzipped: {gzipped}",
        "bytes: 24",
        "whole: True",
    ]
    assert main(["inspect", "x", "--json"]) == 0
    assert json_lines(capsys)[0] == {
        "event": "file",
        "format": "IDX",
        "type": "uint8",
        "shape": [2, 3, 4],
        "gzipped": gzipped,
        "bytes": 24,
        "whole": True,
    }


WHOLE = bytes.fromhex("0000 0802 00000002 00000003") + b"abcdef"
PACKED = gzip.compress(WHOLE, mtime=0)


@pytest.mark.parametrize(("raw", "said"), [
    (WHOLE[:12], "cut short at offset 12: (2, 3) of uint8 are 6 bytes of values, found 0"),
    (WHOLE[:-1], "cut short at offset 17: (2, 3) of uint8 are 6 bytes of values, found 5"),
    (WHOLE + b"g", "too long: (2, 3) of uint8 are 6 bytes of values, expected the end at offset 18, found more"),
    (WHOLE.replace(b"\x08", b"\x0d", 1), "cut short at offset 18: (2, 3) of float32 are 24 bytes of values, found 6"),
    (b"\0\0\x08\x03\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\x03", "over the limit of 2147483648"),
    (PACKED[:-1], "gzip stream cut short"),
    (PACKED[:-8] + b"\0" + PACKED[-7:], "incorrect data check"),
    (gzip.compress(WHOLE + bytes(9)), "too long"),
])  # fmt: skip
def test_an_idx_file_that_is_not_whole_is_shown_and_refused(
    raw: bytes, said: str, folder: Path, capsys: Captured
) -> None:
    Path("x").write_bytes(raw)
    assert main(["inspect", "x"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("format: IDX\n")
    assert out.endswith("whole: False\n")
    assert said in err
    assert err.startswith("purenn inspect: x")
    assert main(["inspect", "x", "--json"]) == 1
    shown, error = json_lines(capsys)
    assert (shown["whole"], error["event"]) == (False, "error")


def test_an_idx_file_is_read_through_in_constant_memory(folder: Path, capsys: Captured) -> None:
    tracemalloc = pytest.importorskip("tracemalloc")  # PyPy has none
    idx.write("x", idx.Idx((20_000_000,), bytes(20_000_000)), compress=True)
    tracemalloc.start()
    try:
        assert main(["inspect", "x"]) == 0
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_an_idx_file_of_no_pictures_may_begin_as_safetensors_do(folder: Path, capsys: Captured) -> None:
    Path("x").write_bytes(bytes.fromhex("0000 0802 00000000 7b000000"))
    assert main(["inspect", "x"]) == 0
    assert capsys.readouterr().out.startswith("format: IDX\ntype: uint8\nshape: (0, 2063597568)\n")


def test_a_safetensors_file_may_begin_as_idx_does(folder: Path, capsys: Captured) -> None:
    header = b"{}".ljust(0x080000)
    Path("m").write_bytes(len(header).to_bytes(8, "little") + header)
    assert main(["inspect", "m"]) == 0
    assert capsys.readouterr().out.startswith("format: safetensors\n")


def test_labels_that_begin_with_a_brace_are_not_taken_for_json(folder: Path, capsys: Captured) -> None:
    idx.write("x", idx.Idx((2,), b"{}"))
    assert main(["inspect", "x"]) == 0
    assert capsys.readouterr().out.startswith("format: IDX\ntype: uint8\nshape: (2,)\n")


def test_the_history_of_a_training_is_shown_as_its_epochs_and_the_names_of_its_figures(
    folder: Path, capsys: Captured
) -> None:
    for history, said in (("epoch,loss\n1,0.5\n3,0.25\n", "epochs 1 to 3: loss"), ("epoch,loss\n", "no epochs")):
        Sequential(Linear(4, 3, Random(0))).save("m", {"history": history})
        assert main(["inspect", "m"]) == 0
        assert f"\nmetadata history: {said}\n" in f"\n{capsys.readouterr().out}"


def test_tensors_and_metadata_of_a_network_are_shown(folder: Path, capsys: Captured) -> None:
    network = Sequential(Linear(4, 3, Random(0)), Activation("relu"))
    network.classes = ("left", "right", "ahead")
    network.save("m", METADATA)
    assert main(["inspect", "m"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("format: safetensors\n")
    assert "\nmetadata classes: left, right, ahead\n" in out
    assert "\n\ntensor    dtype  shape\n0.bias      F64      3\n0.weight    F64  3 x 4\n" in out
    assert main(["inspect", "m", "--json"]) == 0
    (line,) = json_lines(capsys)
    assert line["tensors"] == {"0.bias": {"dtype": "F64", "shape": [3]}, "0.weight": {"dtype": "F64", "shape": [3, 4]}}
    assert isinstance(line["metadata"], dict)
    assert line["metadata"]["classes"] == "left\nright\nahead"


def test_tensors_of_a_dtype_that_is_not_read_are_listed(folder: Path, capsys: Captured) -> None:
    header = b'  {"__metadata__":null,"w":{"dtype":"F8_E4M3","shape":[2,3],"data_offsets":[0,6]}}'
    Path("m").write_bytes(len(header).to_bytes(8, "little") + header + bytes(6))
    assert main(["inspect", "m"]) == 0
    assert capsys.readouterr().out == "format: safetensors\n\ntensor    dtype  shape\nw       F8_E4M3  2 x 3\n"


def test_commands_for_the_terminal_in_a_file_are_shown_and_not_sent(folder: Path, capsys: Captured) -> None:
    evil = "a\x1b[2J\x9b1m\r\u202eb"
    safetensors.write("m", {evil: safetensors.Tensor((1,), [0.5])}, {evil: evil, "source": evil})
    assert main(["inspect", "m"]) == 0
    out = capsys.readouterr().out
    assert out.count("a\\x1b[2J\\x9b1m\\r\\u202eb") == 5
    assert set(out) & set("\x1b\x9b\r\u202e") == set()
    Path("x.csv").write_text(f"{evil.replace(chr(13), '')},b\n1,2\n", encoding="utf-8")
    assert main(["inspect", "x.csv"]) == 0
    assert "a\\x1b[2J" in capsys.readouterr().out


def test_a_narrow_terminal_gets_a_few_lines_of_a_long_text(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    safetensors.write("m", {}, {"notes": "abc " * 500})
    stdout = Terminal()
    monkeypatch.setattr(sys, "stdout", stdout)
    monkeypatch.setenv("COLUMNS", "20")
    assert main(["inspect", "m"]) == 0
    lines = stdout.getvalue().splitlines()
    assert len(lines) < 15
    assert max(map(len, lines)) <= 20
    assert "(2,000 characters)" in stdout.getvalue()


def test_a_long_text_in_the_metadata_is_cut_for_people_and_whole_in_json(folder: Path, capsys: Captured) -> None:
    safetensors.write("m", {}, {"notes": "x" * 500 + "y" * 1500})
    assert main(["inspect", "m"]) == 0
    assert f"metadata notes: {'x' * 500} ... (2,000 characters)" in capsys.readouterr().out.splitlines()
    assert main(["inspect", "m", "--json"]) == 0
    assert json_lines(capsys)[0]["metadata"] == {"notes": "x" * 500 + "y" * 1500}


def test_metadata_do_not_replace_the_fields_of_the_result(folder: Path, capsys: Captured) -> None:
    safetensors.write("m", {}, {"format": "pt", "event": "party"})  # PyTorch's files have this format
    assert main(["inspect", "m", "--json"]) == 0
    assert json_lines(capsys) == [
        {
            "event": "file",
            "format": "safetensors",
            "metadata": {"format": "pt", "event": "party"},
            "tensors": {},
        }
    ]
    assert main(["inspect", "m"]) == 0
    assert capsys.readouterr().out.startswith("format: safetensors\nmetadata format: pt\n")


def test_a_file_that_is_neither_is_named(folder: Path, capsys: Captured) -> None:
    assert failure(capsys, "inspect", "none").endswith(": none: No such file or directory\n")
    for garbage in (b"", b"hello, world", b"\0\0\1\1\0\0\0\1", gzip.compress(b"hello"), b"\x1f\x8b", b"\0\0\x08"):
        Path("x").write_bytes(garbage)
        assert failure(capsys, "inspect", "x").startswith("purenn inspect: x")
    Path("x").write_bytes(b"hello, world")
    said = failure(capsys, "inspect", "x")
    assert "x: neither IDX, safetensors nor a picture, and its name does not end in .csv or .tsv" in said
    assert said.endswith(": the first bytes are 68 65 6c 6c\n")


# Tables and pictures.


def test_a_table_is_shown_column_by_column(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("size;kind\n1,5;small\n2,5;NA\n1,5;large\n", encoding="utf-8")
    assert main(["inspect", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ["format: CSV", "rows: 3", "delimiter: ;"]
    assert [line.split() for line in lines[4:]] == [
        ["column", "kind", "different", "missing"],
        ["size", "number", "2", "0"],
        ["kind", "text", "2", "1"],
    ]
    assert main(["inspect", str(path), "--json"]) == 0
    columns = json_lines(capsys)[0]["columns"]
    assert columns == [
        {"column": "size", "kind": "number", "different": 2, "missing": 0},
        {"column": "kind", "kind": "text", "different": 2, "missing": 1},
    ]


@pytest.mark.parametrize(("ending", "name"), [("png", "PNG"), ("ppm", "PNM")])
def test_a_picture_is_shown_with_its_size_and_its_kind(
    ending: str, name: str, tmp_path: Path, capsys: Captured
) -> None:
    path, picture = tmp_path / f"mine.{ending}", Picture(2, 3, 3, bytes(18))
    (png if ending == "png" else pnm).write(path, picture)
    assert main(["inspect", str(path)]) == 0
    assert capsys.readouterr().out.splitlines() == [f"format: {name}", "height: 2", "width: 3", "values: RGB"]


def test_a_folder_and_the_name_of_a_data_set_are_answered_with_the_command_to_train(
    folder: Path, capsys: Captured
) -> None:
    said = failure(capsys, "inspect", "tiny")
    assert said.endswith("in it: python3 -m purenn train tiny\n")
    said = failure(capsys, "inspect", "moons")
    assert "moons is the name of a data set that purenn has, and no file" in said
    assert said.endswith("python3 -m purenn train moons\n")


def test_a_column_that_has_a_number_for_a_name_is_not_called_a_column_twice(empty: Path, capsys: Captured) -> None:
    Path("rents.csv").write_text("50,400\n60,500\n70,650\n80,700\n", encoding="utf-8")
    linear_network([[8.0]], loss=MeanSquaredError()).save("m", described(from_csv("rents.csv"), empty))
    assert main(["inspect", "m"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if "column" in line]
    assert [line.partition(":")[0] for line in lines] == ["column 1", "column 2"]


def test_the_numbers_of_a_small_network_are_shown(folder: Path, capsys: Captured) -> None:
    linear_network([[4.5, 5.0], [-1.0, 0.123456]], bias=-7.25).save("m", METADATA)
    assert main(["inspect", "m"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-7:] == [
        "",
        "0.bias",
        "      -7.25      -7.25",
        "",
        "0.weight",
        "        4.5          5",
        "         -1     0.1235",
    ]
    Sequential(Linear(10, 4, Random(0))).save("m")
    assert main(["inspect", "m"]) == 0
    assert capsys.readouterr().out.endswith("0.weight    F64  4 x 10\n"), "44 numbers are too many"


def test_a_table_may_be_gzipped_and_an_empty_file_has_no_first_bytes(empty: Path, capsys: Captured) -> None:
    (empty / "t.csv.gz").write_bytes(gzip.compress(b"a,b\n1,2\n"))
    assert main(["inspect", "t.csv.gz"]) == 0
    assert "format: CSV" in capsys.readouterr().out
    (empty / "nothing").write_bytes(b"")
    assert "the first bytes are none" in failure(capsys, "inspect", "nothing")


@pytest.mark.parametrize("history", ["", "\n\n", "what was"])
def test_a_history_of_another_program_is_shown_as_it_is(history: str, empty: Path, capsys: Captured) -> None:
    safetensors.write("m", {}, {"history": history})
    assert main(["inspect", "m"]) == 0
    assert "metadata history: " in capsys.readouterr().out
