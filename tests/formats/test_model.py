"""Models in files: they come back as they were, and files of another kind are refused with the reason."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from purenn.errors import FormatError
from purenn.formats import Model, Tensor, read_model, safetensors, write_model
from purenn.formats.model import CHECKPOINT

NUMBERS = [Random(1).gauss(0.0, 1.0) for _ in range(6)]
TENSORS = {"0.weight": Tensor((2, 3), NUMBERS), "1.num_batches_tracked": Tensor((), [300], "I64")}


def test_a_model_comes_back_bit_for_bit(tmp_path: Path) -> None:
    write_model(tmp_path / "model", "two layers", TENSORS, {"accuracy": "0.97"})
    model = read_model(tmp_path / "model")
    assert (model.architecture, model.metadata) == ("two layers", {"accuracy": "0.97"})
    assert [(name, tensor.shape) for name, tensor in model.tensors.items()] == [
        ("0.weight", (2, 3)),
        ("1.num_batches_tracked", ()),
    ]
    assert list(model.tensors["0.weight"].values) == NUMBERS
    assert list(model.tensors["1.num_batches_tracked"].values) == [300]


def test_what_was_read_can_be_written_and_read_again(tmp_path: Path) -> None:
    write_model(tmp_path / "a", "layers", TENSORS, {"key": "text"})
    model = read_model(tmp_path / "a")
    write_model(tmp_path / "b", model.architecture, model.tensors, model.metadata)
    assert read_model(tmp_path / "b") == model
    assert (tmp_path / "b").read_bytes() == (tmp_path / "a").read_bytes()


def test_metadata_may_be_missing(tmp_path: Path) -> None:
    write_model(tmp_path / "model", "", {})
    assert read_model(tmp_path / "model") == Model("", {}, {})


def test_metadata_cannot_replace_the_architecture(tmp_path: Path) -> None:
    write_model(tmp_path / "model", "the real one", {}, {"architecture": "another"})
    assert read_model(tmp_path / "model").architecture == "the real one"


@pytest.mark.parametrize(("dtype", "step"), [("F32", 2.0**-24), ("F16", 2.0**-11), ("BF16", 2.0**-8)])
def test_floats_are_rounded_to_the_dtype_and_counts_are_not(tmp_path: Path, dtype: str, step: float) -> None:
    write_model(tmp_path / "model", "", {**TENSORS, "count": Tensor((), [2**53 - 1], "I64")}, dtype=dtype)
    model = read_model(tmp_path / "model")
    assert {name: tensor.dtype for name, tensor in model.tensors.items()} == {
        "0.weight": dtype,
        "1.num_batches_tracked": "I64",
        "count": "I64",
    }
    assert list(model.tensors["count"].values) == [2**53 - 1]
    assert list(model.tensors["0.weight"].values) == pytest.approx(NUMBERS, rel=step)
    assert list(model.tensors["0.weight"].values) != NUMBERS


@pytest.mark.parametrize("dtype", ["F8", "f32", "I64", ""])
def test_another_dtype_is_refused_with_the_choices(tmp_path: Path, dtype: str) -> None:
    with pytest.raises(ValueError, match=f"dtype must be one of F64, F32, F16, BF16, got '{dtype}'"):
        write_model(tmp_path / "model", "", TENSORS, dtype=dtype)
    assert list(tmp_path.iterdir()) == []


def test_a_number_that_does_not_fit_the_dtype_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"old")
    with pytest.raises(ValueError, match=r"'w': value 1 is 70000\.0, which F16 cannot hold"):
        write_model(tmp_path / "model", "", {"w": Tensor((2,), [0.0, 70000.0])}, dtype="F16")  # F16 ends at 65504
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("model", b"old")]


@pytest.mark.parametrize("metadata", [{"epochs": 3}, {3: "epochs"}, {"accuracy": None}, {"a": ["b"]}])
def test_metadata_must_be_strings_or_nothing_is_written(tmp_path: Path, metadata: dict[str, str]) -> None:
    (tmp_path / "model").write_bytes(b"old")
    with pytest.raises(ValueError, match="metadata must be strings, got "):
        write_model(tmp_path / "model", "", TENSORS, metadata)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("model", b"old")]


def test_a_model_that_would_be_taken_for_a_checkpoint_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"metadata has '{CHECKPOINT}': the file would be taken for a checkpoint"):
        write_model(tmp_path / "m", "", {}, {CHECKPOINT: "1"})
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_is_told_from_a_model(tmp_path: Path) -> None:
    safetensors.write(tmp_path / "c", {}, {CHECKPOINT: "1", "architecture": ""})
    with pytest.raises(FormatError, match="c: a checkpoint of a training, expected a model"):
        read_model(tmp_path / "c")


def test_tensors_of_another_program_are_refused(tmp_path: Path) -> None:
    safetensors.write(tmp_path / "torch.safetensors", TENSORS, {"format": "pt"})
    with pytest.raises(FormatError, match=r"torch\.safetensors: the metadata has no architecture"):
        read_model(tmp_path / "torch.safetensors")


@pytest.mark.parametrize("name", ["m.h5", "m.KERAS", "m.pt", "m.pkl", "m.onnx", "m.json"])
def test_a_name_that_promises_another_format_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"networks are written as safetensors: call the file 'm\.safetensors'$"):
        write_model(tmp_path / name, "{}", {})
    assert [*tmp_path.iterdir()] == []


def test_a_program_is_no_network(tmp_path: Path) -> None:
    (tmp_path / "h.py").write_text("import purenn\n")
    with pytest.raises(FormatError, match="not safetensors, in which networks are saved: it begins with b'import p'"):
        read_model(tmp_path / "h.py")
