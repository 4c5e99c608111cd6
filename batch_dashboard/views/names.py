"""Clients' names in the paths of pages: any name there is, slashes and dots included."""

import re

from flask import Flask
from werkzeug.routing import BaseConverter, IntegerConverter, Map, ValidationError

from batch_dashboard.model.ingest.names import nfc
from batch_dashboard.model.lists.pagination import MAX_ROW_ID
from batch_dashboard.model.text.wording import CONTROL_CHARACTER

_ESCAPED = re.compile(r"~([0-9A-F]{2})", re.ASCII)


class NameConverter(BaseConverter):
    """One part of a path that is a name; a slash in it is escaped, `a/b` as `a~2Fb`."""

    regex = "[^/]+"
    # Otherwise the slash in this pattern makes it take the rest of a path.
    part_isolating = True

    def to_python(self, value: str) -> str:
        """The name, in NFC as all are stored; no client's name has control characters in it."""
        name = nfc(_ESCAPED.sub(lambda match: chr(int(match[1], 16)), value))
        if CONTROL_CHARACTER.search(name):
            raise ValidationError
        return name

    def to_url(self, value: str) -> str:
        """The name as a part of a path."""
        # Browsers take a part that is one or two dots for a direction.
        escaped = "~/" if value.strip(".") else "~/."
        return super().to_url(_escape(value, escaped))


class RowIdConverter(IntegerConverter):
    """The number of a row; a larger one than a database can hold is not there."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=MAX_ROW_ID)


class PathNameConverter(NameConverter):
    """The rest of a path that is a name, whose slashes stay where a path can have them."""

    regex = ".+"
    part_isolating = False

    def to_python(self, value: str) -> str:
        """The name; one that ends with a slash has that slash escaped."""
        return super().to_python(value.removesuffix("/"))

    def to_url(self, value: str) -> str:
        """The name as the rest of a path."""
        parts = value.split("/")
        # Servers fold slashes that follow one another, as browsers do dots.
        if not all(part.strip(".") for part in parts):
            return super().to_url(value)
        return "/".join(BaseConverter.to_url(self, _escape(part, "~")) for part in parts)


def path_of_name(name: str) -> str:
    """A name as the rest of a path, for many addresses that differ in it alone."""
    return name if _PLAIN.fullmatch(name) else _PATH_NAMES.to_url(name)


_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")
_PATH_NAMES = PathNameConverter(Map())


def register(app: Flask) -> None:
    """Register converters for names in routes: `<name:ecosystem>`, `<path_name:recipe_name>`.

    Every address is the same with a slash at its end and without one.
    """
    app.url_map.strict_slashes = False
    app.url_map.converters.update(
        name=NameConverter, path_name=PathNameConverter, row_id=RowIdConverter
    )


def _escape(text: str, characters: str) -> str:
    return "".join(f"~{ord(c):02X}" if c in characters else c for c in text)
