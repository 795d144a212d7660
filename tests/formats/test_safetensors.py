"""purenn.formats.safetensors: golden bytes, every rule of the format, and files that nobody meant to write."""

from __future__ import annotations

import io
import math
import random
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from purenn.errors import FormatError, ShapeError
from purenn.formats.safetensors import DTYPES, Tensor, read, read_header, write
from purenn.formats.safetensors_header import Entry

INTEGER_RANGES = {
    f"{sign}{bits}": (-(2 ** (bits - 1)) if sign == "I" else 0, 2 ** (bits - (sign == "I")) - 1)
    for sign in "IU"
    for bits in (8, 16, 32, 64)
}
INTEGER_RANGES["BOOL"] = (0, 1)


def file_of(header: str | bytes, buffer: bytes = b"") -> bytes:
    raw = header.encode("utf-8") if isinstance(header, str) else header
    return struct.pack("<Q", len(raw)) + raw + buffer


def entry(dtype: str, shape: str, begin: str = "0", end: str = "0") -> str:
    return f'{{"dtype":"{dtype}","shape":{shape},"data_offsets":[{begin},{end}]}}'


def entry_a(dtype: str, shape: str, begin: str = "0", end: str = "1", buffer: bytes = b"x") -> bytes:
    """A file whose only tensor, "a", has this entry."""
    return file_of(f'{{"a":{entry(dtype, shape, begin, end)}}}', buffer)


def two(a: str, b: str, buffer: bytes) -> bytes:
    return file_of(f'{{"a":{a},"b":{b}}}', buffer)


GOOD = {
    "no tensors": file_of("{}"),
    "padding": file_of("{}      "),
    "empty metadata": file_of('{"__metadata__":{}}'),
    "empty name": file_of(f'{{"":{entry("U8", "[1]", "0", "1")}}}', b"x"),
    "emoji": file_of(f'{{"😀":{entry("U8", "[1]", "0", "1")}}}', b"x"),
    "emoji as a surrogate pair": file_of(f'{{"\\ud83d\\ude00":{entry("U8", "[1]", "0", "1")}}}', b"x"),
    "scalar": entry_a("U8", "[]"),
    "size 0": entry_a("F64", "[3,0]", "0", "0", b""),
    "huge sizes after a 0": entry_a("U8", "[0,9223372036854775808,4]", "0", "0", b""),
    "the largest size": entry_a("U8", "[0,18446744073709551615]", "0", "0", b""),
    "two empty tensors in one place": two(entry("U8", "[0]"), entry("U8", "[0]"), b""),
    "an empty tensor between two": two(
        entry("U8", "[1]", "1", "2"), entry("U8", "[0]", "1", "1") + ',"c":' + entry("U8", "[1]", "0", "1"), b"xx"
    ),
    "a boolean that is 2": entry_a("BOOL", "[1]", buffer=b"\2"),
    "white space": file_of(' \t\r\n{ "a" : { "dtype" :"U8", "shape":[ 1 ] ,"data_offsets": [0,1] } } ', b"x"),
    "metadata null": file_of('{"__metadata__":null}'),
    "space in metadata": file_of('{"__metadata__": { } }'),
}

# Files of dtypes that purenn lists and does not read: the buffer has a byte for each 8 bits of values.
LISTED = {
    dtype: entry_a(dtype, f"[{count}]", "0", str(size), b"x" * size)
    for dtype, count, size in [
        ("F8_E5M2", 1, 1), ("F8_E4M3", 3, 3), ("F8_E8M0", 1, 1), ("F8_E4M3FNUZ", 1, 1), ("F8_E5M2FNUZ", 1, 1),
        ("F6_E2M3", 4, 3), ("F6_E3M2", 8, 6), ("F4", 2, 1), ("C64", 2, 16),
    ]
}  # fmt: skip

