"""`/metrics` for Prometheus: with its own token, or public by setting."""

import hmac

from flask import Blueprint, Response, request

from batch_dashboard.services.administration import metrics
from batch_dashboard.views.access import count_bad_token, refuse_token
from batch_dashboard.views.context import settings, store

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
def show() -> Response:
    """The numbers of all worker processes."""
    if not settings().metrics_public and not _has_token():
        refused: Response = refuse_token(401)
        return refused
    return Response(metrics.exposition(store()), content_type=metrics.CONTENT_TYPE)


def _has_token() -> bool:
    expected = settings().metrics_token
    auth = request.authorization
    shown = auth.token if auth is not None and auth.type == "bearer" else None
    if not shown:
        return False
    if expected and hmac.compare_digest(expected.encode(), shown.encode()):
        return True
    count_bad_token()
    return False
