"""Replaying the plan on the stored history, for the command and for previews. Reads only."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from batch_dashboard.model.plan.breaker_replay import BreakerReplayed, replay_breaker
from batch_dashboard.model.plan.replay import Replay, Replayed
from batch_dashboard.model.plan.rule import PlanRule
from batch_dashboard.store.engine import Connection
from batch_dashboard.store.judgement import breaker_runs
from batch_dashboard.store.plan import history
from batch_dashboard.store.spending import spending_rules

MAX_PREVIEWED_ATTEMPTS = 50_000


class Previewed(NamedTuple):
    """What plans would have changed, and from when on the history was followed."""

    replayed: list[Replayed]  # for each rule
    since: datetime


def replay(
    connection: Connection,
    ecosystem: str,
    rule: PlanRule,
    since: datetime | None,
    until: datetime,
    report: Callable[[int], None] = lambda _attempts: None,
) -> Replayed:
    """What a plan would have changed in the history of an ecosystem in a period.

    Everything before `since` is followed too, so that recipes wait already where it begins; None:
    all is counted. `report` gets how many attempts were followed with each run.
    """
    counted_since = None if since is None else int(since.timestamp())
    following = Replay(rule, spending_rules.fetch_prices(connection), counted_since)
    for run in history.fetch_history(connection, ecosystem, None, until):
        following.follow(run)
        report(len(run.attempts) + run.unlisted)
    return following.result


def follow_breaker(
    connection: Connection, ecosystem: str, since: datetime | None
) -> BreakerReplayed:
    """What following the circuit breaker would have changed from a time on; None: ever."""
    return replay_breaker(breaker_runs.iter_runs_with_passes(connection, ecosystem), since)


def preview_plans(
    connection: Connection,
    ecosystem: str,
    rules: Sequence[PlanRule],
    since: datetime,
    until: datetime,
) -> Previewed:
    """The same for several rules within a request, at most of the latest 50,000 attempts.

    What was before is not followed: no recipe waits where the period begins.
    """
    beyond = history.find_last_beyond(connection, ecosystem, since, until, MAX_PREVIEWED_ATTEMPTS)
    if beyond is not None:
        since = beyond + timedelta(seconds=1)
    prices = spending_rules.fetch_prices(connection)
    following = [Replay(rule, prices) for rule in rules]
    for run in history.fetch_history(connection, ecosystem, since, until):
        for each in following:
            each.follow(run)
    return Previewed([each.result for each in following], since)
