"""Charts as pages show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from batch_dashboard.views import finite_json


@dataclass(frozen=True)
class Chart:
    """A figure with its title, the unit of its values, and a sentence that states what it shows.

    `id` names it within its page. `csv` is the address of the same numbers as a file; None: there
    are none.
    """

    id: str
    title: str
    unit: str
    sentence: str
    figure: Mapping[str, Any]
    csv: str | None = None

    @property
    def json(self) -> str:
        """The figure as the text of a script element, which only `<` could end."""
        # Plotly reads the escape as the character.
        return finite_json.compact(self.figure).replace("<", "\\u003c")
