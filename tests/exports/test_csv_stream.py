"""A CSV file as a stream: whole, or visibly broken."""

import inspect
import zlib
from collections.abc import Generator

import pytest

from batch_dashboard.exports.csv_stream import BOM, file_chunks, gzip_chunks


def pages(*chunks: bytes, fails: bool = False) -> Generator[bytes]:
    yield from chunks
    if fails:
        raise RuntimeError("the database went away")


def test_the_header_comes_first_and_empty_pages_make_no_chunk() -> None:
    chunks = list(file_chunks(("id", "day"), b"1,2\r\n", pages(b"", b"3,4\r\n")))
    assert chunks == [b"id,day\r\n1,2\r\n", b"3,4\r\n"]


def test_a_byte_order_mark_is_added_when_asked_for() -> None:
    assert b"".join(file_chunks(("id",), b"", pages(), bom=True)) == BOM + b"id\r\n"


def test_the_first_compressed_chunk_can_be_read_at_once() -> None:
    chunks = gzip_chunks(file_chunks(("id",), b"1\r\n", pages(b"2\r\n")))
    assert zlib.decompressobj(31).decompress(next(chunks)) == b"id\r\n1\r\n"


@pytest.mark.parametrize("compressed", [False, True])
def test_an_error_half_way_goes_on_to_the_server(compressed: bool) -> None:
    chunks = file_chunks(("id",), b"1\r\n", pages(b"2\r\n", fails=True))
    if compressed:
        chunks = gzip_chunks(chunks)
    with pytest.raises(RuntimeError):
        list(chunks)


def test_leaving_half_way_closes_the_pages() -> None:
    source = pages(b"2\r\n", b"3\r\n")
    chunks = gzip_chunks(file_chunks(("id",), next(source), source))
    next(chunks)
    chunks.close()
    assert inspect.getgeneratorstate(source) == inspect.GEN_CLOSED
