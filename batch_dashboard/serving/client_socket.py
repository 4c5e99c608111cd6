"""A client's socket for which a thread waits only so long."""

import errno
import select
import socket
import threading
import time
from enum import Enum
from typing import Any

from werkzeug.exceptions import RequestTimeout, ServiceUnavailable

# What a client must send, or take, on the average of each of its periods.
MIN_BYTES_A_SECOND = 1024
FILE_CHUNK_BYTES = 64 * 1024
RETRY_SECONDS = 5
# For how long in all a request's thread waits although it has no place: what is on its way arrives.
MOMENT_SECONDS = 0.05


class Wait(Enum):
    """The outcome of a wait for a client."""

    READY = "it can go on, or the next wait says why not"
    TOO_SLOW = "it was too slow"
    NO_PLACE = "too many slow clients are waiting"


class Pace:
    """The bytes that a client sent or read while a thread waited for it.

    Only waiting counts: a client is not slow while the application is.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._waited = 0.0
        self._moved = 0

    @property
    def seconds_left(self) -> float:
        """For how long the client may be waited for in its present period."""
        return max(0.0, self.seconds - self._waited)

    def add_bytes(self, count: int) -> None:
        """Count what the client moved."""
        self._moved += count

    def add_wait(self, seconds: float) -> bool:
        """Count a wait; False when the client is too slow."""
        self._waited += seconds
        if self._waited < self.seconds:
            return True
        is_quick_enough = self._moved >= self.seconds * MIN_BYTES_A_SECOND
        self._waited, self._moved = 0.0, 0
        return is_quick_enough


class ClientSocket(socket.socket):
    """Reads and writes as a blocking socket does, at the pace that clients must keep.

    `places` are the threads that may wait for clients at one time. Receiving from a slow client
    raises RequestTimeout, and ServiceUnavailable when no place is left: the application answers
    them. Sending to one raises BrokenPipeError, as if the client had left.
    """

    def __init__(
        self, accepted: socket.socket, seconds: float, places: threading.Semaphore
    ) -> None:
        family, kind, protocol = accepted.family, accepted.type, accepted.proto
        super().__init__(family, kind, protocol, fileno=accepted.detach())
        self._seconds = seconds
        self._places = places
        self.begin_request()

    def begin_request(self) -> None:
        """Count from the start: an earlier request earns nothing for this one."""
        self._receiving = Pace(self._seconds)
        self._sending = Pace(self._seconds)
        self._moment_left = MOMENT_SECONDS

    def receive_now(self, size: int) -> bytes | None:
        """The received bytes, b"" at the end, None if there are none."""
        try:
            return super().recv(size, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None

    def recv(self, size: int, flags: int = 0) -> bytes:
        """The next received bytes."""
        if flags or self.gettimeout() is not None:
            return super().recv(size, flags)
        while (received := self.receive_now(size)) is None:
            match self._wait(select.POLLIN, self._receiving):
                case Wait.TOO_SLOW:
                    raise RequestTimeout(
                        f"Less than {MIN_BYTES_A_SECOND} bytes a second arrived for "
                        f"{self._seconds:g} seconds; nothing was stored."
                    )
                case Wait.NO_PLACE:
                    raise ServiceUnavailable(
                        "Too many slow clients are sending at the moment; nothing was stored, "
                        "try again.",
                        retry_after=RETRY_SECONDS,
                    )
        self._receiving.add_bytes(len(received))
        return received

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send all of it."""
        left = memoryview(data).cast("B")
        while left:
            try:
                sent = super().send(left, flags | socket.MSG_DONTWAIT)
            except BlockingIOError:
                if self._wait(select.POLLOUT, self._sending) is not Wait.READY:
                    raise BrokenPipeError(errno.EPIPE, "the client reads too slowly") from None
                continue
            self._sending.add_bytes(sent)
            left = left[sent:]

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """Send a part of a file at the client's pace."""
        file.seek(offset)
        sent = 0
        while chunk := file.read(
            min(FILE_CHUNK_BYTES, FILE_CHUNK_BYTES if count is None else count - sent)
        ):
            self.sendall(chunk)
            sent += len(chunk)
        return sent

    def _wait(self, event: int, pace: Pace) -> Wait:
        """Wait until the socket is ready; briefly even without a place."""
        if not self._places.acquire(blocking=False):
            waited = self._poll(event, self._moment_left)
            self._moment_left -= waited
            return Wait.READY if self._moment_left > 0 else Wait.NO_PLACE
        try:
            waited = self._poll(event, pace.seconds_left)
        finally:
            self._places.release()
        return Wait.READY if pace.add_wait(waited) else Wait.TOO_SLOW

    def _poll(self, event: int, seconds: float) -> float:
        began = time.monotonic()
        poll = select.poll()
        poll.register(self, event)
        poll.poll(max(0.0, seconds) * 1000)
        return time.monotonic() - began
