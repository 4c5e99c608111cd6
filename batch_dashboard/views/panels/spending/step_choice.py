"""The steps that the charts of a page can go through."""

from collections.abc import Sequence
from dataclasses import dataclass

from batch_dashboard.model.lists.periods import Step
from batch_dashboard.views.choice import Choice, csv_url
from batch_dashboard.views.listing import Listing


@dataclass(frozen=True)
class StepChoice:
    """The address of each step, and the step that is shown.

    `too_short` is the step that was asked for if the period is too long to show by it, else None;
    the file at `csv` is by that step.
    """

    links: Sequence[tuple[Step, str]]
    shown: Step
    too_short: str | None
    csv: str


def step_choice(choice: Choice, page: Listing, shown: Step, asked: str | None) -> StepChoice:
    """The steps to choose from; `page` is the page with everything else that was chosen."""
    too_short = asked if asked != shown.value else None
    return StepChoice(
        [(step, page.with_part("by", step.value)) for step in Step],
        shown,
        too_short,
        csv_url("minutes.csv", choice.shown.query(by=too_short or shown.value)),
    )
