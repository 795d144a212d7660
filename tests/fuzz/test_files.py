"""Files: the readers of IDX, safetensors, checkpoints, tables and pictures refuse with FormatError, or read."""

from __future__ import annotations

import gzip
import io
import json
import warnings
import zlib
from math import prod
from pathlib import Path

import pytest

from purenn import checkpoints, datasets
from purenn.checkpoints import CheckpointFile, Settings
from purenn.engine import Engine, FloatEngine, Job, State
from purenn.errors import FormatError
from purenn.formats import Tensor, idx, png, pnm, safetensors
from purenn.history import Epoch
from purenn.lanes.engine import LanesEngine
from purenn.losses import CrossEntropy
from purenn.network import feed_forward, load
from purenn.samples import Labels, Samples, as_rows
from purenn.schedules import constant
from tests.conftest import silent
from tests.corpus import IDX, PICTURES, SAFETENSORS, TABLES, chunk
from tests.fuzz.inputs import changed, fuzzed, junk, limited, st

pytestmark = pytest.mark.fuzz

SMALL = 20_000  # bytes: larger seeds would cost time and find nothing more


def seeds(cases: dict[str, object]) -> dict[str, bytes]:
    """The files of a corpus that are small enough."""
    found = {name: getattr(case, "raw", b"") for name, case in cases.items()}
    return {name: raw for name, raw in found.items() if len(raw) <= SMALL}


# IDX.


def read_idx(raw: bytes) -> None:
    """What is read is whole, and comes back when it is written."""
    with limited():
        try:
            found = idx.read(io.BytesIO(raw))
        except FormatError:
            with pytest.raises(FormatError):
                idx.read_header(io.BytesIO(raw), whole=True)
            return
        header = idx.read_header(io.BytesIO(raw), whole=True)
        assert (header.type_name, header.shape) == (found.type_name, found.shape)
        file = io.BytesIO()
        idx.write(file, found)
        assert len(file.getvalue()) == header.values_offset + header.values_size


def test_idx() -> None:
    plain = changed(seeds({**IDX}), [b"\0\0\x08\x01", b"\0\0\x0d\x03", b"\x1f\x8b\x08", bytes(64)])
    packed = st.builds(lambda raw, zeros: gzip.compress(raw, 1, mtime=0) + bytes(zeros), plain, st.integers(0, 20))
    fuzzed(st.one_of(plain, packed), read_idx)


# safetensors.


def framed(header: bytes, buffer: int, off_by: int) -> bytes:
    """A file with this header, whose size may be wrong."""
    return max(0, len(header) + off_by).to_bytes(8, "little") + header + bytes(buffer)


def read_safetensors(raw: bytes) -> None:
    """What is read comes back when it is written."""
    with limited():
        try:
            tensors, metadata = safetensors.read(io.BytesIO(raw))
        except FormatError:
            return
        file = io.BytesIO()
        safetensors.write(file, tensors, metadata)
        again, metadata_again = safetensors.read(file)
        assert (metadata_again, {name: tensor.shape for name, tensor in again.items()}) == (
            metadata,
            {name: tensor.shape for name, tensor in tensors.items()},
        )


def test_safetensors() -> None:
    words = [b'"', b"{", b"}", b"[", b"]", b",", b":", b"0", b"null", b'"dtype"', b'"F16"', b'"F4"', b"\\ud800"]
    words += [
        b"__metadata__",
        b'{"dtype":"U8","shape":[1],"data_offsets":[0,1]}',
        b"[0,0]",
        b"[[",
        b"1e9",
        b"\xed\xa0\x80",
    ]
    small = seeds({**SAFETENSORS})
    headers = {name: raw[8:].rstrip(b"x\0") for name, raw in small.items()}
    sizes = st.sampled_from([0, 0, 0, 0, 1, -1, 2**40])
    framings = st.builds(framed, changed(headers, words), st.integers(0, 9), sizes)
    fuzzed(st.one_of(changed(small, words), framings), read_safetensors)


# Checkpoints.

EPOCH = Epoch(1, 0.5, None, None, None, 0.1, 0.0)


def engine_of(kind: str) -> Engine:
    """An engine for a small job."""
    samples = Samples(as_rows([[0, 1], [1, 0], [1, 1]]), Labels([0, 1, 1], 2))
    job = Job(feed_forward([2, 3, 2]), samples, CrossEntropy())
    return FloatEngine(job) if kind == "float" else LanesEngine(job)


