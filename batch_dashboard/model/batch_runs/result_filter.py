"""The filter of the results of one batch run, parsed from a URL and formatted for one."""

from collections.abc import Mapping
from dataclasses import dataclass

from batch_dashboard.model.batch_runs.vocabulary import RESULTS
from batch_dashboard.model.lists.search import parse_text, parse_word

# Stands in a URL for results without an error category.
NO_CATEGORY = "(none)"


@dataclass(frozen=True)
class ResultFilter:
    """One result, one error category, and a text found in name, category or message; or any."""

    result: str | None = None
    category: str | None = None
    text: str | None = None

    @classmethod
    def parse(cls, args: Mapping[str, str]) -> tuple["ResultFilter", list[str]]:
        """The choice of a query string, and a sentence for each part that could not be used."""
        complaints: list[str] = []
        result = parse_word(args, "result", RESULTS, complaints)
        category = parse_text(args, "category", complaints)
        return cls(result, category, parse_text(args, "text", complaints)), complaints

    def query(self, **changes: str | None) -> dict[str, str]:
        """The query string's parts that give this choice again; `changes` replace parts."""
        parts = {"result": self.result, "category": self.category, "text": self.text, **changes}
        return {name: value for name, value in parts.items() if value}

    @property
    def chosen(self) -> bool:
        """Whether anything is left out."""
        return bool(self.result or self.category or self.text)
