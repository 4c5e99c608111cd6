"""Counts of bad tokens per client, over all worker processes of one machine.

The counts are in a small file that every process maps into its memory. A flood of bad tokens
therefore never reaches the database, whose one writer is needed for uploads.
"""

import fcntl
import mmap
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from struct import Struct

from batch_dashboard.model.access.clients import network_of

MAX_FAILURES = 20
WINDOW_SECONDS = 60.0

# A bucket contains the clients whose keys begin with the same bits. In a full bucket, the oldest
# record is replaced.
BUCKETS = 1_024
CLIENTS_PER_BUCKET = 8
KEY_BYTES = 8
# The key of a client, its number of failures, and the time of the first (seconds since 1970).
RECORD = Struct(f"={KEY_BYTES}sId")
BUCKET_BYTES = CLIENTS_PER_BUCKET * RECORD.size
TABLE_BYTES = BUCKETS * BUCKET_BYTES


class Throttle:
    """Counts failed authentications; safe for threads, and for processes that share its file."""

    def __init__(
        self,
        file: Path | None = None,
        max_failures: int = MAX_FAILURES,
        window_seconds: float = WINDOW_SECONDS,
    ) -> None:
        """Without a file, failures are counted for this process alone."""
        self.max_failures = max_failures
        self.window_seconds = window_seconds
        self._thread_lock = threading.Lock()
        self._file = None if file is None else os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        if self._file is not None:
            os.ftruncate(self._file, TABLE_BYTES)
        self._table = mmap.mmap(-1 if self._file is None else self._file, TABLE_BYTES)

    def seconds_to_wait(self, client: str, now: float) -> float:
        """The seconds until a bad token of a client is answered with 401 again, or 0."""
        key = _key(client)
        with self._locked():
            _place, failures, since = self._find(key, now)
        return self._left(since, now) if failures >= self.max_failures else 0.0

    def add_failure(self, client: str, now: float) -> float:
        """Count a failed authentication; returns the seconds to wait, or 0 if below the limit."""
        key = _key(client)
        with self._locked():
            place, failures, since = self._find(key, now)
            failures = min(failures + 1, self.max_failures + 1)
            RECORD.pack_into(self._table, place, key, failures, since)
        return self._left(since, now) if failures > self.max_failures else 0.0

    def _left(self, since: float, now: float) -> float:
        return since + self.window_seconds - now

    def _find(self, key: bytes, now: float) -> tuple[int, int, float]:
        """The position of a client's record, its number of failures, and the time of the first."""
        first = int.from_bytes(key) % BUCKETS * BUCKET_BYTES
        places = range(first, first + BUCKET_BYTES, RECORD.size)
        records = [(place, *RECORD.unpack_from(self._table, place)) for place in places]
        known = next((record for record in records if record[1] == key), None)
        if known is None:
            oldest = min(records, key=lambda record: record[3])
            return oldest[0], 0, now
        place, _key_of_it, failures, since = known
        # Of simultaneous failures, the one counted first can have the later time.
        is_current = abs(now - since) < self.window_seconds
        return (place, failures, since) if is_current else (place, 0, now)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._thread_lock:
            if self._file is None:
                yield
                return
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)


def _key(client: str) -> bytes:
    return blake2b(network_of(client).encode(), digest_size=KEY_BYTES).digest()
