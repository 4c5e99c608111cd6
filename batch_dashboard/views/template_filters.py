"""Template filters for numbers, times and names, based on model/text/wording.py."""

import re
from datetime import datetime
from typing import Any

from flask import Flask
from markupsafe import Markup, escape

from batch_dashboard.model.batch_runs.records import Minutes, RecipeResult
from batch_dashboard.model.batch_runs.vocabulary import FAILED, JOB_RUNNER_OS_NAMES
from batch_dashboard.model.failures.failure_groups import Reason, plain_text
from batch_dashboard.model.failures.failures import group_title, names_a_cause
from batch_dashboard.model.failures.messages import stored_reason
from batch_dashboard.model.ingest.summaries import FAILED_ATTEMPT, PASSED_ATTEMPT
from batch_dashboard.model.judgement.rates import failure_rate, success_rate, wilson_interval
from batch_dashboard.model.lists.search import words_of
from batch_dashboard.model.recipes.recipes import RecipeAttempt
from batch_dashboard.model.text import wording
from batch_dashboard.views import assets
from batch_dashboard.views.choice import csv_url
from batch_dashboard.views.context import current_time

LONG_MESSAGE = 240
UNKNOWN = Markup('<span class="unknown">unknown</span>')
NO_RUN = Markup('<span class="unknown">no run</span>')


def register(app: Flask) -> None:
    """Register the filters and the globals of every page."""
    assets.register(app)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    filters: dict[str, Any] = {
        "count": wording.count,
        "percent": wording.percent,
        "minutes": wording.minutes,
        "whole_minutes": wording.whole_minutes,
        "dollars": wording.dollars,
        "duration": wording.duration,
        "weekday": wording.weekday,
        "plural": wording.plural,
        "ago": ago,
        "age": age,
        "utc": utc,
        "success": success,
        "failure": failure,
        "reported_minutes": reported_minutes,
        "run_minutes": run_minutes,
        "short_minutes": lambda minutes: run_minutes(minutes.value),
        "is_long": is_long,
        "reason": reason,
        "plain_text": plain_text,
        "group_title": group_title,
        "names_a_cause": names_a_cause,
        "is_web_link": is_web_link,
        "day": day,
        "failure_share": failure_share,
        "attempts_path": attempts_path,
        "attempts_in_words": attempts_in_words,
        "marked": marked,
        "runner_os": JOB_RUNNER_OS_NAMES.__getitem__,
        "name": name,
        "is_cut": lambda text: bool(wording.in_two(text)[0]),
        "shortened": wording.shortened,
    }
    app.jinja_env.filters.update(filters)
    app.jinja_env.globals.update(
        asset_url=assets.asset_url,
        plotly_url=assets.plotly_url,
        current_time=current_time,
        interval=interval,
        csv_url=csv_url,
    )


def ago(time: datetime) -> Markup:
    """`3 h ago`; the exact UTC time shows on hover and on focus."""
    return _time(time, wording.relative(time, current_time()), ' tabindex="0"')


def age(time: datetime) -> str:
    """The same as plain text, for use beside the time itself."""
    return wording.relative(time, current_time())


def utc(time: datetime) -> Markup:
    """`2026-02-03 04:58`, the seconds in its tooltip."""
    return _time(time, str(time)[:16])


def day(time: datetime) -> Markup:
    """`2026-02-03`, the moment in its tooltip."""
    return _time(time, str(time)[:10])


def _time(time: datetime, words: str, attributes: str = "") -> Markup:
    # A page has a hundred of them, and nothing in them needs escaping.
    moment = str(time)[:19]
    return Markup(  # noqa: S704
        f'<time datetime="{moment[:10]}T{moment[11:]}Z" title="{moment} UTC"{attributes}>'
        f"{words}</time>"
    )


def success(counts: Any) -> Markup:
    """The success rate of something with `passed` and `failed`, with n and 95 % interval."""
    return _rate(success_rate(counts.passed, counts.failed), counts.passed, counts)


