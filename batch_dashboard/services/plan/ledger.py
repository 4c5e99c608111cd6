"""Recording what the plan advised, after the response."""

import logging
from datetime import datetime

from batch_dashboard.errors import StoreUnavailable
from batch_dashboard.model.plan.ledger import GivenAdvice
from batch_dashboard.services.administration import metrics
from batch_dashboard.store.engine import Store
from batch_dashboard.store.plan import ledger, waits

# A request must not wait for long uploads: advice that is lost only makes the ledger smaller.
WAIT_SECONDS = 2.0

_log = logging.getLogger(__name__)


def record_advice(store: Store, advised: GivenAdvice, now: datetime) -> bool:
    """Count what a request for the plan was advised; False if the database is busy: it is lost."""
    try:
        with store.read() as connection:
            durations = waits.fetch_durations(connection, advised)
        with store.write(WAIT_SECONDS) as connection:
            left_out = waits.add(connection, advised, durations, now)
            ledger.add_advice(connection, advised, left_out, now.date())
    except StoreUnavailable as error:
        _log.warning("plan of %s not counted in the ledger: %s", advised.ecosystem, error)
        metrics.plan_advice_lost.inc()
        return False
    return True
