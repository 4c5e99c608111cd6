"""The facts about one batch run."""

from dataclasses import dataclass

from batch_dashboard.model.batch_runs.records import BatchRun
from batch_dashboard.views.template_filters import is_web_link


@dataclass(frozen=True)
class RunFacts:
    """The run, and the runs of its ecosystem before and after it; None: there is none."""

    run: BatchRun
    is_excluded: bool
    earlier: BatchRun | None
    later: BatchRun | None

    @property
    def link(self) -> str | None:
        """The address of the CI run, if it can be a link."""
        return self.run.run_url if is_web_link(self.run.run_url) else None