# name: the file, and what its error must say
BAD = {
    "empty": (b"", "found 0 bytes, expected 8"),
    "7 bytes": (b"1234567", "found 7 bytes, expected 8"),
    "no header": (file_of(""), "offset 8"),
    "header past the end": (struct.pack("<Q", 3) + b"{}", "offset 0: .* 3 bytes, expected at most 2"),
    "the largest header size": (struct.pack("<Q", 2**64 - 1) + b"{}", "18446744073709551615 bytes, expected at most 2"),
    "a pickle": (b"\x80\x02}q\x00X\x06\x00\x00\x00weight", "not safetensors"),
    "a list": (file_of("[]"), "offset 8: .*: found '\\[\\]' at character 0, expected {"),
    "a string": (file_of('"a"'), "found '\"a\"' at character 0"),
    "byte order mark": (file_of("\ufeff{}"), "found '\\\\ufeff{}' at character 0, expected {"),
    "UTF-16": (file_of("{}".encode("utf-16")), "utf-8"),
    "Latin-1": (file_of('{"__metadata__":{"a":"é"}}'.encode("latin-1")), "utf-8"),
    "surrogate in UTF-8": (file_of(b'{"__metadata__":{"a":"\xed\xa0\x80"}}'), "utf-8"),
    "surrogate as a name": (file_of(f'{{"\\ud800":{entry("U8", "[1]", "0", "1")}}}', b"x"), "surrogate"),
    "surrogate in metadata": (file_of('{"__metadata__":{"a":"\\ud800"}}'), "surrogate"),
    "bad JSON": (file_of('{"a":'), "tensor 'a': found '', expected an object"),
    "two JSON values": (file_of("{}{}"), "extra data at character 2"),
    "padding with 0 bytes": (file_of("{}\0\0"), "extra data at character 2"),
    "control character": (file_of('{"__metadata__":{"a":"\n"}}'), "control character"),
    "too deep": (file_of('{"a":' + "[" * 100_000 + "]" * 100_000 + "}"), "tensor 'a': found '\\[\\["),
    "rather deep": (file_of('{"a":' + "[" * 500 + "]" * 500 + "}"), "tensor 'a'"),
    "repeated dtype": (file_of('{"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}'), "'dtype' ap"),
    "repeated metadata": (file_of('{"__metadata__":{},"__metadata__":{}}'), "'__metadata__' appears twice"),
    "NaN": (file_of('{"a":NaN}'), "tensor 'a': found 'NaN}', expected"),
    "NaN as a size": (entry_a("U8", "[NaN]"), "shape is \\[nan\\]"),
    "Infinity as an offset": (entry_a("U8", "[1]", end="Infinity"), "data_offsets is \\[0, inf\\]"),
    "null entry": (file_of('{"a":null}'), "tensor 'a': found 'null}', expected an object of dtype"),
    "no dtype": (file_of('{"a":{"shape":[0],"data_offsets":[0,0]}}'), "expected an object of dtype, shape"),
    "no shape": (file_of('{"a":{"dtype":"U8","data_offsets":[0,0]}}'), "expected an object of dtype, shape"),
    "no offsets": (file_of('{"a":{"dtype":"U8","shape":[0]}}'), "expected an object of dtype, shape"),
    "unknown dtype": (entry_a("X8", "[1]"), "dtype is 'X8', expected one of F64"),
    "small letters": (entry_a("u8", "[1]"), "dtype is 'u8'"),
    "dtype not a string": (file_of('{"a":{"dtype":1,"shape":[0],"data_offsets":[0,0]}}'), "dtype is 1"),
    "shape null": (entry_a("U8", "null"), "tensor 'a': shape is None"),
    "size true": (entry_a("U8", "[true]"), "shape is \\[True\\]"),
    "size 1.0": (entry_a("U8", "[1.0]"), "shape is \\[1.0\\]"),
    "size 1e0": (entry_a("U8", "[1e0]"), "shape is \\[1.0\\]"),
    "size 01": (entry_a("U8", "[01]"), "tensor 'a': not JSON: "),
    "size -1": (entry_a("U8", "[-1]"), "shape is \\[-1.0\\]"),
    "size -0": (entry_a("U8", "[-0]", "0", "0", b""), "shape is \\[-0.0\\]"),
    "size 2**64": (entry_a("U8", "[0,18446744073709551616]", "0", "0", b""), "shape is \\[0, 1.8"),
    "a size of a million digits": (entry_a("U8", "[" + "9" * 1_000_000 + "]"), "no end within 100000 characters"),
    "a size of a thousand digits": (entry_a("U8", "[" + "9" * 1000 + "]"), "shape is \\[inf\\]"),
    "a list in a shape": (entry_a("U8", "[[]]"), "found .*, expected an object of dtype, shape"),
    "an object in a shape": (entry_a("U8", "[{}]"), "found .*, expected an object of dtype, shape"),
    "a name of a million characters": (file_of('{"' + "a" * 1_000_000 + '":1}'), "tensor 'aaa.*…': found"),
    "sizes that overflow before a 0": (entry_a("U8", "[9223372036854775808,4,0]", "0", "0", b""), "below 2\\*\\*64"),
    "sizes of 2**64 before a 0": (entry_a("U8", "[4294967296,4294967296,0]", "0", "0", b""), "below 2\\*\\*64"),
    "half a byte": (entry_a("F4", "[3]"), "F4 \\(3,\\) is 1 bytes and 4 bits, expected whole bytes"),
    "three bits too many": (entry_a("F6_E2M3", "[1]"), "is 0 bytes and 6 bits"),
    "1 offset": (file_of('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0]}}'), "1 numbers, expected 2"),
    "3 offsets": (file_of('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0,0]}}'), "3 numbers, expected 2"),
    "offset true": (entry_a("U8", "[1]", "0", "true"), "data_offsets is \\[0, True\\]"),
    "offset -1": (entry_a("U8", "[1]", "-1", "0"), "data_offsets is \\[-1.0, 0\\]"),
    "end before begin": (entry_a("U8", "[1]", "1", "0"), "1 to 0 is -1 bytes, expected 1"),
    "more bytes than values": (entry_a("U8", "[1]", "0", "2", b"xx"), "0 to 2 is 2 bytes, expected 1: U8 \\(1,\\)"),
    "exabytes": (entry_a("F64", "[1152921504606846976]", "0", "9223372036854775808"), "99 bytes, expected 9223"),
    "hole at the beginning": (entry_a("U8", "[1]", "1", "2", b"xx"), "begins at 1, expected 0"),
    "hole": (two(entry("U8", "[1]", "0", "1"), entry("U8", "[1]", "2", "3"), b"xxx"), "'b': begins at 2, expected 1"),
    "overlap": (two(entry("U8", "[2]", "0", "2"), entry("U8", "[2]", "1", "3"), b"xxx"), "begins at 1, expected 2"),
    "same bytes twice": (two(entry("U8", "[1]", "0", "1"), entry("U8", "[1]", "0", "1"), b"x"), "'b': begins at 0"),
    "an empty tensor inside another": (two(entry("U8", "[2]", "0", "2"), entry("U8", "[0]", "1", "1"), b"xx"), "'b'"),
    "trailing byte": (entry_a("U8", "[1]", buffer=b"xy"), "63 bytes, expected 62: 8, header 53, tensors 1"),
    "missing byte": (entry_a("U8", "[2]", "0", "2", b"x"), "62 bytes, expected 63: 8, header 53, tensors 2"),
    "metadata that is a number": (file_of('{"__metadata__":{"a":1}}'), "expected an object of strings"),
    "metadata that is a list": (
        file_of('{"__metadata__":["a"]}'),
        "__metadata__ has '\\[\"a\"\\]}', expected an object",
    ),
    "a tensor named __metadata__": (file_of(f'{{"__metadata__":{entry("U8", "[0]")}}}'), "object of strings"),
}

