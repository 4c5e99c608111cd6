"""How templates write numbers, times and names. The words themselves: model/wording.py."""

from datetime import datetime
from typing import Any

from flask import Flask, current_app
from markupsafe import Markup, escape

from batch_dashboard.model import wording
from batch_dashboard.model.rates import failure_rate, success_rate, wilson_interval
from batch_dashboard.model.records import Minutes
from batch_dashboard.views import assets
from batch_dashboard.views.choice import current_time

LONG_MESSAGE = 240
UNKNOWN = Markup('<span class="unknown">unknown</span>')
NO_RUN = Markup('<span class="unknown">no run</span>')


def register(app: Flask) -> None:
    """Make the filters and what every page's frame needs known to templates."""
    assets.register(app)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    filters: dict[str, Any] = {
        "count": wording.count,
        "percent": wording.percent,
        "minutes": wording.minutes,
        "dollars": wording.dollars,
        "duration": wording.duration,
        "weekday": wording.weekday,
        "plural": wording.plural,
        "ago": ago,
        "utc": utc,
        "success": success,
        "failure": failure,
        "told_minutes": told_minutes,
        "run_minutes": run_minutes,
        "is_long": is_long,
        "headline": headline,
    }
    app.jinja_env.filters.update(filters)
    app.jinja_env.globals.update(
        asset_url=assets.asset_url,
        plotly_url=assets.plotly_url,
        page_exists=page_exists,
        current_time=current_time,
        interval=interval,
    )


def ago(time: datetime) -> Markup:
    """`3 h ago`, the exact UTC time in its tooltip."""
    return _time(time, wording.relative(time, current_time()))


def utc(time: datetime) -> Markup:
    """`2026-02-03 04:58`, the seconds in its tooltip."""
    return _time(time, f"{time:%Y-%m-%d %H:%M}")


def _time(time: datetime, words: str) -> Markup:
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        f"{time:%Y-%m-%dT%H:%M:%SZ}", f"{time:%Y-%m-%d %H:%M:%S} UTC", words
    )


def success(counts: Any) -> Markup:
    """The success rate of something with `passed` and `failed`, with n and 95 % interval."""
    return _rate(success_rate(counts.passed, counts.failed), counts.passed, counts)


def failure(counts: Any) -> Markup:
    """The failure rate of something with `passed` and `failed`, with n and 95 % interval."""
    return _rate(failure_rate(counts.passed, counts.failed), counts.failed, counts)


def _rate(rate: float | None, hits: int, counts: Any) -> Markup:
    attempts = counts.passed + counts.failed
    interval = wilson_interval(hits, attempts)
    if rate is None or interval is None:
        return Markup(
            '<span class="rate" title="nothing was attempted"><span aria-hidden="true">–</span>'
            '<span class="visually-hidden">nothing was attempted</span></span>'
        )
    return Markup(
        '<span class="rate">{}</span> <span class="rate-basis">'
        '<abbr title="95 % Wilson interval">{}</abbr> n={}</span>'
    ).format(wording.percent(rate), wording.interval(*interval), wording.count(attempts))


def interval(hits: int, attempts: int) -> str:
    """The 95 % Wilson interval of a rate, `–` when nothing was attempted."""
    ends = wilson_interval(hits, attempts)
    return wording.NO_RATE if ends is None else wording.interval(*ends)


def told_minutes(minutes: Minutes) -> Markup:
    """The minutes of several runs, and how many of them told none."""
    if not minutes.runs:
        return NO_RUN
    if minutes.value is None or not minutes.unknown_runs:
        return run_minutes(minutes.value)
    return Markup('{} <span class="unknown">+ unknown of {}</span>').format(
        wording.minutes(minutes.known), wording.plural(minutes.unknown_runs, "run")
    )


def run_minutes(value: float | None) -> Markup:
    """The minutes of one run; `unknown` when it told none."""
    # A table of a year has a thousand of them: escaping is far quicker than formatting.
    return UNKNOWN if value is None else escape(wording.minutes(value))


def is_long(message: str) -> bool:
    """Whether a message is folded until asked for."""
    return len(message) > LONG_MESSAGE or message.count("\n") > 3


def headline(message: str) -> str:
    """The beginning of a long message: its first line that says something."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    first = lines[0] if lines else message
    return first[:160] + ("…" if len(first) > 160 or len(lines) > 1 else "")


def page_exists(endpoint: str) -> bool:
    """Whether a page is there to link to."""
    return endpoint in current_app.view_functions
