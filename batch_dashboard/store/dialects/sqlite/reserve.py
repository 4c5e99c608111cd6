"""Room on the disk of a SQLite database that is kept for the day on which the disk is full.

Deleting takes room before it makes any: what is changed goes into the write-ahead log first.
Source: docs/deployment.md, "A full disk".
"""

import os
import shutil
from pathlib import Path

RESERVE_BYTES = 64 * 1024 * 1024
# The reserve must not be what fills the disk.
FREE_FOR_RESERVE = 8 * RESERVE_BYTES
# With less than this an upload of ordinary size may not fit any more.
FULL_BYTES = 4 * 1024 * 1024


class Reserve:
    """A file without content beside the database, given up when the disk is full."""

    def __init__(self, database: Path) -> None:
        self.path = Path(f"{database}.reserve")
        self._folder = database.parent

    def free_bytes(self) -> int:
        """What the disk has left for this process."""
        return shutil.disk_usage(self._folder).free

    def is_disk_full(self) -> bool:
        """Whether there is no room for an upload."""
        return self.free_bytes() < FULL_BYTES

    def is_kept(self) -> bool:
        """Whether the reserve is there."""
        return self.path.exists()

    def keep(self) -> bool:
        """Take the reserve while the disk has plenty; whether it is there."""
        if self.is_kept():
            return True
        if self.free_bytes() < FREE_FOR_RESERVE:
            return False
        draft = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, RESERVE_BYTES)
            finally:
                os.close(descriptor)
            draft.replace(self.path)
        except OSError:
            return False
        finally:
            draft.unlink(missing_ok=True)
        return True

    def give(self, size: int) -> bool:
        """Give so many bytes of the reserve back to the disk; False when it has not as many."""
        try:
            left = self.path.stat().st_size - size
            if left >= 0:
                os.truncate(self.path, left)
        except OSError:
            return False
        return left >= 0

    def give_all_if_full(self) -> None:
        """Give the whole reserve to a full disk."""
        if self.is_disk_full():
            self.path.unlink(missing_ok=True)
