"""Figures as templates hold them."""

import json
from typing import Any


def as_json(figure: dict[str, Any]) -> str:
    """A figure as the text of a script element, which only `<` could end."""
    text = json.dumps(figure, ensure_ascii=False, separators=(",", ":"))
    # Plotly reads the escape as the character.
    return text.replace("<", "\\u003c")
