"""Is the process alive, and can it do its work?"""

from flask import Blueprint

from batch_dashboard.errors import DiskFull, StoreUnavailable
from batch_dashboard.store import migrations
from batch_dashboard.views.context import connection, store

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def live() -> tuple[str, int, dict[str, str]]:
    """The process answers."""
    return "ok\n", 200, {"Content-Type": "text/plain"}


@blueprint.get("/readyz")
def ready() -> tuple[str, int, dict[str, str]]:
    """The database answers, has the schema this version needs, and has room on its disk."""
    if migrations.current_revision(connection()) != migrations.latest_revision():
        raise StoreUnavailable("the database schema is old; run `flask --app app database upgrade`")
    reserve = store().database.reserve
    if reserve is not None and reserve.is_disk_full():
        raise DiskFull
    return "ready\n", 200, {"Content-Type": "text/plain"}
