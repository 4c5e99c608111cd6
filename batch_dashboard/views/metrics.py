"""`/metrics` for Prometheus: with its own token, or public by setting."""

import hmac

from flask import Blueprint, Response, request

from batch_dashboard.services import metrics
from batch_dashboard.views.connection import settings, store

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
def show() -> Response:
    """The numbers of all worker processes."""
    if not (settings().metrics_public or _has_token()):
        return Response("Unauthorized", 401, {"WWW-Authenticate": "Bearer"}, mimetype="text/plain")
    return Response(metrics.exposition(store()), content_type=metrics.CONTENT_TYPE)


def _has_token() -> bool:
    expected = settings().metrics_token
    auth = request.authorization
    shown = auth.token if auth is not None and auth.type == "bearer" else None
    return bool(expected and shown) and hmac.compare_digest(
        str(expected).encode(), str(shown).encode()
    )
