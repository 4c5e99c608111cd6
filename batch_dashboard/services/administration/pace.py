"""Long work in short transactions, with pauses in which uploads can write."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from batch_dashboard.store.engine import Connection, Store

# The pause after a batch is as long as the batch.
MIN_PAUSE_SECONDS = 0.005
# After a longer batch, the size is halved; after one shorter than a quarter of it, doubled.
MAX_BATCH_SECONDS = 0.1
SMALLEST_BATCH = 20


class Pace:
    """The number of rows of the next batch, from the time that the last one blocked writers."""

    def __init__(self, store: Store, frees: bool = False) -> None:
        self._store = store
        self._frees = frees
        self.longest_seconds = 0.0
        self.size = 0
        self._most = 0

    def begin(self, most: int) -> None:
        """Start another kind of work, with a maximum number of rows per batch."""
        self.size = self._most = most

    @contextmanager
    def batch(self) -> Iterator[Connection]:
        """The write lock for one batch, followed by a pause."""
        with self._store.write(frees=self._frees) as connection:
            began = time.perf_counter()
            yield connection
        took = time.perf_counter() - began
        self.longest_seconds = max(self.longest_seconds, took, self._store.database.trim_log())
        if took > MAX_BATCH_SECONDS:
            self.size = max(min(SMALLEST_BATCH, self._most), self.size // 2)
        elif took < MAX_BATCH_SECONDS / 4:
            self.size = min(self._most, self.size * 2)
        time.sleep(max(took, MIN_PAUSE_SECONDS))
