"""A CSV file as a stream of bytes, RFC 4180. Source: docs/exports.md."""

import zlib
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing

BOM = b"\xef\xbb\xbf"
LINE_END = "\r\n"
# Level 1 takes a third of the time of level 6 and saves almost as much.
GZIP_LEVEL = 1
GZIP_FORMAT = 16 + zlib.MAX_WBITS


def file_chunks(
    columns: Sequence[str], first_page: bytes, pages: Generator[bytes], *, bom: bool = False
) -> Generator[bytes]:
    """The file: byte order mark when asked for, header row, then the pages; no chunk is empty.

    An error half-way goes on to the server, which must break the transfer: a short file would look
    like a whole one. `pages` is closed at the end, however it comes.
    """
    with closing(pages):
        header = ",".join(columns) + LINE_END
        yield (BOM if bom else b"") + header.encode() + first_page
        for page in pages:
            if page:
                yield page


def gzip_chunks(chunks: Generator[bytes]) -> Generator[bytes]:
    """The same bytes in gzip format; the first chunk goes out at once, no chunk is empty.

    After an error the end of the gzip stream is missing, so a client sees it there too.
    """
    with closing(chunks):
        gzip = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, GZIP_FORMAT)
        yield from _not_empty(
            gzip.compress(chunk) + (gzip.flush(zlib.Z_SYNC_FLUSH) if number == 0 else b"")
            for number, chunk in enumerate(chunks)
        )
        yield gzip.flush()


def _not_empty(chunks: Iterable[bytes]) -> Iterable[bytes]:
    return (chunk for chunk in chunks if chunk)
