"""safetensors against the official package: each reads what the other writes, and they agree on bad files."""

from __future__ import annotations

import io
import random
import struct
from pathlib import Path

import pytest

from purenn.formats.safetensors import Tensor, read, read_header, write
from tests.formats.test_safetensors import (
    BAD,
    GOOD,
    LISTED,
    STRICTER,
    packed,
    random_tensor,
    random_text,
    unpacked,
    written,
)

official = pytest.importorskip("safetensors")
official_numpy = pytest.importorskip("safetensors.numpy")
numpy = pytest.importorskip("numpy")

pytestmark = pytest.mark.interop

# numpy has no BF16: the tests by way of PyTorch have it.
NUMPY_NAMES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BOOL": "?", "I64": "<i8", "I32": "<i4", "I16": "<i2"}
NUMPY_NAMES.update({"I8": "i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1"})


def random_tensors(rng: random.Random, *dtypes: str) -> dict[str, Tensor]:
    return {random_text(rng): random_tensor(rng, rng.choice(dtypes)) for _ in range(rng.randint(0, 6))}


def same(values: object, expected: object) -> bool:
    return repr(values) == repr(expected)  # which tells -0.0 from 0.0


def test_the_official_package_reads_what_purenn_writes() -> None:
    rng = random.Random(3)
    for _ in range(100):
        tensors = random_tensors(rng, *NUMPY_NAMES)
        found = official_numpy.load(written(tensors, {random_text(rng): random_text(rng)}))
        assert found.keys() == tensors.keys()
        for name, tensor in tensors.items():
            assert (found[name].dtype, found[name].shape) == (numpy.dtype(NUMPY_NAMES[tensor.dtype]), tensor.shape)
            assert same([*map(float, found[name].flat)], [*map(float, tensor.values)])


def test_purenn_reads_what_the_official_package_writes() -> None:
    rng = random.Random(4)
    for _ in range(100):
        tensors = random_tensors(rng, *NUMPY_NAMES)
        metadata = {random_text(rng): random_text(rng) for _ in range(rng.randint(0, 3))}
        # no tensors and {} as metadata make the official 0.8.0 write a file that it cannot read itself; None is sound
        found, metadata_found = read(io.BytesIO(official_numpy.save(arrays(tensors), metadata or None)))
        assert metadata_found == metadata
        assert found.keys() == tensors.keys()
        for name, tensor in tensors.items():
            assert (found[name].dtype, found[name].shape) == (tensor.dtype, tensor.shape)
            assert same(list(found[name].values), list(tensor.values))


def arrays(tensors: dict[str, Tensor]) -> dict[str, object]:
    return {
        name: numpy.array(list(tensor.values), NUMPY_NAMES[tensor.dtype]).reshape(tensor.shape)
        for name, tensor in tensors.items()
    }


def test_bf16_goes_both_ways_through_pytorch() -> None:
    torch = pytest.importorskip("torch")
    official_torch = pytest.importorskip("safetensors.torch")
    rng = random.Random(8)
    values = [struct.unpack("<f", rng.randbytes(4))[0] for _ in range(5000)]
    values = [value for value in values if abs(value) < 3.3e38]  # no NaN either
    rounded = torch.tensor(values, dtype=torch.float32).to(torch.bfloat16).reshape(-1, 1)
    ours = written({"w": Tensor((len(values), 1), values, "BF16")})
    assert torch.equal(official_torch.load(ours)["w"], rounded)
    assert ours == official_torch.save({"w": rounded})
    assert same(list(read(io.BytesIO(ours))[0]["w"].values), rounded.flatten().tolist())


def test_files_go_both_ways_through_numpy(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    write(ours, {"0.weight": Tensor((2, 3), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], "F32")}, {"format": "pt"})
    arrays = official_numpy.load_file(ours)
    assert arrays["0.weight"].tolist() == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    official_numpy.save_file(arrays, theirs, {"format": "pt"})
    assert theirs.read_bytes() == ours.read_bytes()
    with official.safe_open(ours, "numpy") as file:
        assert file.metadata() == read_header(ours).metadata


def test_the_same_bytes_for_the_same_tensors_of_one_dtype() -> None:
    rng = random.Random(5)
    for _ in range(50):
        tensors = random_tensors(rng, rng.choice([*NUMPY_NAMES]))
        assert written(tensors) == official_numpy.save(arrays(tensors))


@pytest.mark.parametrize("dtype", ["F16", "F32"])
def test_rounding_is_numpys(dtype: str) -> None:
    rng = random.Random(6)
    values = [rng.uniform(-2, 2) * 2.0 ** rng.randint(-160, 14) for _ in range(5000)]
    assert packed(dtype, *values) == numpy.array(values).astype(NUMPY_NAMES[dtype]).tobytes()


def test_widening_is_numpys() -> None:
    rng = random.Random(7)
    for dtype, width in (("F16", 2), ("F32", 4)):
        raw = b"".join(rng.randbytes(width - 1) + bytes([rng.choice([0, 1, 0x3C, 0x7B, 0xBF])]) for _ in range(10_000))
        assert same(unpacked(dtype, raw), numpy.frombuffer(raw, NUMPY_NAMES[dtype]).astype("<f8").tolist())


def accepted(raw: bytes) -> bool:
    try:
        official.deserialize(raw)
    except official.SafetensorError:
        return False
    return True


@pytest.mark.parametrize("name", GOOD)
def test_the_official_package_accepts_the_good_files_too(name: str) -> None:
    assert accepted(GOOD[name])


@pytest.mark.parametrize("dtype", LISTED)
def test_the_official_package_accepts_dtypes_that_purenn_only_lists(dtype: str) -> None:
    assert accepted(LISTED[dtype])


@pytest.mark.parametrize("name", BAD)
def test_the_official_package_refuses_the_bad_files_too(name: str) -> None:
    assert not accepted(BAD[name][0])


@pytest.mark.parametrize("name", STRICTER)
def test_the_official_package_is_laxer_only_where_we_know_it(name: str) -> None:
    assert accepted(STRICTER[name][0])
