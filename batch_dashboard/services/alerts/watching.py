"""The watching process: judges after each upload and regularly, and sends notifications."""

import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from batch_dashboard.errors import StoreUnavailable
from batch_dashboard.services.administration import jobs
from batch_dashboard.services.alerts import destinations
from batch_dashboard.services.alerts.alerts import check, send_due
from batch_dashboard.settings import Settings
from batch_dashboard.store.alerts import alerts
from batch_dashboard.store.engine import Connection, Store

LOOK_SECONDS = 1.0
# Some findings depend on time alone: silence, the end of a week.
CHECK_EVERY = timedelta(minutes=5)
LEASE = timedelta(seconds=30)
RENEW_AFTER = timedelta(seconds=10)

log = logging.getLogger(__name__)


class Watcher:
    """Watches while it holds the lease in the database, and otherwise waits for the lease."""

    def __init__(
        self, store: Store, settings: Settings, clock: Callable[[], datetime] | None = None
    ) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock or (lambda: datetime.now(UTC))
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._leased_until = datetime.fromtimestamp(0, UTC)
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Make `run` return soon."""
        self._stopped.set()

    @property
    def holds_lease(self) -> bool:
        """Whether this process holds the lease."""
        return not self._stopped.is_set() and self._clock() < self._leased_until

    def run(self, goes_on: Callable[[], bool] = lambda: True) -> None:
        """Watch until stopped, or until `goes_on` returns False."""
        # Neither a hanging destination nor a long job must delay the opening of incidents.
        helpers = [threading.Thread(target=work, daemon=True) for work in (self._send, self._work)]
        for helper in helpers:
            helper.start()
        while goes_on() and not self._stopped.wait(LOOK_SECONDS):
            try:
                self.look()
            except StoreUnavailable as error:
                log.warning("alerts: %s", error)
            except Exception:
                log.exception("alerts: a check failed; the next check follows")
        self._stopped.set()
        for helper in helpers:
            helper.join(LOOK_SECONDS)
        try:
            with self._store.write() as connection:
                alerts.release_lease(connection, self._holder)
        except StoreUnavailable as error:
            log.warning("alerts: %s", error)

    def look(self) -> None:
        """Renew the lease; judge if a run was stored since the last turn, or if it is due."""
        now = self._clock()
        if now >= self._leased_until - LEASE + RENEW_AFTER:
            with self._store.write() as connection:
                taken = alerts.take_lease(connection, self._holder, now, now + LEASE)
            if not taken:
                return
            self._leased_until = now + LEASE
        with self._store.read() as connection:
            watch = alerts.fetch_watch(connection)
            latest = alerts.latest_batch_run_id(connection)
            goes_to = self._destinations(connection)
        is_time = watch.last_check_at is None or now - watch.last_check_at >= CHECK_EVERY
        if is_time or latest != watch.last_batch_run_id:
            check(self._store, goes_to, self._settings.url, now)

    def _send(self) -> None:
        while not self._stopped.wait(LOOK_SECONDS):
            if not self.holds_lease:
                continue
            try:
                with self._store.read() as connection:
                    goes_to = self._destinations(connection)
                send_due(
                    self._store,
                    goes_to,
                    self._clock,
                    self._settings.url,
                    lambda: self.holds_lease,
                )
            except StoreUnavailable as error:
                log.warning("alerts: %s", error)
            except Exception:
                log.exception("alerts: sending failed; it is tried again")

    def _work(self) -> None:
        """Run background jobs that were requested, and the nightly ones."""
        while not self._stopped.wait(LOOK_SECONDS):
            if not self.holds_lease:
                continue
            try:
                self._store.database.trim_log()
                self._store.keep_reserve()
                jobs.ask_nightly(self._store, self._clock())
                jobs.ask_to_regroup(self._store, self._clock())
                jobs.run_next(self._store, self._clock, lambda: self.holds_lease)
            except StoreUnavailable as error:
                log.warning("work: %s", error)
            except Exception:
                log.exception("work: something failed; it is tried again")

    def _destinations(self, connection: Connection) -> list[destinations.Destination]:
        settings = self._settings
        return destinations.fetch_all(connection, settings.secret_key, settings.alert_urls)
