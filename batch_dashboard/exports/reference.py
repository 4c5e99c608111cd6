"""The part of docs/exports.md that describes each file, from the catalogue.

`python -m batch_dashboard.exports.reference` rewrites it.
"""

from pathlib import Path

from batch_dashboard.model.catalogue import RESOURCES
from batch_dashboard.model.catalogue.fields import Resource

DOCUMENT = Path(__file__).parents[2] / "docs" / "exports.md"


def with_sections(document: str) -> str:
    """The document with the section of each file written again."""
    before = document.split("\n## `", 1)[0].rstrip("\n")
    return "\n".join([before, *map(_section, RESOURCES)]) + "\n"


def _section(resource: Resource) -> str:
    period = "" if resource.has_period else " It takes no period."
    order = resource.order[:1].lower() + resource.order[1:]
    filters = [f"- `{choice.name}`: {choice.description}" for choice in resource.filters]
    rows = [
        f"| `{field.name}` | {field.description} | {field.unit_in_words} |"
        for field in resource.fields
    ]
    return "\n".join(
        [
            "",
            f"## `{resource.file_name}`",
            "",
            f"{resource.sentence} Order: {order}{period}",
            "",
            *filters,
            *([""] if filters else []),
            "| column | meaning | unit |",
            "|---|---|---|",
            *rows,
        ]
    )


if __name__ == "__main__":
    DOCUMENT.write_text(with_sections(DOCUMENT.read_text("utf-8")), "utf-8")