# Files that only the official reader accepts. The first two break the format's text ("duplicate keys are disallowed",
# "string-to-string"); the others are no part of it.
STRICTER = {
    "repeated name": (two(entry("U8", "[0]"), entry("U8", "[0]"), b"").replace(b'"b"', b'"a"'), "'a' appears twice"),
    "repeated metadata key": (file_of('{"__metadata__":{"a":"1","a":"2"}}'), "'a' appears twice"),
    "unknown field": (file_of('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"b":1}}'), "expected an object of"),
    "entry as a list": (file_of('{"a":["U8",[0],[0,0]]}'), "expected an object of dtype, shape"),
}


def written(tensors: dict[str, Tensor], metadata: dict[str, str] | None = None) -> bytes:
    file = io.BytesIO()
    write(file, tensors, metadata or {})
    return file.getvalue()


def packed(dtype: str, *values: float) -> bytes:
    """The buffer of a file with these values and nothing else."""
    raw = written({"a": Tensor((len(values),), values, dtype)})
    return raw[8 + int.from_bytes(raw[:8], "little") :]


def unpacked(dtype: str, raw: bytes) -> list[float]:
    width = len(packed(dtype, 0))
    source = entry_a(dtype, f"[{len(raw) // width}]", "0", str(len(raw)), raw)
    return list(read(io.BytesIO(source))[0]["a"].values)


