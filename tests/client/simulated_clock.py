"""The service with a clock that a test sets; gunicorn loads `app` from here."""

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from batch_dashboard.application import create_app

VARIABLE = "TEST_CLOCK_FILE"


class SimulatedClock:
    """A time that the processes of a service read from a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def environ(self) -> Mapping[str, str]:
        """The environment with which a service finds this clock."""
        return {VARIABLE: str(self._file)}

    def set(self, now: datetime) -> None:
        """Set the time for all requests from now on."""
        new = self._file.with_suffix(".new")
        new.write_text(now.isoformat())
        new.replace(self._file)

    def read(self) -> datetime:
        """The time that is set."""
        return datetime.fromisoformat(self._file.read_text())


if VARIABLE in os.environ:
    app = create_app()
    app.extensions["clock"] = SimulatedClock(Path(os.environ[VARIABLE])).read
