"""What operators say of an ecosystem: its target, its rhythm, and that it is paused."""

from datetime import datetime, timedelta

from batch_dashboard.errors import RuleError
from batch_dashboard.model.wording import CONTROL_CHARACTER
from batch_dashboard.store import ecosystem_rules
from batch_dashboard.store.engine import Store

MAX_REASON_LENGTH = 500
MAX_INTERVAL = timedelta(days=366)


def set_rule(
    store: Store,
    ecosystem: str,
    has_target: bool,
    success_rate_target: float | None,
    min_attempts: int | None,
    expected_interval: timedelta | None,
) -> None:
    """Set all of an ecosystem's rule; None is the default.

    Raises RuleError naming what cannot be used.
    """
    if success_rate_target is not None and not 0 < success_rate_target <= 1:
        raise RuleError("a target is a success rate above 0 and up to 1 (0.95 is 95 %)")
    if min_attempts is not None and not 1 <= min_attempts <= 1_000_000:
        raise RuleError("the least number of attempts is from 1 to 1,000,000")
    if expected_interval is not None and not timedelta(0) < expected_interval <= MAX_INTERVAL:
        raise RuleError("an expected interval is longer than nothing and at most 366 days")
    with store.write() as connection:
        ecosystem_rules.replace_rule(
            connection,
            ecosystem,
            has_target,
            success_rate_target,
            min_attempts,
            expected_interval,
        )


def pause(
    store: Store,
    ecosystem: str,
    reason: str,
    link: str | None,
    now: datetime,
    expected_resume_at: datetime | None = None,
) -> None:
    """Pause an ecosystem: CI is told to skip it.

    Raises RuleError when the reason or the link cannot be used.
    """
    reason = CONTROL_CHARACTER.sub(" ", reason).strip()
    if not 0 < len(reason) <= MAX_REASON_LENGTH:
        raise RuleError(f"a pause has a reason of 1 to {MAX_REASON_LENGTH} characters")
    if link and not link.lower().startswith(("http://", "https://")):
        raise RuleError("a link begins with http:// or https://")
    with store.write() as connection:
        ecosystem_rules.replace_pause(
            connection, ecosystem, reason, link or None, now, expected_resume_at
        )


def resume(store: Store, ecosystem: str) -> bool:
    """End an ecosystem's pause; False where it was not paused."""
    with store.write() as connection:
        return ecosystem_rules.delete_pause(connection, ecosystem)
