"""What operators set for ecosystems: targets, expected intervals, pauses."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from batch_dashboard.model.pipelines import Pause
from batch_dashboard.model.targets import EcosystemRule, default_rule
from batch_dashboard.store.schema import ecosystem_pauses, ecosystem_rules


def fetch_rules(connection: Connection) -> dict[str, EcosystemRule]:
    """The rule of each ecosystem that has one of its own."""
    return {row.ecosystem: _rule(row) for row in connection.execute(select(ecosystem_rules))}


def replace_rule(
    connection: Connection,
    ecosystem: str,
    has_target: bool,
    success_rate_target: float | None,
    min_attempts: int | None,
    expected_interval: timedelta | None,
) -> None:
    """Set all of an ecosystem's rule; None is the default."""
    delete_rule(connection, ecosystem)
    seconds = None if expected_interval is None else round(expected_interval.total_seconds())
    connection.execute(
        insert(ecosystem_rules).values(
            ecosystem=ecosystem,
            has_target=has_target,
            success_rate_target=success_rate_target,
            min_attempts=min_attempts,
            expected_interval_seconds=seconds,
        )
    )


def delete_rule(connection: Connection, ecosystem: str) -> None:
    """Back to the defaults."""
    connection.execute(delete(ecosystem_rules).where(ecosystem_rules.c.ecosystem == ecosystem))


def fetch_pauses(connection: Connection) -> dict[str, Pause]:
    """The ecosystems that are paused."""
    return {
        row.ecosystem: Pause(row.reason, row.link, row.paused_at, row.expected_resume_at)
        for row in connection.execute(select(ecosystem_pauses))
    }


def replace_pause(
    connection: Connection,
    ecosystem: str,
    reason: str,
    link: str | None,
    paused_at: datetime,
    expected_resume_at: datetime | None,
) -> None:
    """Pause an ecosystem, or say otherwise why it is paused."""
    delete_pause(connection, ecosystem)
    connection.execute(
        insert(ecosystem_pauses).values(
            ecosystem=ecosystem,
            reason=reason,
            link=link,
            paused_at=paused_at,
            expected_resume_at=expected_resume_at,
        )
    )


def delete_pause(connection: Connection, ecosystem: str) -> bool:
    """Resume an ecosystem; False where it was not paused."""
    gone = connection.execute(
        delete(ecosystem_pauses).where(ecosystem_pauses.c.ecosystem == ecosystem)
    )
    return gone.rowcount > 0


def _rule(row: Row[Any]) -> EcosystemRule:
    rule = default_rule(row.ecosystem)
    if not row.has_target:
        rule = rule._replace(target=None)
    elif row.success_rate_target is not None:
        rule = rule._replace(target=row.success_rate_target)
    if row.min_attempts is not None:
        rule = rule._replace(min_attempts=row.min_attempts)
    if row.expected_interval_seconds is not None:
        seconds = timedelta(seconds=row.expected_interval_seconds)
        rule = rule._replace(expected_interval=seconds)
    return rule
