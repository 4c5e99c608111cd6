"""JSON without numbers that JSON does not have: what is not finite is written as null."""

import json
from math import isfinite
from typing import Any

from flask import Flask
from flask.json.provider import DefaultJSONProvider


class FiniteJSONProvider(DefaultJSONProvider):
    """Writes every JSON answer of the application."""

    sort_keys = False

    def dumps(self, obj: Any, **options: Any) -> str:
        """The JSON text of a value."""
        try:
            return super().dumps(obj, allow_nan=False, **options)
        except ValueError:
            return super().dumps(_finite(obj), allow_nan=False, **options)


def register(app: Flask) -> None:
    """Use it for every answer."""
    app.json = FiniteJSONProvider(app)


def compact(value: Any) -> str:
    """The shortest JSON text of a value, whatever characters it holds."""
    options: dict[str, Any] = {"ensure_ascii": False, "separators": (",", ":")}
    try:
        return json.dumps(value, allow_nan=False, **options)
    except ValueError:
        return json.dumps(_finite(value), allow_nan=False, **options)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
