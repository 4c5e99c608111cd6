"""Which recipes CI should run: `/api/v1/plan/<ecosystem>`. Source: docs/plan.md, "What CI asks"."""

from functools import partial
from typing import Any

import orjson
from flask import Response, request, url_for

from batch_dashboard.errors import FilterError
from batch_dashboard.model.ingest.names import nfc
from batch_dashboard.model.plan.candidates import parse_candidates
from batch_dashboard.model.plan.choosing import Chosen
from batch_dashboard.model.plan.ledger import GivenAdvice
from batch_dashboard.model.text.wording import CONTROL_CHARACTER
from batch_dashboard.services.plan.ledger import record_advice
from batch_dashboard.services.plan.planning import Plan, plan_for
from batch_dashboard.store.times import utc_text
from batch_dashboard.views.access import require_reading
from batch_dashboard.views.api.plan_entries import entries_of, entry, of
from batch_dashboard.views.context import connection, current_time, release, store
from batch_dashboard.views.request_body import RequestBody

FORMATS = ("json", "text")
# What may be sent beside the format, with the longest value of each.
OPTIONS = {"batch_id": 200, "platform": 100}
# A hundred thousand candidates with long names.
MAX_BODY_BYTES = 32 * 1024 * 1024


def show_or_choose(ecosystem: str) -> Response:
    """The plan, or which of the candidates that are sent to run."""
    return choose(ecosystem) if request.method == "POST" else show(ecosystem)


def show(ecosystem: str) -> Response:
    """The recipes with advice other than to run; as text, every known recipe to run."""
    wanted, platform = _options()
    require_reading(ecosystem)
    plan = plan_for(connection(), ecosystem, platform, current_time())
    if wanted == "text":
        known = plan.choose_known()
        return _counted(_as_text(known.run), plan, len(known.run), _left_out(known))
    now = int(plan.made_at.timestamp())
    entries = entries_of(plan, _address(plan))
    retry, skip = entries.at(now)
    left_out = entries.left_out(now)
    advised = 0 if plan.is_empty else len(entries.recipes) - len(left_out)
    lists = {
        "retry": b"" if plan.is_empty else retry,
        "skip": skip,
        "expected": b",".join(entries.expected),
    }
    parts = [orjson.dumps(_head(plan))[:-1]]
    parts += [b',"%s":[%s]' % (name.encode(), listed) for name, listed in lists.items()]
    return _counted(_as_json(b"".join([*parts, b"}"])), plan, advised, left_out)


def choose(ecosystem: str) -> Response:
    """Which of the candidates that are sent to run, in the best order, and which wait."""
    wanted, platform = _options()
    require_reading(ecosystem)
    # Receiving and checking the candidates takes no connection.
    release()
    with RequestBody(MAX_BODY_BYTES) as body:
        candidates = parse_candidates(body.decode())
    plan = plan_for(connection(), ecosystem, platform, current_time())
    chosen = plan.choose(candidates)
    counted = len(chosen.run), _left_out(chosen)
    if wanted == "text":
        return _counted(_as_text(chosen.run), plan, *counted)
    run = [candidates[name] for name in chosen.run]
    address = _address(plan)
    skip = [
        {**entry(recipe, advice, address), **of(plan.advice_for(recipe, advice))}
        for recipe, advice in chosen.skip
    ]
    document = {**_head(plan), "candidates": len(candidates), "run": run, "skip": skip}
    return _counted(_as_json(orjson.dumps(document)), plan, *counted)


def _options() -> tuple[str, str | None]:
    """The format and the platform that are asked for. Raises FilterError."""
    wanted = request.args.get("format", "json")
    if wanted not in FORMATS:
        raise FilterError(f"“format” must be one of {', '.join(FORMATS)}, not “{wanted[:40]}”.")
    for name, longest in OPTIONS.items():
        value = request.args.get(name, "")
        if len(value) > longest or CONTROL_CHARACTER.search(value):
            raise FilterError(
                f"“{name}” must be at most {longest} characters long, without control characters."
            )
    platform = request.args.get("platform")
    return wanted, nfc(platform) if platform else None


def _head(plan: Plan) -> dict[str, Any]:
    """What every plan states, whatever recipes are asked for."""
    return {
        "ecosystem": plan.ecosystem,
        "platform": plan.platform,
        "made_at": utc_text(plan.made_at),
        "decision": plan.decision.decision,
        "reasons": plan.decision.reasons,
        "rule": plan.rule._asdict(),
    }


def _address(plan: Plan) -> str:
    """What the addresses of the ecosystem's recipes begin with."""
    address = url_for("recipes.show", ecosystem=plan.ecosystem, recipe_name="_", _external=True)
    return address.removesuffix("_")


def _left_out(chosen: Chosen) -> list[tuple[str, str]]:
    """The recipes that wait, each with its platform."""
    return [(recipe.recipe_name, recipe.platform) for recipe, _ in chosen.skip]


def _counted(
    response: Response, plan: Plan, advised: int, left_out: list[tuple[str, str]]
) -> Response:
    """Count the advice to a job in the ledger, after the response is sent.

    A job has a token, and states its candidates or its batch; other requests only look.
    """
    batch_id = nfc(request.args.get("batch_id", "")) or None
    if "Authorization" in request.headers and (batch_id or request.method == "POST"):
        advice = GivenAdvice(plan.ecosystem, batch_id, advised, left_out)
        response.call_on_close(partial(record_advice, store(), advice, plan.made_at))
    return response


def _as_json(document: bytes) -> Response:
    return _fresh(Response(document, mimetype="application/json"))


def _as_text(names: list[str]) -> Response:
    """A recipe name a line; no name has a line break in it."""
    text = "\n".join([*names, ""])
    return _fresh(Response(text, mimetype="text/plain"))


def _fresh(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