def failure(counts: Any) -> Markup:
    """The failure rate of something with `passed` and `failed`, with n and 95 % interval."""
    return _rate(failure_rate(counts.passed, counts.failed), counts.failed, counts)


def failure_share(counts: Any) -> Markup:
    """The failure rate of something with `passed` and `failed`, with n."""
    rate = failure_rate(counts.passed, counts.failed)
    if rate is None:
        return Markup('<abbr title="nothing was attempted">–</abbr>')
    return Markup('{} <span class="rate-basis">n={}</span>').format(
        wording.percent(rate), wording.count(counts.passed + counts.failed)
    )


def attempts_path(attempts: str, letter: str) -> str:
    """The marks of one kind among the last attempts, as an SVG path: failed ones are taller."""
    top, height = (1, 14) if letter == FAILED_ATTEMPT else (10, 5)
    return "".join(
        f"M{index * 5 + 1} {top}h3v{height}h-3z"
        for index, attempt in enumerate(attempts)
        if attempt == letter
    )


def attempts_in_words(attempts: str) -> str:
    """`3 passed, 17 failed, the last one failed`."""
    last = "failed" if attempts.endswith(FAILED_ATTEMPT) else "passed"
    return (
        f"{attempts.count(PASSED_ATTEMPT)} passed, {attempts.count(FAILED_ATTEMPT)} failed, "
        f"the last one {last}"
    )


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


def reported_minutes(minutes: Minutes) -> Markup:
    """The minutes of several runs, and how many of them reported none."""
    if not minutes.runs:
        return NO_RUN
    if minutes.value is None or not minutes.unknown_runs:
        return run_minutes(minutes.value)
    return Markup('{} <span class="unknown">+ unknown of {}</span>').format(
        wording.minutes(minutes.known), wording.plural(minutes.unknown_runs, "run")
    )


def run_minutes(value: float | None) -> Markup:
    """The minutes of one run; `unknown` if it reported none."""
    # A table of a year has a thousand of them: escaping is far quicker than formatting.
    return UNKNOWN if value is None else escape(wording.minutes(value))


def marked(text: str, words: str) -> Markup:
    """A text with the words of a search marked in it."""
    sought = words_of(words)
    if not sought:
        return escape(text)
    # Longest first, so that a word within another does not cut its mark short.
    parts = sorted(map(re.escape, sought), key=len, reverse=True)
    split = re.split(f"({'|'.join(parts)})", text, flags=re.IGNORECASE)
    return Markup("").join(
        Markup("<mark>{}</mark>").format(part) if index % 2 else escape(part)
        for index, part in enumerate(split)
    )


def name(text: str) -> Markup:
    """A client's name in a table: where there is no room it is cut in the middle, by CSS.

    The whole of it is in the page, so it is found, copied and read out.
    """
    start, end = wording.in_two(text)
    if not start:
        return Markup('<bdi class="name">{}</bdi>').format(end)
    return Markup(
        '<bdi class="name name-long" title="{}"><span class="name-start">{}</span>'
        '<span class="name-end">{}</span></bdi>'
    ).format(text, start, end)


def is_long(message: str) -> bool:
    """Whether a message is folded at first."""
    return len(message) > LONG_MESSAGE or message.count("\n") > 3


def reason(result: RecipeResult | RecipeAttempt) -> Reason:
    """Why a result failed; of one that did not fail, what its message begins with."""
    message = result.error_message or ""
    if result.result == FAILED:
        return stored_reason(message, result.recipe_name, result.telling_line, None)
    lines = plain_text(message).strip().splitlines()
    return Reason(lines[0] if lines else "", "", "", is_truncated=False)


def is_web_link(text: str | None) -> bool:
    """Whether a client's text may become a link: only http and https do."""
    return text is not None and text.lower().startswith(("http://", "https://"))
