"""Figures as templates hold them."""

from typing import Any

from batch_dashboard.views import finite_json


def as_json(figure: dict[str, Any]) -> str:
    """A figure as the text of a script element, which only `<` could end."""
    # Plotly reads the escape as the character.
    return finite_json.compact(figure).replace("<", "\\u003c")
