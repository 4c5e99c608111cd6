"""Failed authentications of a client within a time: after too many, it has to wait."""

import threading
from collections import OrderedDict

MAX_FAILURES = 20
WINDOW_SECONDS = 60.0
# The clients remembered; of more, those that failed longest ago are forgotten.
MAX_CLIENTS = 10_000


class Throttle:
    """Counts failures by client. One process, safe for its threads."""

    def __init__(
        self, max_failures: int = MAX_FAILURES, window_seconds: float = WINDOW_SECONDS
    ) -> None:
        self.max_failures = max_failures
        self.window_seconds = window_seconds
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def seconds_to_wait(self, client: str, now: float) -> float:
        """How long a client has to wait before its next guess is looked at; 0: it need not."""
        with self._lock:
            count, since = self._failures.get(client, (0, now))
        left = since + self.window_seconds - now
        return left if count >= self.max_failures and left > 0 else 0.0

    def add_failure(self, client: str, now: float) -> None:
        """Count one failed authentication."""
        with self._lock:
            count, since = self._failures.pop(client, (0, now))
            if now - since > self.window_seconds:
                count, since = 0, now
            self._failures[client] = (count + 1, since)
            if len(self._failures) > MAX_CLIENTS:
                self._failures.popitem(last=False)
