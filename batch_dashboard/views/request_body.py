"""Reading a request body of bounded size, decoded, in bounded memory."""

import errno
import tempfile
import zlib
from collections.abc import Iterator
from typing import IO

from flask import request

from batch_dashboard.errors import (
    BodyNotDecodable,
    BodyTooLarge,
    EncodingNotSupported,
    StoreUnavailable,
)

CHUNK_BYTES = 64 * 1024
# Larger bodies wait on disk, so that many at once need no memory.
MEMORY_BYTES = 1024 * 1024
GZIP_WINDOW = 16 + zlib.MAX_WBITS
GZIP_MAGIC = "1F 8B"


class RequestBody:
    """The body of the current request, received whole; a context manager."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        request.max_content_length = limit_bytes  # of everything else it is that of forms
        self.encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
        if self.encoding not in ("identity", "gzip", "x-gzip", ""):
            raise EncodingNotSupported(
                f"Content-Encoding must be gzip or absent, not “{self.encoding[:40]}”"
            )
        if (request.content_length or 0) > limit_bytes:
            raise BodyTooLarge(limit_bytes)
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES)  # noqa: SIM115
        try:
            while chunk := request.stream.read(CHUNK_BYTES):
                self._file.write(chunk)
                if self._file.tell() > limit_bytes:
                    raise BodyTooLarge(limit_bytes)
        except OSError as error:
            self._file.close()
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise StoreUnavailable(
                "the disk on which large uploads wait is full; nothing was stored, try again"
            ) from error
        except BaseException:
            self._file.close()
            raise
        self.received_bytes = self._file.tell()

    def __enter__(self) -> "RequestBody":
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    @property
    def is_large(self) -> bool:
        """Whether decoding it takes enough memory and time to have it wait for its turn."""
        return self.encoding != "identity" or self.received_bytes > MEMORY_BYTES

    def decode(self) -> bytes:
        """The body without its Content-Encoding.

        Raises BodyTooLarge over the limit, before more is decoded, and BodyNotDecodable.
        """
        self._file.seek(0)
        if self.encoding in ("identity", ""):
            return self._file.read()
        decoded = bytearray()
        for chunk in self._gunzip():
            decoded += chunk
            if len(decoded) > self.limit_bytes:
                raise BodyTooLarge(self.limit_bytes)
        return bytes(decoded)

    def _gunzip(self) -> Iterator[bytes]:
        member = zlib.decompressobj(GZIP_WINDOW)
        try:
            while chunk := self._file.read(CHUNK_BYTES):
                while chunk:
                    if member.eof:  # gzip files may follow one another
                        member = zlib.decompressobj(GZIP_WINDOW)
                    yield member.decompress(chunk, CHUNK_BYTES)
                    chunk = member.unconsumed_tail or member.unused_data
        except zlib.error:
            self._file.seek(0)
            begins = self._file.read(2).hex(" ").upper()
            raise BodyNotDecodable(
                f"Content-Encoding says gzip, but the body is not gzip: it begins with {begins}"
                if begins != GZIP_MAGIC
                else "the gzip body is damaged"
            ) from None
        if not member.eof:
            raise BodyNotDecodable("the gzip body ends early: a part of it is missing")