def saved(kind: str, path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors and the metadata of a checkpoint."""
    engine = engine_of(kind)
    engine.train(0, constant(0.1), silent)
    file = CheckpointFile(path, SETTINGS)
    file.take(engine, [EPOCH], engine.network().state())
    file.flush(ended=False)
    return safetensors.read(path)


SETTINGS = Settings(*["any"] * len(Settings.__dataclass_fields__))


def altered(texts: dict[str, str], name: str, text: str) -> dict[str, str]:
    """Metadata in which a text is another; a name with a dot is that of a note."""
    key, _, note = name.partition(".")
    if not note:
        return {**texts, key: text}
    return {**texts, key: json.dumps({**json.loads(texts[key]), note: text})}


@pytest.mark.parametrize("kind", ["float", "lanes"])
def test_checkpoints(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "c"
    tensors, metadata = saved(kind, path)
    good = path.read_bytes()

    def resume() -> None:
        said = ""
        with limited():
            try:
                CheckpointFile(path, SETTINGS).resume(engine_of(kind))
            except FormatError as error:
                said = str(error)
            except ValueError as error:  # the only other one: this is the file of somebody else
                said = str(error) if " is the checkpoint of another training: " in str(error) else "no known error"
        assert not said or str(path) in said

    def read(raw: bytes) -> None:
        path.write_bytes(raw)
        resume()

    def read_parts(parts: tuple[str, str, str, list[float], list[int], bool]) -> None:
        name, text, tensor, values, shape, is_summed = parts
        texts, numbers = altered(metadata, name, text), dict(tensors)
        if tensor:
            del numbers[tensor]
            if len(values) == shape[0]:
                numbers[tensor] = Tensor(tuple(shape), values)
        if is_summed:  # as one would who knows how
            texts["checksum"] = checkpoints.checksum(numbers, texts)
        file = io.BytesIO()
        try:
            safetensors.write(file, numbers, texts)
        except ValueError:  # half a character
            return
        read(file.getvalue())

    names = [*metadata, "more", *(f"notes.{note}" for note in json.loads(metadata["notes"])), "settings.seed"]
    texts = st.one_of(junk(), st.sampled_from([metadata["epochs"].replace("1", "2"), '{"epoch": 1}', "[3, [0], null]"]))
    values = st.lists(st.floats(), max_size=6)
    shapes = st.lists(st.integers(0, 6), min_size=1, max_size=1)
    tampered = st.tuples(st.sampled_from(names), texts, st.sampled_from(["", *tensors]), values, shapes, st.booleans())
    fuzzed(tampered, read_parts, share=4)
    fuzzed(changed({"good": good}, [b'"', b"{", b"state.", b"best.", b"network"]), read, share=4)


# Networks.


def test_networks() -> None:
    network = feed_forward([2, 3, 2], hidden="leaky_relu")
    network.classes = ("left", "right")
    file = io.BytesIO()
    network.save(file, {"pixels": "yes", "height": "1", "width": "2", "source": '{"kind": "table"}'})
    tensors, metadata = safetensors.read(file)

    def read(parts: tuple[str, str, str, list[int]]) -> None:
        name, text, tensor, shape = parts
        numbers = {key: kept for key, kept in tensors.items() if key != tensor}
        if shape:
            numbers[tensor] = Tensor(tuple(shape), [0.5] * prod(shape))
        file = io.BytesIO()
        try:
            safetensors.write(file, numbers, {**metadata, name: text})
        except ValueError:  # half a character
            return
        with limited():
            try:
                load(file)
            except FormatError:
                return

    own = {"its own": metadata["architecture"].encode()}
    architecture = changed(own, [b'"', b"{", b"[", b"9" * 20, b"softmax", b"-1"])
    texts = st.one_of(junk(), st.builds(lambda raw: raw.decode("utf-8", "replace"), architecture))
    shapes = st.one_of(st.just([]), st.lists(st.integers(0, 4), max_size=3))
    parts = st.tuples(st.sampled_from([*metadata]), texts, st.sampled_from(["", *tensors]), shapes)
    fuzzed(parts, read)


# Tables.


def test_tables(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"

    def read(raw: bytes) -> None:
        path.write_bytes(raw)
        said = ""
        with limited(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                datasets.schema_of(datasets.from_csv(path).source).describe()
            except FormatError as error:
                said = str(error)
        assert not said or "table.csv" in said

    texts = st.sampled_from(["x", "y", "NA", "1,5"])
    cells = st.one_of(st.integers(-9, 99).map(str), st.floats().map(str), junk(), texts)
    rows = st.lists(st.lists(cells, min_size=2, max_size=4), max_size=12)
    tables = st.builds(
        lambda rows, mark: "\n".join(mark.join(row) for row in rows).encode("utf-8", "surrogatepass"),
        rows,
        st.sampled_from([",", ";", "\t", "|"]),
    )
    words = [b",", b";", b'"', b"\n", b"\r", b"NA", b"1.234,5", b"\xff", b"\xef\xbb\xbf", b"2020-01-31", b"1e400"]
    fuzzed(st.one_of(tables, changed(seeds({**TABLES}), words)), read)


# Pictures.


def read_picture(raw: bytes) -> None:
    """What is read has as many values as its size says."""
    with limited():
        try:
            picture = (png if raw.startswith(png.SIGNATURE) else pnm).read(io.BytesIO(raw))
        except FormatError:
            return
        assert len(picture.values) == picture.width * picture.height * picture.channels


def built(sizes: tuple[int, int], kinds: tuple[int, int, int], rows: bytes, more: list[tuple[bytes, bytes]]) -> bytes:
    """A PNG file with true checksums: of any size, depth, colours and interlacing, and with other chunks."""
    header = b"".join(size.to_bytes(4, "big") for size in sizes) + bytes([kinds[0], kinds[1], 0, 0, kinds[2]])
    others = b"".join(chunk(kind, data) for kind, data in more)
    return png.SIGNATURE + chunk(b"IHDR", header) + others + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND")


def test_pictures() -> None:
    sizes = st.tuples(st.integers(0, 9), st.integers(0, 9))
    depths, colours = st.sampled_from([1, 2, 4, 8, 16, 3]), st.sampled_from([0, 2, 3, 4, 6, 1])
    kinds = st.tuples(depths, colours, st.sampled_from([0, 0, 1]))
    names = st.sampled_from([b"PLTE", b"tRNS", b"IDAT", b"IEND", b"IHDR", b"teXt"])
    more = st.lists(st.tuples(names, st.binary(max_size=20)), max_size=2)
    files = st.builds(built, sizes, kinds, st.binary(max_size=200), more)
    words = [b"IDAT", b"IEND", b"PLTE", b"P5 ", b"P1\n", b"# \n", b"255 ", b"65535 ", b"99999999 "]
    fuzzed(st.one_of(files, changed(seeds({**PICTURES}), words)), read_picture)


def test_states_are_made_of_tensors_and_notes() -> None:
    """The names of the notes are those that an engine asks for: the test above would else try nothing."""
    assert {"steps", "random"} == set(State(*engine_of("float").state()).notes)
