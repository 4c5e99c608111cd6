"""The plan of an ecosystem as it is stored now, and requests of operators to try a recipe."""

from dataclasses import dataclass
from datetime import datetime

from batch_dashboard.errors import NotFound
from batch_dashboard.model.failures.known_issues import ExpectedFailures
from batch_dashboard.model.judgement.decision import Advice as DecisionAdvice
from batch_dashboard.model.judgement.decision import Decision
from batch_dashboard.model.plan.choosing import (
    Advised,
    Candidates,
    Chosen,
    FailingRecipe,
    Waiting,
    choose,
    on_platform,
    wait_of_all,
)
from batch_dashboard.model.plan.rule import Action, Advice, PlanRule
from batch_dashboard.services.administration.changes import Change
from batch_dashboard.services.judgement.judgement import decide_for
from batch_dashboard.store.engine import Connection
from batch_dashboard.store.failures import known_issues
from batch_dashboard.store.judgement import ecosystem_rules
from batch_dashboard.store.plan import plan, streaks


@dataclass(frozen=True)
class Plan:
    """The plan of an ecosystem at a time; reads as it is asked.

    `platform` is where recipes would run; None: anywhere.
    """

    connection: Connection
    ecosystem: str
    platform: str | None
    made_at: datetime
    decision: Decision
    rule: PlanRule
    # Of the streaks and requests that the plan is made from; None: there never were any.
    version: int | None
    expected: ExpectedFailures

    @property
    def is_empty(self) -> bool:
        """Whether no recipe should run."""
        return self.decision.decision == DecisionAdvice.SKIP

    def waiting(self) -> list[Waiting]:
        """The recipes that wait, or waited and are due, in the order of their next attempts."""
        if self.version is None:
            return []
        failing = plan.fetch_failing(self.connection, self.ecosystem, self.rule.failures)
        if self.platform is not None:
            failing = on_platform(failing, self.platform)
        waiting = wait_of_all(failing, self.rule)
        if not self.expected:
            return waiting
        return [
            each._replace(
                until=self.advice_for(each.recipe, each.until),
                due=self.advice_for(each.recipe, each.due),
            )
            for each in waiting
        ]

    def advice_for(self, recipe: FailingRecipe, advice: Advice) -> Advice:
        """The advice for a recipe that waits or is due; `expected` if a known issue expects it."""
        platform, group_id = recipe.platform or None, recipe.streak.failure_group_id
        issue = self.expected.find(self.ecosystem, recipe.recipe_name, platform, group_id)
        if issue is None:
            return advice
        because = f"a known issue expects it to fail until {issue.expires_on}"
        return Advice(Action.EXPECTED, because, advice.next_attempt_at)

    def choose(self, candidates: Candidates) -> Chosen:
        """Which of some candidates to run; none if the plan is empty."""
        is_anywhere = self.platform is None
        failing = plan.fetch_failing(
            self.connection, self.ecosystem, self.rule.failures, with_passes=is_anywhere
        )
        if failing and is_anywhere:
            running = plan.fetch_seldom_failing(self.connection, self.ecosystem, self.rule.failures)
            failing = [recipe for recipe in failing if recipe.recipe_name not in running]
        chosen = choose(candidates, failing, self.rule, self._now, self.platform)
        return chosen._replace(run=[]) if self.is_empty else chosen

    def choose_known(self) -> Chosen:
        """Which of all recipes that any result named to run."""
        names = plan.fetch_recipe_names(self.connection, self.ecosystem)
        return self.choose({name: {} for name in names})

    @property
    def _now(self) -> int:
        return int(self.made_at.timestamp())


def plan_for(connection: Connection, ecosystem: str, platform: str | None, now: datetime) -> Plan:
    """The plan of an ecosystem; everything runs in one that nothing is stored of."""
    decision = decide_for(connection, ecosystem, now)
    rule = ecosystem_rules.find_plan_rule(connection, ecosystem)
    version = streaks.find_version(connection, ecosystem)
    expected = known_issues.fetch_expected(connection, now.date())
    return Plan(connection, ecosystem, platform, now, decision, rule, version, expected)


def advise_recipe(
    connection: Connection, ecosystem: str, recipe_name: str, now: datetime
) -> list[Advised]:
    """The advice for a recipe by platform, of those on which it does not just run."""
    rule = ecosystem_rules.find_plan_rule(connection, ecosystem)
    failing = plan.find_failing(connection, ecosystem, recipe_name, rule.failures)
    return [waiting.at(int(now.timestamp())) for waiting in wait_of_all(failing, rule)]


def try_now(change: Change, ecosystem: str, recipe_name: str) -> None:
    """Let a recipe that waits run at once. Raises NotFound if it does not wait anywhere."""
    advised = advise_recipe(change.connection, ecosystem, recipe_name, change.now)
    waits = [advice for _, advice in advised if advice.next_attempt_at is not None]
    if not waits:
        raise NotFound(f"{recipe_name} does not wait: it runs next time anyway")
    next_attempt_at = max(advice.next_attempt_at or 0 for advice in waits)
    plan.put_request(change.connection, ecosystem, recipe_name, change.now, change.actor.name)
    streaks.renew_version(change.connection, ecosystem)
    change.record(
        "try recipe now",
        f"{ecosystem} / {recipe_name}",
        {"next_attempt_at": next_attempt_at},
        {"next_attempt_at": int(change.now.timestamp())},
    )
