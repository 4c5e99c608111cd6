"""Reserved space on the disk of a SQLite database, for deletions on a full disk.

Deleting needs space before it frees any, because changes are first written to the log.
Source: docs/deployment.md, "A full disk".
"""

import os
import shutil
from pathlib import Path

RESERVE_BYTES = 64 * 1024 * 1024
# The reserve itself must not fill the disk.
FREE_FOR_RESERVE = 8 * RESERVE_BYTES
# With less free space, an upload of ordinary size may not fit.
FULL_BYTES = 4 * 1024 * 1024


class Reserve:
    """A file without content beside the database, released when the disk is full."""

    def __init__(self, database: Path) -> None:
        self.path = Path(f"{database}.reserve")
        self._folder = database.parent

    def free_bytes(self) -> int:
        """The free disk space that this process can use."""
        return shutil.disk_usage(self._folder).free

    def is_disk_full(self) -> bool:
        """Whether the disk has no space for an upload."""
        return self.free_bytes() < FULL_BYTES

    def is_kept(self) -> bool:
        """Whether the reserve exists."""
        return self.path.exists()

    def keep(self) -> bool:
        """Create the reserve if the disk has enough space; returns whether it exists."""
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
        """Release bytes of the reserve; False if it has fewer."""
        try:
            left = self.path.stat().st_size - size
            if left >= 0:
                os.truncate(self.path, left)
        except OSError:
            return False
        return left >= 0

    def give_all_if_full(self) -> None:
        """Release the whole reserve if the disk is full."""
        if self.is_disk_full():
            self.path.unlink(missing_ok=True)
