"""The success rate an ecosystem is to reach. Source: docs/data-model.md, "Targets"."""

SUCCESS_RATE_TARGETS = {"homebrew": 0.85, "cask": 0.95}
DEFAULT_TARGET = 0.98


def success_rate_target(ecosystem: str) -> float:
    """The least success rate of an ecosystem that is good enough, 0…1."""
    return SUCCESS_RATE_TARGETS.get(ecosystem, DEFAULT_TARGET)
