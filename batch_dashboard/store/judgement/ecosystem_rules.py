"""Rules of operators for ecosystems: targets, expected intervals, pauses."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from batch_dashboard.model.judgement.ecosystem_health import Pause
from batch_dashboard.model.judgement.targets import EcosystemRule, RuleOverride, rule_of
from batch_dashboard.model.plan.rule import DEFAULT_RULE, PlanRule
from batch_dashboard.store.schema import ecosystem_pauses, ecosystem_rules


def fetch_own_rules(connection: Connection) -> dict[str, RuleOverride]:
    """The rules set by operators, by ecosystem."""
    return {row.ecosystem: _rule(row) for row in connection.execute(select(ecosystem_rules))}


def find_plan_rule(connection: Connection, ecosystem: str) -> PlanRule:
    """The parameters of an ecosystem's plan."""
    query = select(ecosystem_rules).where(ecosystem_rules.c.ecosystem == ecosystem)
    row = connection.execute(query).one_or_none()
    return DEFAULT_RULE if row is None else _rule(row).plan


def fetch_rules(connection: Connection) -> dict[str, EcosystemRule]:
    """The effective rule of each ecosystem for which an operator set one."""
    return {name: rule_of(name, own) for name, own in fetch_own_rules(connection).items()}


def replace_rule(connection: Connection, ecosystem: str, rule: RuleOverride) -> None:
    """Set the whole rule of an ecosystem."""
    delete_rule(connection, ecosystem)
    connection.execute(
        insert(ecosystem_rules).values(
            ecosystem=ecosystem,
            has_target=rule.has_target,
            success_rate_target=rule.success_rate_target,
            min_attempts=rule.min_attempts,
            expected_interval_seconds=_seconds(rule.expected_interval),
            plan_failures=rule.plan_failures,
            plan_base_seconds=_seconds(rule.plan_base),
            plan_cap_seconds=_seconds(rule.plan_cap),
        )
    )


def delete_rule(connection: Connection, ecosystem: str) -> None:
    """Reset an ecosystem to the default rule."""
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
    """Pause an ecosystem, or change the reason of its pause."""
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
    """Resume an ecosystem; False if it was not paused."""
    gone = connection.execute(
        delete(ecosystem_pauses).where(ecosystem_pauses.c.ecosystem == ecosystem)
    )
    return gone.rowcount > 0


def _rule(row: Row[Any]) -> RuleOverride:
    return RuleOverride(
        row.has_target,
        row.success_rate_target,
        row.min_attempts,
        _length(row.expected_interval_seconds),
        row.plan_failures,
        _length(row.plan_base_seconds),
        _length(row.plan_cap_seconds),
    )


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else round(length.total_seconds())


def _length(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
