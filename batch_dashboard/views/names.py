"""Clients' names in the paths of pages: any name there is, slashes and dots included."""

import re

from flask import Flask
from werkzeug.routing import BaseConverter

_ESCAPED = re.compile(r"~([0-9A-F]{2})", re.ASCII)


class NameConverter(BaseConverter):
    """One part of a path that is a name; a slash in it is escaped, `a/b` as `a~2Fb`."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        """The name."""
        return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), value)

    def to_url(self, value: str) -> str:
        """The name as a part of a path."""
        return super().to_url(_escaped(value, "~/") if value.strip(".") else _escaped(value, "~/."))


class PathNameConverter(NameConverter):
    """The rest of a path that is a name, whose slashes stay where a path can have them."""

    regex = ".+"
    part_isolating = False

    def to_url(self, value: str) -> str:
        """The name as the rest of a path."""
        parts = _escaped(value, "~").split("/")
        # Browsers take dots for directions, and servers fold slashes that follow one another.
        if all(part.strip(".") or len(part) > 2 for part in parts):
            return "/".join(BaseConverter.to_url(self, part) for part in parts)
        return super().to_url(value)


def register(app: Flask) -> None:
    """Let routes have names in them: `<name:ecosystem>`, `<path_name:recipe_name>`."""
    app.url_map.converters.update(name=NameConverter, path_name=PathNameConverter)


def _escaped(text: str, characters: str) -> str:
    return "".join(f"~{ord(c):02X}" if c in characters else c for c in text)
