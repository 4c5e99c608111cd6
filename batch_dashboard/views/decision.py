"""What CI asks before it spends minutes, and the states of all ecosystems. Source: docs/ci.md."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from batch_dashboard.errors import FilterError
from batch_dashboard.model.decision import as_document, as_env
from batch_dashboard.model.pipelines import Pipeline
from batch_dashboard.services.judgement import decide_for, judge_pipelines
from batch_dashboard.services.tokens import READ
from batch_dashboard.store import batch_runs
from batch_dashboard.store.times import utc_text
from batch_dashboard.views.access import bearer, current_program, require_reading
from batch_dashboard.views.context import connection, current_time

FORMATS = ("json", "env")

blueprint = Blueprint("decision", __name__, url_prefix="/api/v1")


@blueprint.get("/decision/<name:ecosystem>")
@bearer.login_required(role=READ)
def show(ecosystem: str) -> Response:
    """Proceed, sample or skip."""
    wanted = request.args.get("format", "json")
    if wanted not in FORMATS:
        raise FilterError(f"“format” must be one of {', '.join(FORMATS)}, not “{wanted[:40]}”.")
    require_reading(ecosystem)
    document = as_document(decide_for(connection(), ecosystem, current_time()))
    if wanted == "env":
        return _fresh(Response(as_env(document), mimetype="text/plain"))
    return _fresh(jsonify(document))


@blueprint.get("/ecosystems")
@bearer.login_required(role=READ)
def index() -> Response:
    """The state of every ecosystem the token is for, with the sentence that says why."""
    require_reading()
    program = current_program()
    spans = [
        span
        for span in batch_runs.fetch_ecosystems(connection())
        if program.may_see(span.ecosystem)
    ]
    judged = judge_pipelines(connection(), spans, current_time())
    return _fresh(jsonify(ecosystems=[_document(pipeline) for pipeline in judged]))


def _document(pipeline: Pipeline) -> dict[str, Any]:
    verdict = pipeline.verdict
    interval = verdict.interval
    spent = pipeline.error_budget
    return {
        "ecosystem": pipeline.ecosystem,
        "state": pipeline.state,
        "severity": pipeline.severity,
        "since": utc_text(pipeline.since),
        "sentence": pipeline.sentence,
        "last_run_at": utc_text(pipeline.facts.span.last_started_at),
        "success_rate": verdict.rate,
        "success_rate_interval": None if interval is None else list(interval),
        "attempts": verdict.attempts.total,
        "success_rate_target": verdict.target,
        "error_budget_used_share": None if spent is None else spent.used_share,
        "burn_rates": {burn.window.name.replace(" ", ""): burn.rate for burn in pipeline.burns},
        "circuit_breaker_state": pipeline.breaker_state,
    }


def _fresh(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
