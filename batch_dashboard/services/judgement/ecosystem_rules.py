"""Rules of operators for ecosystems: target, expected interval, plan, pause."""

from datetime import datetime, timedelta

from batch_dashboard.errors import InputError, NotFound
from batch_dashboard.model.ingest.names import nfc
from batch_dashboard.model.judgement.ecosystem_health import EcosystemHealth, judge_ecosystem
from batch_dashboard.model.judgement.targets import RuleOverride, rule_of
from batch_dashboard.model.text.wording import CONTROL_CHARACTER
from batch_dashboard.services.administration.changes import Change
from batch_dashboard.services.batch_runs.batch_runs import checked_reason
from batch_dashboard.store.batch_runs import batch_runs
from batch_dashboard.store.engine import Connection
from batch_dashboard.store.judgement import ecosystem_health, ecosystem_rules

MAX_INTERVAL = timedelta(days=366)
MAX_ATTEMPTS = 1_000_000
MAX_FAILURES = 1_000
MIN_WAIT = timedelta(minutes=1)
MAX_NAME_LENGTH = 100
MAX_LINK_LENGTH = 2_000


def checked_rule(rule: RuleOverride) -> RuleOverride:
    """The same. Raises InputError that names the invalid field."""
    target, attempts, interval = rule.success_rate_target, rule.min_attempts, rule.expected_interval
    if target is not None and not 0 < target <= 1:
        raise InputError("target", "a target must be a success rate above 0 % and up to 100 %")
    if attempts is not None and not 1 <= attempts <= MAX_ATTEMPTS:
        raise InputError(
            "min_attempts", f"the minimum number of attempts must be from 1 to {MAX_ATTEMPTS:,}"
        )
    if interval is not None and not timedelta(0) < interval <= MAX_INTERVAL:
        raise InputError("expected_interval", "the interval must be above 0 and at most 366 days")
    _check_plan(rule)
    return rule


def _check_plan(rule: RuleOverride) -> None:
    if rule.plan_failures is not None and not 1 <= rule.plan_failures <= MAX_FAILURES:
        raise InputError("plan_failures", f"enter a number from 1 to {MAX_FAILURES:,}")
    for name, wait in (("plan_base", rule.plan_base), ("plan_cap", rule.plan_cap)):
        if wait is not None and not MIN_WAIT <= wait <= MAX_INTERVAL:
            raise InputError(name, "a wait is from 1 minute to 366 days long")
    if rule.plan.base_seconds > rule.plan.cap_seconds:
        name = "plan_cap" if rule.plan_base is None else "plan_base"
        raise InputError(name, "the first wait must not be longer than the longest wait")


def set_rule(change: Change, ecosystem: str, rule: RuleOverride) -> None:
    """Set the whole rule of an ecosystem. Raises InputError that names the invalid field."""
    _change_rule(change, _checked_name(ecosystem), checked_rule(rule))


def reset_rule(change: Change, ecosystem: str) -> None:
    """Reset an ecosystem to the default rule."""
    _change_rule(change, ecosystem, None)


def preview(
    connection: Connection, ecosystem: str, rule: RuleOverride, now: datetime
) -> tuple[EcosystemHealth, EcosystemHealth] | None:
    """The state of an ecosystem now and with another rule; None: no run is stored."""
    span = batch_runs.find_span(connection, ecosystem)
    if span is None:
        return None
    [facts] = ecosystem_health.fetch_facts(connection, [span], now)
    changed = facts._replace(rule=rule_of(ecosystem, checked_rule(rule)))
    return judge_ecosystem(facts, now), judge_ecosystem(changed, now)


def pause(
    change: Change,
    ecosystem: str,
    reason: str,
    link: str | None,
    expected_resume_at: datetime | None = None,
) -> None:
    """Pause an ecosystem: CI is advised to skip it, with the reason.

    Raises InputError that names the invalid field.
    """
    ecosystem, reason = _checked_name(ecosystem), checked_reason(reason)
    if link and (
        not link.lower().startswith(("http://", "https://"))
        or len(link) > MAX_LINK_LENGTH
        or CONTROL_CHARACTER.search(link)
    ):
        raise InputError("link", "a link must begin with http:// or https://")
    if expected_resume_at is not None and expected_resume_at <= change.now:
        raise InputError(
            "expected_resume_at", "this time is in the past; choose a time in the future"
        )
    connection = change.connection
    before = ecosystem_rules.fetch_pauses(connection).get(ecosystem)
    paused_at = change.now if before is None else before.paused_at
    ecosystem_rules.replace_pause(
        connection, ecosystem, reason, link or None, paused_at, expected_resume_at
    )
    after = ecosystem_rules.fetch_pauses(connection)[ecosystem]
    change.record("pause", ecosystem, before and before._asdict(), after._asdict())
    change.judge_again()


def resume(change: Change, ecosystem: str) -> None:
    """End the pause of an ecosystem. Raises NotFound if it is not paused."""
    ecosystem = nfc(ecosystem)
    before = ecosystem_rules.fetch_pauses(change.connection).get(ecosystem)
    if before is None or not ecosystem_rules.delete_pause(change.connection, ecosystem):
        raise NotFound(f"{ecosystem} is not paused")
    change.record("resume", ecosystem, before._asdict(), None)
    change.judge_again()


def _change_rule(change: Change, ecosystem: str, rule: RuleOverride | None) -> None:
    before = ecosystem_rules.fetch_own_rules(change.connection).get(ecosystem)
    if rule is None:
        ecosystem_rules.delete_rule(change.connection, ecosystem)
    else:
        ecosystem_rules.replace_rule(change.connection, ecosystem, rule)
    change.record("set rule", ecosystem, before and before._asdict(), rule and rule._asdict())
    change.judge_again()


def _checked_name(ecosystem: str) -> str:
    if not 0 < len(ecosystem) <= MAX_NAME_LENGTH or CONTROL_CHARACTER.search(ecosystem):
        raise InputError(
            "ecosystem", f"a name must have 1 to {MAX_NAME_LENGTH} characters on one line"
        )
    return nfc(ecosystem)
