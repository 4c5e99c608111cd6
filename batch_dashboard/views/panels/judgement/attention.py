"""The findings of the overview."""

from collections.abc import Sequence
from dataclasses import dataclass

from batch_dashboard.model.alerts.attention import Facts, Finding, findings, without_general_silence
from batch_dashboard.model.recipes.recipes import RecipeState
from batch_dashboard.services.judgement.judgement import fetch_facts
from batch_dashboard.store.recipes import recipe_list
from batch_dashboard.views.choice import Choice
from batch_dashboard.views.context import connection

NOTHING = Facts()
MAX_STUCK = 8
MAX_NEW_GROUPS = 3


@dataclass(frozen=True)
class AttentionPanel:
    """The findings, the worst first; `more_stuck` recipes are counted beyond those named."""

    findings: Sequence[Finding]
    more_stuck: int
    query: dict[str, str]  # what shows the same period and ecosystem on another page


def facts_of(choice: Choice) -> Facts:
    """The facts about the selected ecosystems; stuck recipes are those of the shown period."""
    return fetch_facts(
        connection(), choice.shown, choice.spans, choice.now, MAX_STUCK, MAX_NEW_GROUPS
    )


def attention_panel(choice: Choice, facts: Facts, of_all: Facts = NOTHING) -> AttentionPanel:
    """The findings from the facts.

    `of_all` are the facts about budgets, minutes and runners, which belong to no ecosystem.
    """
    # The page of one ecosystem begins with its state.
    named = () if choice.is_of_one else without_general_silence(facts.ecosystem_health)
    more_stuck = 0
    if len(facts.stuck) == MAX_STUCK:
        more_stuck = (
            recipe_list.count_recipes(connection(), choice.shown, RecipeState.STUCK) - MAX_STUCK
        )
    return AttentionPanel(
        findings(
            of_all._replace(ecosystem_health=named, stuck=facts.stuck, new_groups=facts.new_groups)
        ),
        more_stuck,
        choice.shown.query(),
    )