def test_a_whole_file_byte_by_byte() -> None:
    expected = b'{"__metadata__":{"k":"v"},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}'
    expected += b" " * 7  # 81 bytes and 7 spaces: 88, a multiple of 8
    assert len(expected) == 88
    assert written({"w": Tensor((1, 2), [1.0, -2.0], "F32")}, {"k": "v"}) == (
        b"\x58\0\0\0\0\0\0\0" + expected + b"\0\0\x80\x3f\0\0\0\xc0"
    )


@pytest.mark.parametrize(("dtype", "value", "expected"), [
    ("F64", 1.0, "00 00 00 00 00 00 f0 3f"),
    ("F64", -0.0, "00 00 00 00 00 00 00 80"),
    ("F64", 5e-324, "01 00 00 00 00 00 00 00"),
    ("F32", -2.0, "00 00 00 c0"),
    ("F16", 1.5, "00 3e"),
    ("BF16", 1.0, "80 3f"),
    ("I64", -2, "fe ff ff ff ff ff ff ff"),
    ("I32", -2, "fe ff ff ff"),
    ("I16", -2, "fe ff"),
    ("I8", -2, "fe"),
    ("U64", 2**64 - 2, "fe ff ff ff ff ff ff ff"),
    ("U32", 258, "02 01 00 00"),
    ("U16", 258, "02 01"),
    ("U8", 200, "c8"),
    ("BOOL", 1, "01"),
])  # fmt: skip
def test_values_are_little_endian_on_every_machine(dtype: str, value: float, expected: str) -> None:
    assert packed(dtype, 0, value)[len(bytes.fromhex(expected)) :].hex(" ") == expected
    back = unpacked(dtype, bytes.fromhex(expected))
    assert back == [value]
    assert type(back[0]) is type(value)
    assert math.copysign(1, back[0]) == math.copysign(1, value)


@pytest.mark.parametrize("dtype", ["F16", "BF16"])
def test_every_16_bit_float_survives(dtype: str) -> None:
    values = unpacked(dtype, struct.pack("<65536H", *range(65536)))
    again = struct.unpack("<65536H", packed(dtype, *values))
    assert [bits for bits, value in enumerate(values) if not math.isnan(value) and again[bits] != bits] == []
    assert all(math.isnan(unpacked(dtype, packed(dtype, value))[0]) for value in values[-10:])  # FFF6 to FFFF


@pytest.mark.parametrize(("value", "bits"), [
    (1 + 2**-8, 0x3F80),  # halfway between 3F80 = 1 and 3F81 = 1 + 2**-7: to the even one
    (1 + 3 * 2**-8, 0x3F82),  # halfway between 3F81 and 3F82
    (1 + 2**-8 + 2**-40, 0x3F81),  # above halfway, by less than an F32 can tell
    (-1 - 2**-8 - 2**-40, 0xBF81),
    (2 - 2**-9, 0x4000),  # up into the next power of two
    (2.0**-133, 0x0001),  # the smallest
    (2.0**-134, 0x0000),  # halfway between 0 and the smallest
    (3 * 2.0**-134, 0x0002),
    (-5e-324, 0x8000),  # to zero, but from below
    (2.0**-126 - 2.0**-134, 0x0080),  # halfway between the largest subnormal, 007F, and the smallest normal, 0080
    ((2 - 2**-8) * 2.0**127 * (1 - 2**-53), 0x7F7F),  # the next F64 above would be 2**128, and not fit
    (math.inf, 0x7F80),
    (-math.inf, 0xFF80),
    (3, 0x4040),
])  # fmt: skip
def test_bf16_rounds_once_to_nearest_even(value: float, bits: int) -> None:
    assert packed("BF16", value) == struct.pack("<H", bits)


