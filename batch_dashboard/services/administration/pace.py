"""Long work in short transactions, between which uploads come through."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from batch_dashboard.store.engine import Connection, Store

# Between two batches uploads get as much time as one took.
MIN_PAUSE_SECONDS = 0.005
# A batch that took longer than this has the next one be half of it; one of a quarter, twice of it.
MAX_BATCH_SECONDS = 0.1
SMALLEST_BATCH = 20


class Pace:
    """How many rows the next batch may have, by how long the last one kept writers waiting."""

    def __init__(self, store: Store, frees: bool = False) -> None:
        self._store = store
        self._frees = frees
        self.longest_seconds = 0.0
        self.size = 0
        self._most = 0

    def begin(self, most: int) -> None:
        """Begin another kind of work, of up to so many rows at once."""
        self.size = self._most = most

    @contextmanager
    def batch(self) -> Iterator[Connection]:
        """The write lock for one batch; afterwards a pause."""
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
