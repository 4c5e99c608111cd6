"""The advice to CI before it spends minutes. Source: docs/ci.md."""

from flask import Blueprint, Response, jsonify, request

from batch_dashboard.errors import FilterError
from batch_dashboard.model.access.tokens import Scope
from batch_dashboard.model.judgement.decision import as_document, as_env
from batch_dashboard.services.judgement.judgement import decide_for
from batch_dashboard.views.access import bearer, require_reading
from batch_dashboard.views.context import connection, current_time

FORMATS = ("json", "env")

blueprint = Blueprint("decision", __name__, url_prefix="/api/v1")


@blueprint.get("/decision/<name:ecosystem>")
@bearer.login_required(role=Scope.READ)
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


def _fresh(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
