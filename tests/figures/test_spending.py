"""The week against its budget, minutes by ecosystem, and what they cost."""

from datetime import UTC, date, datetime, time
from typing import Any

import plotly.graph_objects as go

from batch_dashboard.figures.burn_up import burn_up_figure
from batch_dashboard.figures.cost import cost_figure
from batch_dashboard.figures.ecosystem_minutes import ecosystem_minutes_figure
from batch_dashboard.model.batch_runs.records import DayMinutes, RunSums
from batch_dashboard.model.batch_runs.vocabulary import LINUX, MACOS, RUNNER_OS
from batch_dashboard.model.lists.periods import Step
from batch_dashboard.model.lists.series import Buckets, by_step, sum_series
from batch_dashboard.model.spending.budget import budget_week, burn_up
from batch_dashboard.model.spending.prices import cost_of_sums, price_changes
from batch_dashboard.model.spending.spending import ranked_by_cost, spending

MONDAY = date(2026, 11, 16)
TODAY = date(2026, 11, 18)
DECEMBER, JANUARY = date(2025, 12, 29), date(2026, 1, 1)


def accepted(figure: dict[str, Any]) -> go.Figure:
    return go.Figure({"data": figure["data"], "layout": figure["layout"]})


def sums(start: date, ecosystem: str, macos: float, unknown: int = 0) -> RunSums:
    return RunSums(start, ecosystem, 2, 2, 1, 1, 0, 0, macos, 10 * macos, unknown, unknown, 60_000)


def test_the_week_is_added_up_to_today_and_forecast_from_there() -> None:
    days = [DayMinutes(MONDAY, 3, 100.0, 10.0, 0, 0), DayMinutes(TODAY, 1, 40.0, 0.0, 0, 1)]
    noon = datetime.combine(TODAY, time(12), UTC)
    budgets = [budget_week(runner_os, days, noon) for runner_os in RUNNER_OS]
    burnt = {
        runner_os: burn_up(b, days, noon) for runner_os, b in zip(RUNNER_OS, budgets, strict=True)
    }
    used = [day.used and day.used.known for day in burnt[MACOS]]
    assert used == [100.0, 100.0, 140.0, None, None, None, None]
    assert burnt[MACOS][6].forecast_minutes == 140.0 + 4.5 * 140.0 / 28
    assert burnt[LINUX][0].forecast_minutes is None
    figure = accepted(burn_up_figure(budgets, burnt))
    line = next(trace for trace in figure.data if trace.name == "macOS used")
    assert list(line.y)[:3] == [100.0, 100.0, 140.0]
    assert not [value for value in list(line.y)[3:] if value is not None]
    named = " ".join(note.text for note in figure.layout.annotations)
    assert "budget 1,000" in named
    assert "sample 800" in named
    assert "pause 950" in named


def test_each_day_costs_the_price_of_its_day() -> None:
    rows = [sums(DECEMBER, "npm", 10.0), sums(JANUARY, "npm", 10.0)]
    assert price_changes() == [JANUARY]
    assert cost_of_sums(rows[:1]).total == 10 * 0.08 + 100 * 0.008
    assert cost_of_sums(rows[1:]).total == 10 * 0.062 + 100 * 0.006
    buckets = Buckets([DECEMBER], Step.WEEK)
    costs = {DECEMBER: cost_of_sums(rows)}
    figure = accepted(cost_figure(buckets, costs, by_step(rows, Step.WEEK), price_changes()))
    assert sum(trace.y[0] for trace in figure.data if trace.type == "bar") == costs[DECEMBER].total


def test_what_nobody_told_costs_an_unknown_amount() -> None:
    assert cost_of_sums([sums(JANUARY, "npm", 0.0, unknown=2)]).total is None


def test_ecosystems_without_a_cost_are_not_ranked() -> None:
    rows = spending(
        [sums(MONDAY, "npm", 1.0), sums(MONDAY, "cask", 5.0), sums(MONDAY, "nix", 0.0, unknown=2)]
    )
    assert ranked_by_cost(rows) == ["cask", "npm"]


def test_of_nine_ecosystems_eight_series_are_drawn() -> None:
    rows = [sums(MONDAY, f"e{number}", 10.0 - number) for number in range(9)]
    ranked = ranked_by_cost(spending(rows))
    series = sum_series(rows, ranked, Step.WEEK)
    assert [line.ecosystem for line in series][-1] == "other (2)"
    figure = accepted(
        ecosystem_minutes_figure(
            Buckets([MONDAY], Step.WEEK), series, by_step(rows, Step.WEEK), dict.fromkeys(ranked, 0)
        )
    )
    drawn = {trace.name for trace in figure.data if trace.type == "bar"}
    assert len(drawn) == 8
    total = sum(sum(trace.y) for trace in figure.data if trace.type == "bar")
    assert total == sum(row.macos_minutes + row.linux_minutes for row in rows)