@pytest.mark.parametrize(("dtype", "value"), [
    ("F64", 10**400),
    ("F32", 1e39),
    ("F32", -1e39),
    ("F16", 1e5),
    ("F16", 65520.0),  # halfway between 65504, the largest, and 65536
    ("BF16", (2 - 2**-8) * 2.0**127),  # halfway between the largest and 2**128
    ("BF16", 1.7976931348623157e308),
    ("BF16", 10**400),
    ("BOOL", 2),
    ("BOOL", 0.5),
    ("I8", 1.0),
    *((dtype, low - 1) for dtype, (low, _) in INTEGER_RANGES.items()),
    *((dtype, high + 1) for dtype, (_, high) in INTEGER_RANGES.items()),
])  # fmt: skip
def test_a_value_that_does_not_fit_is_named(dtype: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"tensor 'bias': value 2 is {value!r}, which".replace("+", "\\+")):
        written({"weight": Tensor((1,), [0], dtype), "bias": Tensor((3,), [0, 1, value], dtype)})


@pytest.mark.parametrize(("dtype", "low", "high"), [(dtype, *ends) for dtype, ends in INTEGER_RANGES.items()])
def test_the_smallest_and_the_largest_integer_fit(dtype: str, low: int, high: int) -> None:
    assert unpacked(dtype, packed(dtype, low, high)) == [low, high]


def random_value(dtype: str, rng: random.Random) -> float:
    if dtype in INTEGER_RANGES:
        return rng.randint(*INTEGER_RANGES[dtype])
    if rng.random() < 0.2:
        return rng.choice([0.0, -0.0, math.inf, -math.inf])
    if dtype == "F64":
        return rng.uniform(-1, 1) * 10.0 ** rng.randint(-320, 300)
    return rng.randint(-128, 128) * 2.0 ** rng.randint(-14, 8)  # exact in F32, F16 and BF16


def random_tensor(rng: random.Random, dtype: str) -> Tensor:
    shape = tuple(rng.choice([0, 1, 1, 2, 3, 5]) for _ in range(rng.randint(0, 4)))
    return Tensor(shape, [random_value(dtype, rng) for _ in range(math.prod(shape))], dtype)


def random_text(rng: random.Random) -> str:
    return "".join(rng.choice('a.b_0 "\\/\0\n\x7fé√😀\u2028') for _ in range(rng.randint(0, 9)))


def test_random_tensors_come_back_bit_for_bit() -> None:
    rng = random.Random(1)
    for _ in range(150):
        tensors = {random_text(rng): random_tensor(rng, rng.choice(DTYPES)) for _ in range(rng.randint(0, 6))}
        metadata = {random_text(rng): random_text(rng) for _ in range(rng.randint(0, 3))}
        back, metadata_back = read(io.BytesIO(written(tensors, metadata)))
        assert metadata_back == metadata
        assert back.keys() == tensors.keys()
        for name, tensor in tensors.items():
            assert (back[name].shape, back[name].dtype) == (tensor.shape, tensor.dtype)
            assert [*map(repr, back[name].values)] == [*map(repr, tensor.values)]  # repr tells -0.0 from 0.0


