"""purenn.formats.safetensors_header: parsing alone; `test_safetensors` has every rule of the format, in whole files."""

from __future__ import annotations

import pytest

from purenn.errors import FormatError
from purenn.formats.safetensors_header import BITS, ENTRY_LIMIT, Entry, parse_header, shown

TWO = '{"b":{"dtype":"U8","shape":[2],"data_offsets":[4,6]},"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}'


def test_entries_are_in_the_order_of_the_buffer() -> None:
    header = parse_header(TWO, 100, 106, "file")
    assert list(header.entries.items()) == [("a", Entry("F16", (2,), 0, 4)), ("b", Entry("U8", (2,), 4, 6))]
    assert (header.metadata, header.buffer) == ({}, 100)


def test_a_buffer_of_another_size_is_refused() -> None:
    with pytest.raises(FormatError, match=r"^file: 107 bytes, expected 106: 8, header 92, tensors 6$"):
        parse_header(TWO, 100, 107, "file")


@pytest.mark.parametrize("text", [TWO, '{"__metadata__":{"k":"v","l":""}}', '{"__metadata__":null}'])
def test_every_beginning_of_a_header_is_refused(text: str) -> None:
    for length in range(len(text)):
        with pytest.raises(FormatError, match=r"^file: "):
            parse_header(text[:length], 100, 106, "file")


@pytest.mark.parametrize("text", ["}", "{,}", '{"a"}', '{"__metadata__":{},}', '{"__metadata__":{"a":"b",}}', "{1:2}"])
def test_a_sign_that_is_missing_or_one_too_many_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match=r"^file: offset 8: the header is not a JSON object in UTF-8: found "):
        parse_header(text, 100, 100, "file")


@pytest.mark.parametrize("written", ["a\\u0062\\n", "\\ud83d\\ude00"])
def test_escapes_in_names_and_metadata_are_read(written: str) -> None:
    header = parse_header(f'{{"__metadata__":{{"{written}":"{written}"}}}}', 100, 100, "file")
    assert header.metadata in ({"ab\n": "ab\n"}, {"😀": "😀"})


def test_a_shape_may_be_long_but_not_without_limit() -> None:
    for sizes, fits in ((ENTRY_LIMIT // 2 - 50, True), (ENTRY_LIMIT // 2, False)):
        text = f'{{"a":{{"dtype":"U8","shape":[{"1," * sizes}1],"data_offsets":[0,1]}}}}'
        if fits:
            assert len(parse_header(text, 100, 101, "file").entries["a"].shape) == sizes + 1
        else:
            with pytest.raises(FormatError, match=f"tensor 'a': no end within {ENTRY_LIMIT} characters"):
                parse_header(text, 100, 101, "file")


def test_every_dtype_of_the_format_is_known() -> None:
    assert sorted(BITS.values()) == [4, 6, 6, *[8] * 8, *[16] * 4, *[32] * 3, *[64] * 4]


def test_a_name_is_shown_whole_unless_it_is_very_long() -> None:
    assert shown("model.layers.11.attention.output.weight") == "'model.layers.11.attention.output.weight'"
    assert shown("a" * 300) == f"'{'a' * 200}…'"