def test_tensors_go_widest_first_then_by_name_and_are_aligned() -> None:
    tensors = {f"{name} {dtype}": Tensor((3,), [0, 1, 1], dtype) for name in "ba" for dtype in DTYPES}
    header = read_header(io.BytesIO(written(tensors)))
    widths = {name: (found.end - found.begin) // 3 for name, found in header.entries.items()}
    assert list(header.entries) == sorted(tensors, key=lambda name: (-widths[name], name))
    assert header.buffer % 8 == 0
    assert all(found.begin % widths[name] == 0 for name, found in header.entries.items())


def test_order_in_the_header_is_free() -> None:
    source = two(entry("U8", "[1]", "1", "2"), entry("U8", "[1]", "0", "1"), b"\7\x08")
    tensors, _ = read(io.BytesIO(source))
    assert {name: list(tensor.values) for name, tensor in tensors.items()} == {"b": [7], "a": [8]}
    assert list(tensors) == ["b", "a"]


def test_a_boolean_byte_other_than_0_reads_as_1() -> None:
    assert unpacked("BOOL", b"\0\1\2\xff") == [0, 1, 1, 1]


class Watched(io.BytesIO):
    """Remembers how much was asked of it."""

    asked = 0

    def read(self, size: int | None = -1, /) -> bytes:
        assert size is not None
        assert size >= 0
        self.asked += size
        return super().read(size)


def test_read_header_loads_no_tensor() -> None:
    file = Watched(written({"w": Tensor((1000,), [0.5] * 1000)}, {"k": "v"}))
    header = read_header(file)
    assert (header.entries, header.metadata) == ({"w": Entry("F64", (1000,), 0, 8000)}, {"k": "v"})
    assert file.asked == header.buffer


@pytest.mark.parametrize("dtype", LISTED)
def test_a_tensor_of_a_dtype_without_a_type_in_python_is_listed_and_refused_by_name(dtype: str) -> None:
    found = read_header(io.BytesIO(LISTED[dtype])).entries["a"]
    assert (found.dtype, found.begin) == (dtype, 0)
    with pytest.raises(FormatError, match=f"tensor 'a': dtype {dtype} is not supported: .* reads only F64, F32, F16"):
        read(io.BytesIO(LISTED[dtype]))


GOOD_VALUES: dict[str, dict[str, list[float]]] = {
    "no tensors": {},
    "padding": {},
    "empty metadata": {},
    "empty name": {"": [120]},  # "x"
    "emoji": {"😀": [120]},
    "emoji as a surrogate pair": {"😀": [120]},
    "scalar": {"a": [120]},
    "size 0": {"a": []},
    "huge sizes after a 0": {"a": []},
    "the largest size": {"a": []},
    "two empty tensors in one place": {"a": [], "b": []},
    "an empty tensor between two": {"c": [120], "b": [], "a": [120]},
    "a boolean that is 2": {"a": [1]},
    "white space": {"a": [120]},
    "metadata null": {},
    "space in metadata": {},
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_is_read_with_its_values(name: str) -> None:
    tensors, metadata = read(io.BytesIO(GOOD[name]))
    assert {tensor: list(found.values) for tensor, found in tensors.items()} == GOOD_VALUES[name]
    assert metadata == {}


@pytest.mark.parametrize("name", [*BAD, *STRICTER])
def test_bad_file_is_refused_with_its_reason(name: str, tmp_path: Path) -> None:
    raw, reason = {**BAD, **STRICTER}[name]
    path = tmp_path / "model.safetensors"
    path.write_bytes(raw)
    for reader in (read, read_header):
        with pytest.raises(FormatError, match=f"(?s)model.safetensors: .*{reason}") as caught:
            reader(path)
        assert len(str(caught.value)) < len(str(path)) + 400
        str(caught.value).encode("utf-8")  # it can be printed


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_never_makes_it_ask_for_more_than_the_file_has(name: str) -> None:
    file = Watched(BAD[name][0])
    with pytest.raises(FormatError):
        read(file)
    assert file.asked <= max(8, len(BAD[name][0]))


def test_header_limit_is_100_million_bytes(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.write(struct.pack("<Q", 100_000_001) + b"{}")
        file.truncate(200_000_000)  # takes no room on the disk
    with pytest.raises(FormatError, match="100000001 bytes, expected at most 100000000"):
        read_header(path)


def test_a_shape_of_many_huge_sizes_is_refused_at_once() -> None:
    sizes = ["9223372036854775808"] * 4_000
    with pytest.raises(FormatError, match="below 2\\*\\*64"):
        read(io.BytesIO(entry_a("U8", f"[{','.join(sizes)},0]", "0", "0", b"")))


class Shrinking(io.BytesIO):
    """Another program cuts this file's last byte after its size was looked at."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        size = super().seek(offset, whence)
        if whence == io.SEEK_END:
            self.truncate(size - 1)
        return size


def test_a_file_that_shrinks_while_it_is_read_is_a_format_error() -> None:
    with pytest.raises(FormatError, match="tensor 'a': found 0 bytes, expected 1"):
        read(Shrinking(entry_a("U8", "[1]")))


def mutations(raw: bytes) -> list[bytes]:
    """Every bit flipped, every byte replaced, doubled and left out."""
    changed: list[bytes] = []
    for at, byte in enumerate(raw):
        values = {byte ^ 1 << bit for bit in range(8)} | {0, 255, *b'"{}[],:0 -e'}
        middles = [*(bytes([value]) for value in sorted(values - {byte})), bytes([byte, byte]), b""]
        changed += [raw[:at] + middle + raw[at + 1 :] for middle in middles]
    return changed


def test_no_change_to_a_file_brings_out_another_error_than_format_error() -> None:
    tensors = {"é": Tensor((2,), [1.5, -2.0]), "b": Tensor((), [7], "U8"), "c": Tensor((1, 2), [3.0, 4.0], "BF16")}
    raw = written(tensors, {"k": "v"})
    outcomes = {"read": 0, "refused": 0}
    for changed in mutations(raw):
        try:
            back, metadata = read(io.BytesIO(changed))
        except FormatError as error:
            str(error).encode("utf-8")
            outcomes["refused"] += 1
        else:
            written(back, metadata)  # whatever is read can be written
            outcomes["read"] += 1
    assert min(outcomes.values()) > 100


def test_every_truncation_is_refused() -> None:
    raw = written({"w": Tensor((2,), [1.5, -2.0])}, {"k": "v"})
    for size in range(len(raw)):
        with pytest.raises(FormatError):
            read(io.BytesIO(raw[:size]))


def test_random_json_brings_out_no_other_error_than_format_error() -> None:
    rng, refused, count = random.Random(2), 0, 3000
    words = ['{"a":', '"__metadata__"', '"dtype"', '"shape"', '"data_offsets"', '"U8"', '"\\udc00"', *"[]{}:, 0"]
    words += ["-0", "1e999", "NaN", "null", "true", entry("U8", "[1]", "0", "1")]
    for _ in range(count):
        source = file_of("{" + "".join(rng.choices(words, k=rng.randint(0, 12))) + "}", b"x" * rng.randint(0, 2))
        try:
            tensors, metadata = read(io.BytesIO(source))
        except FormatError:
            refused += 1
        else:
            assert read(io.BytesIO(written(tensors, metadata))) == (tensors, metadata)
    assert 0 < refused < count


@pytest.mark.parametrize("kind", [str, Path])
def test_paths_are_written_and_read(kind: Callable[[str], str | Path]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = kind(f"{folder}/model.safetensors")
        write(path, {"w": Tensor((1,), [0.5])})
        assert list(read_header(path).entries) == ["w"]
        assert list(read(path)[0]["w"].values) == [0.5]


def test_a_failed_write_leaves_the_file_before_it_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(descriptor: int) -> None:
        raise OSError("no space left")

    path = tmp_path / "model.safetensors"
    write(path, {"w": Tensor((1,), [0.5])})
    before = path.read_bytes()
    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(OSError, match="no space left"):
        write(path, {"w": Tensor((1,), [0.75])})
    with pytest.raises(ValueError, match="value 0 is 1e\\+39"):
        write(path, {"w": Tensor((1,), [1e39], "F32")})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_to_an_open_file_writes_nothing() -> None:
    file = io.BytesIO()
    with pytest.raises(ValueError, match="tensor 'z'"):
        write(file, {"a": Tensor((1,), [0.5]), "z": Tensor((1,), [300], "I8")})
    assert file.getvalue() == b""


def test_a_tensor_cannot_be_named_as_the_metadata() -> None:
    with pytest.raises(ValueError, match="a tensor cannot be named '__metadata__'"):
        written({"__metadata__": Tensor((), [0.0])})


@pytest.mark.parametrize(("name", "key", "text"), [("\ud800", "", ""), ("", "\ud800", ""), ("", "", "\ud800")])
def test_half_a_surrogate_pair_cannot_be_written(name: str, key: str, text: str) -> None:
    with pytest.raises(ValueError, match="surrogates not allowed"):
        written({name: Tensor((), [0.0])}, {key: text})


@pytest.mark.parametrize("metadata", [{"epochs": 3}, {3: "epochs"}, {"accuracy": None}])
def test_metadata_that_are_not_strings_cannot_be_written(metadata: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="metadata must be strings, got "):
        written({}, metadata)


def test_a_header_past_the_limit_is_refused_before_the_file_is_touched(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"as it was")
    with pytest.raises(ValueError, match=r"100,000,032 bytes, over the 100,000,000 of the format: leave some"):
        write(path, {}, {"notes": "x" * 100_000_000})
    assert path.read_bytes() == b"as it was"


@pytest.mark.parametrize("size", [True, 2.0])
def test_what_could_not_be_read_again_is_not_written(size: int, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    with pytest.raises(ValueError, match="could not be read again: the file to write: tensor 'w': shape is "):
        write(path, {"w": Tensor((size,), [0.5] * int(size))})
    values = [0.5]
    tensor = Tensor((1,), values)
    values.append(1.0)  # after its check
    with pytest.raises(ValueError, match=r"could not be read again: .* 0 to 16 is 16 bytes, expected 8"):
        write(path, {"w": tensor})
    assert list(tmp_path.iterdir()) == []


# Memory, as tracemalloc counts it.


def peak(action: Callable[[], object]) -> int:
    """The most bytes in use during an action, above those in use before."""
    tracemalloc = pytest.importorskip("tracemalloc")  # PyPy has none
    tracemalloc.start()
    try:
        action()
        found: int = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return found


@pytest.mark.parametrize("dtype", [*DTYPES])
def test_reading_needs_little_more_memory_than_what_it_returns(dtype: str, tmp_path: Path) -> None:
    width = len(packed(dtype, 0))
    size = 4_000_000
    path = tmp_path / "large"
    path.write_bytes(entry_a(dtype, f"[{size // width}]", "0", str(size), bytes(size)))
    kept = 2 * size if dtype in ("F16", "BF16") else size  # as F32
    # arrays grow in steps of a sixteenth; of F16, a block becomes a tuple of numbers
    assert peak(lambda: read(path)) < 1.07 * kept + (8_000_000 if dtype == "F16" else 1_500_000)


HOSTILE = {
    "lists": '{"a":[' + "[]," * 600_000 + "[]]}",
    "lists in a shape": entry("U8", "[" + "[]," * 600_000 + "[]]").join(['{"a":', "}"]),
    "objects": '{"a":{"b":[' + "{}," * 600_000 + "{}]}}",
    "sizes": entry("U8", "[" + "999," * 450_000 + "999]").join(['{"a":', "}"]),
    "fields": '{"a":{' + ",".join(f'"{i}":0' for i in range(180_000)) + "}}",
    "an end in a name": '{"a":{"}":[' + "[]," * 600_000 + "[]]}}",
    "depth": '{"a":' + "[" * 1_800_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_header_of_2_megabytes_takes_5_times_as_much_memory_at_most(name: str) -> None:
    raw = file_of(HOSTILE[name])
    assert 1_500_000 < len(raw) < 2_600_000

    def refused() -> None:
        with pytest.raises(FormatError):
            read(io.BytesIO(raw))

    assert peak(refused) < 5 * len(raw)


MANY = {
    "entries": "{" + ",".join(f'"{i}":{entry("U8", "[0]")}' for i in range(36_000)) + "}",
    "metadata": '{"__metadata__":{' + ",".join(f'"{i}":""' for i in range(170_000)) + "}}",
}


@pytest.mark.parametrize("name", MANY)
def test_a_header_of_as_many_parts_as_2_megabytes_can_hold_takes_10_times_as_much_memory_at_most(name: str) -> None:
    raw = file_of(MANY[name])
    assert 1_900_000 < len(raw) < 2_200_000
    assert peak(lambda: read_header(io.BytesIO(raw))) < 10 * len(raw)


@pytest.mark.parametrize(("shape", "values"), [((2, 3), [0.0] * 5), ((), []), ((0,), [0.0]), ((2,), [0.0] * 3)])
def test_a_tensor_with_another_number_of_values_names_both(shape: tuple[int, ...], values: list[float]) -> None:
    with pytest.raises(ShapeError, match=f"has {math.prod(shape)} values, got {len(values)}"):
        Tensor(shape, values)


@pytest.mark.parametrize("shape", [(-1,), (-1, -1), (2**63, 4, 0)])
def test_a_tensor_of_an_impossible_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="expected sizes from 0"):
        Tensor(shape, [0.0] * max(0, math.prod(shape)))


def test_a_tensor_of_an_unknown_dtype_is_refused() -> None:
    with pytest.raises(ValueError, match=r"dtype must be one of F64, .*, got 'float32'"):
        Tensor((), [0.0], "float32")
